from odoo import models
from odoo.tools import float_compare

from ..api import payloads
from ..api.errors import RefusedError

# Read at once, and nothing else: all that a form would show is ten times as much.
CASE_FIELDS = [
    "channel",
    "commercial_partner_id",
    "company_id",
    "confirmed_date",
    "environment",
    "is_mended",
    "last_event",
    "move_id",
    "partner_id",
    "reference",
    "remote_number",
    "service",
    "snapshot",
    "state",
    "step",
]
MOVE_FIELDS = [
    "amount_residual",
    "amount_total",
    "commercial_partner_id",
    "currency_id",
    "invoice_date",
    "invoice_date_due",
    "invoice_user_id",
    "move_type",
    "name",
    "nox_finans_tax_reduction",
    "nox_finans_tax_reduction_type",
    "ref",
]
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
    "street",
    "street2",
    "vat",
    "zip",
]
LINE_FIELDS = [
    "currency_id",
    "discount",
    "display_type",
    "name",
    "price_subtotal",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "tax_ids",
]


class NoxFinansCase(models.Model):
    """What is sent: the invoice in the words of the interface."""

    # Each concern of the case has a file of its own.
    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _to_send(self):
        """Return the case, with what sending it takes in memory."""
        return _read(self, CASE_FIELDS)

    def _get_move_to_send(self):
        """Return the invoice, with what is sent of it in memory."""
        return _read(self.move_id, MOVE_FIELDS)

    def _get_partner_to_send(self):
        return _read(self.partner_id, PARTNER_FIELDS)

    def _prepare_customer(self):
        """Return the customer as the interface wants it."""
        partner = self._get_partner_to_send()
        customer = _read(self._get_move_to_send().commercial_partner_id, PARTNER_FIELDS)
        return payloads.clean(
            {
                "CustomerNumber": f"ODOO-{customer.id}",
                "Name": customer._get_nox_finans_name() or partner._get_nox_finans_name(),
                "Type": "COMPANY" if customer.is_company else "PRIVATE",
                "OrganisationNumber": customer._get_nox_finans_id_number(),
                "Email": customer.email,
                "Phone1": customer.phone,
                "Currency": "SEK",
                **self._prepare_address(customer),
                "CountryCode": customer.country_id.code,
            }
        )

    def _prepare_address(self, partner):
        return {
            "Address1": partner.street,
            "Address2": partner.street2,
            "ZipCode": partner.zip,
            "City": partner.city,
        }

    def _prepare_invoice(self):
        """Return the invoice as the interface wants it."""
        move, partner = self._get_move_to_send(), self._get_partner_to_send()
        return payloads.clean(
            {
                "CustomerNumber": f"ODOO-{move.commercial_partner_id.id}",
                "ExternalInvoiceReference1": self.reference,
                "ExternalInvoiceReference2": move.name,
                "InvoiceDate": move.invoice_date.isoformat(),
                "DueDate": move.invoice_date_due.isoformat(),
                "Currency": move.currency_id.name,
                "InvoiceType": "INVOICE",
                "Language": "SV" if (partner.lang or "sv").startswith("sv") else "EN",
                "VATIncluded": False,
                "OurReference": move.invoice_user_id.name,
                "YourOrderNumber": move.ref,
                "Remarks": move.name,
                "CustomerName": partner._get_nox_finans_name(),
                **self._prepare_address(partner),
                "Country": partner.country_id.with_context(lang="sv_SE").name,
                "EmailInformation": self._prepare_email_information(),
                "CreditInvoiceReference": self._get_credited_number(),
                "TaxReductionType": move.nox_finans_tax_reduction
                and move.nox_finans_tax_reduction_type,
                "InvoiceRows": self._prepare_rows(move),
            }
        )

    def _prepare_email_information(self):
        return payloads.clean({"EmailAddressTo": self._get_partner_to_send().email}) or None

    def _prepare_rows(self, move):
        move.invoice_line_ids.fetch(LINE_FIELDS)
        move.invoice_line_ids.tax_ids.fetch(["amount", "amount_type"])
        move.currency_id.fetch(["name", "rounding"])
        return [self._prepare_row(move, line) for line in move._get_nox_finans_lines()]

    def _get_credited_number(self):
        """Return the service's number of the invoice that this credit note credits.

        :raises RefusedError: that invoice has not been handed over
        """
        if self._get_move_to_send().move_type != "out_refund":
            return None
        number = self.move_id.reversed_entry_id.nox_finans_case_id.remote_number
        if not number:
            raise RefusedError(
                self.env._(
                    "The invoice that this credit note credits has not been sent via Nox Finans."
                )
            )
        return number

    def _prepare_row(self, move, line):
        """Return one invoice row: as it stands where that adds up, else as one piece."""
        sign = -1 if move.move_type == "out_refund" else 1
        price, quantity, discount = line.price_unit, line.quantity, line.discount
        expected = line.currency_id.round(price * quantity * (1 - discount / 100))
        if float_compare(expected, line.price_subtotal, precision_digits=2) != 0:
            # Taxes included in the price, or more decimals than the interface keeps.
            price, quantity, discount = line.price_subtotal, 1, 0
        row = {
            "Description": payloads.one_line(line.name or line.product_id.display_name) or "-",
            "DeliveredQuantity": payloads.quantity(sign * quantity),
            "Price": price,
            "VAT": self._get_vat_percent(line),
            "Unit": payloads.one_line(line.product_uom_id.name) or None,
            "HouseWork": self._is_house_work(move, line),
        }
        if discount:
            row |= {"Discount": discount, "DiscountType": "PERCENT"}
        return {key: value for key, value in row.items() if value is not None}

    def _is_house_work(self, move, line):
        return bool(move.nox_finans_tax_reduction and line.product_id.type in (False, "service"))

    def _get_vat_percent(self, line):
        """Return the row's VAT in whole percent.

        :raises RefusedError: the row's taxes are not one whole percentage of its amount
        """
        taxes = line.tax_ids.flatten_taxes_hierarchy()
        percent = sum(taxes.mapped("amount"))
        if any(tax.amount_type != "percent" for tax in taxes) or percent != int(percent):
            raise RefusedError(
                self.env._(
                    "The taxes of the row “%s” cannot be expressed as a whole percentage.",
                    line.name,
                )
            )
        return int(percent)

    def _get_asked_reduction(self):
        """Return the tax reduction to ask for, in whole kronor as the interface wants it."""
        return round(self._get_move_to_send().nox_finans_tax_reduction)

    def _prepare_tax_reduction(self):
        move = self._get_move_to_send()
        return payloads.clean(
            {
                "ReferenceDocumentType": "INVOICE",
                "ReferenceNumber": self.remote_number,
                "CustomerName": self._get_partner_to_send()._get_nox_finans_name(),
                "SocialSecurityNumber": move.commercial_partner_id._get_nox_finans_id_number(),
                "AskedAmount": self._get_asked_reduction(),
                "PropertyDesignation": move.nox_finans_property_designation,
            }
        )


def _read(records, names):
    """Return the records with just these fields in memory, and others read one by one."""
    records = records.with_context(prefetch_fields=False)
    records.fetch(names)
    return records
