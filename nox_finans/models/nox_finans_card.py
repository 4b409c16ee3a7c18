from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api.errors import RefusedError
from ..core.words import ENVIRONMENTS
from ..exchange.remote_card import MAX_NUMBERS
from .nox_finans_gate import GROUP_SEND

NUMBER_PREFIX = "ODOO-"


class NoxFinansCard(models.Model):
    """A customer's card at the service: under which number it stands there, and what it says.

    The number is data, not a formula. It is kept where it was used, for each company and
    environment, and proven ours by a mark (`reference`) before anything is written to it. So it
    outlives a merge of contacts, a foreign card under the same number and a deletion there.
    `exchange/remote_card.py` speaks to the service of it.
    """

    _name = "nox.finans.card"
    _description = "Nox Finans Customer Card"
    _order = "id desc"
    _rec_name = "number"

    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Customer",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True, ondelete="cascade"
    )
    environment = fields.Selection(selection=ENVIRONMENTS, required=True, readonly=True)
    number = fields.Char(
        string="Customer Number", required=True, readonly=True, help="At the service."
    )
    reference = fields.Char(
        string="Mark",
        required=True,
        readonly=True,
        help="What proves that the card is ours: this database and this contact.",
    )
    is_known = fields.Boolean(
        string="There", readonly=True, help="The service has answered that it has the card."
    )
    sent = fields.Json(
        string="What Was Sent",
        readonly=True,
        groups=GROUP_SEND,
        help="The card as the service has got it last.",
    )
    sent_date = fields.Datetime(string="Last Sent", readonly=True)

    _unique_number = models.UniqueIndex(
        "(company_id, environment, number)",
        "This customer number is another contact's already.",
    )

    @api.ondelete(at_uninstall=False)
    def _unlink_except_needed(self):
        # Full rights: whether a case goes on with a card does not hang on who sees the case.
        cases = self.env["nox.finans.case"].sudo()
        if cases.search_count([("card_id", "in", self.ids), ("state", "!=", "closed")], limit=1):
            raise UserError(
                self.env._(
                    "A customer's card cannot be deleted while Nox Finans has an invoice of the "
                    "customer: wait until its cases are closed, or give up the refused ones."
                )
            )

    @api.model
    def _get_for(self, partner, company, environment):
        """Return the card of a customer; a new one, of which the service knows nothing, if need be.

        Two cards of one contact are left by a merge of contacts: the one used last counts.
        """
        card = self._search_for(partner, company, environment)
        if card:
            return card
        return self.create(
            {
                "partner_id": partner.id,
                "company_id": company.id,
                "environment": environment,
                "number": self._get_free_number(partner, company, environment),
                "reference": self._get_reference(partner),
            }
        )

    @api.model
    def _search_for(self, partner, company, environment):
        return self.search(
            [
                ("partner_id", "=", partner.id),
                ("company_id", "=", company.id),
                ("environment", "=", environment),
            ],
            order="sent_date DESC NULLS LAST, id DESC",
            limit=1,
        )

    @api.model
    def _get_reference(self, partner):
        # Full rights: a system parameter; it tells databases apart and is no secret.
        uuid = self.env["ir.config_parameter"].sudo().get_param("database.uuid")
        return f"odoo/{uuid}/{partner.id}"

    @api.model
    def _get_free_number(self, partner, company, environment):
        """Return the first number for a customer that no card of ours has.

        :raises RefusedError: all that are tried are taken
        """
        base = f"{NUMBER_PREFIX}{partner.id}"
        candidates = [base, *(f"{base}-{suffix}" for suffix in range(2, MAX_NUMBERS + 1))]
        cards = self.search(
            [
                ("company_id", "=", company.id),
                ("environment", "=", environment),
                ("number", "in", candidates),
            ]
        )
        free = [number for number in candidates if number not in set(cards.mapped("number"))]
        if not free:
            raise RefusedError(
                self.env._(
                    "Every customer number that was tried for %(customer)s is taken at Fortnox "
                    "(%(first)s to %(last)s).",
                    customer=partner.display_name,
                    first=candidates[0],
                    last=candidates[-1],
                )
            )
        return free[0]

    def _is_current(self, values):
        """Tell whether the service has got just these values."""
        return self.is_known and self.sent == values

    def _note_told(self, values):
        """Keep that the service has got these values."""
        self.write({"is_known": True, "sent": values, "sent_date": fields.Datetime.now()})

    def _take_next_number(self):
        self.write(
            {
                "number": self._get_free_number(self.partner_id, self.company_id, self.environment),
                "is_known": False,
            }
        )

    def _filter_unused(self, numbers):
        """Return those of the numbers that no other card of ours has."""
        cards = self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("environment", "=", self.environment),
                ("number", "in", numbers),
                ("id", "!=", self.id),
            ]
        )
        used = set(cards.mapped("number"))
        return [number for number in numbers if number not in used]
