"""Invoices until they are bookkept: what a body says, and what fills what it does not say."""

from datetime import date, timedelta

from . import house_work, money, rules
from .company_settings import settings_of
from .errors import ServiceError, not_found, unknown

PAYMENT_DAYS = 30
FIRST_INVOICE_NUMBER = 1001
# What lowers an invoice's balance: payments to the service, credits, and payments that its company
# has reported.
LOWERING = ("paid", "credited", "reported")
# What the sandbox keeps beside an invoice's own fields.
STARTING = {
    "paid": 0.0,
    "credited": 0.0,
    "reported": 0.0,
    # What Nox Finans counts and Fortnox has not booked.
    "unbooked": 0.0,
    "reduction": 0.0,
    "Booked": False,
    "Sent": False,
    "Cancelled": False,
    "NoxFinans": False,
}
# An invoice's fields and those of the customer's card that fill them.
FROM_CARD = {
    "CustomerName": "Name",
    "Address1": "Address1",
    "Address2": "Address2",
    "ZipCode": "ZipCode",
    "City": "City",
    "Country": "Country",
    "Phone1": "Phone1",
    "Phone2": "Phone2",
    "DeliveryName": "DeliveryName",
    "DeliveryAddress1": "DeliveryAddress1",
    "DeliveryAddress2": "DeliveryAddress2",
    "DeliveryZipCode": "DeliveryZipCode",
    "DeliveryCity": "DeliveryCity",
    "DeliveryCountry": "DeliveryCountry",
    "OrganisationNumber": "OrganisationNumber",
    "Currency": "Currency",
    "TermsOfPayment": "TermsOfPayment",
    "TermsOfDelivery": "TermsOfDelivery",
    "WayOfDelivery": "WayOfDelivery",
    "PriceList": "PriceList",
    "CostCenter": "CostCenter",
    "Project": "Project",
    "YourReference": "YourReference",
    "OurReference": "OurReference",
    "Remarks": "InvoiceRemark",
    "VATIncluded": "ShowPriceVATIncluded",
    "AdministrationFee": "InvoiceAdministrationFee",
    "Freight": "InvoiceFreight",
}
# Those of them that tell who the customer is.
IDENTITY = ("CustomerName", "OrganisationNumber")


