from odoo import fields, models

from ..api import answers
from ..api.errors import NotFoundError, RefusedError, UncertainError
from .nox_finans_case import new_reference

GIVEN_UP = "given_up"
UNDO_ACTIVITY = "nox_finans.mail_activity_type_undo"


class NoxFinansCase(models.Model):
    """What was begun at the service and is given up: taken back there, so that no orphan stays.

    What is not bookkept is cancelled, what is bookkept is credited. `is_undo_due` is the committed
    intent; each step is looked up before it is taken, so that a repetition does nothing twice.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    close_reason = fields.Selection(selection_add=[(GIVEN_UP, "Given up")])

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
                    "is_undo_due": bool(case.step or case.is_doubted),
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
        # A given-up case is no longer the invoice's.
        self.env.add_to_compute(
            self.env["account.move"]._fields["nox_finans_case_id"], self.move_id
        )
        if any(self.mapped("is_undo_due")):
            self.env["nox.finans.connector"]._trigger_exchange()

    def _undo_given_up(self, client):
        """Take back what the service has got of a case that was given up; or ask a person to.

        :raises NoxFinansError: no clear answer; it is tried again
        """
        number = self.remote_number
        try:
            is_undone = self._undo(client)
            reason = self.env._("Nox Finans has taken the invoice after all.")
        except RefusedError as error:
            is_undone, reason = False, str(error)
        self.is_undo_due = False
        if not is_undone:
            self._ask(
                self.env._(
                    "%(invoice)s was given up, but invoice %(number)s at Fortnox could not be "
                    "taken back: %(reason)s Cancel or credit it there.",
                    invoice=self.move_id.name,
                    number=number or self.reference,
                    reason=reason,
                ),
                UNDO_ACTIVITY,
            )

    def _undo_and_begin_anew(self, client, commit):
        """Take back what the service has got, and let the case begin from the start.

        :raises NoxFinansError: it could not be taken back
        """
        if not self.is_undo_due:
            self.is_undo_due = True
            commit()
        number = self.remote_number
        if not self._undo(client):
            # It was handed over: that is looked up, and nothing is sent again.
            self.write({"is_undo_due": False, "is_doubted": True, "state": "uncertain"})
            commit()
            return
        self.write(
            {
                "is_undo_due": False,
                "is_doubted": False,
                "is_mended": False,
                "state": "queued",
                "step": False,
                "remote_number": False,
                "snapshot": False,
                "reference": new_reference(),
            }
        )
        if number:
            self.move_id.message_post(
                body=self.env._(
                    "Invoice %s was taken back at Fortnox, since it cannot be changed there any "
                    "more. A new one is made.",
                    number,
                )
            )
        commit()

    def _undo(self, client):
        """Cancel or credit the invoice at the service; return whether none is left there.

        :return: False when Nox Finans has it: then nothing was done
        :raises UncertainError: the answer does not tell enough
        """
        client.purpose = "undo"
        if not self.remote_number:
            row = client.find_invoice(self.reference)
            number = row and answers.word(row.get("DocumentNumber"))
            if not number:
                return True
            self.remote_number = number
        try:
            invoice = answers.mapping(client.get_invoice(self.remote_number))
        except NotFoundError:
            return True
        if invoice.get("NoxFinans") is True:
            return False
        if invoice.get("Cancelled") is True:
            return True
        if not isinstance(invoice.get("Booked"), bool):
            raise UncertainError(self.env._("The answer does not say “%s”.", "Booked"))
        if invoice["Booked"]:
            self._credit_whole(client)
        else:
            client.cancel_invoice(self.remote_number)
        return True

    def _credit_whole(self, client):
        """Let the service make a credit note of the whole invoice, and bookkeep it."""
        number = self._get_credit_number(client, self.remote_number)
        if not number:
            client.credit_invoice(self.remote_number)
            number = self._get_credit_number(client, self.remote_number)
        if not number:
            raise UncertainError(
                self.env._("The answer does not say “%s”.", "CreditInvoiceReference")
            )
        credit = answers.mapping(client.get_invoice(number))
        if credit.get("Booked") is not True:
            client.bookkeep_invoice(number)


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "cancel":
            # Full rights: whoever may cancel invoices, what the service has got of a refused one
            # is taken back; nothing of the case is shown.
            cases = self.sudo().nox_finans_case_id
            cases.filtered(lambda case: case.state == "refused")._give_up()
        return result
