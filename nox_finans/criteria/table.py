"""The criteria that decide whether an invoice can go to Nox Finans.

This table is the only place that knows them. The colour of a row, the search behind the filters,
the counters and the server's last check before sending all evaluate the same domains.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from itertools import combinations

import pytz
from dateutil.relativedelta import relativedelta
from odoo.fields import Domain
from odoo.tools import SQL, format_date, formatLang
from odoo.tools.translate import LazyTranslate

from ..api import payloads
from ..core.words import CHANNELS, NOT_DELIVERED, SERVICES
from ..models.account_tax import (
    ABROAD,
    DOMESTIC,
    EU,
    REVERSED_TYPES,
    SPECIAL_KINDS,
    VAT_TYPES,
    ZONES,
    get_vat_type,
)
from ..models.nox_finans_owed import has_open_balance, is_payment_unmatched

_lt = LazyTranslate(__name__)

REJECTED = "rejected"
WARNING = "warning"
APPROVED = "approved"

# The interface refuses an invoice that is dated more than this long ago.
MAX_AGE = relativedelta(years=2)
# Nox Finans advises at least this many days for the terms of its invoice service.
SHORT_TERM_DAYS = 10
# Companies that have set no time zone are taken to be where the service is.
DEFAULT_TIMEZONE = "Europe/Stockholm"


@dataclass(frozen=True)
class SendingRules:
    """What of one company decides whether its invoices can be sent: the criteria that hold one back
    ask for nothing else."""

    company_id: int
    today: date
    sek_id: int
    invoice_term_ids: list[int]
    reminder_term_ids: list[int]
    # For invoices without payment terms; False: these go nowhere.
    default_service: str | bool
    # The taxes that are neither Swedish VAT nor plain 0 %, by their kind at Fortnox.
    tax_ids: dict[str, list[int]]
    sweden_id: int
    # Without Sweden.
    eu_ids: list[int]

    @classmethod
    def of(cls, company):
        """Read the rules of `company`.

        Settings and payment terms are read with full rights: the colour of an invoice must be the
        same for everyone who may see the invoice, and nothing of what is read is shown.
        """
        # Of wide tables only a few columns are read.
        company = company.sudo().with_company(company).with_context(prefetch_fields=False)
        terms = (
            company.env["account.payment.term"]
            .with_context(active_test=False)
            .search_fetch(
                Domain("nox_finans_service", "!=", False)
                | Domain("nox_finans_channel", "!=", False),
                ["nox_finans_service", "nox_finans_channel"],
            )
        )
        connector = company._get_nox_finans_connector()
        connector.fetch(["default_service", "default_channel", "statement_days"])
        return cls(**cls._read(company, terms, connector))

    @classmethod
    def _read(cls, company, terms, connector):
        timezone = pytz.timezone(company.partner_id.tz or DEFAULT_TIMEZONE)
        return {
            "company_id": company.id,
            "today": datetime.now(timezone).date(),
            "sek_id": _get_id(company.env, "base.SEK"),
            "invoice_term_ids": _of_service(terms, "invoice").ids,
            "reminder_term_ids": _of_service(terms, "reminder").ids,
            "default_service": connector.default_service,
            "tax_ids": company.env["account.tax"]._get_nox_finans_unusual(company),
            "sweden_id": _get_id(company.env, "base.se"),
            "eu_ids": _get_eu_ids(company.env),
        }

    def is_active(self):
        """Return the domain of the invoices whose payment terms are active in Nox Finans.

        Invoices without payment terms are, when the company has a default service.
        """
        term_ids = self.invoice_term_ids + self.reminder_term_ids
        no_term = [False] if self.default_service else []
        return Domain("invoice_payment_term_id", "in", term_ids + no_term)

    def service_is(self, service):
        """Return the domain of the invoices that go to `service`.

        Active invoices only: by what is chosen on the invoice, else by the customer, else by the
        payment terms, else, without any terms, by the company's default.
        """
        terms = {"invoice": self.invoice_term_ids, "reminder": self.reminder_term_ids}
        no_term = [False] if service == self.default_service else []
        return self.is_active() & self._first_is(
            service,
            "nox_finans_chosen_service",
            "nox_finans_service",
            Domain("invoice_payment_term_id", "in", terms[service] + no_term),
        )

    def _first_is(self, value, name, customer_name, others):
        """Return the domain of the invoices for which the first choice that is made is `value`.

        :param name: the invoice's field
        :param customer_name: the customer's field
        :param others: what holds when neither the invoice nor the customer says anything
        """
        of_customer = self.customer(Domain(customer_name, "=", value))
        none_of_customer = self.customer(Domain(customer_name, "=", False))
        return Domain(name, "=", value) | (
            Domain(name, "=", False) & (of_customer | (none_of_customer & others))
        )

    def customer(self, domain):
        """Return the domain of the invoices whose customer matches `domain` in this company.

        What is agreed with a customer stands on the commercial partner, as Odoo's own accounting
        settings do, whichever of its addresses the invoice goes to.
        """
        return Domain("commercial_partner_id", "any!", self._in_company(domain))

    def has_tax(self, *kinds):
        """Return the domain of the invoices with a tax of one of these kinds."""
        tax_ids = [tax_id for kind in kinds for tax_id in self.tax_ids.get(kind, ())]
        # Access rules are bypassed, as those of contacts are.
        row = Domain("display_type", "=", "product") & Domain("tax_ids", "in", tax_ids)
        return Domain("invoice_line_ids", "any!", row) if tax_ids else Domain.FALSE

    def is_in(self, zone):
        """Return the domain of the invoices whose customer is in `zone`.

        Who has no country is taken to be at home.
        """
        domain = {
            DOMESTIC: Domain("country_id", "in", [False, self.sweden_id]),
            EU: Domain("country_id", "in", self.eu_ids),
            ABROAD: Domain("country_id", "not in", [False, self.sweden_id, *self.eu_ids]),
        }[zone]
        return Domain("commercial_partner_id", "any!", domain)

    def _has_kind(self, kind):
        """Return the domain of the invoices with VAT of a kind: none but 0 % where it is "zero"."""
        if kind == "taxed":
            # Says the same as the rows' taxes, and needs no look at them.
            return Domain("amount_tax", "!=", 0)
        if kind == "zero":
            return Domain("amount_tax", "=", 0) & ~self.has_tax(*SPECIAL_KINDS)
        return self.has_tax(kind)

    def is_vat_mixed(self):
        """Return the domain of the invoices of which no one kind of customer tells the VAT."""
        domain = Domain.FALSE
        kinds = [kind for kind in SPECIAL_KINDS if kind in self.tax_ids]
        for pair in combinations([*kinds, "taxed"], 2):
            zones = [zone for zone in ZONES if get_vat_type(pair, zone) is None]
            if zones:
                both = self._has_kind(pair[0]) & self._has_kind(pair[1])
                domain |= both & self._is_in_any(zones)
        return domain

    def is_vat_reversed(self):
        """Return the domain of the invoices for which the customer's VAT number is needed."""
        domain = Domain.FALSE
        for kind in (*SPECIAL_KINDS, "zero"):
            zones = [zone for zone in ZONES if VAT_TYPES[kind][zone] in REVERSED_TYPES]
            if zones:
                domain |= self._is_in_any(zones) & self._has_kind(kind)
        return domain

    def _is_in_any(self, zones):
        if len(zones) == len(ZONES):
            return Domain.TRUE
        return Domain.OR(self.is_in(zone) for zone in zones)

    def _in_company(self, domain):
        """Return `domain` with its company-dependent fields read as this company has them.

        Else a search over several companies would read them as the current company has them.
        """

        def to_sql(model, alias, query):
            model = model.with_company(self.company_id)
            return domain.optimize_full(model)._to_sql(model, alias, query)

        def is_matching(record):
            return bool(record.with_company(self.company_id).filtered_domain(domain))

        return Domain.custom(to_sql=to_sql, predicate=is_matching)


