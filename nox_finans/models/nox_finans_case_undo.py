from odoo import fields, models

from ..core.words import GIVEN_UP
from .nox_finans_case import new_reference
from .nox_finans_gate import GROUP_SEND, gate
from .nox_finans_notification import reload

UNDO_ACTIVITY = "nox_finans.mail_activity_type_undo"


class NoxFinansCase(models.Model):
    """What was begun at the service and is given up: `exchange/undo.py` takes it back there."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    @gate("read", GROUP_SEND)
    def action_give_up(self) -> dict:
        """Do not send a refused invoice; what the service has got of it is taken back there."""
        self._hold("give_up")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo()._give_up()
        return reload()

    def _give_up(self):
        """Close refused cases for good. Their invoices can be sent anew, as new cases."""
        for case in self:
            case._move(
                "give_up",
                close_reason=GIVEN_UP,
                error_message=False,
                # Without a step nothing was sent; without a number it may have been all the same.
                is_undo_due=bool(case.step or case.remote_number or case.is_doubted),
                try_count=0,
                next_try=False,
                is_stuck=False,
            )
            case._note_event(
                "closed",
                case.env._("Given up: not sent via Nox Finans"),
                user=case.env.user,
            )
        if any(self.mapped("is_undo_due")):
            self.env["nox.finans.connector"]._trigger_exchange()

    def _ask_to_undo(self, reason):
        self._ask_responsible(
            UNDO_ACTIVITY,
            self.env._(
                "%(invoice)s is not sent, but invoice %(number)s at Fortnox could not be taken "
                "back: %(reason)s Cancel or credit it there.",
                invoice=self.move_id.name,
                number=self.remote_number or self.reference,
                reason=reason,
            ),
        )

    def _follow_again(self):
        """Nox Finans has taken the invoice after all: it is looked up, and followed as any."""
        self._ask_responsible(
            UNDO_ACTIVITY,
            self.env._(
                "Nox Finans has taken %s after all. If that is not wanted, stop the case.",
                self.move_id.name,
            ),
        )
        self._move(
            "be_taken", is_undo_due=False, is_doubted=True, is_mended=False, close_reason=False
        )

    def _begin_anew(self):
        """Let the case begin from the start."""
        self._forget_remote()
        self._move("begin_anew")

    def _forget_remote(self):
        """Nothing of the case is left at the service: sent again, it begins from the start."""
        self.write(
            {
                "is_undo_due": False,
                "is_doubted": False,
                "is_mended": False,
                "is_credit_begun": False,
                "step": False,
                "remote_number": False,
                "snapshot": False,
                "reference": new_reference(),
                "try_count": 0,
                "next_try": False,
                # What was given up is over only now: its data is kept from here on.
                "closed_date": self.state == "closed" and fields.Datetime.now(),
            }
        )
