"""The criteria that decide whether an invoice can go to Nox Finans.

This table is the only place that knows them. The colour of a row, the search behind the filters,
the counters and the server's last check before sending all evaluate the same domains.
"""

from dateutil.relativedelta import relativedelta
from odoo.fields import Domain
from odoo.tools import format_date, formatLang
from odoo.tools.translate import LazyTranslate

from ..api import payloads
from ..core.words import NOT_DELIVERED
from .cases import CREDITABLE, SENT, USING, has_case
from .criterion import red, yellow
from .domains import (
    has_open_balance,
    has_tax_reduction,
    is_payment_unmatched,
    is_work,
    lacks_detail,
    partner,
)

_lt = LazyTranslate(__name__)

# The interface refuses an invoice that is dated more than this long ago.
MAX_AGE = relativedelta(years=2)

# What of an invoice itself the criteria ask: when it changes, so does the colour, at once.
ASKED = (
    "amount_residual",
    "amount_tax",
    "commercial_partner_id",
    "currency_id",
    "invoice_date",
    "invoice_date_due",
    "invoice_payment_term_id",
    "is_move_sent",
    "nox_finans_case_ids.close_reason",
    "nox_finans_case_ids.is_undo_due",
    "nox_finans_case_ids.state",
    "nox_finans_channel",
    "nox_finans_chosen_service",
    "nox_finans_invoice_type",
    "nox_finans_is_disputed",
    "nox_finans_not_ready",
    "nox_finans_property_designation",
    "nox_finans_tax_reduction",
    "nox_finans_tax_reduction_type",
    "partner_id",
    "payment_state",
    "reversed_entry_id",
    "state",
)


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


