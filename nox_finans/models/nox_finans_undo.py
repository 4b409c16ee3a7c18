from odoo import models

from ..api import answers
from ..api.errors import NoxFinansError, RefusedError, UncertainError
from ..core.backoff import MAX_TRIES
from ..core.words import GIVEN_UP
from . import account_move_sender  # noqa: F401 - its `write` comes first
from .nox_finans_case import found, new_reference
from .nox_finans_gate import GROUP_SEND, gate

UNDO_ACTIVITY = "nox_finans.mail_activity_type_undo"


class NoxFinansCase(models.Model):
    """What was begun at the service and is given up: taken back there, so that no orphan stays.

    What is not bookkept is cancelled, what is bookkept is credited. `is_undo_due` is the committed
    intent; each step is looked up before it is taken, so that a repetition does nothing twice, and
    nothing is done to an invoice that is not ours. Until it is done the invoice is not sent again.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    @gate("read", GROUP_SEND)
    def action_give_up(self):
        """Do not send a refused invoice; what the service has got of it is taken back there."""
        self._hold("give_up")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo()._give_up()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _give_up(self):
        """Close refused cases for good. Their invoices can be sent anew, as new cases."""
        for case in self:
            case.write(
                {
                    "state": "closed",
                    "close_reason": GIVEN_UP,
                    "error_message": False,
                    # Without a step nothing was sent; without a number it may have been all the
                    # same.
                    "is_undo_due": bool(case.step or case.remote_number or case.is_doubted),
                    "try_count": 0,
                    "next_try": False,
                    "is_stuck": False,
                }
            )
            case._note_event(
                "closed",
                case.env._("Given up: not sent via Nox Finans"),
                user=case.env.user,
            )
        if any(self.mapped("is_undo_due")):
            self.env["nox.finans.connector"]._trigger_exchange()

    def _undo_in_the_background(self, client):
        """Take back what the service has got of a case that is refused or given up.

        :raises NoxFinansError: no clear answer; it is tried again
        """
        try:
            is_undone = self._undo(client)
        except RefusedError as error:
            self._ask_to_undo(str(error))
            self.is_undo_due = False
        except NoxFinansError as error:
            if self.try_count + 1 == MAX_TRIES:
                self._ask_to_undo(str(error))
            raise
        else:
            if is_undone:
                self._begin_anew(self.state)
            else:
                self._follow_again()

    def _ask_to_undo(self, reason):
        self._ask(
            self.env._(
                "%(invoice)s is not sent, but invoice %(number)s at Fortnox could not be taken "
                "back: %(reason)s Cancel or credit it there.",
                invoice=self.move_id.name,
                number=self.remote_number or self.reference,
                reason=reason,
            ),
            UNDO_ACTIVITY,
        )

    def _follow_again(self):
        """Nox Finans has taken the invoice after all: it is looked up, and followed as any."""
        self._ask(
            self.env._(
                "Nox Finans has taken %s after all. If that is not wanted, stop the case.",
                self.move_id.name,
            ),
            UNDO_ACTIVITY,
        )
        self.write(
            {
                "is_undo_due": False,
                "is_doubted": True,
                "is_mended": False,
                "state": "uncertain",
                "close_reason": False,
            }
        )

    def _check_may_begin_anew(self):
        """:raises RefusedError: it is a bookkept credit note, which cannot be taken back there"""
        if self._is_credit_note() and self._is_frozen():
            raise RefusedError(self._get_bookkept_credit_words())

    def _get_bookkept_credit_words(self):
        return self.env._(
            "The credit note has been bookkept at Fortnox (number %s) and can neither be changed "
            "nor taken back there. Change it back here, or settle it at Fortnox.",
            self.remote_number,
        )

    def _undo_and_begin_anew(self, client, commit):
        """Take back what the service has got, and let the case begin from the start.

        :raises NoxFinansError: it could not be taken back
        """
        if not self.is_undo_due:
            self.is_undo_due = True
            commit()
        number = self.remote_number
        if self._undo(client):
            self._begin_anew()
        else:
            # It was handed over: that is looked up, and nothing is sent again.
            self.write({"is_undo_due": False, "is_doubted": True, "state": "uncertain"})
            number = False
        if number:
            self.move_id.message_post(
                body=self.env._(
                    "Invoice %s was taken back at Fortnox, since it cannot be changed there any "
                    "more. A new one is made.",
                    number,
                )
            )
        commit()

    def _begin_anew(self, state="queued"):
        """Let the case begin from the start, in `state`: nothing of it is left at the service."""
        self.write(
            {
                "is_undo_due": False,
                "is_doubted": False,
                "is_mended": False,
                "is_credit_begun": False,
                "state": state,
                "step": False,
                "remote_number": False,
                "snapshot": False,
                "reference": new_reference(),
                "try_count": 0,
                "next_try": False,
            }
        )

    def _undo(self, client):
        """Cancel or credit the invoice at the service; return whether none is left there.

        :return: False when Nox Finans has it: then nothing was done
        :raises UncertainError: the answer does not tell enough
        :raises RefusedError: it is not ours, or cannot be taken back
        """
        client.purpose = "undo"
        invoice = self._find_there(client)
        if not invoice:
            return True
        if invoice.get("NoxFinans") is True:
            return False
        if invoice["Cancelled"]:
            return True
        if not invoice["Booked"]:
            client.cancel_invoice(self.remote_number)
        elif self._is_credit_note():
            raise RefusedError(self._get_bookkept_credit_words())
        else:
            self._credit_whole(client, invoice)
        return True

    def _find_there(self, client):
        """Return the case's invoice as the service has it, or None when there is none.

        :raises RefusedError: the invoice under its number is not ours
        """
        if not self.remote_number:
            number = self._find_number(client)
            if not number:
                return None
            self.remote_number = number
        answer = found(client.get_invoice, self.remote_number)
        if answer is None:
            return None
        invoice = self._read_invoice(answer)
        # A credit note has our reference only once it was changed.
        if invoice["ExternalInvoiceReference1"] or not self.is_credit_begun:
            self._check_is_ours(invoice)
        return invoice

    def _find_number(self, client):
        row = client.find_invoice(self.reference)
        if not row and self.is_credit_begun:
            row = self._find_credit(client)
        return row and answers.word(row.get("DocumentNumber"))

    def _credit_whole(self, client, invoice):
        """Let the service make a credit note of the whole invoice, and bookkeep it.

        :raises RefusedError: somebody has credited a part of it there
        """
        number = self._get_credit_number(client, self)
        if not number:
            client.credit_invoice(self.remote_number)
            number = self._get_credit_number(client, self)
        if not number:
            raise UncertainError(
                self.env._("The answer does not say “%s”.", "CreditInvoiceReference")
            )
        credit = self._read_invoice(client.get_invoice(number))
        totals = [answers.amount(it.get("Total")) for it in (invoice, credit)]
        if None in totals:
            raise UncertainError(self.env._("The answer does not say “%s”.", "Total"))
        if not self._is_same(*map(abs, totals)):
            raise RefusedError(
                self.env._("Credit note %s at Fortnox credits a part of it only.", number)
            )
        if not credit["Booked"]:
            client.bookkeep_invoice(number)


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "cancel":
            # Full rights: whoever may cancel invoices, what the service has got of a refused one
            # is taken back; nothing of the case is shown.
            cases = self.sudo().nox_finans_case_ids
            cases.filtered(lambda case: case.state == "refused")._give_up()
        return result