@dataclass(frozen=True)
class CompanyRules(SendingRules):
    """What the criteria need to know of one company, read once for any number of invoices."""

    short_term_ids: list[int]
    instalment_term_ids: list[int]
    discount_term_ids: list[int]
    # From each channel to the terms that have it.
    channel_term_ids: dict[str, list[int]]
    default_channel: str
    # Whether the last bank statement is older than the company lets it be.
    is_statement_old: bool

    @classmethod
    def _read(cls, company, terms, connector):
        values = super()._read(company, terms, connector)
        short_terms = terms.filtered(
            lambda term: max(term.line_ids.mapped("nb_days"), default=0) < SHORT_TERM_DAYS
        )
        of_channel = terms.grouped("nox_finans_channel")
        return values | {
            "short_term_ids": short_terms.ids,
            "instalment_term_ids": terms.filtered(lambda term: len(term.line_ids) > 1).ids,
            "discount_term_ids": terms.filtered("early_discount").ids,
            "channel_term_ids": {
                channel: of_terms.ids for channel, of_terms in of_channel.items() if channel
            },
            "default_channel": connector.default_channel or "letter",
            "is_statement_old": connector._is_statement_old(values["today"]),
        }

    def channel_is(self, channel):
        """Return the domain of the invoices that go by `channel`.

        By what is chosen on the invoice, else by the customer, else by the payment terms, else by
        the company's default.
        """
        domain = Domain("invoice_payment_term_id", "in", self.channel_term_ids.get(channel, []))
        if channel == self.default_channel:
            term_ids = [term_id for ids in self.channel_term_ids.values() for term_id in ids]
            domain |= Domain("invoice_payment_term_id", "not in", term_ids)
        return self._first_is(channel, "nox_finans_channel", "nox_finans_channel", domain)

    def lacks_email(self):
        """Return the domain of the invoices that would go by e-mail and have no address."""
        return self.channel_is("email") & partner(Domain("nox_finans_has_email", "=", False))

    def used_channel_is(self, channel):
        """Return the domain of the invoices that go by `channel` in the end.

        Where the address for the e-mail is missing, a letter takes its place.
        """
        if channel == "letter":
            return self.channel_is(channel) | self.lacks_email()
        return self.channel_is(channel) & ~self.lacks_email()

    def get_choice_sql(self, moves, query):
        """Return the service and the channel of each invoice that `query` finds, as SQL."""
        return (
            _get_first_sql(moves, query, SERVICES, self.service_is),
            _get_first_sql(moves, query, CHANNELS, self.used_channel_is),
        )


