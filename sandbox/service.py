"""What the service does with customers, invoices and cases, without HTTP."""

import secrets
import time
from collections import defaultdict, deque
from datetime import UTC, date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from zoneinfo import ZoneInfo

from . import course
from .errors import ServiceError, not_found
from .models import SCOPES, Settings

# Whose days count: those of the service, wherever the sandbox runs.
SWEDEN = ZoneInfo("Europe/Stockholm")
# Documented: 25 requests in a sliding window of 5 seconds, per client and company.
MAX_REQUESTS, WINDOW = 25, 5.0
ACCESS_TOKEN_SECONDS = 3600
# One page says 31 days, another 45.
REFRESH_TOKEN_DAYS = 31
CODE_SECONDS = 600
PAYMENT_DAYS = 30
MAX_AGE_YEARS = 2
FIRST_INVOICE_NUMBER = 1001
KEPT_REQUESTS = 5000
# What lowers an invoice's balance: payments to the service, credits, payments that its company has
# reported, and the tax reduction.
LOWERING = ("paid", "credited", "reported", "reduction")


class Service:
    """All companies' books and cases. Times are the sandbox's own, which can be turned forward."""

    def __init__(self, store, settings):
        self.store = store
        self.settings = {
            "confirm_delay": 20.0,
            "rate_limit": True,
            "second_hand_over": "refuse",
            "latency": 0.0,
        } | settings.model_dump(exclude_none=True)
        self.faults = []
        self.refusals = []
        self.requests = deque(maxlen=KEPT_REQUESTS)
        self._hits = defaultdict(deque)

    # Time

    def now(self):
        offset = (self.store.get("clock", "offset") or {"seconds": 0})["seconds"]
        return datetime.now(UTC) + timedelta(seconds=offset)

    def today(self):
        return self.now().astimezone(SWEDEN).date()

    def advance(self, seconds):
        offset = (self.store.get("clock", "offset") or {"seconds": 0})["seconds"]
        self.store.put("clock", "offset", {"seconds": offset + seconds})
        with self.store.transaction():
            for case in self.store.all("case"):
                self.refresh(case)

    # Companies and tokens

    def create_company(self, new):
        company_id = f"C{self.store.count('company') + 1}-{secrets.token_hex(3)}"
        company = {
            "company_id": company_id,
            "name": new.name,
            "organisation_number": new.organisation_number,
            "client_id": new.client_id or secrets.token_hex(6),
            "client_secret": secrets.token_hex(12),
            "services": new.services,
        }
        self.store.put("company", company_id, company)
        return company | self.issue_tokens(company_id, new.scope)

    def company_of_client(self, client_id, client_secret):
        for company in self.store.all("company"):
            known = company["client_id"], company["client_secret"]
            if known == (client_id, client_secret):
                return company
        return None

    def issue_tokens(self, company_id, scope=SCOPES):
        """Make a pair of tokens; they age by the real clock, or turning it would sign out."""
        now = datetime.now(UTC)
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        value = {"company_id": company_id, "scope": scope}
        expiry = (now + timedelta(seconds=ACCESS_TOKEN_SECONDS)).isoformat()
        self.store.put("access", access, value | {"expiry": expiry})
        expiry = (now + timedelta(days=REFRESH_TOKEN_DAYS)).isoformat()
        self.store.put("refresh", refresh, value | {"expiry": expiry})
        return {
            "access_token": access,
            "refresh_token": refresh,
            "expires_in": ACCESS_TOKEN_SECONDS,
            "scope": scope,
            "token_type": "bearer",
        }

    def issue_code(self, company_id, redirect_uri, scope):
        """Make an authorization code; it ages by the sandbox's own clock, unlike tokens."""
        code = secrets.token_urlsafe(16)
        value = {
            "company_id": company_id,
            "expiry": (self.now() + timedelta(seconds=CODE_SECONDS)).isoformat(),
            "redirect_uri": redirect_uri,
            "scope": scope,
        }
        self.store.put("code", code, value)
        return code

    def take(self, kind, key, company_id):
        """Return a single-use code or refresh token that is still good, and use it up."""
        value = self.store.get(kind, key)
        if not value or value["company_id"] != company_id:
            return None
        self.store.delete(kind, key)
        now = self.now() if kind == "code" else datetime.now(UTC)
        return value if now < datetime.fromisoformat(value["expiry"]) else None

    def redeem(self, company_id, kind, key, redirect_uri):
        """Return new tokens for a code or refresh token, None if it is no good."""
        used = self.take(kind, key, company_id)
        if not used or (kind == "code" and used["redirect_uri"] != redirect_uri):
            return None
        return self.issue_tokens(company_id, scope_of(used))

    def revoke(self, company_id, refresh_token):
        """End a connection, and with it the company's access tokens."""
        if self.take("refresh", refresh_token, company_id):
            self.expire_tokens(company_id)

    def company_of_token(self, token):
        value = self.store.get("access", token)
        if not value or datetime.fromisoformat(value["expiry"]) < datetime.now(UTC):
            # Documented: 2000310, "token or secret invalid".
            raise ServiceError("Ogiltig inloggning.", 2000310, 401)
        return self.store.get("company", value["company_id"]), scope_of(value).split()

    def check_scope(self, scopes, scope):
        if scope not in scopes:
            # Documented: 2001101, "no licence for the scope".
            raise ServiceError("Behörighet saknas för scope.", 2001101, 403)

    def check_agreement(self, company):
        if not any(company["services"].values()):
            # Not documented: our assumption of what a company without an agreement gets.
            raise ServiceError("Avtal med Nox Finans saknas.", 2000588, 403)

    def forget(self, company_id=None):
        """Forget customers, invoices and cases of one company or of all."""
        with self.store.transaction():
            for kind in ("customer", "invoice", "case", "plan"):
                for key, value in self.store.items(kind):
                    if company_id in (None, value["company_id"]):
                        self.store.delete(kind, key)

    def expire_tokens(self, company_id):
        for key, value in self.store.items("access"):
            if value["company_id"] == company_id:
                self.store.delete("access", key)

    def check_rate(self, company):
        """Count a request of the company against the sliding window."""
        if not self.settings["rate_limit"]:
            return
        hits, now = self._hits[company["company_id"]], time.monotonic()
        while hits and hits[0] <= now - WINDOW:
            hits.popleft()
        if len(hits) >= MAX_REQUESTS:
            raise ServiceError("För många anrop.", 1000003, 429)
        hits.append(now)

    # Customers

    def create_customer(self, company, values):
        number = values.get("CustomerNumber") or str(
            self.store.count_of_company("customer", company["company_id"]) + 1
        )
        if self.store.get("customer", f"{company['company_id']}/{number}"):
            raise ServiceError(f"Kundnummer {number} används redan.")
        return self._save_customer(company, values | {"CustomerNumber": number})

    def update_customer(self, company, number, values):
        customer = self.get_customer(company, number)
        return self._save_customer(company, customer | values | {"CustomerNumber": number})

    def get_customer(self, company, number):
        customer = self.store.get("customer", f"{company['company_id']}/{number}")
        if not customer:
            raise not_found("kunden")
        return customer

    def _save_customer(self, company, customer):
        customer["company_id"] = company["company_id"]
        key = f"{company['company_id']}/{customer['CustomerNumber']}"
        return self.store.put("customer", key, customer)

    # Invoices

    def create_invoice(self, company, values):
        customer = self.get_customer(company, values["CustomerNumber"])
        today = self.today()
        copied = {
            name: customer.get(name) for name in ("Address1", "Address2", "ZipCode", "City")
        } | {"CustomerName": customer["Name"]}
        invoice = {
            "InvoiceDate": today.isoformat(),
            "DueDate": (today + timedelta(days=PAYMENT_DAYS)).isoformat(),
            "Currency": "SEK",
            "InvoiceType": "INVOICE",
            "InvoiceRows": [],
            **copied,
            **values,
            "Booked": False,
            "Sent": False,
            "Cancelled": False,
            "NoxFinans": False,
            "paid": 0.0,
            "credited": 0.0,
            "reported": 0.0,
            "reduction": 0.0,
        }
        number = self._next_invoice_number(company)
        invoice |= {"DocumentNumber": str(number), "OCR": with_check_digit(f"{number}00")}
        return self.save_invoice(company["company_id"], invoice)

    def _next_invoice_number(self, company):
        return FIRST_INVOICE_NUMBER + self.store.count_of_company("invoice", company["company_id"])

    def update_invoice(self, company, number, values):
        invoice = self.get_invoice(company, number)
        if invoice["Booked"] and values.get("InvoiceRows") is not None:
            # Not documented: our assumption is that only the rows of a bookkept invoice are fixed.
            raise ServiceError("Fakturan är bokförd, raderna kan inte ändras.")
        return self.save_invoice(company["company_id"], invoice | values)

    def get_invoice(self, company, number):
        invoice = self.store.get("invoice", f"{company['company_id']}/{number}")
        if not invoice:
            raise not_found("fakturan")
        return invoice

    def save_invoice(self, company_id, invoice):
        total = sum(row_total(row, invoice.get("VATIncluded")) for row in invoice["InvoiceRows"])
        invoice |= {
            "company_id": company_id,
            "Total": float(total),
            "LastModified": self.now().strftime("%Y-%m-%d %H:%M"),
        }
        lowered = sum(invoice.get(name, 0) for name in LOWERING)
        sign = -1 if total < 0 else 1
        invoice["Balance"] = round(sign * max(abs(invoice["Total"]) - lowered, 0), 2)
        return self.store.put("invoice", f"{company_id}/{invoice['DocumentNumber']}", invoice)

    def bookkeep(self, company, number):
        invoice = self.get_invoice(company, number)
        if invoice["Booked"]:
            raise ServiceError("Fakturan är redan bokförd.")
        if not invoice["InvoiceRows"]:
            raise ServiceError("Fakturan saknar rader.")
        return self.save_invoice(company["company_id"], invoice | {"Booked": True})

    def mark_as_sent(self, company, number):
        invoice = self.get_invoice(company, number)
        return self.save_invoice(company["company_id"], invoice | {"Sent": True})

    def cancel(self, company, number):
        invoice = self.get_invoice(company, number)
        if invoice["Booked"]:
            raise ServiceError("En bokförd faktura kan inte makuleras.")
        return self.save_invoice(company["company_id"], invoice | {"Cancelled": True})

    def credit(self, company, number):
        """Make a credit invoice of the whole invoice; the debit's balance becomes 0."""
        invoice = self.get_invoice(company, number)
        rows = [row | {"DeliveredQuantity": str(-quantity(row))} for row in invoice["InvoiceRows"]]
        credit = self.create_invoice(
            company,
            {
                "CustomerNumber": invoice["CustomerNumber"],
                "CreditInvoiceReference": number,
                "InvoiceRows": rows,
            },
        )
        self.lower(company["company_id"], number, invoice["Balance"], "credited")
        debit = self.get_invoice(company, number)
        self.save_invoice(
            company["company_id"], debit | {"CreditInvoiceReference": credit["DocumentNumber"]}
        )
        return credit

    def reduce_tax(self, company, values):
        if values["AskedAmount"] < 0:
            raise ServiceError("Begärt belopp får inte vara negativt.", 2004217)
        invoice = self.get_invoice(company, values["ReferenceNumber"])
        if not values.get("SocialSecurityNumber"):
            raise ServiceError("Personnummer saknas.")
        invoice["reduction"] = float(values["AskedAmount"])
        self.save_invoice(company["company_id"], invoice)
        return values | {"Id": self.store.count("reduction") + 1}

    def lower(self, company_id, number, amount, field):
        """Lower an invoice's balance by a payment or a credit, and close the case at 0."""
        invoice = self.store.get("invoice", f"{company_id}/{number}")
        invoice[field] = round(invoice.get(field, 0) + amount, 2)
        invoice = self.save_invoice(company_id, invoice)
        case = self.store.get("case", f"{company_id}/{number}")
        if case and invoice["Balance"] <= 0:
            course.close(case)
            self.store.put("case", f"{company_id}/{number}", case)

    # Nox Finans

    def hand_over(self, company, values):
        company_id, number = company["company_id"], values["InvoiceNumber"]
        case = self.store.get("case", f"{company_id}/{number}")
        if case:
            case["received"] += 1
            self.store.put("case", f"{company_id}/{number}", case)
            # Not documented: both worlds can be had.
            if self.settings["second_hand_over"] == "refuse":
                raise ServiceError("Fakturan är redan skickad till Nox Finans.")
            case["accepted"] += 1
            course.deliver(case, self.today(), "invoice AGAIN")
            return self.store.put("case", f"{company_id}/{number}", case)
        invoice = self.get_invoice(company, number)
        self._check_hand_over(company, invoice, values)
        case = self._new_case(company_id, number, values)
        invoice = self.save_invoice(company_id, invoice | {"NoxFinans": True})
        self.store.put("case", f"{company_id}/{number}", case)
        if invoice["Total"] < 0:
            self._settle_credit(company_id, invoice)
        return self.store.get("case", f"{company_id}/{number}")

    def _settle_credit(self, company_id, credit):
        """Set a credit note off against its invoice. Not documented when: our assumption is at
        once."""
        self.lower(company_id, credit["CreditInvoiceReference"], -credit["Balance"], "credited")
        self.lower(company_id, credit["DocumentNumber"], -credit["Balance"], "paid")

    def _new_case(self, company_id, number, values):
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
            "ocr": with_check_digit(f"9{number}{self.store.count('case') + 1:04}"),
        }

    def _check_hand_over(self, company, invoice, values):
        """Refuse what the documented preconditions refuse; the words are our own."""
        oldest = self.today().replace(year=self.today().year - MAX_AGE_YEARS, day=1)
        refusals = [
            (not company["services"].get(values["Service"]), "Tjänsten är inte aktiverad."),
            (invoice["Cancelled"], "Fakturan är makulerad."),
            (not invoice["Booked"], "Fakturan är inte bokförd."),
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
        return bool(debit) and debit["Balance"] >= -credit["Balance"]

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
        invoice = self.store.get("invoice", f"{company_id}/{number}")
        before = dict(case, deliveries=list(case["deliveries"]))
        if case["status"] == "UNKNOWN" and time.time() >= case["confirm_at"]:
            course.start(case, invoice, self.today())
        self._receive_payments(case)
        course.advance(case, self.today())
        if case != before:
            self.store.put("case", f"{company_id}/{number}", case)
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
            self.lower(case["company_id"], case["number"], payment["amount"], "paid")

    def _save_plan(self, plan, payments):
        key = f"{plan['company_id']}/{plan['number']}"
        if payments:
            ordered = sorted(payments, key=lambda payment: payment["date"])
            self.store.put("plan", key, plan | {"payments": ordered})
        else:
            self.store.delete("plan", key)

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
            raise not_found("fakturan")
        with self.store.transaction():
            for number in numbers:
                self.lower(company_id, number, amount, "paid")

    def seed(self, company_id, count, due_date, total):
        """Make bookkept invoices with open cases, as if handed over long ago; return the first."""
        company = self.store.get("company", company_id)
        if not company:
            raise not_found("företaget")
        due_date = due_date or self.today() + timedelta(days=PAYMENT_DAYS)
        first = self._next_invoice_number(company)
        invoices, cases = {}, {}
        for number in map(str, range(first, first + count)):
            invoice = self._seeded_invoice(company_id, number, due_date, total)
            case = self._new_case(
                company_id, number, {"Service": "LEDGERBASE", "SendMethod": "NONE"}
            )
            course.start(case, invoice, self.today())
            invoices[f"{company_id}/{number}"] = invoice
            cases[f"{company_id}/{number}"] = case
        self.store.put_many({"invoice": invoices, "case": cases})
        return first

    def _seeded_invoice(self, company_id, number, due_date, total):
        row = {"Description": "Arbete", "DeliveredQuantity": "1", "Price": total, "VAT": 0}
        return {
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
            "Sent": False,
            "Cancelled": False,
            "NoxFinans": True,
            "OCR": with_check_digit(f"{number}00"),
            "Total": total,
            "Balance": total,
            "paid": 0.0,
            "credited": 0.0,
            "reported": 0.0,
            "reduction": 0.0,
            "LastModified": (self.now() - timedelta(days=1)).strftime("%Y-%m-%d %H:%M"),
        }

    def plan_payment(self, company_id, number, amount, day):
        if not self.store.get("invoice", f"{company_id}/{number}"):
            raise not_found("fakturan")
        plan = self.store.get("plan", f"{company_id}/{number}")
        plan = plan or {"company_id": company_id, "number": number, "payments": []}
        payment = {"amount": amount, "date": (day or self.today()).isoformat()}
        self._save_plan(plan, [*plan["payments"], payment])
        if case := self.store.get("case", f"{company_id}/{number}"):
            self.refresh(case)

    def pause(self, company, number, until):
        case = self._open_case(company, number, "OPEN")
        if not self.today() <= until <= self.today() + timedelta(days=course.MAX_PAUSE_DAYS):
            raise ServiceError(f"Pausen får vara högst {course.MAX_PAUSE_DAYS} dagar.")
        course.pause(case, until)
        return self._save_case(case)

    def unpause(self, company, number):
        case = self._open_case(company, number, "PAUSED")
        # The service goes through its cases at night: nothing comes before the next day.
        course.resume(case, self.today() + timedelta(days=1))
        return self._save_case(case)

    def stop(self, company, number):
        case = self._open_case(company, number, "OPEN", "PAUSED", "UNKNOWN")
        course.close(case)
        return self._save_case(case)

    def take_fees(self, company, number):
        case = self._open_case(company, number, "OPEN", "PAUSED")
        case["fees"] = 0
        return self._save_case(case)

    def report_payment(self, company, number, values):
        case = self._open_case(company, number, "OPEN", "PAUSED")
        if values["ClientTakesFees"]:
            case["fees"] = 0
            self._save_case(case)
        self.lower(company["company_id"], number, values["PaymentAmount"], "reported")
        return self.get_case(company, number)

    def _open_case(self, company, number, *statuses):
        case = self.get_case(company, number)
        if case["status"] not in statuses:
            raise ServiceError(f"Det går inte för en faktura med status {case['status']}.")
        return case

    def _save_case(self, case):
        return self.store.put("case", f"{case['company_id']}/{case['number']}", case)

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
            "balance": invoice["Balance"],
            "paid": invoice["paid"],
            "credited": invoice["credited"],
            "reported": invoice.get("reported", 0.0),
        }


