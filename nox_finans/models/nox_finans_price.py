from odoo import api, fields, models

from .nox_finans_case import CHANNELS, SERVICES


class NoxFinansPrice(models.Model):
    """What handing over one invoice costs, by the company's agreement with Nox Finans."""

    _name = "nox.finans.price"
    _description = "Nox Finans Price"
    _order = "date_from desc, service, channel, id"
    _check_company_auto = True

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", default=lambda self: self.env.ref("base.SEK"), required=True
    )
    service = fields.Selection(selection=SERVICES, required=True, default="invoice")
    channel = fields.Selection(selection=CHANNELS, required=True, default="letter")
    price = fields.Monetary(required=True, help="Per invoice, in SEK, without VAT.")
    date_from = fields.Date(string="Valid From", required=True, default=fields.Date.context_today)

    _price_not_negative = models.Constraint("CHECK(price >= 0)", "A price cannot be negative.")
    _one_price = models.UniqueIndex(
        "(connector_id, service, channel, date_from)",
        "There is already a price for this service and channel from that date.",
    )

    @api.model
    def _get_prices(self, company, today):
        """Return the prices that hold on `today` as a dict (service, channel) → amount in SEK."""
        prices = self.search([("company_id", "=", company.id), ("date_from", "<=", today)])
        # The newest comes first and is overwritten by none.
        return {(price.service, price.channel): price.price for price in reversed(prices)}
