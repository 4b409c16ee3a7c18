"""Fortnox's books: bookkeeping an invoice, crediting it, and the payments booked on it."""

from datetime import date

from . import money, rules
from .company_settings import settings_of, year_of
from .errors import ServiceError, unknown

VOUCHER_SERIES = "B"
RECEIVABLE = 1510
# By the percentage: the account of the sale, and that of its VAT.
ACCOUNTS_OF = {25: (3001, 2611), 12: (3002, 2621), 6: (3003, 2631), 0: (3004,)}
# What a company may have made mandatory, the field that it is in, and the word for it.
MANDATORY = {
    "mandatory_project": ("Project", "Projekt"),
    "mandatory_cost_center": ("CostCenter", "Kostnadsställe"),
}
# What a credit invoice takes from its debit.
CREDITED_FIELDS = (
    *("CustomerNumber", "CustomerName", "Address1", "Address2", "ZipCode", "City", "Country"),
    *("Currency", "VATIncluded", "TermsOfPayment", "YourReference", "OurReference", "Language"),
    *("AdministrationFee", "Freight", "EmailInformation", "OrganisationNumber", "has_vat"),
    *("InvoiceType", "AccountingMethod", "CostCenter", "Project"),
)


class Bookkeeping:
    """What is done with an invoice once it is made."""

    def bookkeep(self, company, number):
        invoice = self.get_invoice(company, number)
        if invoice["Booked"]:
            raise ServiceError("Fakturan är redan bokförd.")
        if invoice["Cancelled"]:
            raise ServiceError("Fakturan är makulerad.")
        if not invoice["InvoiceRows"]:
            raise ServiceError("Fakturan saknar rader.")
        self.check_accounting_method(company)
        self.check_period(company, date.fromisoformat(invoice["InvoiceDate"]))
        self.check_posting_accounts(company, invoice)
        self.check_dimensions(company, invoice)
        invoice |= {
            "Booked": True,
            "VoucherNumber": int(number),
            "VoucherSeries": VOUCHER_SERIES,
            "VoucherYear": 1,
        }
        invoice = self.keep_invoice(invoice)
        if self._is_credit(invoice) and not self._is_debit_followed(company, invoice):
            self.settle_credit(company, invoice)
        return self.get_invoice(company, number)

    def check_accounting_method(self, company):
        if settings_of(company)["accounting_method"] == "CASH":
            raise ServiceError("Fakturor bokförs vid betalning enligt kontantmetoden.")

    def check_period(self, company, day):
        """Refuse a day that lies in no financial year or in a locked period."""
        settings = settings_of(company)
        if not year_of(settings, day):
            raise ServiceError(f"Det finns inget räkenskapsår för {day}.")
        if settings["locked_until"] and day.isoformat() <= settings["locked_until"]:
            raise ServiceError(f"Perioden är låst till och med {settings['locked_until']}.")

    def check_posting_accounts(self, company, invoice):
        """Refuse to post on an account that does not exist or is inactive.

        Our assumption: what the rows do not say goes on the usual accounts of the chart BAS.
        """
        rules.check_row_account(company, RECEIVABLE)
        for row in invoice["InvoiceRows"]:
            sales, *vat = ACCOUNTS_OF[row.get("VAT") or 0]
            for number in (row.get("AccountNumber") or sales, *vat):
                rules.check_row_account(company, number)

    def check_dimensions(self, company, invoice):
        """Refuse an invoice with a row that lacks what the company has made mandatory."""
        settings = settings_of(company)
        for setting, (field, word) in MANDATORY.items():
            if settings[setting] and not all(
                row.get(field) or invoice.get(field) for row in invoice["InvoiceRows"]
            ):
                raise ServiceError(f"{word} måste anges.")

    def mark_as_sent(self, company, number):
        invoice = self.get_invoice(company, number)
        return self.keep_invoice(invoice | {"Sent": True})

    def cancel(self, company, number):
        invoice = self.get_invoice(company, number)
        if invoice["Booked"]:
            raise ServiceError("En bokförd faktura kan inte makuleras.")
        if self.store.get("case", f"{company['company_id']}/{number}"):
            raise ServiceError("En faktura som är skickad till Nox Finans kan inte makuleras.")
        if debit_number := invoice.get("CreditInvoiceReference"):
            self._forget_credit(self.get_invoice(company, debit_number))
        return self.keep_invoice(invoice | {"Cancelled": True})

    # Credits

    def credit(self, company, number):
        """Make the credit invoice of the whole invoice and return it, still unbooked."""
        debit = self.get_invoice(company, number)
        self.check_creditable(debit)
        credit = {name: debit[name] for name in CREDITED_FIELDS if name in debit}
        for fee in money.FEES:
            credit[fee] = -(debit.get(fee) or 0)
        credit["InvoiceRows"] = [_turned(row) for row in debit["InvoiceRows"]]
        today = self.today().isoformat()
        credit |= {"InvoiceDate": today, "DueDate": today, "TaxReductionType": "none"}
        credit = self.keep_new_invoice(company, credit | {"CreditInvoiceReference": number})
        debit["CreditInvoiceReference"] = credit["DocumentNumber"]
        self.keep_invoice(debit)
        return credit

    def check_creditable(self, debit):
        """Refuse to credit twice, or what can still be cancelled."""
        if debit.get("CreditInvoiceReference"):
            raise ServiceError("Fakturan är redan krediterad.")
        if debit["Cancelled"]:
            raise ServiceError("En makulerad faktura kan inte krediteras.")
        if not debit["Booked"] and debit.get("AccountingMethod") != "CASH":
            raise ServiceError("En faktura som inte är bokförd makuleras i stället.")

    def _forget_credit(self, debit):
        """Let a debit be credited again, since its credit invoice is cancelled."""
        del debit["CreditInvoiceReference"]
        self.keep_invoice(debit)

    def _is_credit(self, invoice):
        return invoice["Total"] < 0 and invoice.get("CreditInvoiceReference")

    def _is_debit_followed(self, company, credit):
        """Tell whether Nox Finans has the debit of a credit invoice."""
        key = f"{company['company_id']}/{credit['CreditInvoiceReference']}"
        case = self.store.get("case", key)
        return bool(case) and case["status"] != "CLOSED"

    def settle_credit(self, company, credit):
        """Set a credit invoice off against its debit.

        Not documented when. Our assumption: as it is bookkept; but if Nox Finans has the debit, as
        the credit is handed over too.
        """
        company_id, amount = company["company_id"], -credit["Balance"]
        self.lower(company_id, credit["CreditInvoiceReference"], amount, "credited")
        self.lower(company_id, credit["DocumentNumber"], amount, "credited")

    # Payments

    def lower(self, company_id, number, amount, field, is_booked=True):
        """Lower an invoice's balance by a payment or a credit, and close the case at 0.

        What is not booked at Fortnox lowers Nox Finans's balance only.
        """
        invoice = self.store.get("invoice", f"{company_id}/{number}")
        before = self.capital_balance(invoice)
        invoice[field] = round(invoice.get(field, 0) + amount, 2)
        if not is_booked:
            fallen = abs(before - self.capital_balance(invoice))
            invoice["unbooked"] = round(invoice.get("unbooked", 0) + fallen, 2)
        invoice = self.keep_invoice(invoice, is_booked)
        if is_booked and field != "credited":
            self._note_payment(company_id, number, amount)
        self.close_if_settled(company_id, invoice)

    def registers_payments(self, invoice):
        """Documented: payments register on an invoice that is bookkept.

        By the cash method it is the payment that books it: our assumption.
        """
        return invoice["Booked"] or invoice.get("AccountingMethod") == "CASH"

    def _note_payment(self, company_id, number, amount):
        payment_number = self.store.count_of_company("payment", company_id) + 1
        payment = {
            "company_id": company_id,
            "Number": payment_number,
            "InvoiceNumber": number,
            "Amount": amount,
            "PaymentDate": self.today().isoformat(),
        }
        self.store.put("payment", f"{company_id}/{payment_number}", payment)

    def payments_of(self, company, number):
        """Return the payments of an invoice, or all of them, that Fortnox shows."""
        if not settings_of(company)["payments_listed"]:
            return []
        if number is None:
            return self.store.of_company("payment", company["company_id"])
        return self.store.find("payment", company["company_id"], "InvoiceNumber", number)

    def check_payment_method(self, company, code):
        codes = {method["code"] for method in settings_of(company)["payment_methods"]}
        if code not in codes:
            raise ServiceError(f"Kan inte hitta betalningssättet {code}.")

    def check_payment_account(self, company, number):
        if number not in settings_of(company)["accounts"]:
            raise unknown("account")
        rules.check_active_account(company, number)


def _turned(row):
    """Return a row with the opposite amount, and without its house work."""
    work = ("HouseWork", "HouseWorkType", "HouseWorkHoursToReport")
    kept = {name: value for name, value in row.items() if name not in work}
    kept["DeliveredQuantity"] = str(-money.number(row["DeliveredQuantity"]))
    if row.get("DiscountType") == "AMOUNT":
        kept["Discount"] = -(row.get("Discount") or 0)
    return kept
