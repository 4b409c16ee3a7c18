from odoo import api, fields, models
from odoo.exceptions import UserError

from ..criteria import WARNING
from ..models.nox_finans_gate import GROUP_SEND, gate
from ..models.nox_finans_notification import show_message


class NoxFinansSend(models.TransientModel):
    """What has been marked: what goes, by which channel and why, what it costs, what does not."""

    _name = "nox.finans.send"
    _inherit = "nox.finans.dialog"
    _description = "Send via Nox Finans"

    _subjects = ("move_ids",)

    move_ids = fields.Many2many(
        comodel_name="account.move", string="Marked Invoices", required=True
    )
    ready_move_ids = fields.Many2many(
        comodel_name="account.move", compute="_compute_partition", string="To Be Sent"
    )
    rejected_move_ids = fields.Many2many(
        comodel_name="account.move", compute="_compute_partition", string="Left Out"
    )
    ready_count = fields.Integer(compute="_compute_partition")
    warning_count = fields.Integer(compute="_compute_partition")
    rejected_count = fields.Integer(compute="_compute_partition")
    environment = fields.Char(compute="_compute_environment")
    is_sandbox = fields.Boolean(compute="_compute_environment")
    is_blocked = fields.Boolean(compute="_compute_environment")
    connection_message = fields.Char(compute="_compute_environment")
    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_cost")
    cost = fields.Monetary(compute="_compute_cost")
    unpriced_count = fields.Integer(compute="_compute_cost")
    price_list_url = fields.Char(compute="_compute_environment")

    @api.depends("move_ids")
    def _compute_partition(self):
        Move = self.env["account.move"]
        for wizard in self:
            rejected = wizard.move_ids._filter_nox_finans_blocked()
            wizard.rejected_move_ids = rejected
            wizard.ready_move_ids = wizard.move_ids - rejected
            warned = [("id", "in", wizard.ready_move_ids.ids), ("nox_finans_status", "=", WARNING)]
            wizard.warning_count = Move.search_count(warned)
            wizard.rejected_count = len(rejected)
            wizard.ready_count = len(wizard.move_ids) - len(rejected)

    @api.depends("move_ids")
    def _compute_environment(self):
        for wizard in self:
            # Full rights: where one sends to is for all to see who send.
            connectors = (
                wizard.move_ids._get_nox_finans_move_companies().sudo().nox_finans_connector_ids
            )
            wizard.environment = connectors._get_environment_label()
            wizard.is_sandbox = "sandbox" in connectors.mapped("environment")
            wizard.connection_message = " ".join(
                f"{connector.company_id.name}: {connector.connection_message}"
                for connector in connectors
                if connector.connection_message
            )
            wizard.is_blocked = any(connector._get_obstacle() for connector in connectors)
            wizard.price_list_url = connectors[:1].price_list_url

    @api.depends("move_ids")
    def _compute_cost(self):
        self.currency_id = self.env.ref("base.SEK")
        for wizard in self:
            wizard.cost, wizard.unpriced_count = self.env["nox.finans.price"]._forecast(
                wizard.ready_move_ids
            )

    def _see(self, records):
        sent = records._get_nox_finans_sent()
        return {str(move_id): revision for move_id, revision in sent.items()}

    def _describe_news(self, record, seen):
        return record._describe_nox_finans_sending_news(seen)

    @gate("read", GROUP_SEND, on="one")
    def action_open_price_list(self) -> dict:
        """:raises UserError: no address is noted"""
        if not self.price_list_url:
            raise UserError(self.env._("The price list has no address yet."))
        return {"type": "ir.actions.act_url", "url": self.price_list_url, "target": "new"}

    @gate("write", GROUP_SEND, on="one")
    def action_send(self) -> dict:
        """Queue what can go and say what was left out; the connector does the rest.

        What somebody has sent since the dialog was opened is left out, whatever has become of it.

        :raises UserError: nothing of what was marked can go; nothing is changed
        """
        moves, changed = self._hold_unchanged(self.move_ids)
        cases, left_out = moves._nox_finans_queue()
        left_out = changed | left_out
        if not cases:
            raise UserError(
                self.env._("None of the marked invoices can be sent:")
                + "\n"
                + self.move_ids._list_nox_finans_reasons(left_out)
            )
        is_warned = bool(left_out or self.connection_message)
        return show_message(
            "warning" if is_warned else "success",
            self.move_ids._describe_nox_finans_sending(len(cases), left_out),
            is_sticky=is_warned,
            after={
                "type": "ir.actions.act_window_close",
                "infos": {"nox_finans_sent": len(cases)},
            },
        )