CRITERIA = (
    # The service's published list, in its order.
    red(
        "balance",
        _lt("The open balance is 0: there is nothing to collect."),
        "account.move.amount_residual",
        lambda rules: ~has_open_balance(),
    ),
    red(
        "tax_reduction",
        _lt(
            "House-work invoice whose balance is not above the tax reduction: "
            "there is nothing left for the customer to pay."
        ),
        "account.move.nox_finans_tax_reduction",
        lambda rules: has_tax_reduction() & Domain("nox_finans_amount_to_collect", "<=", 0),
    ),
    red(
        "cancelled",
        _lt("The invoice is cancelled."),
        "account.move.state",
        lambda rules: Domain("state", "=", "cancel"),
    ),
    red(
        "not_ready",
        _lt("The invoice is not ready: confirm it, or clear the mark “Not ready”."),
        "account.move.nox_finans_not_ready",
        lambda rules: Domain("state", "=", "draft") | Domain("nox_finans_not_ready", "=", True),
    ),
    red(
        "cash_invoice",
        _lt("Cash invoices are not sent via Nox Finans."),
        "account.move.nox_finans_invoice_type",
        lambda rules: (
            Domain("move_type", "=", "out_receipt") | Domain("nox_finans_invoice_type", "=", "cash")
        ),
    ),
    red(
        "interest_invoice",
        _lt("Interest invoices are not sent via Nox Finans."),
        "account.move.nox_finans_invoice_type",
        lambda rules: Domain("nox_finans_invoice_type", "=", "interest"),
    ),
    red(
        "currency",
        _lt("The currency is not SEK."),
        "account.move.currency_id",
        lambda rules: Domain("currency_id", "!=", rules.sek_id),
    ),
    red(
        "payment_term",
        _lt(
            "The payment terms are not active in Nox Finans: choose other terms, or let a manager "
            "activate them under Settings > Invoicing > Nox Finans."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: ~rules.is_active(),
    ),
    red(
        "future_date",
        _lt("The invoice date is in the future."),
        "account.move.invoice_date",
        lambda rules: Domain("invoice_date", ">", rules.today),
    ),
    red(
        "customer_name",
        _lt("The customer's name is missing, or holds neither letter nor digit."),
        "res.partner.name",
        lambda rules: lacks_detail("nox_finans_has_name"),
    ),
    red(
        "address",
        _lt(
            "The invoice address is incomplete: street, postal code and town are needed, "
            "in Sweden a postal code of five digits. Fill in the country if it is another."
        ),
        "res.partner.zip",
        lambda rules: lacks_detail("nox_finans_has_address"),
    ),
    # What the service's interface refuses as well.
    red(
        "too_old",
        _lt("The invoice date is more than two years back."),
        "account.move.invoice_date",
        lambda rules: Domain("invoice_date", "<", rules.today - MAX_AGE),
    ),
    red(
        "no_rows",
        _lt("The invoice has no row."),
        "account.move.invoice_line_ids",
        lambda rules: Domain(
            "invoice_line_ids", "not any!", Domain("display_type", "=", "product")
        ),
    ),
    red(
        "credit_note",
        _lt("A credit note needs a linked invoice whose open balance covers it."),
        "account.move.reversed_entry_id",
        lambda rules: (
            Domain("move_type", "=", "out_refund") & Domain("nox_finans_credit_covered", "=", False)
        ),
    ),
    red(
        "credited_there",
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
    red(
        "credited_before",
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
    red(
        "not_due",
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
    red(
        "address_length",
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
    red(
        "too_many_rows",
        _lt(
            "The invoice takes more than %(most)s rows, a long text several: divide it into "
            "several invoices."
        ),
        "account.move.invoice_line_ids",
        lambda rules: Domain("nox_finans_has_too_many_rows", "=", True),
        details=lambda move: {"most": payloads.MAX_ROWS},
    ),
    red(
        "vat_rate",
        _lt(
            "A row has a tax that Fortnox does not know: only Swedish VAT of 25, 12, 6 or 0 % "
            "goes, and only one of them on each row. Choose another tax."
        ),
        "account.move.invoice_line_ids",
        lambda rules: rules.has_tax("unfit") | Domain("nox_finans_has_unfit_taxes", "=", True),
    ),
    red(
        "vat_mixed",
        _lt(
            "The rows' taxes do not go together: VAT, reverse charge, sales within the EU and "
            "export each need an invoice of their own."
        ),
        "account.move.invoice_line_ids",
        lambda rules: rules.is_vat_mixed(),
    ),
    red(
        "vat_number",
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
    red(
        "house_work_person",
        _lt(
            "A tax reduction is for a person with a Swedish personal number: fill it in, choose "
            "another customer, or set the tax reduction to 0."
        ),
        "res.partner.company_registry",
        lambda rules: (
            has_tax_reduction()
            & Domain(
                "commercial_partner_id",
                "any!",
                Domain("nox_finans_has_personal_number", "=", False),
            )
        ),
    ),
    red(
        "house_work_rows",
        _lt(
            "An invoice with a tax reduction needs a row for the work: one without a product, or "
            "with a service."
        ),
        "account.move.invoice_line_ids",
        lambda rules: has_tax_reduction() & Domain("invoice_line_ids", "not any!", is_work()),
    ),
    red(
        "house_work_property",
        _lt(
            "The tax reduction lacks its kind or, for ROT and green technology, the property's "
            "designation."
        ),
        "account.move.nox_finans_property_designation",
        lambda rules: (
            has_tax_reduction()
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
    red(
        "payment_unmatched",
        _lt(
            "A payment is registered that is not matched with the bank yet: match it first, or "
            "cancel the payment if it never came."
        ),
        "account.move.payment_state",
        lambda rules: is_payment_unmatched(),
    ),
    red(
        "payment_blocked",
        _lt(
            "The invoice is blocked for payment in Odoo: lift the block first, by the invoice's "
            "own menu."
        ),
        "account.move.payment_state",
        lambda rules: Domain("payment_state", "=", "blocked"),
    ),
    # Our own.
    red(
        "open_case",
        _lt("The invoice has already been sent via Nox Finans."),
        "account.move.nox_finans_case_id",
        lambda rules: has_case(SENT),
    ),
    red(
        "opted_out",
        _lt(
            "The customer has opted out of Nox Finans: send the invoice another way, "
            "or clear the mark on the customer."
        ),
        "res.partner.nox_finans_opt_out",
        lambda rules: rules.customer(Domain("nox_finans_opt_out", "=", True)),
    ),
    # Held back by a person, for as long as it takes.
    yellow(
        "dispute",
        _lt(
            "The customer disputes the invoice: settle the dispute first. "
            "Until then it is not sent."
        ),
        "account.move.nox_finans_dispute_reason",
        lambda rules: Domain("nox_finans_is_disputed", "=", True),
        is_held=True,
    ),
    # Sent all the same, but better completed first.
    yellow(
        "id_number",
        _lt(
            "The customer's organisation or personal number is missing, or is none (a digit may "
            "be wrong): a later debt-collection claim needs it."
        ),
        "res.partner.company_registry",
        lambda rules: Domain(
            "commercial_partner_id", "any!", Domain("nox_finans_has_id_number", "=", False)
        ),
    ),
    yellow(
        "email",
        _lt("The customer has no valid e-mail address: the invoice will go by letter."),
        "res.partner.email",
        lambda rules: rules.lacks_email(),
    ),
    yellow(
        "email_form",
        _lt(
            "What stands as the customer's e-mail is not one address: write one, and nothing else."
        ),
        "res.partner.email",
        lambda rules: partner(
            Domain("nox_finans_has_email", "=", False) & Domain("email", "!=", False)
        ),
    ),
    yellow(
        "short_term",
        _lt("The payment terms are under 10 days; Nox Finans advises at least 10."),
        "account.move.invoice_payment_term_id",
        lambda rules: (
            Domain("invoice_payment_term_id", "in", rules.short_term_ids)
            & rules.service_is("invoice")
        ),
    ),
    yellow(
        "instalments",
        _lt(
            "The payment terms are in instalments: Nox Finans asks for all of it, %(amount)s, "
            "at once, due on %(day)s. Make an invoice for each instalment if that is not agreed."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: Domain("invoice_payment_term_id", "in", rules.instalment_term_ids),
        details=_get_asked,
    ),
    yellow(
        "cash_discount",
        _lt(
            "The payment terms have a cash discount: Nox Finans does not know it and asks for "
            "%(amount)s, due on %(day)s."
        ),
        "account.move.invoice_payment_term_id",
        lambda rules: Domain("invoice_payment_term_id", "in", rules.discount_term_ids),
        details=_get_asked,
    ),
    yellow(
        "abroad",
        _lt("The customer is abroad."),
        "res.partner.country_id",
        lambda rules: partner(Domain("country_id", "not in", [False, rules.sweden_id])),
    ),
    yellow(
        "outstanding_credit",
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
    yellow(
        "partly_paid",
        _lt(
            "The invoice has been partly paid or credited: Nox Finans gets the whole invoice, "
            "and what was paid before is reported there at once."
        ),
        "account.move.amount_residual",
        lambda rules: Domain("payment_state", "=", "partial"),
    ),
    yellow(
        "old_statement",
        _lt(
            "The last bank statement is old: import the newest first, "
            "or a customer who has paid is asked again."
        ),
        "account.move.payment_state",
        lambda rules: Domain(rules.is_statement_old),
    ),
    yellow(
        "already_sent",
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