def scope_of(token):
    # A ledger file may hold tokens from before they had scopes.
    return token.get("scope", SCOPES)


def quantity(row):
    try:
        return Decimal(row.get("DeliveredQuantity") or "1")
    except InvalidOperation as error:
        raise ServiceError("Antal måste vara numeriskt.", 2000108) from error


def row_total(row, vat_included):
    amount = quantity(row) * Decimal(str(row.get("Price") or 0))
    discount = Decimal(str(row.get("Discount") or 0))
    if row.get("DiscountType") == "AMOUNT":
        amount -= discount
    else:
        amount *= 1 - discount / 100
    amount = amount.quantize(Decimal("0.01"), ROUND_HALF_UP)
    if not vat_included:
        amount *= 1 + Decimal(row.get("VAT") or 0) / 100
    return amount.quantize(Decimal("0.01"), ROUND_HALF_UP)


def complete_address(invoice):
    needed = ("CustomerName", "Address1", "ZipCode", "City")
    return all((invoice.get(name) or "").strip() for name in needed)


def with_check_digit(digits):
    """Return `digits` with the check digit of the Luhn algorithm, as an OCR number has it."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return digits + str(-total % 10)


def make_settings(arguments):
    return Settings(
        confirm_delay=arguments.confirm_delay,
        rate_limit=not arguments.no_rate_limit,
        second_hand_over=arguments.second_hand_over,
        latency=arguments.latency,
    )