def _get_first_sql(moves, query, selection, get_domain):
    """Return the first value of `selection` whose domain holds, as SQL."""
    cases = (
        SQL(
            "WHEN %s THEN %s",
            get_domain(value).optimize_full(moves)._to_sql(moves, query.table, query),
            value,
        )
        for value, _label in selection
    )
    return SQL("CASE %s END", SQL(" ").join(cases))


def _get_id(env, xmlid):
    # From the registry's memory; `ref` would ask the database each time whether it is there.
    return env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=True)


def _get_eu_ids(env):
    """Return the ids of the countries of the EU's VAT, without Sweden."""
    group = env.ref("account.europe_vat", raise_if_not_found=False)
    return [id_ for id_ in group.country_ids.ids if id_ != _get_id(env, "base.se")] if group else []


def _of_service(terms, service):
    return terms.filtered(lambda term: term.nox_finans_service == service)


def partner(domain):
    """Return the domain of the invoices whose addressee matches `domain`.

    Access rules of contacts are bypassed (`any!`): who may see an invoice gets the same colour,
    whichever contacts are theirs.
    """
    return Domain("partner_id", "any!", domain)


@dataclass(frozen=True)
class Criterion:
    """One rule: `failing` gives the domain of the invoices that break it, in one company."""

    code: str
    severity: str
    message: str
    # The field to mend, on the model where it stands: `model.field`.
    field: str
    failing: Callable[[CompanyRules], Domain]
    # Held back although it is only yellow: it could be sent, and a person has said "not now".
    is_held: bool = False
    # What the message says of the invoice at hand: values for its placeholders.
    details: Callable | None = None

    @property
    def is_blocking(self):
        return self.severity == REJECTED or self.is_held

    def get_message(self, move):
        """Return in words, in the user's language, what is wrong with `move`."""
        message = move.env._(self.message)
        return message % self.details(move) if self.details else message


def _get_asked(move):
    """Return what the customer is asked for, and until when."""
    # Full rights: whoever sees the colour of the invoice is told why.
    move = move.sudo()
    currency = move.currency_id or move.company_id.currency_id
    return {
        "amount": formatLang(
            move.env, move.amount_total - move.nox_finans_tax_reduction, currency_obj=currency
        ),
        "day": format_date(move.env, move.invoice_date_due),
    }


