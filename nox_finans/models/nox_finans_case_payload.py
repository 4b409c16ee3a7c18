from odoo import models

from ..exchange import (
    payload_customer,
    payload_house_work,
    payload_invoice,
    payload_rows,
)
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first


class NoxFinansCase(models.Model):
    """What is sent, in the words of the interface: here other add-ons may change it.

    It is put together in `exchange/`. A `source` has the invoice, its partner and its customer.
    """

    # Each concern of the case has a file of its own.
    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _prepare_customer(self):
        """Hook: the customer's card, without its number.

        :raises RefusedError: something does not fit into it
        """
        return payload_customer.prepare_customer(self)

    def _prepare_invoice(self):
        """Hook: the invoice, without the customer's number; its rows come to the invoice's total.

        :raises RefusedError: something does not fit into it
        """
        return payload_invoice.prepare_invoice(self)

    def _prepare_addressee(self, source):
        """Hook: who owes, and where the letter goes, as part of the invoice."""
        return payload_customer.prepare_addressee(source)

    def _prepare_line(self, source, line):
        """Hook: the rows of one line of the invoice, before they are added up.

        :raises RefusedError: its taxes cannot be said
        """
        return payload_rows.prepare_line(source, line)

    def _prepare_tax_reduction(self):
        """Hook: the application for the customer's tax reduction.

        :raises RefusedError: it lacks what the agency asks for
        """
        return payload_house_work.prepare_tax_reduction(self)
