from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import answers, numbers, payloads
from ..api.errors import NotFoundError, RefusedError, UncertainError
from ..core.words import ENVIRONMENTS
from .nox_finans_gate import GROUP_SEND

# Documented: the customer number is taken, by a deleted card too.
NUMBER_TAKEN_CODE = 2000637
NUMBER_PREFIX = "ODOO-"
# So many numbers are tried for one customer before a person has to look.
MAX_NUMBERS = 20
# So many cards with the customer's organisation number are looked at before one is made.
MAX_CARDS_LOOKED_AT = 5


class NoxFinansCard(models.Model):
    """A customer's card at the service: under which number it stands there, and what it says.

    The number is data, not a formula. It is kept where it was used, for each company and
    environment, and proven ours by a mark (`reference`) before anything is written to it. So it
    outlives a merge of contacts, a foreign card under the same number and a deletion there.
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

    def _tell(self, client, values):
        """Bring the card at the service in step with `values`; make it there if it is not.

        What stands there is compared before it is written: a card that is not ours stays as it is,
        and ours gets another number.

        :param values: the card's body without its number and its mark
        :raises NoxFinansError: it could not be told
        """
        if not (self.is_known or self._adopt(client, values)):
            self._create_there(client, values)
        elif not self._update_there(client, values):
            # It was deleted there, or somebody else's by now: its number is used up.
            self._take_next_number()
            self._create_there(client, values)
        self.write({"is_known": True, "sent": values, "sent_date": fields.Datetime.now()})

    def _look_up(self, client, values):
        """Return whether a card that was perhaps made is there and ours; then bring it in step."""
        if not self._update_there(client, values):
            return False
        self.write({"is_known": True, "sent": values, "sent_date": fields.Datetime.now()})
        return True

    def _get_body(self, values):
        return values | {"ExternalReference": self.reference}

    def _create_there(self, client, values):
        """Make the card under its number, or under the next one that is free.

        :raises RefusedError: the service refuses the card itself, or no number is free
        """
        for _attempt in range(MAX_NUMBERS):
            try:
                client.create_customer(self._get_body(values) | {"CustomerNumber": self.number})
                return
            except RefusedError as error:
                # Perhaps an earlier call made it, and its answer was lost.
                if self._update_there(client, values):
                    return
                if error.code != NUMBER_TAKEN_CODE and not self._is_there(client):
                    raise
            self._take_next_number()
        raise RefusedError(
            self.env._("No customer number is free at Fortnox for %s.", self.partner_id.name)
        )

    def _update_there(self, client, values):
        """Update the card if it is there and ours; return whether it is."""
        if not self._is_ours(self._read_there(client), values):
            return False
        client.update_customer(self.number, self._get_body(values))
        return True

    def _read_there(self, client):
        """Return the card as it stands at the service, or None when there is none."""
        try:
            return answers.mapping(client.get_customer(self.number))
        except NotFoundError:
            return None

    def _is_there(self, client):
        return self._read_there(client) is not None

    def _is_ours(self, card, values):
        """Tell whether a card of the service is the one that we have made or taken.

        By its mark. One without any is ours only if it was known before marks were written, and is
        the same customer's still.

        :raises UncertainError: the answer is not about this card
        """
        if card is None:
            return False
        number = answers.word(card.get("CustomerNumber"))
        if number != self.number:
            raise UncertainError(self.env._("The answer is about another customer."))
        mark = answers.word(card.get("ExternalReference"))
        if mark:
            return mark == self.reference
        return self.is_known and _is_same_customer(card, values)

    def _take_next_number(self):
        self.write(
            {
                "number": self._get_free_number(self.partner_id, self.company_id, self.environment),
                "is_known": False,
            }
        )

    def _adopt(self, client, values):
        """Take over a card with the customer's organisation number; return whether there is one.

        One with our mark is ours, from a time that this database has forgotten. One without any
        mark is taken only if the company's settings say so; another system's never is.
        """
        organisation_number = values["OrganisationNumber"]
        if organisation_number == payloads.BLANK:
            return False
        # Full rights: a setting of the card's own company.
        connector = self.company_id.sudo()._get_nox_finans_connector()
        # Others may have written it without its dash, and the service looks for the text.
        forms = {organisation_number}
        if connector.takes_customers:
            forms.add(organisation_number.replace("-", ""))
        rows = [row for form in sorted(forms) for row in client.find_customers(form)]
        found = [
            number
            for row in rows
            if _is_same_customer(row, values)
            and (number := answers.word(row.get("CustomerNumber")))
        ]
        for number in self._filter_unused(found)[:MAX_CARDS_LOOKED_AT]:
            card = answers.mapping(client.get_customer(number))
            if answers.word(card.get("CustomerNumber")) != number:
                raise UncertainError(self.env._("The answer is about another customer."))
            mark = answers.word(card.get("ExternalReference"))
            if mark == self.reference or (not mark and connector.takes_customers):
                self.write({"number": number, "is_known": True})
                return True
        return False

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


def _is_same_customer(card, values):
    """Tell whether a card of the service is about the customer that `values` are about.

    By the organisation number, which people write in several ways, or else by the name.
    """
    number = numbers.organisation_number(values["OrganisationNumber"])
    if number:
        theirs = numbers.organisation_number(answers.text(card.get("OrganisationNumber")))
        return theirs[-11:] == number[-11:]
    return answers.text(card.get("Name"), None) == values["Name"]
