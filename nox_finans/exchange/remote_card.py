"""A customer's card as it stands at the service: told there, and found there again."""

from ..api import answers, numbers, payloads
from ..api.errors import RefusedError, UncertainError
from .remote_invoice import found

# Documented: the customer number is taken, by a deleted card too.
NUMBER_TAKEN_CODE = 2000637
# So many numbers are tried for one customer before a person has to look.
MAX_NUMBERS = 20
# So many cards with the customer's organisation number are looked at before one is made.
MAX_CARDS_LOOKED_AT = 5


class RemoteCard:
    """A card of ours (`nox.finans.card`) at the service.

    What stands there is compared before it is written: a card that is not ours stays as it is, and
    ours gets another number.

    :param values: the card's body without its number and its mark
    """

    def __init__(self, card, client, values):
        self.card = card
        self.client = client
        self.values = values
        self.env = card.env

    def tell(self):
        """Bring the card at the service in step with the values; make it there if it is not.

        :raises NoxFinansError: it could not be told
        """
        if not (self.card.is_known or self._adopt()):
            self._create()
        elif not self._update():
            # It was deleted there, or somebody else's by now: its number is used up.
            self.card._take_next_number()
            self._create()
        self.card._note_told(self.values)

    def look_up(self):
        """Return whether a card that was perhaps made is there and ours; then bring it in step."""
        if not self._update():
            return False
        self.card._note_told(self.values)
        return True

    @property
    def _body(self):
        return self.values | {"ExternalReference": self.card.reference}

    def _create(self):
        """Make the card under its number, or under the next one that is free.

        :raises RefusedError: the service refuses the card itself, or no number is free
        """
        for _attempt in range(MAX_NUMBERS):
            try:
                self.client.create_customer(self._body | {"CustomerNumber": self.card.number})
                return
            except RefusedError as error:
                # Perhaps an earlier call made it, and its answer was lost.
                if self._update():
                    return
                if error.code != NUMBER_TAKEN_CODE and self._read() is None:
                    raise
            self.card._take_next_number()
        raise RefusedError(
            self.env._("No customer number is free at Fortnox for %s.", self.card.partner_id.name)
        )

    def _update(self):
        """Update the card if it is there and ours; return whether it is."""
        if not self._is_ours(self._read()):
            return False
        self.client.update_customer(self.card.number, self._body)
        return True

    def _read(self):
        """Return the card as it stands at the service, or None when there is none."""
        answer = found(self.client.get_customer, self.card.number)
        return None if answer is None else answers.mapping(answer)

    def _is_ours(self, there):
        """Tell whether a card of the service is the one that we have made or taken.

        By its mark. One without any is ours only if it was known before marks were written, and is
        the same customer's still.

        :raises UncertainError: the answer is not about this card
        """
        if there is None:
            return False
        mark = self._read_mark(there, self.card.number)
        if mark:
            return mark == self.card.reference
        return self.card.is_known and self._is_same_customer(there)

    def _read_mark(self, there, number):
        """Return the mark on the card with a number, or None.

        :raises UncertainError: the answer is not about this card
        """
        if answers.word(there.get("CustomerNumber")) != number:
            raise UncertainError(self.env._("The answer is about another customer."))
        return answers.word(there.get("ExternalReference"))

    def _adopt(self):
        """Take over a card with the customer's organisation number; return whether there is one.

        One with our mark is ours, from a time that this database has forgotten. One without any
        mark is taken only if the company's settings say so; another system's never is.
        """
        if self.values["OrganisationNumber"] == payloads.BLANK:
            return False
        # Full rights: a setting of the card's own company.
        takes_others = self.card.company_id.sudo()._get_nox_finans_connector().takes_customers
        for number in self._find_numbers(takes_others)[:MAX_CARDS_LOOKED_AT]:
            mark = self._read_mark(answers.mapping(self.client.get_customer(number)), number)
            if mark == self.card.reference or (not mark and takes_others):
                self.card.write({"number": number, "is_known": True})
                return True
        return False

    def _find_numbers(self, takes_others):
        """Return the numbers of the customer's cards at the service that no other card of ours has.

        :param takes_others: others may have made the card
        """
        organisation_number = self.values["OrganisationNumber"]
        # Others may have written it without its dash, and the service looks for the text.
        forms = {organisation_number}
        if takes_others:
            forms.add(organisation_number.replace("-", ""))
        rows = [row for form in sorted(forms) for row in self.client.find_customers(form)]
        return self.card._filter_unused(
            [
                number
                for row in rows
                if self._is_same_customer(row)
                and (number := answers.word(row.get("CustomerNumber")))
            ]
        )

    def _is_same_customer(self, there):
        """Tell whether a card of the service is about the customer that the values are about.

        By the organisation number, which people write in several ways, or else by the name.
        """
        number = numbers.organisation_number(self.values["OrganisationNumber"])
        if number:
            theirs = numbers.organisation_number(answers.text(there.get("OrganisationNumber")))
            return theirs[-11:] == number[-11:]
        return answers.text(there.get("Name"), None) == self.values["Name"]
