from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import payloads
from ..core.ledger import SMALL_REST, Account, count_report, get_ledger_capital, to_kronor, to_oere
from ..core.words import SENT_STATES
from ..exchange.status import read_invoice
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_case_questions import MONEY_ACTIVITY
from .nox_finans_gate import GROUP_SEND, gate

# How long a closed case waits for the service's two balances to agree: a payment that is booked
# there over a long weekend shows in the one days after the other.
CLOSING_PATIENCE = timedelta(days=5)


class NoxFinansCase(models.Model):
    """Money: what a case has come to on both sides, and what of it is reported to the service.

    What there is to book and to report is reckoned by `core.ledger`.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    payment_ids = fields.One2many(
        comodel_name="account.payment",
        inverse_name="nox_finans_case_id",
        string="Payments from Nox Finans",
    )
    payment_count = fields.Integer(compute="_compute_payment_count")
    ledger_balance = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="The invoice's balance as the service last listed it.",
    )
    unclear_since = fields.Datetime(
        readonly=True,
        help="Since when Nox Finans says that the case is closed, and its balances do not agree.",
    )
    is_credited_there = fields.Boolean(readonly=True)
    is_cancelled_there = fields.Boolean(readonly=True)
    received_amount = fields.Monetary(
        currency_field="company_currency_id",
        string="Received",
        readonly=True,
        help="By how much the balance at Nox Finans has fallen since the hand-over, without fees.",
    )
    booked_amount = fields.Monetary(
        currency_field="company_currency_id",
        string="Booked",
        readonly=True,
        help="Payments registered in Odoo for what Nox Finans has received.",
    )
    reported_amount = fields.Monetary(
        currency_field="company_currency_id",
        string="Reported",
        readonly=True,
        help="Payments and credit notes of Odoo that were reported to Nox Finans.",
    )
    reported_credit = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="What of the reported amount was credited, not paid.",
    )
    asked_amount = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="What a person has been asked about, or has said need not be reported.",
    )
    unclear_report_amount = fields.Monetary(
        currency_field="company_currency_id",
        readonly=True,
        help="A report without a clear answer that may be part of what has come in.",
    )
    unbooked_amount = fields.Monetary(
        currency_field="company_currency_id",
        string="To Be Booked",
        compute="_compute_money",
        store=True,
    )
    unreported_amount = fields.Monetary(
        currency_field="company_currency_id",
        string="To Be Reported",
        compute="_compute_money",
        store=True,
    )
    unreported_credit = fields.Monetary(
        currency_field="company_currency_id",
        compute="_compute_money",
        store=True,
        help="What of the amount to be reported was credited, not paid.",
    )
    is_report_due = fields.Boolean(compute="_compute_money", store=True)
    open_balance = fields.Monetary(
        related="move_id.amount_residual",
        string="Open Balance in Odoo",
        currency_field="company_currency_id",
    )
    difference = fields.Monetary(
        currency_field="company_currency_id",
        compute="_compute_money",
        store=True,
        help="What Nox Finans asks for, less what is open in Odoo. For a case closed as paid or "
        "credited also what is still open in Odoo, a tax reduction apart.",
    )
    difference_since = fields.Datetime(compute="_compute_money", store=True)
    money_message = fields.Char(
        string="Why It Is Not Booked", readonly=True, help="What keeps a payment from being booked."
    )

    _unbooked_idx = models.Index("(company_id) WHERE unbooked_amount > 0")
    _report_due_idx = models.Index("(company_id) WHERE is_report_due IS TRUE")
    _difference_idx = models.Index("(company_id) WHERE difference_since IS NOT NULL")

    def _compute_payment_count(self):
        for case in self:
            case.payment_count = len(case.payment_ids)

    @api.depends(
        "state",
        "close_reason",
        "confirmed_date",
        "capital_balance",
        "handed_over_amount",
        "received_amount",
        "booked_amount",
        "reported_amount",
        "reported_credit",
        "asked_amount",
        "move_id.amount_residual",
        "move_id.matched_payment_ids.amount",
        "move_id.matched_payment_ids.state",
        "move_id.payment_state",
        "move_id.nox_finans_tax_reduction",
        "move_id.reversal_move_ids.nox_finans_case_state",
    )
    def _compute_money(self):
        now = fields.Datetime.now()
        for case in self:
            account = case._get_account()
            is_open = case.state == "accepted"
            case.unbooked_amount = to_kronor(account.to_book)
            case.unreported_amount = to_kronor(account.to_report) if is_open else 0
            case.unreported_credit = to_kronor(account.to_report_as_credit) if is_open else 0
            case.is_report_due = (
                case.unreported_amount > 0 and case.unreported_amount != case.asked_amount
            )
            case.difference = to_kronor(case._get_difference(account))
            is_different = case.difference or case.unbooked_amount
            case.difference_since = is_different and (case.difference_since or now)

    def _is_followed(self):
        """Tell whether money comes in by the case: of a credit note nothing does."""
        return self.confirmed_date and self.move_id.move_type != "out_refund"

    def _get_account(self):
        """Return what the case has come to on both sides; nothing before it is confirmed."""
        if not self._is_followed():
            return Account()
        move = self.move_id
        partials = self._get_partials()
        amounts = {
            "total": move.amount_total,
            "owed": move._get_nox_finans_owed(),
            "reduction": move.nox_finans_tax_reduction,
            "credited_here": sum(
                partial.debit_amount_currency
                for partial in partials
                if partial._is_nox_finans_unsent_credit()
            ),
            "credited_there": self._get_credits_sent(),
            "handed_over": self.handed_over_amount,
            "capital": self.capital_balance,
            "received": self.received_amount,
            "booked": self.booked_amount,
            "reported": self.reported_amount,
            "reported_credit": self.reported_credit,
        }
        return Account(
            entries=tuple(
                to_oere(partial.debit_amount_currency)
                for partial in partials
                if partial._is_nox_finans_bank_entry()
            ),
            **{name: to_oere(amount) for name, amount in amounts.items()},
        )

    def _get_credits_sent(self):
        """Return what the service lowers the balance by because of credit notes sent to it."""
        credits = self.move_id.reversal_move_ids.filtered(
            lambda move: move.nox_finans_case_state in SENT_STATES
        )
        return sum(credits.mapped("amount_total"))

    def _get_unreported_payment(self):
        return self._round(self.unreported_amount - self.unreported_credit)

    def _get_difference(self, account):
        """Return in öre what the service asks for, less what is open in Odoo."""
        if self.state == "closed":
            return account.get_left_open(self.close_reason in ("paid", "credited"))
        return account.difference if self.state == "accepted" else 0

    # -------------------------------------------------------------------------
    # In: from the service to Odoo
    # -------------------------------------------------------------------------

    def _note_receipts(self, client, capital):
        """Take over what has come in at the service.

        Both of the service's balances have to say so: that of the case and that of the invoice. The
        invoice is asked for when the list of changes has not told its balance, and at the end of a
        case, to know how it ended.

        :param capital: the case's balance as the answer has it, None when it has none
        """
        is_closed = self.remote_status == payloads.STATUS_CLOSED
        if not is_closed:
            self.unclear_since = False
        if not self._is_followed() or (capital is None and not is_closed):
            return
        lowered = self.handed_over_amount - (capital or 0)
        if not is_closed and self._is_same(lowered, self.received_amount):
            return
        if is_closed or not self._is_same(capital, self._get_ledger_capital()):
            self._note_ledger(client)
        ledger = self._get_ledger_capital()
        self.received_amount = self.handed_over_amount - max(capital or 0, ledger)
        if is_closed:
            # The service closes a case as settled that a few öre are left of.
            is_unclear = to_oere(abs((capital or 0) - ledger)) >= SMALL_REST
            self.unclear_since = is_unclear and (self.unclear_since or fields.Datetime.now())

    def _get_ledger_capital(self):
        """Return what of the balance of the service's ledger is to be collected."""
        amounts = self.ledger_balance, self.capital_balance, self.reported_credit
        return to_kronor(get_ledger_capital(*map(to_oere, amounts)))

    def _note_ledger(self, client):
        """Ask for the invoice at the service: its balance, and whether it was credited there."""
        invoice = read_invoice(client.get_invoice(self.remote_number))
        balance = invoice.balance
        self.write(
            {
                "ledger_balance": self.capital_balance if balance is None else balance,
                "is_cancelled_there": bool(invoice.is_cancelled),
                "is_credited_there": bool(invoice.credit_number),
            }
        )

    def _is_ended(self):
        """Tell whether the service has closed the case, and how is known.

        It is not while the service's two balances disagree.
        """
        if self.remote_status != payloads.STATUS_CLOSED or not self.unclear_since:
            return self.remote_status == payloads.STATUS_CLOSED
        return self.unclear_since + CLOSING_PATIENCE <= fields.Datetime.now()

    def _review_closing_question(self):
        """Ask a person about a case that was closed without its balances agreeing."""
        if self.state == "closed" and self.unclear_since:
            self._ask_about_money(
                self.env._(
                    "Nox Finans has closed the case, but its ledger says that %s is unpaid: find "
                    "out there whether the customer has paid. It is not asked again by itself.",
                    self._format(self.handed_over_amount - self.received_amount),
                )
            )

    def _round(self, amount):
        """Return `amount` to the öre: sums of what is not are off by what computers round."""
        return self.company_currency_id.round(amount)

    def _note_report(self, before, capital, is_clear):
        """Count what the report that is on its way has done, by what the service says after it.

        :param before: the balance just before the report
        :param capital: the balance now, None when the answer has none
        :param is_clear: it is the answer to the report
        """
        request = self._get_sent_request()
        if request.action != "report_payment":
            return
        now = None if capital is None else to_oere(capital)
        told = count_report(to_oere(request.amount), to_oere(before), now, is_clear)
        if told.counted:
            counted = to_kronor(told.counted)
            self.reported_amount += counted
            if request.is_credit:
                self.reported_credit += counted
        if told.unclear:
            self.unclear_report_amount = to_kronor(told.unclear)

    # -------------------------------------------------------------------------
    # Out: from Odoo to the service
    # -------------------------------------------------------------------------

    def _trigger_report(self):
        """Let the exchange run soon if there is something to report."""
        if self.is_report_due and not self.request_id:
            self.env["nox.finans.connector"]._trigger_exchange()

    def _report_outside(self, client):
        """Report what was paid or credited here, or ask a person whether to.

        The status is fetched first: what has come in there meanwhile is not reported back.
        """
        self._sync(client)
        if not self.is_report_due or self.request_id:
            return
        amount, is_credit = self._get_amount_to_report()
        if amount:
            self._open_request("report_payment", amount=amount, is_credit=is_credit)
            self.next_try = False
            return
        self._ask_about_report(self._get_report_question())

    def _get_report_question(self):
        """Return what a person is asked about what was paid or credited here."""
        paid, credited = self._get_unreported_payment(), self.unreported_credit
        amounts = {"paid": self._format(paid), "credited": self._format(credited)}
        if not credited:
            return self.env._(
                "%s was paid in Odoo, and Nox Finans does not know it: report it, or the customer "
                "is chased for it.",
                amounts["paid"],
            )
        if not paid:
            return self.env._(
                "%s was credited in Odoo, and Nox Finans does not know it: report it, or the "
                "customer is chased for it. No payment is booked for it at Fortnox.",
                amounts["credited"],
            )
        return self.env._(
            "%(paid)s was paid and %(credited)s credited in Odoo, and Nox Finans does not know it: "
            "report both, one after the other, or the customer is chased for it.",
            **amounts,
        )

    def _get_amount_to_report(self):
        """Return what is reported without asking a person, and whether it was credited.

        Payments first; a credit is a report of its own, or money that never came would be booked
        at the service. What was paid before the hand-over is no question, whatever the company has
        chosen: it was handed over only because an invoice cannot be in part.
        """
        if not self._is_reportable():
            return 0, False
        payment, credit = self._get_unreported_payment(), self.unreported_credit
        if self.company_id._get_nox_finans_connector().report_mode != "auto":
            payment = min(payment, self._get_unreported_before(False))
            credit = min(credit, self._get_unreported_before(True))
        return (payment, False) if payment > 0 else (max(credit, 0), True)

    def _get_unreported_before(self, is_credit):
        """Return what was paid, or credited, before the hand-over and is not reported yet."""
        partials = self._get_earlier_partials().filtered(
            lambda partial: partial._is_nox_finans_credit() == is_credit
        )
        reported = self.reported_amount - self.reported_credit
        if is_credit:
            reported = self.reported_credit
        return self._round(sum(partials.mapped("debit_amount_currency")) - reported)

    def _get_partials(self):
        """Return what the invoice's open balance has been lowered by."""
        return self.move_id.line_ids.filtered(
            lambda line: line.account_type == "asset_receivable"
        ).matched_credit_ids

    def _get_earlier_partials(self):
        """Return what lowered the open balance before the invoice was handed over."""
        return self._get_partials().filtered(
            lambda partial: partial.create_date < self.accepted_date
        )

    def _is_reportable(self):
        """Tell whether it is certain that the customer's part was paid outside of Nox Finans."""
        return self.unbooked_amount <= 0 and self._is_customers_part()

    def _is_customers_part(self):
        move = self.move_id
        return not move.nox_finans_tax_reduction or move._get_nox_finans_owed() <= 0

    @gate("read", GROUP_SEND)
    def action_report_outside(self) -> dict | None:
        """Report what was paid or credited in Odoo.

        Who has paid a house-work invoice, a person may know better: the dialog lets the amount be
        changed.
        """
        self._hold("report_outside")
        if len(self) == 1 and not self._is_customers_part():
            return self.with_context(nox_finans_action="report_payment").action_request()
        for case in self:
            case._request(
                "report_payment", amount=case._get_unreported_payment() or case.unreported_credit
            )
        return None

    @gate("read", GROUP_SEND)
    def action_ignore_outside(self) -> None:
        """Do not report what was paid or credited in Odoo.

        :raises UserError: that has been decided already
        """
        self._hold("report_outside")
        questions = self.activity_search([MONEY_ACTIVITY]).mapped("res_id")
        for case in self:
            is_answered = case._is_same(case.asked_amount, case.unreported_amount)
            if is_answered and case.id not in questions:
                raise UserError(case.env._("Somebody has decided already: %s", case._get_refusal()))
        for case in self:
            # Full rights: nobody writes cases but the system; the gate has let the user through.
            case.sudo().write({"asked_amount": case.unreported_amount})
            case._close_money_questions()
            case.move_id.message_post(
                body=case.env._(
                    "%(user)s decided not to report %(amount)s to Nox Finans.",
                    user=case.env.user.name,
                    amount=case._format(case.unreported_amount),
                )
            )

    def _note_paid_in_odoo(self):
        """Something was paid or credited in Odoo, or is so no longer."""
        if self.filtered("is_report_due"):
            self.env["nox.finans.connector"]._trigger_exchange()
        self._review_money_questions()

    def _renew_report_question(self):
        """Ask about the amount that there is to report by now, if a person has to be asked."""
        is_new = not self._is_same(self.asked_amount, self.unreported_amount)
        if is_new and not self._get_amount_to_report()[0]:
            self._ask_about_report(self._get_report_question())
