from odoo import fields, models

from ..models.nox_finans_case import GROUP_SEND


class NoxFinansDispute(models.TransientModel):
    """Notes that a customer disputes invoices: why, and who looks into it."""

    _name = "nox.finans.dispute"
    _description = "Note a Dispute"

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

    def action_confirm(self):
        self.ensure_one()
        self.move_ids._nox_finans_note_dispute(self.reason, self.user_id)
        return {"type": "ir.actions.client", "tag": "soft_reload"}
