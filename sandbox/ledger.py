"""What tests and people look at, and the many invoices that a measurement begins with."""

from datetime import timedelta

from . import course, rules
from .errors import not_found
from .invoices import PAYMENT_DAYS, STARTING


class Ledger:
    """Every invoice handed over, and invoices as if handed over long ago."""

    def invoice_count(self):
        return self.store.count("case")

    def ledger(self, company_id=None, newest=None):
        """Return every invoice handed over, and what its debtor would have been sent."""
        store, rows = self.store, []
        cases = store.of_company("case", company_id) if company_id else store.all("case")
        for case in cases[-newest:] if newest else cases:
            self.refresh(case)
            invoice = store.get("invoice", f"{case['company_id']}/{case['number']}")
            rows.append(self._ledger_row(case, invoice))
        return rows

    def _ledger_row(self, case, invoice):
        copied = ("company_id", "service", "send_method", "received", "accepted", "status")
        copied += ("next_event", "next_event_date", "handed_over_at", "deliveries", "fees")
        return {name: case[name] for name in copied} | {
            "company": self.store.get("company", case["company_id"])["name"],
            "invoice_number": case["number"],
            "external_reference": invoice.get("ExternalInvoiceReference1"),
            "our_number": invoice.get("ExternalInvoiceReference2"),
            "debtor": invoice["CustomerName"],
            "total": invoice["Total"],
            # What Nox Finans asks for: a payment that Fortnox does not book lowers this alone.
            "balance": self.capital_balance(invoice),
            "paid": invoice["paid"],
            "credited": invoice["credited"],
            "reported": invoice.get("reported", 0.0),
        }

    def seed(self, company_id, count, due_date, total):
        """Make bookkept invoices with open cases, as if handed over long ago; return the first."""
        company = self.store.get("company", company_id)
        if not company:
            raise not_found("företaget")
        due_date = due_date or self.today() + timedelta(days=PAYMENT_DAYS)
        first = self.next_invoice_number(company, count)
        invoices, cases = {}, {}
        for number in map(str, range(first, first + count)):
            invoice = self._seeded_invoice(company_id, number, due_date, total)
            case = self.new_case(
                company_id, number, {"Service": "LEDGERBASE", "SendMethod": "NONE"}
            )
            course.start(case, invoice, self.today())
            invoices[f"{company_id}/{number}"] = invoice
            cases[f"{company_id}/{number}"] = case
        self.store.put_many({"invoice": invoices, "case": cases})
        return first

    def _seeded_invoice(self, company_id, number, due_date, total):
        row = {"Description": "Arbete", "DeliveredQuantity": "1", "Price": total, "VAT": 0}
        ocr = f"{number}00"
        return STARTING | {
            "company_id": company_id,
            "DocumentNumber": number,
            "CustomerNumber": "seeded",
            "CustomerName": "Sådd AB",
            "Address1": "Gatan 1",
            "ZipCode": "111 22",
            "City": "Stockholm",
            "InvoiceDate": (due_date - timedelta(days=PAYMENT_DAYS)).isoformat(),
            "DueDate": due_date.isoformat(),
            "Currency": "SEK",
            "InvoiceType": "INVOICE",
            "InvoiceRows": [row],
            "Booked": True,
            "NoxFinans": True,
            "OCR": ocr + rules.check_digit(ocr),
            "Total": total,
            "Balance": total,
            "LastModified": (self.now() - timedelta(days=1)).strftime("%Y-%m-%d %H:%M"),
        }