def _lacks_detail(name):
    """Return the domain of the invoices without addressee, or whose addressee lacks a detail."""
    return Domain("partner_id", "=", False) | partner(Domain(name, "=", False))


# What was given up, and is taken back at the service, is as if it had never been begun.
COUNTING = Domain("close_reason", "!=", "given_up") | Domain("is_undo_due", "=", True)
# What keeps its invoice from being sent once more: a refused one is mended and sent again.
SENT = Domain("state", "!=", "refused")
# The cases of invoices that can be credited, and those of credit notes that use up the one that an
# invoice has: a refused one, too, that has its number there.
CREDITABLE = Domain("state", "in", ("accepted", "closed"))
USING = SENT | Domain("remote_number", "!=", False)


def has_case(domain=Domain.TRUE):
    """Return the domain of the invoices with a case, but for given-up ones, that matches `domain`.

    Of the cases themselves: what an invoice says of its case is for showing it. Access rules of
    cases are bypassed, as those of contacts are.
    """
    return Domain("nox_finans_case_ids", "any!", COUNTING & domain)


def _has_tax_reduction():
    return Domain("nox_finans_tax_reduction", ">", 0)


def _is_work():
    """Return the domain of the rows of work at somebody's home; what is said of the product."""
    service = Domain("product_tmpl_id", "any!", Domain("type", "=", "service"))
    is_service = Domain("product_id", "=", False) | Domain("product_id", "any!", service)
    return Domain("display_type", "=", "product") & is_service


