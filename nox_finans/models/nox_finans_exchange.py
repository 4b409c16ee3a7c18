from datetime import timedelta

from odoo import api, fields, models
from odoo.tools.constants import GC_UNLINK_LIMIT

# The log is for finding faults; the case itself keeps what matters later.
KEEP_DAYS = 90


class NoxFinansExchange(models.Model):
    """One call to the service on behalf of a case: when, what, and what it answered."""

    _name = "nox.finans.exchange"
    _description = "Nox Finans Exchange"
    _order = "id desc"

    case_id = fields.Many2one(
        comodel_name="nox.finans.case", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    date = fields.Datetime(required=True, index=True)
    method = fields.Char(required=True)
    path = fields.Char(required=True)
    status_code = fields.Integer(string="HTTP Status", help="0: no answer came.", aggregator=None)
    duration = fields.Integer(string="Duration (ms)", aggregator="avg")
    message = fields.Char(help="What the service said, or why there was no answer.")

    @api.autovacuum
    def _gc_exchanges(self):
        old = fields.Datetime.now() - timedelta(days=KEEP_DAYS)
        exchanges = self.search([("date", "<", old)], limit=GC_UNLINK_LIMIT)
        exchanges.unlink()
        return len(exchanges), len(exchanges) == GC_UNLINK_LIMIT  # done, remaining
