from odoo import fields, models
from odoo.fields import Domain

from ..api import answers
from ..api.errors import RefusedError, UncertainError
from ..criteria import COUNTING, CREDITABLE
from .nox_finans_case import get_credit_reference


class NoxFinansCase(models.Model):
    """Credit notes: the service makes them of their original, once for each, and then takes ours.

    Until it has our own reference, nothing but the committed intent tells that one is ours.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    is_credit_begun = fields.Boolean(
        readonly=True,
        help="The original had no credit note at the service when we asked for this one.",
    )

    def _is_credit_note(self):
        return self._get_move_to_send().move_type == "out_refund"

    def _get_credited_case(self):
        """Return the case of the invoice that this credit note credits; empty if it has none here.

        One that was handed over, and where this one goes to: elsewhere the same number is another
        invoice's.
        """
        cases = self.move_id.reversed_entry_id.nox_finans_case_ids.filtered_domain(
            COUNTING & CREDITABLE & Domain("environment", "=", self.environment)
        )
        return max(cases, key=lambda case: case.id, default=cases)

    def _check_credited(self):
        """:raises RefusedError: a credit note's invoice has not been handed over"""
        if self._is_credit_note() and not self._get_credited_case().remote_number:
            raise RefusedError(
                self.env._(
                    "The invoice that this credit note credits has not been sent via Nox Finans."
                )
            )

    def _credit_there(self, client, commit):
        """Let the service make the credit note of the original, which it does once for each.

        :return: the credit note as the service has it
        :raises RefusedError: the original has been credited there already, by somebody else
        """
        original = self._get_credited_case()
        credit = self._find_credit(client)
        if credit:
            return credit
        if self._get_credit_number(client, original):
            raise RefusedError(
                self.env._(
                    "Invoice %s has been credited at Fortnox already; it takes one credit note for "
                    "each invoice.",
                    original.remote_number,
                )
            )
        self.is_credit_begun = True
        commit()
        client.credit_invoice(original.remote_number)
        return client.get_invoice(self._get_credit_number(client, original))

    def _find_credit(self, client):
        """Return the credit note at the service if it is this one, else None."""
        number = self._get_credit_number(client, self._get_credited_case())
        if not number:
            return None
        credit = self._read_invoice(client.get_invoice(number))
        reference = answers.word(credit["ExternalInvoiceReference1"])
        is_ours = reference == self.reference or (self.is_credit_begun and not reference)
        return credit if is_ours else None

    def _get_credit_number(self, client, case):
        """Return the number of the credit note that a case's invoice has at the service, or None.

        :raises RefusedError: the service's invoice is not the case's
        """
        invoice = self._read_invoice(client.get_invoice(case.remote_number))
        case._check_is_ours(invoice)
        return get_credit_reference(invoice)

    def _read_invoice(self, answer):
        """Return an invoice of the service that says whose it is and how far it has come.

        :raises UncertainError: the answer does not say
        """
        invoice = answers.mapping(answer)
        if "ExternalInvoiceReference1" not in invoice:
            raise UncertainError(self.env._("The answer does not say whose invoice it is."))
        for name in ("Booked", "Cancelled"):
            if not isinstance(invoice.get(name), bool):
                raise UncertainError(self.env._("The answer does not say “%s”.", name))
        return invoice

    def _check_is_ours(self, invoice):
        """See that an invoice of the service is this case's before anything is done to it.

        :raises RefusedError: it is somebody else's, as after signing in to another company
        """
        if answers.word(invoice["ExternalInvoiceReference1"]) != self.reference:
            raise RefusedError(
                self.env._(
                    "Invoice %s at Fortnox is not the one that was sent.", self.remote_number
                )
            )
