from odoo import fields, models
from odoo.exceptions import UserError

from ..models.nox_finans_gate import GROUP_SEND, gate
from ..models.nox_finans_notification import reload


class NoxFinansDispute(models.TransientModel):
    """Notes that a customer disputes invoices: why, and who looks into it."""

    _name = "nox.finans.dispute"
    _inherit = "nox.finans.dialog"
    _description = "Note a Dispute"

    _subjects = ("move_ids",)

    move_ids = fields.Many2many(
        comodel_name="account.move", string="Invoices", required=True, readonly=True
    )
    reason = fields.Char(
        required=True, help="What the customer says is wrong; shown wherever the invoice is held."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Looked after by",
        required=True,
        default=lambda self: self.env.user,
        domain=lambda self: [("all_group_ids", "in", self.env.ref(GROUP_SEND).ids)],
        help="Gets an activity, and settles the dispute.",
    )
    open_count = fields.Integer(compute="_compute_open_count")

    def _compute_open_count(self):
        for wizard in self:
            states = wizard.move_ids.mapped("nox_finans_case_state")
            wizard.open_count = states.count("accepted")

    @gate("write", GROUP_SEND, on="one")
    def action_confirm(self) -> dict:
        """Note the dispute on all invoices where nobody has noted or settled one meanwhile.

        :raises UserError: nothing can be noted, or not given to this person
        """
        if not self.user_id.has_group(GROUP_SEND):
            raise UserError(
                self.env._(
                    "%s may not invoice, and so cannot settle a dispute: choose somebody else.",
                    self.user_id.name,
                )
            )
        moves, left_out = self._hold_unchanged(self.move_ids)
        self._check_any_left(moves, left_out)
        moves._nox_finans_note_dispute(self.reason, self.user_id)
        if not left_out:
            return reload()
        return self._answer(self.env._("Noted on %s invoices.", len(moves)), left_out)
