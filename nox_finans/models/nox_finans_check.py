from odoo import fields, models

from ..exchange.set_up_check import ITEMS, RESULTS


class NoxFinansCheck(models.Model):
    """What the newest check of a connection has found of one item."""

    _name = "nox.finans.check"
    _description = "Nox Finans Check"
    _order = "connector_id, sequence"
    _rec_name = "code"

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    code = fields.Selection(selection=ITEMS, string="Item", required=True, readonly=True)
    result = fields.Selection(selection=RESULTS, required=True, readonly=True)
    message = fields.Text(string="What Was Found", readonly=True)
    advice = fields.Text(string="What to Do", readonly=True)
    date = fields.Datetime(string="Checked on", required=True, readonly=True)

    _one_per_item = models.UniqueIndex("(connector_id, code)")
