"""What Nox Finans does with the invoices that are handed over to it."""

import time
from datetime import date, timedelta

from . import course, rules
from .errors import ServiceError, not_found

MAX_AGE_YEARS = 2


class Cases:
    """The invoices handed over, each with its course."""

    def hand_over(self, company, values):
        company_id, number = company["company_id"], values["InvoiceNumber"]
        case = self.store.get("case", f"{company_id}/{number}")
        if case:
            return self._hand_over_again(case)
        invoice = self.get_invoice(company, number)
        self.check_hand_over(company, invoice, values)
        case = self.new_case(company_id, number, values)
        invoice = self.keep_invoice(invoice | {"NoxFinans": True})
        self.store.put("case", f"{company_id}/{number}", case)
        if invoice["Total"] < 0:
            self.settle_credit(company, invoice)
        return self.store.get("case", f"{company_id}/{number}")

    def _hand_over_again(self, case):
        case["received"] += 1
        self._save_case(case)
        # Not documented: both worlds can be had.
        if self.settings["second_hand_over"] == "refuse":
            raise ServiceError("Fakturan är redan skickad till Nox Finans.")
        case["accepted"] += 1
        course.deliver(case, self.today(), "invoice AGAIN")
        return self._save_case(case)

    def new_case(self, company_id, number, values):
        ocr = f"9{number}{self.store.count('case') + 1:04}"
        return {
            "company_id": company_id,
            "number": number,
            "service": values["Service"],
            "send_method": values["SendMethod"],
            "handed_over_at": self.now().isoformat(),
            "confirm_at": time.time() + self.settings["confirm_delay"],
            "status": "UNKNOWN",
            "position": 0,
            "next_event": None,
            "next_event_date": None,
            "paused_until": None,
            "fees": 0,
            "deliveries": [],
            "received": 1,
            "accepted": 1,
            "ocr": ocr + rules.check_digit(ocr),
        }

    def check_hand_over(self, company, invoice, values):
        """Refuse what the documented preconditions refuse; the words are our own.

        That an invoice is bookkept is none of them.
        """
        oldest = oldest_day(self.today())
        refusals = [
            (not company["services"].get(values["Service"]), "Tjänsten är inte aktiverad."),
            (invoice["Cancelled"], "Fakturan är makulerad."),
            (invoice["InvoiceType"] == "INTRESTINVOICE", "Räntefakturor kan inte skickas."),
            (invoice["InvoiceType"] == "CASHINVOICE", "Kontantfakturor kan inte skickas."),
            (invoice["Currency"] != "SEK", "Fakturan måste vara i SEK."),
            (date.fromisoformat(invoice["InvoiceDate"]) < oldest, "Fakturan är äldre än två år."),
            (not invoice["InvoiceRows"], "Fakturan saknar rader."),
            (not complete_address(invoice), "Kundens namn eller adress är ofullständig."),
        ]
        if invoice["Total"] < 0:
            refusals.append((not self._covers(company, invoice), "Krediten saknar debetfaktura."))
        else:
            refusals.append((invoice["Balance"] <= 0, "Fakturan har inget saldo."))
        if values["Service"] == "REMINDER":
            due = date.fromisoformat(invoice["DueDate"])
            refusals.append((due >= self.today(), "Fakturan är inte förfallen."))
            refusals.append((not invoice["Sent"], "Fakturan är inte skickad till kunden."))
        refusals += [(True, refusal) for refusal in self._asked_refusals(company, invoice)]
        for is_refused, message in refusals:
            if is_refused:
                raise ServiceError(message)

    def _covers(self, company, credit):
        number = credit.get("CreditInvoiceReference")
        debit = number and self.store.get("invoice", f"{company['company_id']}/{number}")
        return bool(debit) and 0 < -credit["Balance"] <= self.capital_balance(debit)

    def _asked_refusals(self, company, invoice):
        for refusal in self.refusals:
            wanted = {
                "company_id": company["company_id"],
                "customer_number": invoice["CustomerNumber"],
                "external_reference": invoice.get("ExternalInvoiceReference2"),
            }
            asked = {name: getattr(refusal, name) for name in wanted}
            if refusal.times and all(asked[name] in (None, wanted[name]) for name in wanted):
                refusal.times -= 1
                yield refusal.message

    def get_case(self, company, number):
        case = self.store.get("case", f"{company['company_id']}/{number}")
        if not case:
            # Not documented: 404 is our assumption.
            raise not_found("fakturan hos Nox Finans")
        return self.refresh(case)

    def refresh(self, case):
        """Bring a case up to now: confirmation, planned payments, the course."""
        company_id, number = case["company_id"], case["number"]
        before = dict(case, deliveries=list(case["deliveries"]))
        if case["status"] == "UNKNOWN" and time.time() >= case["confirm_at"]:
            invoice = self.store.get("invoice", f"{company_id}/{number}")
            course.start(case, invoice, self.today())
        self._receive_payments(case)
        course.advance(case, self.today())
        if case != before:
            self._save_case(case)
        return case

    def _receive_payments(self, case):
        """Let planned payments arrive, each after what the course had in store before its day."""
        key = f"{case['company_id']}/{case['number']}"
        plan = self.store.get("plan", key)
        if not plan or case["status"] == "UNKNOWN":
            return
        today = self.today().isoformat()
        due = [payment for payment in plan["payments"] if payment["date"] <= today]
        self._save_plan(plan, [payment for payment in plan["payments"] if payment["date"] > today])
        for payment in due:
            course.advance(case, date.fromisoformat(payment["date"]))
            self.pay(case["company_id"], case["number"], payment["amount"])

    def _save_plan(self, plan, payments):
        key = f"{plan['company_id']}/{plan['number']}"
        if payments:
            ordered = sorted(payments, key=lambda payment: payment["date"])
            self.store.put("plan", key, plan | {"payments": ordered})
        else:
            self.store.delete("plan", key)

    def pay(self, company_id, number, amount):
        """Let a debtor's payment to the service arrive."""
        invoice = self.store.get("invoice", f"{company_id}/{number}")
        self.lower(company_id, number, amount, "paid", self.registers_payments(invoice))

    def receive_due_payments(self, company_id):
        """Let planned payments arrive that are due, so that their invoices are modified."""
        today = self.today().isoformat()
        for plan in self.store.of_company("plan", company_id):
            case = self.store.get("case", f"{company_id}/{plan['number']}")
            if case and plan["payments"][0]["date"] <= today:
                self.refresh(case)

    def receive(self, company_id, numbers, amount):
        """Let a payment arrive now on each of these invoices."""
        if not all(self.store.get("invoice", f"{company_id}/{number}") for number in numbers):
            raise not_found("invoice")
        with self.store.transaction():
            for number in numbers:
                self.pay(company_id, number, amount)

    def plan_payment(self, company_id, number, amount, day):
        if not self.store.get("invoice", f"{company_id}/{number}"):
            raise not_found("invoice")
        plan = self.store.get("plan", f"{company_id}/{number}")
        plan = plan or {"company_id": company_id, "number": number, "payments": []}
        payment = {"amount": amount, "date": (day or self.today()).isoformat()}
        self._save_plan(plan, [*plan["payments"], payment])
        if case := self.store.get("case", f"{company_id}/{number}"):
            self.refresh(case)

    # What can be asked for

    def pause(self, company, number, until):
        case = self._case_with_status(company, number, "OPEN")
        if not self.today() <= until <= self.today() + timedelta(days=course.MAX_PAUSE_DAYS):
            raise ServiceError(f"Pausen får vara högst {course.MAX_PAUSE_DAYS} dagar.")
        course.pause(case, until)
        return self._save_case(case)

    def unpause(self, company, number):
        case = self._case_with_status(company, number, "PAUSED")
        # The service goes through its cases at night: nothing comes before the next day.
        course.resume(case, self.today() + timedelta(days=1))
        return self._save_case(case)

    def stop(self, company, number):
        case = self._case_with_status(company, number, "OPEN", "PAUSED", "UNKNOWN")
        course.close(case)
        return self._save_case(case)

    def take_fees(self, company, number):
        case = self._case_with_status(company, number, "OPEN", "PAUSED")
        case["fees"] = 0
        return self._save_case(case)

    def report_payment(self, company, number, values):
        case = self._case_with_status(company, number, "OPEN", "PAUSED")
        is_booked = values["BookkeepPaymentInFortnox"]
        self.check_payment_method(company, values["PaymentMethodCode"])
        self.check_payment_account(company, values["PaymentMethodAccount"])
        if is_booked:
            self.check_payable(self.get_invoice(company, number))
        if values["ClientTakesFees"]:
            case["fees"] = 0
            self._save_case(case)
        self.lower(company["company_id"], number, values["PaymentAmount"], "reported", is_booked)
        return self.get_case(company, number)

    def check_payable(self, invoice):
        if not self.registers_payments(invoice):
            raise ServiceError("Fakturan är inte bokförd, betalningen kan inte bokföras.")

    def _case_with_status(self, company, number, *statuses):
        case = self.get_case(company, number)
        if case["status"] not in statuses:
            raise ServiceError(f"Det går inte för en faktura med status {case['status']}.")
        return case

    def close_if_settled(self, company_id, invoice):
        case = self.store.get("case", f"{company_id}/{invoice['DocumentNumber']}")
        if case and self.capital_balance(invoice) <= 0:
            course.close(case)
            self._save_case(case)

    def _save_case(self, case):
        return self.store.put("case", f"{case['company_id']}/{case['number']}", case)


def oldest_day(today):
    """Return the first day that an invoice may be of, to be handed over today."""
    year = today.year - MAX_AGE_YEARS
    is_leap_day = (today.month, today.day) == (2, 29)
    return today.replace(year=year, day=28) if is_leap_day else today.replace(year=year)


def complete_address(invoice):
    needed = ("CustomerName", "Address1", "ZipCode", "City")
    return all((invoice.get(name) or "").strip() for name in needed)
