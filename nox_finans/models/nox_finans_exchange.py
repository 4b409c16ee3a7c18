from odoo import api, fields, models

from ..core.words import STEPS
from .nox_finans_gate import GROUP_SEND


class NoxFinansExchange(models.Model):
    """One call to the service: when, what, what for, and what it answered."""

    _name = "nox.finans.exchange"
    _description = "Nox Finans Exchange"
    _order = "id desc"

    case_id = fields.Many2one(
        comodel_name="nox.finans.case",
        ondelete="cascade",
        index="btree_not_null",
        help="Empty for calls that concern the whole connection.",
    )
    company_id = fields.Many2one(comodel_name="res.company", required=True, ondelete="cascade")
    step = fields.Selection(
        selection=[
            *STEPS,
            ("look_up", "Look up"),
            ("mend", "Bring up to date"),
            ("undo", "Take back"),
            ("status", "Fetch status"),
            ("request", "A user's request"),
            ("list", "List changes"),
            ("test", "Test or sign in"),
        ],
        string="What For",
    )
    date = fields.Datetime(required=True)
    method = fields.Char(required=True)
    path = fields.Char(required=True)
    status_code = fields.Integer(string="HTTP Status", help="0: no answer came.", aggregator=None)
    duration = fields.Integer(string="Duration (ms)", aggregator="avg")
    # Of what the service says of a customer, personal numbers may be part.
    message = fields.Char(
        groups=GROUP_SEND, help="What the service said, or why there was no answer."
    )

    _company_date_idx = models.Index("(company_id, date)")

    @api.model
    def _log(self, company_id, calls):
        """Log calls: tuples of an :class:`Exchange` and the id of its case or False."""
        self.create(
            [
                {
                    "company_id": company_id,
                    "case_id": case_id,
                    "step": call.purpose,
                    "date": call.date,
                    "method": call.method,
                    "path": call.path,
                    "status_code": call.status_code,
                    "duration": call.duration,
                    "message": call.message,
                }
                for call, case_id in calls
            ]
        )
