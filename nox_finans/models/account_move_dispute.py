from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from .account_move import MOVE_TYPES
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

DISPUTE_ACTIVITY = "nox_finans.mail_activity_type_dispute"
# On the case: the service does not do what the dispute asks for.
PAUSE_ACTIVITY = "nox_finans.mail_activity_type_pause"


class AccountMove(models.Model):
    """A dispute: the customer says that the invoice is wrong, and somebody looks into it."""

    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    nox_finans_is_disputed = fields.Boolean(
        string="Disputed",
        readonly=True,
        copy=False,
        groups=GROUPS,
        help="Kept out of Nox Finans, and paused there if Nox Finans has it, until it is settled.",
    )
    nox_finans_dispute_reason = fields.Char(
        string="Reason of the Dispute", readonly=True, copy=False, groups=GROUPS
    )
    nox_finans_dispute_user_id = fields.Many2one(
        comodel_name="res.users",
        string="Dispute Looked after by",
        readonly=True,
        copy=False,
        groups=GROUPS,
    )
    nox_finans_dispute_count = fields.Integer(
        readonly=True,
        copy=False,
        groups=GROUPS,
        aggregator=None,
        help="How often a dispute was noted or settled.",
    )
    nox_finans_dispute_date = fields.Datetime(
        readonly=True, copy=False, groups=GROUPS, help="When a dispute was last noted or settled."
    )
    nox_finans_dispute_by = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        copy=False,
        groups=GROUPS,
        help="Who has last noted or settled a dispute.",
    )

    _nox_finans_disputed_idx = models.Index("(company_id) WHERE nox_finans_is_disputed IS TRUE")

    @gate("write", GROUP_SEND)
    def action_nox_finans_dispute(self) -> dict:
        """Open the dialog that notes a dispute on these invoices."""
        self._check_can_be_disputed()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("Note a Dispute"),
            "res_model": "nox.finans.dispute",
            "view_mode": "form",
            "target": "new",
            "context": {"default_move_ids": self.ids},
        }

    def _check_can_be_disputed(self):
        if not self:
            raise UserError(self.env._("Mark the disputed invoices first."))
        if any(move.move_type not in MOVE_TYPES for move in self):
            raise UserError(
                self.env._("Only what a company sends its customers goes via Nox Finans.")
            )

    def _nox_finans_note_dispute(self, reason, user):
        """Note that the customer disputes the invoices, and give them to `user` to look into.

        :raises AccessError: the current user may not invoice
        :raises UserError: there is no reason, or no invoice to a customer
        """
        self._check_may_note_disputes()
        self._check_can_be_disputed()
        if not (reason or "").strip():
            raise UserError(self.env._("Say why the customer disputes the invoice."))
        self._write_nox_finans_dispute(
            nox_finans_is_disputed=True,
            nox_finans_dispute_reason=reason,
            nox_finans_dispute_user_id=user.id,
        )
        self._close_questions([DISPUTE_ACTIVITY])
        for move in self:
            text = self.env._("Disputed: %s", reason)
            move.message_post(body=text)
            move._note_nox_finans_dispute(text)
            move.activity_schedule(DISPUTE_ACTIVITY, summary=reason, user_id=user.id)
        self._wake_nox_finans()

    @gate("write", GROUP_SEND)
    def action_nox_finans_settle_dispute(self) -> None:
        """The dispute is over: the invoices may go on, and what it has paused does."""
        disputed = self.filtered("nox_finans_is_disputed")
        if not disputed:
            raise UserError(self.env._("None of the invoices is disputed."))
        disputed._write_nox_finans_dispute(nox_finans_is_disputed=False)
        disputed._close_questions([DISPUTE_ACTIVITY])
        for move in disputed:
            text = self.env._("The dispute is settled.")
            move.message_post(body=text)
            move._note_nox_finans_dispute(text)
        disputed._wake_nox_finans()

    def _write_nox_finans_dispute(self, **values):
        """Note what becomes of the dispute, with who did it and when."""
        # Full rights: nobody notes a dispute but by this; the gate was passed before.
        for move in self.sudo():
            move.write(
                {
                    **values,
                    "nox_finans_dispute_count": move.nox_finans_dispute_count + 1,
                    "nox_finans_dispute_date": fields.Datetime.now(),
                    "nox_finans_dispute_by": self.env.uid,
                }
            )

    def _note_nox_finans_dispute(self, text):
        """Put what the current user has done on the timeline of the open case, if there is one."""
        for case in self._get_nox_finans_open_cases():
            case._note_event("dispute", text, user=self.env.user)

    def _check_may_note_disputes(self):
        if not self.env.user.has_group(GROUP_SEND):
            raise AccessError(self.env._("Only those who invoice may note or settle disputes."))
        self.check_access("write")

    def _wake_nox_finans(self):
        # Full rights: it is looked anew whether there is something to pause or to resume.
        cases = self.sudo().nox_finans_case_ids
        cases.filtered("dispute_try").dispute_try = False
        for case in cases:
            case._close_questions([PAUSE_ACTIVITY])
        if any(case.state == "accepted" for case in cases):
            self.env["nox.finans.connector"]._trigger_exchange()
