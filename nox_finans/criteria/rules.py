"""What of one company decides on its invoices."""

from datetime import datetime
from functools import cached_property
from itertools import chain, combinations

import pytz
from odoo.fields import Domain
from odoo.tools import SQL

from ..core.vat import (
    ABROAD,
    DOMESTIC,
    EU,
    REVERSED_TYPES,
    SPECIAL_KINDS,
    VAT_TYPES,
    ZONES,
    get_vat_type,
)
from ..core.words import CHANNELS, SERVICES
from .domains import partner

# Nox Finans advises at least this many days for the terms of its invoice service.
SHORT_TERM_DAYS = 10
# Companies that have set no time zone are taken to be where the service is.
DEFAULT_TIMEZONE = "Europe/Stockholm"


class Rules:
    """What the criteria need to know of one company, for any number of invoices.

    Each part is read when it is asked for first, and kept: made anew for each piece of work. So a
    criterion may ask for anything, and what holds invoices back before they are sent costs no more
    than it asks for.

    Settings and payment terms are read with full rights: the colour of an invoice must be the
    same for everyone who may see the invoice, and nothing of what is read is shown.
    """

    def __init__(self, company):
        # Of wide tables only a few columns are read.
        self._company = company.sudo().with_company(company).with_context(prefetch_fields=False)
        self._env = self._company.env
        self.company_id = company.id

    def is_as(self, earlier):
        """Tell whether all that `earlier` was asked for is still the same."""
        return all(
            getattr(self, name) == value
            for name, value in vars(earlier).items()
            if not name.startswith("_")
        )

    # -------------------------------------------------------------------------
    # What is read
    # -------------------------------------------------------------------------

    @cached_property
    def _connector(self):
        connector = self._company._get_nox_finans_connector()
        connector.fetch(["default_service", "default_channel", "statement_days"])
        return connector

    @cached_property
    def _terms(self):
        return (
            self._env["account.payment.term"]
            .with_context(active_test=False)
            .search_fetch(
                Domain("nox_finans_service", "!=", False)
                | Domain("nox_finans_channel", "!=", False),
                ["nox_finans_service", "nox_finans_channel"],
            )
        )

    @cached_property
    def timezone(self):
        return pytz.timezone(self._company.partner_id.tz or DEFAULT_TIMEZONE)

    @cached_property
    def today(self):
        return datetime.now(self.timezone).date()

    @cached_property
    def sek_id(self):
        return self._get_id("base.SEK")

    @cached_property
    def sweden_id(self):
        return self._get_id("base.se")

    @cached_property
    def eu_ids(self):
        """The ids of the countries of the EU's VAT, without Sweden."""
        group = self._env.ref("account.europe_vat", raise_if_not_found=False)
        return [id_ for id_ in group.country_ids.ids if id_ != self.sweden_id] if group else []

    @cached_property
    def tax_ids(self):
        """The taxes that are neither Swedish VAT nor plain 0 %, by their kind at Fortnox."""
        return self._env["account.tax"]._get_nox_finans_unusual(self._company)

    @cached_property
    def service_term_ids(self):
        """From each service to the terms that have it."""
        return self._get_term_ids("nox_finans_service")

    @cached_property
    def channel_term_ids(self):
        """From each channel to the terms that have it."""
        return self._get_term_ids("nox_finans_channel")

    @cached_property
    def short_term_ids(self):
        return self._terms.filtered(
            lambda term: max(term.line_ids.mapped("nb_days"), default=0) < SHORT_TERM_DAYS
        ).ids

    @cached_property
    def instalment_term_ids(self):
        return self._terms.filtered(lambda term: len(term.line_ids) > 1).ids

    @cached_property
    def discount_term_ids(self):
        return self._terms.filtered("early_discount").ids

    @cached_property
    def default_service(self):
        """For invoices without payment terms; False: these go nowhere."""
        return self._connector.default_service

    @cached_property
    def default_channel(self):
        return self._connector.default_channel or "letter"

    @cached_property
    def is_statement_old(self):
        """Whether the last bank statement is older than the company lets it be."""
        return self._connector._is_statement_old(self.today)

    def _get_term_ids(self, name):
        return {value: terms.ids for value, terms in self._terms.grouped(name).items() if value}

    def _get_id(self, xmlid):
        # From the registry's memory; `ref` would ask the database each time whether it is there.
        return self._env["ir.model.data"]._xmlid_to_res_id(xmlid, raise_if_not_found=True)

    # -------------------------------------------------------------------------
    # Service and channel
    # -------------------------------------------------------------------------

    def is_active(self):
        """Return the domain of the invoices whose payment terms are active in Nox Finans.

        Invoices without payment terms are, when the company has a default service.
        """
        term_ids = list(chain(*self.service_term_ids.values()))
        no_term = [False] if self.default_service else []
        return Domain("invoice_payment_term_id", "in", term_ids + no_term)

    def service_is(self, service):
        """Return the domain of the invoices that go to `service`.

        Active invoices only: by what is chosen on the invoice, else by the customer, else by the
        payment terms, else, without any terms, by the company's default.
        """
        term_ids = self.service_term_ids.get(service, [])
        no_term = [False] if service == self.default_service else []
        return self.is_active() & self._first_is(
            service,
            "nox_finans_chosen_service",
            "nox_finans_service",
            Domain("invoice_payment_term_id", "in", term_ids + no_term),
        )

    def channel_is(self, channel):
        """Return the domain of the invoices that go by `channel`.

        By what is chosen on the invoice, else by the customer, else by the payment terms, else by
        the company's default.
        """
        domain = Domain("invoice_payment_term_id", "in", self.channel_term_ids.get(channel, []))
        if channel == self.default_channel:
            term_ids = list(chain(*self.channel_term_ids.values()))
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

    # -------------------------------------------------------------------------
    # Customer and VAT
    # -------------------------------------------------------------------------

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
