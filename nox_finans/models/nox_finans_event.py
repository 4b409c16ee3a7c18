from odoo import fields, models

from ..core.words import EVENTS


class NoxFinansEvent(models.Model):
    """What has happened to a case at the service, as it was seen here."""

    _name = "nox.finans.event"
    _description = "Nox Finans Event"
    _order = "date desc, id desc"

    case_id = fields.Many2one(
        comodel_name="nox.finans.case", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="case_id.company_currency_id")
    date = fields.Datetime(required=True, default=fields.Datetime.now)
    kind = fields.Selection(selection=EVENTS, required=True)
    text = fields.Char(required=True)
    amount = fields.Monetary(currency_field="currency_id")
    user_id = fields.Many2one(comodel_name="res.users", string="By")

    def _get_label(self):
        """Return the event in words, with who asked for it."""
        self.ensure_one()
        return f"{self.text} ({self.user_id.name})" if self.user_id else self.text
