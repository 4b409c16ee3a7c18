import logging

from odoo import fields, models
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..criteria import Rules
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)


class NoxFinansCase(models.Model):
    """What has come in at the service is registered here, or a person is asked."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _book_received(self):
        """Register what has come in as a payment, reconciled with the invoice; or ask a person.

        Who has no journal chosen gets it booked as soon as there is one.
        """
        if self.unbooked_amount <= 0 or not self._get_payment_journal():
            return
        message = self._get_booking_doubt() or self._try_to_register()
        if message and message != self.money_message:
            self.money_message = message
            self._ask_about_money(self._get_booking_question())

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
        if self._get_account().is_booked_otherwise:
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
            Rules(company).today,
            fiscalyear=True,
            sale=False,
            purchase=False,
            tax=False,
            hard=True,
        )
        return fields.Date.to_string(max(date for date, _kind in locks)) if locks else None

    def _register_payment(self):
        """Register what has come in, and nothing else: a few öre that are missing stay open.

        :raises UserError: Odoo does not let it be booked, e.g. in a locked period
        """
        amount = self.unbooked_amount
        receivable = self.move_id.line_ids.filtered(
            lambda line: line.account_id.account_type == "asset_receivable"
        )
        payment = (
            self.env["account.payment"]
            .with_company(self.company_id)
            # With an entry of its own in any edition, or the invoice's balance would not fall.
            .with_context(force_payment_move=True)
            .create(self._prepare_payment(amount, receivable.account_id[:1]))
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

    def _prepare_payment(self, amount, account):
        """Return the values of the payment that is registered for what has come in.

        Hook: other add-ons may add what they need of it.
        """
        return {
            "payment_type": "inbound",
            "partner_type": "customer",
            "partner_id": self.move_id.commercial_partner_id.id,
            "amount": amount,
            "currency_id": self.company_currency_id.id,
            "journal_id": self._get_payment_journal().id,
            "date": Rules(self.company_id).today,
            "memo": self._get_payment_memo(),
            "destination_account_id": account.id,
        }

    def _note_booked(self):
        # Full rights: nobody writes cases but the system; a person comes here by a gate.
        self.sudo().write(
            {
                "booked_amount": self.booked_amount + self.unbooked_amount,
                "money_message": False,
                "unclear_report_amount": 0,
            }
        )
        self._close_money_questions()

    def _get_payment_memo(self):
        return self.env._("%(invoice)s via Nox Finans", invoice=self.move_id.name)

    @gate("read", GROUP_SEND)
    def action_book(self) -> None:
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
    def action_mark_booked(self) -> None:
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
    def action_open_payments(self) -> dict:
        return self.payment_ids._get_records_action(name=self.env._("Payments from Nox Finans"))
