"""What is read of an invoice and its customer to send it: at once, and nothing else."""

import hashlib
import json
from functools import cached_property

from ..api import countries, payloads, texts
from ..api.errors import RefusedError

# All that a form would show is ten times as much.
CASE_FIELDS = [
    "accounting_method",
    "card_id",
    "channel",
    "commercial_partner_id",
    "company_id",
    "confirmed_date",
    "environment",
    "is_mended",
    "is_undo_due",
    "last_event",
    "move_id",
    "partner_id",
    "reference",
    "remote_number",
    "service",
    "snapshot",
    "state",
    "step",
    "user_id",
]
MOVE_FIELDS = [
    "amount_residual",
    "amount_total",
    "commercial_partner_id",
    "currency_id",
    "delivery_date",
    "fiscal_position_id",
    "invoice_date",
    "invoice_date_due",
    "invoice_payment_term_id",
    "invoice_user_id",
    "move_type",
    "name",
    "narration",
    "nox_finans_property_designation",
    "nox_finans_tax_reduction",
    "nox_finans_tax_reduction_type",
    "ref",
]
# Of other modules, where they are installed: what a buyer wants to read on the invoice.
BUYER_REFERENCES = ["buyer_reference"]
ORDER_NUMBERS = ["purchase_order_reference", "ref"]
PARTNER_FIELDS = [
    "city",
    "company_registry",
    "country_id",
    "email",
    "is_company",
    "lang",
    "name",
    "parent_id",
    "phone",
    "property_payment_term_id",
    "street",
    "street2",
    "vat",
    "zip",
]
# Of other modules too.
GLN_FIELDS = ["global_location_number", "peppol_eas", "peppol_endpoint"]
TERM_FIELDS = ["nox_finans_code", "note"]


class Source:
    """A case's invoice and whom it goes to, with what is sent of them in memory."""

    def __init__(self, case):
        self.case = case
        self.env = case.env

    @cached_property
    def move(self):
        """The invoice, in the customer's language."""
        move = self.case.move_id.with_context(lang=self._get_lang())
        return read(move, MOVE_FIELDS, BUYER_REFERENCES + ORDER_NUMBERS)

    @cached_property
    def partner(self):
        """Who gets the invoice."""
        return read(self.case.partner_id, PARTNER_FIELDS, GLN_FIELDS)

    @cached_property
    def customer(self):
        """Who owes: the company of the one who gets it."""
        return read(self.case.commercial_partner_id, PARTNER_FIELDS, GLN_FIELDS)

    @cached_property
    def connector(self):
        return self.case.company_id._get_nox_finans_connector()

    def _get_lang(self):
        """Return the code of the language to read texts in: the customer's, where it is active."""
        wanted = (self.partner.lang, self.customer.lang, "sv_SE", self.env.lang)
        languages = self.env["res.lang"]
        return next((code for code in wanted if code and languages._get_data(code=code)), None)

    @cached_property
    def language(self):
        """The service's language for what the customer reads.

        A database without Swedish gives every contact English: there, who is at home reads Swedish.
        """
        lang = self.partner.lang or self.customer.lang or "sv"
        if not lang.startswith("sv") and not self.env["res.lang"]._get_data(code="sv_SE"):
            is_at_home = countries.code(self.partner.country_id.code) == countries.SWEDEN
            return payloads.SWEDISH if is_at_home else payloads.ENGLISH
        return payloads.SWEDISH if lang.startswith("sv") else payloads.ENGLISH

    @property
    def words(self):
        """What we say to the customer ourselves."""
        return payloads.WORDS[self.language]

    @property
    def contact(self):
        """The name of who gets the invoice, where it is not the customer itself."""
        return "" if self.partner == self.customer else texts.one_line(self.partner.name or "")

    def read_term(self, term):
        return read(term.with_company(self.case.company_id), TERM_FIELDS)

    def check_lengths(self, body):
        """Return the body.

        :raises RefusedError: a part of an address is longer than the service takes
        """
        if too_long := payloads.list_too_long(body):
            raise RefusedError(
                self.env._(
                    "Too long for Nox Finans (%(parts)s): “%(text)s…”. Shorten it at the customer.",
                    parts=", ".join(too_long),
                    text=body[too_long[0]][:50],
                )
            )
        return body


def read_case(case):
    """Return the case, with what sending it takes in memory."""
    return read(case, CASE_FIELDS)


def read(records, names, optional=()):
    """Return the records with just these fields in memory, and others read one by one.

    :param optional: fields of modules that may not be installed
    """
    records = records.with_context(prefetch_fields=False)
    records.fetch([*names, *(name for name in optional if name in records._fields)])
    return records


def get_first(record, names):
    """Return the first of the fields that the database has and that says something."""
    return next((record[name] for name in names if name in record._fields and record[name]), "")


def digest(values):
    """Return a short word for JSON-able `values`: the same for the same values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
