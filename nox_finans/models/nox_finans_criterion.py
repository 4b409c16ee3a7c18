"""The criteria that decide whether an invoice can go to Nox Finans.

This table is the only place that knows them. The colour of a row, the search behind the filters,
the counters and the server's last check before sending all evaluate the same domains.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

import pytz
from dateutil.relativedelta import relativedelta
from odoo.fields import Domain
from odoo.tools.translate import LazyTranslate

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
class CompanyRules:
    """What the criteria need to know of one company, read once for any number of invoices."""

    company_id: int
    today: date
    sek_id: int
    sweden_id: int
    invoice_term_ids: list[int]
    reminder_term_ids: list[int]
    short_term_ids: list[int]
    default_channel: str

    @classmethod
    def of(cls, company):
        """Read the rules of `company`.

        Settings and payment terms are read with full rights: the colour of an invoice must be the
        same for everyone who may see the invoice, and nothing of what is read is shown.
        """
        company = company.sudo().with_company(company)
        env = company.env
        terms = env["account.payment.term"].with_context(active_test=False)
        invoice_terms = terms.search([("nox_finans_service", "=", "invoice")])
        reminder_terms = terms.search([("nox_finans_service", "=", "reminder")])
        short_terms = invoice_terms.filtered(
            lambda term: max(term.line_ids.mapped("nb_days"), default=0) < SHORT_TERM_DAYS
        )
        timezone = pytz.timezone(company.partner_id.tz or DEFAULT_TIMEZONE)
        return cls(
            company_id=company.id,
            today=datetime.now(timezone).date(),
            sek_id=env.ref("base.SEK").id,
            sweden_id=env.ref("base.se").id,
            invoice_term_ids=invoice_terms.ids,
            reminder_term_ids=reminder_terms.ids,
            short_term_ids=short_terms.ids,
            default_channel=company._get_nox_finans_connector().default_channel or "letter",
        )

    def service_is(self, service):
        """Return the domain of the invoices that go to `service`."""
        terms = {"invoice": self.invoice_term_ids, "reminder": self.reminder_term_ids}
        return Domain("invoice_payment_term_id", "in", terms[service])

    def channel_is(self, channel):
        """Return the domain of the invoices that go by `channel`: invoice, customer, company."""
        domain = Domain("nox_finans_channel", "=", channel)
        of_customer = Domain("nox_finans_channel", "=", False)
        domain |= of_customer & partner(Domain("nox_finans_channel", "=", channel))
        if channel == self.default_channel:
            domain |= of_customer & partner(Domain("nox_finans_channel", "=", False))
        return domain


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

    @property
    def is_blocking(self):
        return self.severity == REJECTED or self.is_held


CRITERIA = (
    # The service's published list, in its order.
    Criterion(
        "balance",
        REJECTED,
        _lt("The open balance is 0: there is nothing to collect."),
        "account.move.amount_residual",
        lambda rules: Domain("amount_residual", "<=", 0),
    ),
    Criterion(
        "tax_reduction",
        REJECTED,
        _lt(
            "House-work invoice whose balance is not above the tax reduction: "
            "there is nothing left for the customer to pay."
        ),
        "account.move.nox_finans_tax_reduction",
        lambda rules: (
            Domain("nox_finans_tax_reduction", ">", 0)
            & Domain("nox_finans_amount_to_collect", "<=", 0)
        ),
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
        lambda rules: Domain(
            "invoice_payment_term_id",
            "not in",
            rules.invoice_term_ids + rules.reminder_term_ids,
        ),
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
        _lt("The customer's name is missing."),
        "res.partner.name",
        lambda rules: (
            Domain("partner_id", "=", False) | partner(Domain("nox_finans_has_name", "=", False))
        ),
    ),
    Criterion(
        "address",
        REJECTED,
        _lt("The invoice address is incomplete: street, postal code and town are needed."),
        "res.partner.zip",
        lambda rules: (
            Domain("partner_id", "=", False) | partner(Domain("nox_finans_has_address", "=", False))
        ),
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
    # Our own.
    Criterion(
        "open_case",
        REJECTED,
        _lt("The invoice has already been sent via Nox Finans."),
        "account.move.nox_finans_case_id",
        lambda rules: Domain("nox_finans_case_state", "not in", [False, "refused"]),
    ),
    # Sent all the same, but better completed first.
    Criterion(
        "id_number",
        WARNING,
        _lt(
            "The customer's organisation or personal number is missing: "
            "a later debt-collection claim needs it."
        ),
        "res.partner.company_registry",
        lambda rules: Domain(
            "commercial_partner_id", "any!", Domain("nox_finans_has_id_number", "=", False)
        ),
    ),
    Criterion(
        "email",
        WARNING,
        _lt("The customer has no e-mail address: the invoice will go by letter."),
        "res.partner.email",
        lambda rules: (
            rules.channel_is("email") & partner(Domain("nox_finans_has_email", "=", False))
        ),
    ),
    Criterion(
        "short_term",
        WARNING,
        _lt("The payment terms are under 10 days; Nox Finans advises at least 10."),
        "account.move.invoice_payment_term_id",
        lambda rules: Domain("invoice_payment_term_id", "in", rules.short_term_ids),
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
            & ~rules.channel_is("none")
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
