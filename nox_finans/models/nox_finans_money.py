import logging
import math
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import plaintext2html

from ..api import answers, payloads
from .nox_finans_course import SMALL_REST
from .nox_finans_criterion import CompanyRules
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)

MONEY_ACTIVITY = "nox_finans.mail_activity_type_money"
# How long a closed case waits for the service's two balances to agree: a payment that is booked
# there over a long weekend shows in the one days after the other.
CLOSING_PATIENCE = timedelta(days=5)


class NoxFinansCase(models.Model):
    """Money: what has come in at the service is booked here, and the other way round.

    Both ways are levels, not steps: what is booked and what is reported is counted on the case, and
    compared with what there is to book or to report. So a repeated status, a lost answer or a run
    that died changes nothing.

    - received: what was handed over, less the service's balance. Fees are in neither.
    - to book: received, less what was reported there, credited there, or booked already.
    - to report: what is owed less here, without what came from the service or was reported; never
      more than what the service asks for beyond what is owed here. What credit notes have lowered
      is reported apart from payments: the service must not book it as money.

    All of it to the öre.
    """

    _name = "nox.finans.case"
    _inherit = ["nox.finans.case", "mail.thread", "mail.activity.mixin"]
    # Nobody writes cases but the system; who may read one may write a note about it.
    _mail_post_access = "read"

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
            is_followed = case.confirmed_date and case.move_id.move_type != "out_refund"
            credited = case._get_credits_sent() if is_followed else 0
            unbooked = case.received_amount - case.reported_amount - credited - case.booked_amount
            case.unbooked_amount = max(case._round(unbooked), 0) if is_followed else 0
            is_open = is_followed and case.state == "accepted"
            case.unreported_amount = case._get_unreported(credited) if is_open else 0
            case.unreported_credit = case._get_unreported_credit()
            case.is_report_due = (
                case.unreported_amount > 0 and case.unreported_amount != case.asked_amount
            )
            case.difference = case._get_difference() if is_followed else 0
            is_different = case.difference or case.unbooked_amount
            case.difference_since = is_different and (case.difference_since or now)

    def _get_credits_sent(self):
        """Return what the service lowers the balance by because of credit notes sent to it."""
        credits = self.move_id.reversal_move_ids.filtered(
            lambda move: move.nox_finans_case_state in ("accepted", "closed")
        )
        return sum(credits.mapped("amount_total"))

    def _get_open_range(self):
        """Return the least and the most that the customer can still owe by Odoo's books.

        They differ for house-work invoices only, until the Tax Agency's payment is recognised: the
        open balance does not tell whether the agency or the customer has paid.
        """
        owed = self.move_id._get_nox_finans_owed()
        reduction = self.move_id.nox_finans_tax_reduction
        most = min(owed, self._get_sent_amount())
        return (most if self._has_agency_paid() else max(owed - reduction, 0)), most

    def _has_agency_paid(self):
        """Tell whether one of the invoice's payments is just what the Tax Agency pays."""
        reduction = self.move_id.nox_finans_tax_reduction
        return bool(reduction) and any(
            partial.credit_move_id.move_type == "entry"
            and not partial.credit_move_id.move_id.origin_payment_id.nox_finans_case_id
            and self._is_reduction(partial.debit_amount_currency)
            for partial in self._get_partials()
        )

    def _is_reduction(self, amount):
        """Tell whether `amount` is the tax reduction; the agency pays it in whole kronor.

        The öre are dropped, not rounded (law 2009:194, section 5).
        """
        reduction = self.move_id.nox_finans_tax_reduction
        return any(self._is_same(amount, asked) for asked in (reduction, math.floor(reduction)))

    def _get_sent_amount(self):
        return self.move_id.amount_total - self.move_id.nox_finans_tax_reduction

    def _get_unreported(self, credited):
        """Return what has been paid or credited here and is not known to the service."""
        least, _most = self._get_open_range()
        known = self.booked_amount + self.reported_amount + credited
        outside = self._get_sent_amount() - least - known
        if self._is_agency_payment(outside):
            return 0
        return max(self._round(min(outside, self.capital_balance - least)), 0)

    def _get_unreported_credit(self):
        """Return what of the amount to be reported was credited here.

        Credit notes that were sent to the service are known there.
        """
        if not self.unreported_amount:
            return 0
        credited = sum(
            partial.debit_amount_currency
            for partial in self._get_partials()
            if partial._is_nox_finans_credit()
            and partial.credit_move_id.move_id.nox_finans_case_state not in ("accepted", "closed")
        )
        return min(max(self._round(credited - self.reported_credit), 0), self.unreported_amount)

    def _get_unreported_payment(self):
        return self._round(self.unreported_amount - self.unreported_credit)

    def _is_agency_payment(self, amount):
        """Tell whether `amount` is just what the Tax Agency has still to pay."""
        reduction = self.move_id.nox_finans_tax_reduction
        is_settled = self.move_id._get_nox_finans_owed() <= 0
        return bool(
            reduction
            and not is_settled
            and not self._has_agency_paid()
            and self._is_reduction(amount)
        )

    def _get_difference(self):
        if self.state == "closed":
            return -max(self.unbooked_amount, self._get_left_open())
        if self.state != "accepted":
            return 0
        least, most = self._get_open_range()
        return self._round(self.capital_balance - min(max(self.capital_balance, least), most))

    def _get_left_open(self):
        """Return what is open in Odoo although the service has closed the case as settled.

        The payment was never registered, or no longer is. The Tax Agency may pay later.
        """
        if self.close_reason not in ("paid", "credited"):
            return 0
        least, _most = self._get_open_range()
        return self._round(least)

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
        if not self.confirmed_date or self.move_id.move_type == "out_refund":
            return
        if capital is None and not is_closed:
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
            is_unclear = abs((capital or 0) - ledger) >= SMALL_REST
            self.unclear_since = is_unclear and (self.unclear_since or fields.Datetime.now())

    def _get_ledger_capital(self):
        """Return what of the service's ledger is to be collected: it does not book our credits.

        Whether its balance falls by them all the same is not documented: either is taken for right.
        """
        ledger = self.ledger_balance
        unbooked = self._round(ledger - self.reported_credit)
        return ledger if self._is_same(ledger, self.capital_balance) else max(unbooked, 0)

    def _is_ended(self):
        """While the two balances disagree, it is not known how the case has ended."""
        is_given_up = (
            self.unclear_since and self.unclear_since + CLOSING_PATIENCE <= fields.Datetime.now()
        )
        return super()._is_ended() and (not self.unclear_since or is_given_up)

    def _settle(self):
        result = super()._settle()
        if self.state == "closed" and self.unclear_since:
            self._ask(
                self.env._(
                    "Nox Finans has closed the case, but its ledger says that %s is unpaid: find "
                    "out there whether the customer has paid. It is not asked again by itself.",
                    self._format(self.handed_over_amount - self.received_amount),
                )
            )
        self._review_questions()
        return result

    def _note_ledger(self, client):
        """Ask for the invoice at the service: its balance, and whether it was credited there."""
        invoice = answers.mapping(client.get_invoice(self.remote_number))
        balance = answers.amount(invoice.get("Balance"))
        self.write(
            {
                "ledger_balance": self.capital_balance if balance is None else balance,
                "is_cancelled_there": invoice.get("Cancelled") is True,
                "is_credited_there": answers.word(invoice.get("CreditInvoiceReference"))
                not in (None, "0"),
            }
        )

    def _round(self, amount):
        """Return `amount` to the öre: sums of what is not are off by what computers round."""
        return self.company_currency_id.round(amount)

    def _note_report(self, before, capital, is_clear):
        """Count what was reported: clearly answered, or seen in the balance, all of it and no more.

        Without a clear answer the customer may have paid meanwhile. A balance that is as it was
        tells that nothing arrived; what is neither is for a person to tell apart.

        :param before: the balance just before the report
        :param capital: the balance now, None when the answer has none
        """
        request = self._get_sent_request()
        if request.action != "report_payment":
            return
        # What goes beyond the balance pays fees.
        reported = min(request.amount, before)
        if is_clear or (capital is not None and self._is_same(before - capital, reported)):
            self.reported_amount += reported
            if request.is_credit:
                self.reported_credit += reported
        elif capital is None or not self._is_same(before, capital):
            self.unclear_report_amount = reported

    def _book_received(self):
        """Register what has come in as a payment, reconciled with the invoice; or ask a person.

        Who has no journal chosen gets it booked as soon as there is one.
        """
        if self.unbooked_amount <= 0 or not self._get_payment_journal():
            return
        message = self._get_booking_doubt() or self._try_to_register()
        if message and message != self.money_message:
            self.money_message = message
            self._ask(self._get_booking_question())

    def _get_booking_question(self):
        return self.env._(
            "%(amount)s has come in at Nox Finans and is not booked: %(reason)s",
            amount=self._format(self.unbooked_amount),
            reason=self.money_message,
        )

    def _try_to_register(self):
        """Register what has come in; return in words why it cannot be, or None.

        What the service says of the case is noted all the same, whatever another module thinks of
        the payment.
        """
        try:
            with self.env.cr.savepoint():
                self._register_payment()
        except UserError as error:
            return str(error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY:
            raise
        except Exception:
            _logger.exception("Nox Finans case %s: the payment could not be registered", self.id)
            return self.env._("An unexpected error; see the server's log.")
        return None

    def _get_payment_journal(self):
        # Full rights: a setting of the case's own company.
        return self.company_id.sudo()._get_nox_finans_connector().payment_journal_id

    def _get_booking_doubt(self):
        """Return in words why a person has to look before the money is booked, or None."""
        move = self.move_id
        if move.state != "posted":
            return self.env._("The invoice is not posted.")
        if self.is_cancelled_there or self.is_credited_there:
            return self.env._("The invoice was credited or cancelled at Nox Finans.")
        owed = move._get_nox_finans_owed()
        if self._round(self.unbooked_amount - owed) > 0:
            return self.env._("The invoice's open balance is only %s.", self._format(owed))
        if self.unclear_report_amount:
            return self.env._(
                "A report of %s to Nox Finans has had no clear answer and may be part of it: look "
                "there. If it is, register the rest, and press “It Is Registered Already”.",
                self._format(self.unclear_report_amount),
            )
        if locked := self._get_locks():
            return self.env._("The period is locked until %s.", locked)
        if self._is_registered_outside():
            return self.env._(
                "The same amount has been registered on the invoice already: is it that money?"
            )
        return None

    def _get_locks(self):
        """Return the date until which today is locked, or None.

        Odoo would book on a later day by itself: that is for a person to decide.
        """
        company = self.company_id
        locks = company._get_lock_date_violations(
            CompanyRules.of(company).today,
            fiscalyear=True,
            sale=False,
            purchase=False,
            tax=False,
            hard=True,
        )
        return fields.Date.to_string(max(date for date, _kind in locks)) if locks else None

    def _is_registered_outside(self):
        """Tell whether what is to be booked is just what somebody has registered in another way."""
        known = self.booked_amount + self.reported_amount + self._get_credits_sent()
        outside = self.move_id.amount_total - self.move_id._get_nox_finans_owed() - known
        return any(
            self._is_same(outside - of_agency, self.unbooked_amount)
            for of_agency in (0, self.move_id.nox_finans_tax_reduction)
        )

    def _register_payment(self):
        """Register what has come in, and nothing else: a few öre that are missing stay open.

        :raises UserError: Odoo does not let it be booked, e.g. in a locked period
        """
        move, amount = self.move_id, self.unbooked_amount
        receivable = move.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        payment = (
            self.env["account.payment"]
            .with_company(self.company_id)
            # With an entry of its own in any edition, or the invoice's balance would not fall.
            .with_context(force_payment_move=True)
            .create(
                {
                    "payment_type": "inbound",
                    "partner_type": "customer",
                    "partner_id": move.commercial_partner_id.id,
                    "amount": amount,
                    "currency_id": self.company_currency_id.id,
                    "journal_id": self._get_payment_journal().id,
                    "date": CompanyRules.of(self.company_id).today,
                    "memo": self._get_payment_memo(),
                    "destination_account_id": receivable.account_id[:1].id,
                }
            )
        )
        # Full rights: nobody says that a payment came in at Nox Finans but the system, here.
        payment.sudo().nox_finans_case_id = self
        payment.action_post()
        lines = (payment.move_id.line_ids + receivable).filtered(
            lambda line: line.account_id == receivable.account_id[:1] and not line.reconciled
        )
        lines.reconcile()
        self._note_booked()
        # Full rights: nobody writes cases and events but the system.
        self.sudo()._note_event(
            "booked",
            self.env._(
                "%(amount)s booked as %(payment)s",
                amount=self._format(amount),
                payment=payment.name,
            ),
            amount,
        )

    def _note_booked(self):
        # Full rights: nobody writes cases but the system; a person comes here by a gate.
        self.sudo().write(
            {
                "booked_amount": self.booked_amount + self.unbooked_amount,
                "money_message": False,
                "unclear_report_amount": 0,
            }
        )
        self._close_questions()

    def _get_payment_memo(self):
        return self.env._("%(invoice)s via Nox Finans", invoice=self.move_id.name)

    @gate("read", GROUP_SEND)
    def action_book(self):
        """Register what has come in, although the connector had its doubts.

        :raises UserError: no journal is chosen, or Odoo does not let it be booked; says why
        """
        self._hold("book")
        for case in self:
            if not case._get_payment_journal():
                raise UserError(
                    self.env._(
                        "Choose the journal for payments from Nox Finans first: "
                        "Settings > Invoicing > Nox Finans."
                    )
                )
            case._register_payment()

    @gate("read", GROUP_SEND)
    def action_mark_booked(self):
        """Note that somebody has registered the money in another way."""
        self._hold("book")
        for case in self:
            text = case.env._(
                "%(amount)s from Nox Finans was registered in another way, says %(user)s.",
                amount=case._format(case.unbooked_amount),
                user=case.env.user.name,
            )
            case._note_booked()
            case.move_id.message_post(body=text)

    @gate("read", GROUPS, on="one")
    def action_open_payments(self):
        return self.payment_ids._get_records_action(name=self.env._("Payments from Nox Finans"))

    # -------------------------------------------------------------------------
    # Out: from Odoo to the service
    # -------------------------------------------------------------------------

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

    def _ask_about_report(self, text):
        """Leave it to a person; nothing is reported by itself until the amount changes."""
        self.asked_amount = self.unreported_amount
        self._ask(text)

    def _is_reportable(self):
        """Tell whether it is certain that the customer's part was paid outside of Nox Finans."""
        return self.unbooked_amount <= 0 and self._is_customers_part()

    def _is_customers_part(self):
        move = self.move_id
        return not move.nox_finans_tax_reduction or move._get_nox_finans_owed() <= 0

    @gate("read", GROUP_SEND)
    def action_report_outside(self):
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
    def action_ignore_outside(self):
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
            case._close_questions()
            case.move_id.message_post(
                body=case.env._(
                    "%(user)s decided not to report %(amount)s to Nox Finans.",
                    user=case.env.user.name,
                    amount=case._format(case.unreported_amount),
                )
            )

    # -------------------------------------------------------------------------
    # Questions to a person
    # -------------------------------------------------------------------------

    def _get_responsible(self):
        """Return who looks after the case: who sent it, or the connection's responsible."""
        sender = self.user_id
        if sender.active and sender.has_group(GROUP_SEND):
            return sender
        return self.company_id._get_nox_finans_connector()._get_administrator()

    def _ask(self, text, activity=MONEY_ACTIVITY, deadline=None):
        """Give the responsible one activity of this type on the case, with the newest text."""
        note = plaintext2html(text)
        activities = self.activity_search([activity])
        if activities:
            activities.write({"note": note})
            return
        self.activity_schedule(
            activity,
            date_deadline=deadline,
            note=note,
            user_id=self._get_responsible().id or self.env.uid,
        )

    def _close_questions(self, activity=MONEY_ACTIVITY):
        # Full rights: the activity may be another person's; the question is answered for all.
        self.sudo().activity_feedback([activity])

    def _note_paid_in_odoo(self):
        """Something was paid or credited in Odoo, or is so no longer."""
        if self.filtered("is_report_due"):
            self.env["nox.finans.connector"]._trigger_exchange()
        self._review_questions()

    def _review_questions(self):
        """Close the questions about money whose reason is gone; the others say what holds now."""
        # What is not to be reported any more is asked about anew when it comes back.
        self.filtered(lambda case: case.asked_amount and not case.unreported_amount).write(
            {"asked_amount": 0}
        )
        activities = self.activity_search([MONEY_ACTIVITY])
        for case in self.browse(activities.mapped("res_id")):
            if case.unbooked_amount and case.money_message:
                case._ask(case._get_booking_question())
            elif case.unreported_amount:
                case._renew_report_question()
            elif not (case.state == "closed" and case.unclear_since):
                case._close_questions()

    def _renew_report_question(self):
        is_new = not self._is_same(self.asked_amount, self.unreported_amount)
        if is_new and not self._get_amount_to_report()[0]:
            self._ask_about_report(self._get_report_question())
