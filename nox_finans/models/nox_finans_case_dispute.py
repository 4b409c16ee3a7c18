from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..api import payloads
from ..criteria import Rules
from ..exchange.actions import Pause
from . import nox_finans_case_timeline  # noqa: F401 - its `_note_resumed` comes first
from .account_move_dispute import PAUSE_ACTIVITY
from .nox_finans_gate import GROUP_SEND, gate

# A pause that has had no clear answer, or was lifted by somebody, is asked for again after this.
DISPUTE_PAUSE = timedelta(hours=1)
# What the service has refused is not asked for again on the same day.
REFUSED_PAUSE = timedelta(days=1)


class NoxFinansCase(models.Model):
    """What a dispute does to an open case: it is paused for as long as the dispute lasts.

    Again a level and not a step: each run looks which open cases are disputed and not paused, and
    which are paused by a dispute that is over.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    is_disputed = fields.Boolean(related="move_id.nox_finans_is_disputed")
    dispute_reason = fields.Char(related="move_id.nox_finans_dispute_reason")
    dispute_user_id = fields.Many2one(related="move_id.nox_finans_dispute_user_id")
    is_dispute_pause = fields.Boolean(
        readonly=True, help="It was a dispute that paused the case: settled, the case goes on."
    )
    dispute_try = fields.Datetime(
        readonly=True, help="Not paused or resumed because of a dispute before this."
    )

    _dispute_pause_idx = models.Index("(company_id) WHERE is_dispute_pause IS TRUE")

    @gate("read", GROUP_SEND)
    def action_dispute(self) -> dict:
        return self.move_id.action_nox_finans_dispute()

    @gate("read", GROUP_SEND)
    def action_settle_dispute(self) -> dict:
        return self.move_id.action_nox_finans_settle_dispute()

    @api.model
    def _get_dispute_domains(self, company):
        """Return what disputes ask for: actions, each with the domain of its cases."""
        disputed = Domain("move_id.nox_finans_is_disputed", "=", True)
        paused = Domain("remote_status", "=", payloads.STATUS_PAUSED)
        # A pause is at most so long: on its last day it is lifted, to be asked for once more. Ours
        # only, which has a date: what the service pauses by itself cannot be lifted.
        ends = Domain("pause_id.until", "<=", Rules(company).today)
        is_due = Domain("dispute_try", "=", False) | Domain("dispute_try", "<=", "now")
        return [
            (action, is_due & domain)
            for action, domain in (
                ("unpause", paused & ~disputed & Domain("is_dispute_pause", "=", True)),
                ("unpause", paused & disputed & ends),
                ("pause", disputed & Domain("remote_status", "=", payloads.STATUS_OPEN)),
            )
        ]

    def _request_for_dispute(self, action):
        """Let the connector pause the case, or resume it, because of a dispute."""
        values = {"user_id": self.dispute_user_id.id}
        if action == Pause.name:
            values["until"] = Pause.get_last_day(Rules(self.company_id).today)
            self.is_dispute_pause = True
        self._open_request(action, **values)
        self.dispute_try = fields.Datetime.now() + DISPUTE_PAUSE

    def _note_resumed(self):
        self.write({"is_dispute_pause": False, "dispute_try": False, "pause_id": False})
        self._close_questions([PAUSE_ACTIVITY])
        return super()._note_resumed()

    def _put_off_dispute(self, action, message):
        """Wait after the service has refused `action`, and tell who looks after the dispute."""
        if self.dispute_try:
            self.dispute_try = fields.Datetime.now() + REFUSED_PAUSE
        if self.is_dispute_pause and action in ("pause", "unpause"):
            self._tell_dispute_owner(action, message)

    def _tell_dispute_owner(self, action, message):
        """Let the dispute's owner know that the service does not follow it: the newest word."""
        owner = self.dispute_user_id or self._get_responsible()
        env = self.with_context(lang=owner.lang or self.env.lang).env
        if action == "pause":
            text = env._(
                "Nox Finans goes on chasing the customer, although the invoice is disputed: the "
                "pause was refused. %s It is asked for again tomorrow; stop the case if it must "
                "not wait.",
                message,
            )
        else:
            text = env._(
                "The dispute is settled, but Nox Finans refused to resume the case: it stays "
                "paused. %s It is asked for again tomorrow.",
                message,
            )
        self._ask(PAUSE_ACTIVITY, text, owner)

    def _review_pause_question(self):
        """Close the question about a pause that is there by now, or of a case that is closed."""
        is_held = self.is_disputed and self.remote_status == payloads.STATUS_PAUSED
        if self.is_dispute_pause and (is_held or self.state == "closed"):
            self._close_questions([PAUSE_ACTIVITY])
