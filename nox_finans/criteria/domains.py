"""Domains of invoices that hold in each company: what its settings decide is in `rules`."""

from odoo.fields import Domain

# What Odoo says of an invoice with a registered payment that the bank statement has not shown yet:
# with Enterprise the one, without it the other.
REGISTERED = ("in_payment", "paid")


def has_open_balance():
    """Return the domain of the invoices that are open in the books."""
    return Domain("amount_residual", ">", 0)


def is_payment_unmatched():
    """Return the domain of the invoices that are open in the books, with a payment registered."""
    return has_open_balance() & Domain("payment_state", "in", REGISTERED)


def partner(domain):
    """Return the domain of the invoices whose addressee matches `domain`.

    Access rules of contacts are bypassed (`any!`): who may see an invoice gets the same colour,
    whichever contacts are theirs.
    """
    return Domain("partner_id", "any!", domain)


def lacks_detail(name):
    """Return the domain of the invoices without addressee, or whose addressee lacks a detail."""
    return Domain("partner_id", "=", False) | partner(Domain(name, "=", False))


def has_tax_reduction():
    return Domain("nox_finans_tax_reduction", ">", 0)


def is_work():
    """Return the domain of the rows of work at somebody's home; what is said of the product."""
    service = Domain("product_tmpl_id", "any!", Domain("type", "=", "service"))
    is_service = Domain("product_id", "=", False) | Domain("product_id", "any!", service)
    return Domain("display_type", "=", "product") & is_service