class Invoices:
    """Fortnox's invoices. Each is kept with its amounts."""

    def create_invoice(self, company, values):
        rules.check_characters(values)
        # Documented: only the crediting of an invoice sets it.
        values.pop("CreditInvoiceReference", None)
        customer = self.get_customer(company, values["CustomerNumber"])
        given = rules.blanked_invoice(values)
        given["EmailInformation"] = self._email(customer, values.get("EmailInformation"))
        invoice = self._presets(company, customer) | given
        invoice["InvoiceRows"] = _discounted(customer, invoice["InvoiceRows"])
        invoice.setdefault("DueDate", self._due_date(invoice))
        self._check(company, invoice)
        return self.keep_new_invoice(company, invoice)

    def keep_new_invoice(self, company, invoice):
        number = self._take_invoice_number(company, invoice)
        ocr = invoice.get("OCR") or f"{number}00{rules.check_digit(f'{number}00')}"
        if not ocr.isdecimal():
            raise ServiceError(f"OCR-nummer {ocr} kan inte användas.")
        invoice |= STARTING | {"DocumentNumber": number, "OCR": ocr}
        return self.save_invoice(company, invoice)

    def _presets(self, company, customer):
        """Return what fills absent fields: the company's settings, over them the card."""
        settings = settings_of(company)
        card = {name: customer.get(field) for name, field in FROM_CARD.items()}
        for fee in money.FEES:
            if card[fee] not in (None, ""):
                card[fee] = float(money.number(card[fee]))
        return {
            "InvoiceDate": self.today().isoformat(),
            "Currency": "SEK",
            "InvoiceType": "INVOICE",
            "Language": "SV",
            "TaxReductionType": "none",
            "InvoiceRows": [],
            "VATIncluded": settings["vat_included"],
            "AdministrationFee": settings["administration_fee"],
            "Freight": settings["freight"],
            "TermsOfPayment": settings["terms_of_payment"],
            "AccountingMethod": settings["accounting_method"],
            "has_vat": _has_vat(customer),
            **rules.given(card),
        }

    def _email(self, customer, asked):
        presets = {
            "EmailAddressTo": customer.get("EmailInvoice") or customer.get("Email"),
            "EmailAddressCC": customer.get("EmailInvoiceCC"),
            "EmailAddressBCC": customer.get("EmailInvoiceBCC"),
        }
        return rules.given(presets) | rules.blanked(rules.given(asked or {}))

    def _due_date(self, invoice):
        terms = invoice["TermsOfPayment"]
        days = int(terms) if terms.isdecimal() else PAYMENT_DAYS
        return (date.fromisoformat(invoice["InvoiceDate"]) + timedelta(days=days)).isoformat()

    def _take_invoice_number(self, company, invoice):
        """Return the number that is given or the next one; each is given once only."""
        number = invoice.get("DocumentNumber")
        if not number:
            return str(self.next_invoice_number(company))
        if not number.isdecimal() or self.store.get("invoice", f"{company['company_id']}/{number}"):
            raise ServiceError(f"Fakturanummer {number} kan inte användas.")
        return number

    def next_invoice_number(self, company, count=1):
        """Return the first of `count` numbers that are all free."""
        company_id = company["company_id"]
        number = FIRST_INVOICE_NUMBER + self.store.count_of_company("invoice", company_id)
        while taken := [
            number + index
            for index in range(count)
            if self.store.get("invoice", f"{company_id}/{number + index}")
        ]:
            number = taken[-1] + 1
        return number

    def update_invoice(self, company, number, values):
        rules.check_characters(values)
        invoice = self.get_invoice(company, number)
        self.check_changeable(invoice)
        for name in ("CreditInvoiceReference", "DocumentNumber"):
            values.pop(name, None)
        given = rules.blanked_invoice(values)
        if "CustomerNumber" in given:
            given = self._of_customer(company, given["CustomerNumber"]) | given
        if "EmailInformation" in given:
            asked = rules.given(values["EmailInformation"])
            kept = invoice.get("EmailInformation", {})
            given["EmailInformation"] = kept | rules.blanked(asked)
        changed = invoice | given
        if "InvoiceRows" in given:
            customer = self.find_customer(company, changed["CustomerNumber"]) or {}
            changed["InvoiceRows"] = _discounted(customer, given["InvoiceRows"])
        self._check(company, changed)
        return self.save_invoice(company, changed)

    def _of_customer(self, company, number):
        """Return what an invoice takes from the card of the customer that it now belongs to.

        Not documented. Our assumption: who the customer is and its kind of VAT; an address and the
        like stay as they are, since what is absent keeps.
        """
        customer = self.find_customer(company, number)
        if not customer:
            raise unknown("customer")
        fields = {name: customer.get(FROM_CARD[name]) or "" for name in IDENTITY}
        return fields | {"has_vat": _has_vat(customer)}

    def check_changeable(self, invoice):
        """Refuse any change of an invoice that is bookkept or cancelled."""
        if invoice["Booked"]:
            raise ServiceError("Fakturan är bokförd och kan inte ändras.")
        if invoice["Cancelled"]:
            raise ServiceError("Fakturan är makulerad och kan inte ändras.")

    def _check(self, company, invoice):
        rules.check_invoice(company, invoice)
        house_work.check_rows(invoice)

    def get_invoice(self, company, number):
        invoice = self.store.get("invoice", f"{company['company_id']}/{number}")
        if not invoice:
            raise not_found("invoice")
        return invoice

    def save_invoice(self, company, invoice):
        """Keep an invoice whose rows or head have changed, with its new amounts."""
        included, has_vat = invoice.get("VATIncluded"), money.has_vat(invoice)
        invoice["InvoiceRows"] = [
            money.kept_row(row if has_vat else row | {"VAT": 0}, included)
            for row in invoice["InvoiceRows"]
        ]
        invoice |= money.totals(invoice, settings_of(company))
        return self.keep_invoice(invoice | {"company_id": company["company_id"]})

    def keep_invoice(self, invoice, is_modified=True):
        """Keep an invoice with its balance; a modified one is among those of `lastmodified`."""
        if is_modified:
            invoice["LastModified"] = self.now().strftime("%Y-%m-%d %H:%M")
        self._set_balance(invoice)
        key = f"{invoice['company_id']}/{invoice['DocumentNumber']}"
        return self.store.put("invoice", key, invoice)

    def _set_balance(self, invoice):
        sign = -1 if invoice["Total"] < 0 else 1
        owed = sign * self.capital_balance(invoice) + invoice.get("unbooked", 0)
        invoice["TotalToPay"] = round(invoice["Total"] - invoice["reduction"], 2)
        invoice["Balance"] = round(sign * owed, 2) + 0.0
        if invoice["Balance"]:
            invoice["FinalPayDate"] = None
        elif invoice["Booked"] and not invoice.get("FinalPayDate"):
            invoice["FinalPayDate"] = self.today().isoformat()

    def capital_balance(self, invoice):
        """Return what is still owed by Nox Finans's count, which need not be Fortnox's."""
        sign = -1 if invoice["Total"] < 0 else 1
        lowered = sum(invoice.get(name, 0) for name in (*LOWERING, "reduction"))
        # The sum turns a negative nought into a plain one.
        return round(sign * max(abs(invoice["Total"]) - lowered, 0), 2) + 0.0


def _has_vat(customer):
    return customer.get("VATType") not in rules.WITHOUT_VAT


def _discounted(customer, rows):
    """Return the rows, with the discount of the customer's card on those that give none.

    What the card's `InvoiceDiscount` does is not documented: our assumption.
    """
    discount = customer.get("InvoiceDiscount")
    if not discount:
        return rows
    preset = {"Discount": discount, "DiscountType": "PERCENT"}
    return [row if row.get("Discount") is not None else row | preset for row in rows]
