# Not one of the OCA's own add-ons, so it has another author.
# pylint: disable=manifest-required-author
{
    "name": "Nox Finans with Online Payment",
    "summary": "No Pay Now on an invoice that the customer pays to Nox Finans",
    "version": "19.0.1.0.0",
    "category": "Accounting/Accounting",
    "author": "Nox Finans for Odoo",
    "license": "LGPL-3",
    "depends": ["nox_finans", "account_payment"],
    "auto_install": True,
}
