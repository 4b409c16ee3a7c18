from odoo import api, fields, models
from odoo.tools import SQL

from ..core.words import ACTIONS, CHANNELS, SERVICES
from ..criteria import Rules
from . import nox_finans_limits, nox_finans_system_fields  # noqa: F401 - inherited here

SENDING = "send"


class NoxFinansPrice(models.Model):
    """What sending an invoice or an action costs, by the company's agreement with Nox Finans."""

    _name = "nox.finans.price"
    _inherit = ["nox.finans.limits", "nox.finans.system.fields"]
    _description = "Nox Finans Price"
    _order = "date_from desc, kind, service, channel, id"
    _check_company_auto = True

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(
        comodel_name="res.currency", default=lambda self: self.env.ref("base.SEK"), required=True
    )
    kind = fields.Selection(
        selection=[(SENDING, "Sending"), *ACTIONS],
        string="For",
        required=True,
        default=SENDING,
    )
    service = fields.Selection(selection=SERVICES, default="invoice")
    channel = fields.Selection(selection=CHANNELS, default="letter")
    price = fields.Monetary(required=True, help="Per invoice, in SEK, without VAT.")
    date_from = fields.Date(string="Valid From", required=True, default=fields.Date.context_today)

    _price_not_negative = models.Constraint("CHECK(price >= 0)", "A price cannot be negative.")
    _sending_complete = models.Constraint(
        "CHECK(kind != 'send' OR (service IS NOT NULL AND channel IS NOT NULL))",
        "A price for sending needs a service and a channel.",
    )
    _one_price = models.UniqueIndex(
        "(connector_id, kind, service, channel, date_from) WHERE kind = 'send'",
        "There is already a price for this service and channel from that date.",
    )
    _one_price_of_action = models.UniqueIndex(
        "(connector_id, kind, date_from) WHERE kind != 'send'",
        "There is already a price for this action from that date.",
    )

    @api.model
    def _get_prices(self, company, today):
        """Return the prices that hold on `today` as a dict (service, channel) → amount in SEK."""
        prices = self._search_prices(company, SENDING, today)
        # The newest comes first and is overwritten by none.
        return {(price.service, price.channel): price.price for price in reversed(prices)}

    @api.model
    def _forecast(self, moves):
        """Return what sending the invoices costs in SEK by the price lists of their companies,
        and for how many no price is known."""
        cost = unpriced = 0
        for company in moves._get_nox_finans_move_companies():
            rules = Rules(company)
            prices = self._get_prices(company, rules.today)
            for *choice, count in self._count_choices(moves, rules):
                price = prices.get(tuple(choice))
                cost += count * (price or 0)
                unpriced += 0 if price is not None else count
        return cost, unpriced

    def _count_choices(self, moves, rules):
        """Return a row for each service and channel of a company's invoices, and their number."""
        query = moves._search([("id", "in", moves.ids), ("company_id", "=", rules.company_id)])
        service, channel = rules.get_choice_sql(moves, query)
        return self.env.execute_query(
            SQL("%s GROUP BY 1, 2", query.select(service, channel, SQL("count(*)")))
        )

    @api.model
    def _get_price_of(self, company, action, today):
        """Return the SEK that `action` costs for each case on `today`, None when not known."""
        price = self._search_prices(company, action, today)[:1]
        return price.price if price else None

    def _search_prices(self, company, kind, today):
        return self.search(
            [
                ("company_id", "=", company.id),
                ("kind", "=", kind),
                ("date_from", "<=", today),
            ]
        )