CRITERIA = (
    # The service's published list, in its order.
    Criterion(
        "balance",
        REJECTED,
        _lt("The open balance is 0: there is nothing to collect."),
        "account.move.amount_residual",
        lambda rules: ~has_open_balance(),
    ),
    Criterion(
        "tax_reduction",
        REJECTED,
        _lt(
            "House-work invoice whose balance is not above the tax reduction: "
            "there is nothing left for the customer to pay."
        ),
        "account.move.nox_finans_tax_reduction",
        lambda rules: _has_tax_reduction() & Domain("nox_finans_amount_to_collect", "<=", 0),
    ),
    Criterion(
        "cancelled",
        REJECTED,
        _lt("The invoice is cancelled."),
        "account.move.state",
        lambda rules: Domain("state", "=", "cancel"),
    ),
    Criterion(
        "not_ready",
        REJECTED,
        _lt("The invoice is not ready: confirm it, or clear the mark “Not ready”."),
        "account.move.nox_finans_not_ready",
        lambda rules: Domain("state", "=", "draft") | Domain("nox_finans_not_ready", "=", True),
    ),
    Criterion(
        "cash_invoice",
        REJECTED,
        _lt("Cash invoices are not sent via Nox Finans."),
        "account.move.nox_finans_invoice_type",
        lambda rules: (
            Domain("move_type", "=", "out_receipt") | Domain("nox_finans_invoice_type", "=", "cash")
        ),
    ),
    Criterion(
        "interest_invoice",
        REJECTED,
        _lt("Interest invoices are not sent via Nox Finans."),
        "account.move.nox_finans_invoice_type",
        lambda rules: Domain("nox_finans_invoice_type", "=", "interest"),
    ),
    Criterion(
        "currency",
        REJECTED,
        _lt("The currency is not SEK."),
        "account.move.currency_id",
        lambda rules: Domain("currency_id", "!=", rules.sek_id),
    ),
    Criterion(
        "payment_term",
        REJECTED,
        _lt(
            "The payment terms are not active in Nox Finans: choose other terms, or let a manager "
            "activate them under Settings > Invoicing > Nox Finans."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: ~rules.is_active(),
    ),
    Criterion(
        "future_date",
        REJECTED,
        _lt("The invoice date is in the future."),
        "account.move.invoice_date",
        lambda rules: Domain("invoice_date", ">", rules.today),
    ),
    Criterion(
        "customer_name",
        REJECTED,
        _lt("The customer's name is missing, or holds neither letter nor digit."),
        "res.partner.name",
        lambda rules: _lacks_detail("nox_finans_has_name"),
    ),
    Criterion(
        "address",
        REJECTED,
        _lt(
            "The invoice address is incomplete: street, postal code and town are needed, "
            "in Sweden a postal code of five digits. Fill in the country if it is another."
        ),
        "res.partner.zip",
        lambda rules: _lacks_detail("nox_finans_has_address"),
    ),
    # What the service's interface refuses as well.
    Criterion(
        "too_old",
        REJECTED,
        _lt("The invoice date is more than two years back."),
        "account.move.invoice_date",
        lambda rules: Domain("invoice_date", "<", rules.today - MAX_AGE),
    ),
    Criterion(
        "no_rows",
        REJECTED,
        _lt("The invoice has no row."),
        "account.move.invoice_line_ids",
        lambda rules: Domain(
            "invoice_line_ids", "not any!", Domain("display_type", "=", "product")
        ),
    ),
    Criterion(
        "credit_note",
        REJECTED,
        _lt("A credit note needs a linked invoice whose open balance covers it."),
        "account.move.reversed_entry_id",
        lambda rules: (
            Domain("move_type", "=", "out_refund") & Domain("nox_finans_credit_covered", "=", False)
        ),
    ),
    Criterion(
        "credited_there",
        REJECTED,
        _lt(
            "The invoice that it credits is not at Nox Finans: send that first, or bring the "
            "credit note to the customer yourself."
        ),
        "account.move.reversed_entry_id",
        lambda rules: (
            Domain("move_type", "=", "out_refund")
            & Domain("reversed_entry_id", "!=", False)
            & ~Domain("reversed_entry_id", "any!", has_case(CREDITABLE))
        ),
    ),
    Criterion(
        "credited_before",
        REJECTED,
        _lt(
            "Another credit note of the same invoice was sent: Fortnox takes one for each "
            "invoice. Bring this one to the customer yourself, and report it in the case of the "
            "invoice."
        ),
        "account.move.reversed_entry_id",
        lambda rules: (
            Domain("move_type", "=", "out_refund")
            & ~has_case(USING)
            & Domain(
                "reversed_entry_id", "any!", Domain("reversal_move_ids", "any!", has_case(USING))
            )
        ),
    ),
    Criterion(
        "not_due",
        REJECTED,
        _lt("The reminder service takes over an invoice only when its due date has passed."),
        "account.move.invoice_date_due",
        lambda rules: (
            rules.service_is("reminder")
            & (
                Domain("invoice_date_due", "=", False)
                | Domain("invoice_date_due", ">=", rules.today)
            )
        ),
    ),
    Criterion(
        "address_length",
        REJECTED,
        _lt(
            "The invoice address is longer than Nox Finans takes: the postal code has at most "
            "%(of_code)s characters, and each of the other lines %(of_line)s. Shorten it."
        ),
        "res.partner.zip",
        lambda rules: partner(Domain("nox_finans_is_too_long", "=", True)),
        details=lambda move: {
            "of_code": payloads.LENGTHS["ZipCode"],
            "of_line": payloads.LENGTHS["Address1"],
        },
    ),
    Criterion(
        "too_many_rows",
        REJECTED,
        _lt(
            "The invoice takes more than %(most)s rows, a long text several: divide it into "
            "several invoices."
        ),
        "account.move.invoice_line_ids",
        lambda rules: Domain("nox_finans_has_too_many_rows", "=", True),
        details=lambda move: {"most": payloads.MAX_ROWS},
    ),
    Criterion(
        "vat_rate",
        REJECTED,
        _lt(
            "A row has a tax that Fortnox does not know: only Swedish VAT of 25, 12, 6 or 0 % "
            "goes, and only one of them on each row. Choose another tax."
        ),
        "account.move.invoice_line_ids",
        lambda rules: rules.has_tax("unfit") | Domain("nox_finans_has_unfit_taxes", "=", True),
    ),
    Criterion(
        "vat_mixed",
        REJECTED,
        _lt(
            "The rows' taxes do not go together: VAT, reverse charge, sales within the EU and "
            "export each need an invoice of their own."
        ),
        "account.move.invoice_line_ids",
        lambda rules: rules.is_vat_mixed(),
    ),
    Criterion(
        "vat_number",
        REJECTED,
        _lt(
            "Reverse charge, or a sale without VAT within the EU, needs the customer's VAT "
            "number: fill it in, with the letters of its country, or choose another tax."
        ),
        "res.partner.vat",
        lambda rules: (
            Domain("commercial_partner_id", "any!", Domain("nox_finans_has_vat_number", "=", False))
            & rules.is_vat_reversed()
        ),
    ),
    Criterion(
        "house_work_person",
        REJECTED,
        _lt(
            "A tax reduction is for a person with a Swedish personal number: fill it in, choose "
            "another customer, or set the tax reduction to 0."
        ),
        "res.partner.company_registry",
        lambda rules: (
            _has_tax_reduction()
            & Domain(
                "commercial_partner_id",
                "any!",
                Domain("nox_finans_has_personal_number", "=", False),
            )
        ),
    ),
    Criterion(
        "house_work_rows",
        REJECTED,
        _lt(
            "An invoice with a tax reduction needs a row for the work: one without a product, or "
            "with a service."
        ),
        "account.move.invoice_line_ids",
        lambda rules: _has_tax_reduction() & Domain("invoice_line_ids", "not any!", _is_work()),
    ),
    Criterion(
        "house_work_property",
        REJECTED,
        _lt(
            "The tax reduction lacks its kind or, for ROT and green technology, the property's "
            "designation."
        ),
        "account.move.nox_finans_property_designation",
        lambda rules: (
            _has_tax_reduction()
            & (
                Domain("nox_finans_tax_reduction_type", "=", False)
                | (
                    Domain("nox_finans_tax_reduction_type", "in", payloads.PROPERTY_KINDS)
                    & Domain("nox_finans_property_designation", "in", [False, ""])
                )
            )
        ),
    ),
    # What Odoo knows, and the open balance does not tell.
    Criterion(
        "payment_unmatched",
        REJECTED,
        _lt(
            "A payment is registered that is not matched with the bank yet: match it first, or "
            "cancel the payment if it never came."
        ),
        "account.move.payment_state",
        lambda rules: is_payment_unmatched(),
    ),
    Criterion(
        "payment_blocked",
        REJECTED,
        _lt(
            "The invoice is blocked for payment in Odoo: lift the block first, by the invoice's "
            "own menu."
        ),
        "account.move.payment_state",
        lambda rules: Domain("payment_state", "=", "blocked"),
    ),
    # Our own.
    Criterion(
        "open_case",
        REJECTED,
        _lt("The invoice has already been sent via Nox Finans."),
        "account.move.nox_finans_case_id",
        lambda rules: has_case(SENT),
    ),
    Criterion(
        "opted_out",
        REJECTED,
        _lt(
            "The customer has opted out of Nox Finans: send the invoice another way, "
            "or clear the mark on the customer."
        ),
        "res.partner.nox_finans_opt_out",
        lambda rules: rules.customer(Domain("nox_finans_opt_out", "=", True)),
    ),
    # Held back by a person, for as long as it takes.
    Criterion(
        "dispute",
        WARNING,
        _lt(
            "The customer disputes the invoice: settle the dispute first. "
            "Until then it is not sent."
        ),
        "account.move.nox_finans_dispute_reason",
        lambda rules: Domain("nox_finans_is_disputed", "=", True),
        is_held=True,
    ),
    # Sent all the same, but better completed first.
    Criterion(
        "id_number",
        WARNING,
        _lt(
            "The customer's organisation or personal number is missing, or is none (a digit may "
            "be wrong): a later debt-collection claim needs it."
        ),
        "res.partner.company_registry",
        lambda rules: Domain(
            "commercial_partner_id", "any!", Domain("nox_finans_has_id_number", "=", False)
        ),
    ),
    Criterion(
        "email",
        WARNING,
        _lt("The customer has no valid e-mail address: the invoice will go by letter."),
        "res.partner.email",
        lambda rules: rules.lacks_email(),
    ),
    Criterion(
        "email_form",
        WARNING,
        _lt(
            "What stands as the customer's e-mail is not one address: write one, and nothing else."
        ),
        "res.partner.email",
        lambda rules: partner(
            Domain("nox_finans_has_email", "=", False) & Domain("email", "!=", False)
        ),
    ),
    Criterion(
        "short_term",
        WARNING,
        _lt("The payment terms are under 10 days; Nox Finans advises at least 10."),
        "account.move.invoice_payment_term_id",
        lambda rules: (
            Domain("invoice_payment_term_id", "in", rules.short_term_ids)
            & rules.service_is("invoice")
        ),
    ),
    Criterion(
        "instalments",
        WARNING,
        _lt(
            "The payment terms are in instalments: Nox Finans asks for all of it, %(amount)s, "
            "at once, due on %(day)s. Make an invoice for each instalment if that is not agreed."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: Domain("invoice_payment_term_id", "in", rules.instalment_term_ids),
        details=_get_asked,
    ),
    Criterion(
        "cash_discount",
        WARNING,
        _lt(
            "The payment terms have a cash discount: Nox Finans does not know it and asks for "
            "%(amount)s, due on %(day)s."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: Domain("invoice_payment_term_id", "in", rules.discount_term_ids),
        details=_get_asked,
    ),
    Criterion(
        "abroad",
        WARNING,
        _lt("The customer is abroad."),
        "res.partner.country_id",
        lambda rules: partner(Domain("country_id", "not in", [False, rules.sweden_id])),
    ),
    Criterion(
        "outstanding_credit",
        WARNING,
        _lt(
            "The customer has unreconciled credits or payments: "
            "reconcile them first, or the customer is asked for money that is already paid."
        ),
        "account.move.commercial_partner_id",
        lambda rules: Domain(
            "commercial_partner_id",
            "any!",
            Domain(
                "nox_finans_credit_line_ids", "any!", Domain("company_id", "=", rules.company_id)
            ),
        ),
    ),
    Criterion(
        "partly_paid",
        WARNING,
        _lt(
            "The invoice has been partly paid or credited: Nox Finans gets the whole invoice, "
            "and what was paid before is reported there at once."
        ),
        "account.move.amount_residual",
        lambda rules: Domain("payment_state", "=", "partial"),
    ),
    Criterion(
        "old_statement",
        WARNING,
        _lt(
            "The last bank statement is old: import the newest first, "
            "or a customer who has paid is asked again."
        ),
        "account.move.payment_state",
        lambda rules: Domain(rules.is_statement_old),
    ),
    Criterion(
        "already_sent",
        WARNING,
        _lt(
            "The invoice was already printed or e-mailed from Odoo: "
            "the invoice service sends it a second time."
        ),
        "account.move.is_move_sent",
        lambda rules: (
            Domain("is_move_sent", "=", True)
            & rules.service_is("invoice")
            & ~rules.channel_is(NOT_DELIVERED)
        ),
    ),
)


def failing_domain(companies, chosen):
    """Return the domain of the invoices that break any of the criteria for which `chosen` holds.

    Each invoice is judged by the settings of its own company.
    """
    return Domain.OR(
        Domain("company_id", "=", rules.company_id)
        & Domain.OR(criterion.failing(rules) for criterion in CRITERIA if chosen(criterion))
        for rules in map(CompanyRules.of, companies)
    )


class SendingCheck:
    """Tells of one invoice after the other whether it is held back, as one search each.

    The company's rules are read anew each time; only while they are the same, the search is not
    put together again.

    :param ignore: the codes of criteria that do not count
    """

    def __init__(self, company, ignore=frozenset()):
        self._company = company
        self._ignore = ignore
        self._rules = self._search = None

    def __call__(self, move):
        rules = SendingRules.of(self._company)
        if rules != self._rules:
            self._rules, self._search = rules, self._prepare(move.env["account.move"], rules)
        return bool(move.env.execute_query(SQL("%s = %s", self._search, move.id)))

    def _prepare(self, moves, rules):
        query = moves._search(
            Domain.OR(
                criterion.failing(rules)
                for criterion in CRITERIA
                if criterion.is_blocking and criterion.code not in self._ignore
            )
        )
        return SQL(
            "SELECT 1 FROM %s WHERE (%s) AND %s",
            query.from_clause,
            query.where_clause,
            SQL.identifier(query.table, "id"),
        )


def is_red(criterion):
    return criterion.severity == REJECTED


def is_yellow(criterion):
    return criterion.severity == WARNING


def is_blocking(criterion):
    return criterion.is_blocking


def failing_criteria(moves):
    """Return a dict from each invoice's id to the list of criteria it breaks, in table order."""
    failed = {move_id: [] for move_id in moves._ids}
    for company, of_company in moves.grouped("company_id").items():
        rules = CompanyRules.of(company)
        for criterion in CRITERIA:
            for move_id in of_company.filtered_domain(criterion.failing(rules))._ids:
                failed[move_id].append(criterion)
    for criteria in failed.values():
        criteria.sort(key=CRITERIA.index)
    return failed
