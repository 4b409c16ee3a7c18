"""The sandbox plays the documented interface: what it takes, refuses, confirms and remembers."""

import html
import re
import signal
import sqlite3
import subprocess
import sys
from datetime import date, timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from conftest import wait_for
from days import today
from debtor import read_pdf
from sandbox_server import REDIRECT_URI, ROWS, SCOPES, SCOPES_BEFORE, Server, error_of

from dev.processes import stop
from dev.project import ROOT

MANY = 100_000


@pytest.fixture(scope="module")
def server():
    server = Server("--no-rate-limit", "--confirm-delay", "0.05")
    yield server
    stop(server.process)


@pytest.fixture(autouse=True)
def clean(server):
    yield
    server.clear_faults()
    server.post("settings", second_hand_over="refuse", rate_limit=False, confirm_delay=0.05)


@pytest.fixture
def company(server):
    return server.post("companies", name="Eget AB")


def test_sign_in_and_single_use_of_the_refresh_token(server):
    assert server.call("GET", "/3/companyinformation").status_code == 200
    refused = server.call("GET", "/3/companyinformation", token="no")
    assert (refused.status_code, refused.json()) == (401, {"message": "unauthorized"})
    grant = {"grant_type": "refresh_token", "refresh_token": server.company["refresh_token"]}
    fresh = server.token(**grant).json()
    assert fresh["expires_in"] == 3600
    assert server.token(**grant).json()["error"] == "invalid_grant"
    server.company |= fresh
    server.post("expire-tokens", company_id=server.company["company_id"])
    assert server.call("GET", "/3/companyinformation").status_code == 401
    grant["refresh_token"] = fresh["refresh_token"]
    server.company |= server.token(**grant).json()


def test_scopes_go_from_the_consent_to_the_tokens_and_stay(server, company):
    assert company["scope"] == SCOPES
    asked = "companyinformation invoice"
    tokens = server.redeem(company, server.code(company, asked)).json()
    fresh = server.refresh(company | tokens).json()
    assert (tokens["scope"], fresh["scope"]) == (asked, asked)
    for token in (tokens["access_token"], fresh["access_token"]):
        assert server.call("GET", "/3/invoices", token=token).status_code == 200
        assert server.call("GET", "/3/customers", token=token).status_code == 403


NEEDED = [
    ("GET", "/3/companyinformation", "companyinformation"),
    ("GET", "/3/customers", "customer"),
    ("POST", "/3/customers", "customer"),
    ("PUT", "/3/customers/1", "customer"),
    ("GET", "/3/invoices", "invoice"),
    ("POST", "/3/invoices", "invoice"),
    ("PUT", "/3/invoices/1/bookkeep", "invoice"),
    ("POST", "/3/taxreductions", "invoice"),
    ("GET", "/3/noxfinansinvoices/1", "noxfinansinvoice"),
    ("POST", "/3/noxfinansinvoices", "noxfinansinvoice"),
    ("PUT", "/3/noxfinansinvoices/1/pause", "noxfinansinvoice"),
    ("PUT", "/3/noxfinansinvoices/1/report-payment", "noxfinansinvoice"),
    ("PUT", "/3/noxfinansinvoices/1/stop", "noxfinansinvoice"),
    ("DELETE", "/3/customers/1", "customer"),
    ("GET", "/3/taxreductions", "invoice"),
    ("GET", "/3/invoicepayments", "payment"),
    ("GET", "/3/settings/company", "settings"),
    ("GET", "/3/settings/lockedperiod", "settings"),
    ("GET", "/3/termsofpayments", "settings"),
    ("GET", "/3/units", "settings"),
    ("GET", "/3/modesofpayments/BG", "settings"),
    ("GET", "/3/financialyears", "bookkeeping"),
    ("GET", "/3/accounts/1930", "bookkeeping"),
]


@pytest.mark.parametrize(("method", "path", "scope"), NEEDED)
def test_each_call_needs_its_scope(server, method, path, scope):
    without = " ".join(name for name in SCOPES.split() if name != scope)
    for granted, is_refused in ((without, True), (scope, False)):
        company = server.post("companies", name="Scope AB", scope=granted)
        answer = server.call(method, path, {}, token=company["access_token"])
        assert (answer.status_code == 403) == is_refused
        if is_refused:
            assert error_of(answer)["code"] == 2000663
            assert error_of(answer)["message"] == "Har inte behörighet för scope."


def test_token_then_scope_then_rate_limit(server):
    server.post("settings", rate_limit=True)
    company = server.post("companies", name="Ordning AB", scope="customer")

    def statuses(path, token, count):
        return {server.call("GET", path, token=token).status_code for _index in range(count)}

    assert statuses("/3/invoices", "wrong", 30) == {401}
    assert statuses("/3/invoices", company["access_token"], 30) == {403}
    assert statuses("/3/customers", company["access_token"], 25) == {200}
    assert statuses("/3/customers", company["access_token"], 1) == {429}
    assert statuses("/3/invoices", company["access_token"], 1) == {403}


def test_without_an_agreement_nothing_of_nox_finans_answers(server):
    services = {"LEDGERBASE": False, "REMINDER": False}
    company = server.post("companies", name="Utan avtal AB", services=services)
    for method, path, scope in NEEDED:
        answer = server.call(method, path, {}, token=company["access_token"])
        assert (answer.status_code == 403) == (scope == "noxfinansinvoice")
        if answer.status_code == 403:
            assert error_of(answer)["message"] == "Avtal med Nox Finans saknas."
    half = server.post("companies", name="Halvt AB", services=services | {"REMINDER": True})
    answer = server.call("GET", "/3/noxfinansinvoices/1", token=half["access_token"])
    assert answer.status_code == 404


def test_a_code_is_good_once_and_for_ten_minutes(server, company):
    code = server.code(company)
    assert server.redeem(company, code).status_code == 200
    again = server.redeem(company, code)
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    code = server.code(company)
    server.post("clock", advance_seconds=590)
    assert server.redeem(company, code).status_code == 200
    code = server.code(company)
    server.post("clock", advance_seconds=601)
    assert server.redeem(company, code).json()["error"] == "invalid_grant"


def test_a_code_is_for_its_address_and_its_client(server, company):
    answer = server.redeem(company, server.code(company), "https://other.example/callback")
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")
    code, other = server.code(company), server.post("companies", name="Annan AB")
    assert server.redeem(other, code).json()["error"] == "invalid_grant"
    assert server.redeem(company, code).status_code == 200


def test_revoke_ends_the_connection(server, company):
    other = server.post("companies", name="Annan AB")
    server.sign_in("revoke", other, token=company["refresh_token"])
    assert server.is_signed_in(company) and server.is_signed_in(other)
    answer = server.sign_in("revoke", company, token=company["refresh_token"])
    assert answer.status_code == 200
    assert not server.is_signed_in(company) and server.is_signed_in(other)
    answer = server.refresh(company)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize("endpoint", ["token", "revoke"])
def test_a_wrong_secret_is_no_client(server, company, endpoint):
    form = {"grant_type": "refresh_token", "refresh_token": company["refresh_token"]}
    answer = server.sign_in(endpoint, company | {"client_secret": "wrong"}, **form)
    assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
    assert answer.json()["error_description"]
    assert server.refresh(company).status_code == 200


def test_the_consent_page_keeps_the_query_of_the_callback(server, company):
    query = {
        "client_id": company["client_id"],
        "redirect_uri": REDIRECT_URI,
        "scope": SCOPES,
        "state": "a&b=c",
    }
    page = requests.get(f"{server.url}/oauth-v1/auth", params=query, timeout=10).text
    agree, refuse = map(html.unescape, re.findall(r'action="([^"]+)"', page))

    def press(action):
        answer = requests.post(f"{server.url}{action}", allow_redirects=False, timeout=10)
        location = answer.headers["Location"]
        assert location.startswith(f"{REDIRECT_URI}&")
        return {name: value for name, (value,) in parse_qs(urlsplit(location).query).items()}

    answer = press(agree)
    assert (answer["db"], answer["state"]) == ("prov", "a&b=c")
    assert server.redeem(company, answer["code"]).json()["scope"] == SCOPES
    assert press(refuse) == {"db": "prov", "state": "a&b=c", "error": "access_denied"}


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_refresh(server, company, when):
    server.post("faults", kind="cut", when=when, method="POST", path="^/oauth-v1/token$")
    with pytest.raises(requests.exceptions.ConnectionError):
        server.refresh(company)
    assert server.refresh(company).status_code == (400 if when == "after" else 200)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_revoke(server, company, when):
    server.post("faults", kind="cut", when=when, method="POST", path="^/oauth-v1/revoke$")
    with pytest.raises(requests.exceptions.ConnectionError):
        server.sign_in("revoke", company, token=company["refresh_token"])
    assert server.is_signed_in(company) == (when == "before")
    assert server.refresh(company).status_code == (400 if when == "after" else 200)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"Customer": {"City": "Ort"}}, 2001392),
        ({"Customer": {"Name": "A", "Colour": "red"}}, 2001399),
        ({"Customer": {"Name": 7}}, 2000106),
        ({"Customer": {"Name": "A", "ZipCode": "1" * 11}}, 2000588),
        ({"Customer": {"Name": "A", "Type": "CLUB"}}, 2000588),
        ({"Kund": {}}, 2001392),
    ],
)
def test_bodies_are_checked_as_documented(server, body, code):
    answer = server.call("POST", "/3/customers", body)
    assert answer.status_code == 400
    assert error_of(answer)["code"] == code


def test_lists_are_paged_and_filtered(server):
    reference = "NOX-paged"
    number = server.invoice(ExternalInvoiceReference1=reference)
    server.invoice()
    found = server.call("GET", "/3/invoices", externalinvoicereference1=reference).json()
    assert [row["DocumentNumber"] for row in found["Invoices"]] == [number]
    page = server.call("GET", "/3/invoices", limit=1, page=2).json()
    assert page["MetaInformation"]["@CurrentPage"] == 2
    assert page["MetaInformation"]["@TotalPages"] == page["MetaInformation"]["@TotalResources"]


def test_list_filters_hold_together(server):
    number = server.invoice(bookkeep=False, ExternalInvoiceReference1="NOX-both")
    row = server.call("GET", f"/3/invoices/{number}").json()["Invoice"]

    def found(**filters):
        answer = server.call("GET", "/3/invoices", **filters).json()
        return [row["DocumentNumber"] for row in answer["Invoices"]]

    by_reference = {"externalinvoicereference1": "NOX-both"}
    customer = row["CustomerNumber"]
    assert found(**by_reference, customernumber=customer, ocr=row["OCR"]) == [number]
    assert found(documentnumber=number, lastmodified="2020-01-01 00:00") == [number]
    assert found(**by_reference, customernumber="another") == []
    assert found(**by_reference, lastmodified="2099-01-01 00:00") == []
    assert found(**by_reference, sent="true") == []
    values = {"Invoice": {"ExternalInvoiceReference1": "NOX-changed"}}
    server.call("PUT", f"/3/invoices/{number}", values)
    assert found(**by_reference) == []
    assert found(externalinvoicereference1="NOX-changed") == [number]


def changed_since(server, moment):
    answer = server.call("GET", "/3/invoices", lastmodified=moment, limit=500).json()
    return {row["DocumentNumber"]: row["Balance"] for row in answer["Invoices"]}


def this_minute(server):
    return server.get("clock")["now"][:16].replace("T", " ")


def test_a_payment_that_is_due_shows_among_the_modified(server):
    server.post("settings", confirm_delay=0.3)
    due, later = server.invoice(), server.invoice()
    for number, day in ((due, None), (later, "2099-01-01")):
        assert server.hand_over(number).status_code == 201
        server.post(
            "payments",
            company_id=server.company["company_id"],
            invoice_number=number,
            amount=250,
            day=day,
        )
    # What was done until now is not modified since then.
    server.post("clock", advance_seconds=120)
    moment = this_minute(server)
    assert changed_since(server, moment) == {}, "not confirmed, so nothing is paid yet"
    wait_for(lambda: changed_since(server, moment) == {due: 0}, "the payment", 5, 0.02)
    assert server.case(due)["Status"] == "CLOSED"
    wait_for(lambda: server.case(later)["Status"] == "OPEN", "its confirmation", 5, 0.02)


def test_seeded_invoices_have_open_cases(server):
    company_id = server.company["company_id"]
    due = today() + timedelta(days=400)
    before = int(server.invoice())
    seeded = server.post("seed", company_id=company_id, count=3, due_date=str(due), total=500)
    assert seeded == {"first_number": str(before + 1), "count": 3}
    assert int(server.invoice()) == before + 4
    for number in range(before + 1, before + 4):
        case = server.case(number)
        assert (case["Status"], case["NextEvent"]) == ("OPEN", "INVOICEREMINDER")
        assert case["NextEventDate"] == str(due + timedelta(days=2))
        assert case["CurrentCapitalBalance"] == 500 and case["OCRNumber"]
        invoice = server.call("GET", f"/3/invoices/{number}").json()["Invoice"]
        assert invoice["Booked"] and invoice["Balance"] == invoice["Total"] == 500
        assert requests.get(case["InvoiceDocumentURL"], timeout=10).status_code == 200
    assert str(before + 1) not in changed_since(server, this_minute(server))


def test_seed_needs_only_company_and_count(server):
    seeded = server.post("seed", company_id=server.company["company_id"], count=1)
    case = server.case(seeded["first_number"])
    assert (case["Status"], case["CurrentCapitalBalance"]) == ("OPEN", 1000)
    answer = requests.post(
        f"{server.url}/sandbox/seed", json={"company_id": "no", "count": 1}, timeout=10
    )
    assert answer.status_code == 404


def test_change_lets_payments_arrive(server):
    company_id = server.company["company_id"]
    first = int(server.post("seed", company_id=company_id, count=3)["first_number"])
    one, two, other = (str(first + index) for index in range(3))
    server.post("clock", advance_seconds=120)
    moment = this_minute(server)
    server.post("change", company_id=company_id, numbers=[one, two], amount=400)
    assert changed_since(server, moment) == {one: 600, two: 600}
    assert server.case(one)["Status"] == "OPEN"
    server.post("change", company_id=company_id, numbers=[one], amount=600)
    assert changed_since(server, moment) == {one: 0, two: 600}
    assert [server.case(number)["Status"] for number in (one, other)] == ["CLOSED", "OPEN"]
    body = {"company_id": company_id, "numbers": [two, "999999"], "amount": 1}
    answer = requests.post(f"{server.url}/sandbox/change", json=body, timeout=10)
    assert answer.status_code == 404
    assert changed_since(server, moment)[two] == 600, "all or nothing"


def test_rate_limit(server):
    server.post("settings", rate_limit=True)
    codes = [server.call("GET", "/3/companyinformation").status_code for _index in range(26)]
    assert codes == [200] * 25 + [429]


def yesterday():
    return (today() - timedelta(days=1)).isoformat()


REFUSED = {
    "interest": {"InvoiceType": "INTRESTINVOICE"},
    "cash": {"InvoiceType": "CASHINVOICE"},
    "currency": {"Currency": "EUR"},
    "too old": {"InvoiceDate": (today() - timedelta(days=800)).isoformat()},
    "no rows": {"InvoiceRows": []},
    "no town": {"customer": {"City": " "}},
    "no balance": {"InvoiceRows": [{"Price": 0, "DeliveredQuantity": "1"}]},
    "credit without debit": {"InvoiceRows": [{"Price": 10, "DeliveredQuantity": "-1"}]},
}


@pytest.mark.parametrize("name", REFUSED)
def test_preconditions(server, name):
    number = server.invoice(**REFUSED[name])
    answer = server.hand_over(number)
    assert answer.status_code == 400 and error_of(answer)["message"]
    assert server.call("GET", f"/3/noxfinansinvoices/{number}").status_code == 404


def test_reminder_service_needs_overdue_and_sent(server):
    assert server.hand_over(server.invoice(), "REMINDER").status_code == 400
    overdue = server.invoice(DueDate=yesterday())
    assert "skickad" in error_of(server.hand_over(overdue, "REMINDER"))["message"]
    server.call("PUT", f"/3/invoices/{overdue}/externalprint")
    assert server.hand_over(overdue, "REMINDER").status_code == 201


def test_confirmation_then_status(server):
    number = server.invoice()
    assert server.hand_over(number).json()["NoxFinansInvoice"]["Status"] == "UNKNOWN"
    wait_for(lambda: server.case(number)["Status"] == "OPEN", "confirmation", 5, 0.02)
    case = server.case(number)
    assert case["CurrentCapitalBalance"] == 250
    assert case["NextEvent"] == "INVOICEREMINDER"
    document = requests.get(case["InvoiceDocumentURL"], timeout=10)
    assert "Kund AB" in read_pdf(document.content)


@pytest.mark.parametrize(("world", "accepted"), [("refuse", 1), ("accept", 2)])
def test_both_worlds_of_a_second_hand_over(server, world, accepted):
    server.post("settings", second_hand_over=world)
    number = server.open_case()
    assert server.hand_over(number).status_code == (201 if world == "accept" else 400)
    (row,) = [row for row in server.get("ledger") if row["invoice_number"] == number]
    assert (row["received"], row["accepted"]) == (2, accepted)


def test_actions_and_course(server):
    # Other tests have turned the clock.
    today = date.fromisoformat(server.get("clock")["today"])
    number = server.open_case(DueDate=(today + timedelta(days=1)).isoformat())
    path = f"/3/noxfinansinvoices/{number}"
    long = {"NoxFinansInvoice": {"PausedUntilDate": str(today + timedelta(days=61))}}
    assert server.call("PUT", f"{path}/pause", long).status_code == 400
    short = {"NoxFinansInvoice": {"PausedUntilDate": str(today + timedelta(days=5))}}
    paused = server.call("PUT", f"{path}/pause", short).json()
    assert paused["NoxFinansInvoice"]["Status"] == "PAUSED"
    assert server.call("PUT", f"{path}/unpause").json()["NoxFinansInvoice"]["Status"] == "OPEN"
    server.post("clock", advance_days=14)
    case = server.case(number)
    assert case["NextEvent"] == "COLLECTION" and case["BalanceIncludeFees"] == 310
    assert server.call("PUT", f"{path}/take-fees").status_code == 200
    server.post(
        "payments",
        company_id=server.company["company_id"],
        invoice_number=number,
        amount=250,
    )
    assert server.case(number)["Status"] == "CLOSED"


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_is_a_real_one(server, when):
    before = len(server.call("GET", "/3/customers", limit=500).json()["Customers"])
    server.post("faults", kind="cut", when=when, method="POST")
    with pytest.raises(requests.exceptions.ConnectionError):
        server.call("POST", "/3/customers", {"Customer": {"Name": "Avbruten"}})
    after = len(server.call("GET", "/3/customers", limit=500).json()["Customers"])
    assert after - before == (1 if when == "after" else 0)


def test_names_are_escaped_on_the_page(server):
    # No debtor can be called so; a company may.
    server.post("companies", name="<script>alert(1)</script>")
    page = requests.get(server.url, timeout=10).text
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_the_page_shows_what_to_sign_in_with(server, company):
    page = requests.get(server.url, timeout=10).text
    assert "Connect to Nox Finans" in page
    assert company["client_id"] in page and company["client_secret"] in page


def test_what_can_be_chosen_of_a_company(server, company):
    def settings(of=company):
        return server.get("company-settings", company_id=of["company_id"])

    assert settings()["presets"] == "hostile"
    assert settings()["vat_included"] and settings()["customer_address2"]
    server.post("company-settings", company_id=company["company_id"], presets="friendly", freight=5)
    names = ("vat_included", "administration_fee", "freight", "customer_address2")
    assert [settings()[name] for name in names] == [False, 0, 5, ""]
    other = server.post("companies", name="Annan AB", units=["st"], services={"REMINDER": False})
    assert settings(other)["units"] == ["st"]
    services = {"REMINDER": True}
    server.post("company-settings", company_id=other["company_id"], services=services)
    assert settings(other)["services"] == {"REMINDER": True}
    server.post("company-settings", round_to_kronor=True)
    assert settings()["round_to_kronor"] and settings(other)["round_to_kronor"]
    server.post("company-settings", round_to_kronor=False)


def test_a_company_is_chosen_for_on_the_page(server, company):
    url = f"{server.url}/sandbox/page/company-settings/{company['company_id']}"
    assert f'action="{urlsplit(url).path}"' in requests.get(server.url, timeout=10).text
    form = {"presets": "", "accounting_method": "CASH", "locked_until": "2025-12-31"}
    answer = requests.post(url, data=form | {"REMINDER": "on"}, timeout=10)
    assert answer.status_code == 200 and "2025-12-31" in answer.text
    settings = server.get("company-settings", company_id=company["company_id"])
    assert (settings["accounting_method"], settings["locked_until"]) == ("CASH", "2025-12-31")
    assert settings["services"] == {"LEDGERBASE": False, "REMINDER": True}
    assert settings["vat_included"], "the presets are as they were"


def test_the_page_says_when_odoo_follows(server):
    assert "Odoo shows the new stages within a minute" in requests.get(server.url, timeout=10).text


LOOK_UPS = [
    ("companyinformation", "CompanyInformation", {"CompanyName": "Eget AB"}),
    ("settings/company", "CompanySettings", {"AccountingMethod": "ACCRUAL"}),
    ("settings/lockedperiod", "LockedPeriod", {"EndDate": None}),
    ("termsofpayments/30", "TermsOfPayment", {"Code": "30", "Description": "30 dagar"}),
    ("units/st", "Unit", {"Code": "st"}),
    ("modesofpayments/BG", "ModeOfPayment", {"Code": "BG", "AccountNumber": 1930}),
    ("accounts/1930", "Account", {"Number": 1930, "Active": True}),
]
LISTS = [
    ("termsofpayments", "TermsOfPayments", "Code", "30"),
    ("units", "Units", "Code", "st"),
    ("modesofpayments", "ModesOfPayments", "Code", "BG"),
    ("accounts", "Accounts", "Number", 1930),
    ("financialyears?date=2026-05-05", "FinancialYears", "FromDate", "2026-01-01"),
]


@pytest.mark.parametrize(("path", "wrapper", "values"), LOOK_UPS)
def test_what_the_check_of_a_set_up_looks_up(server, company, path, wrapper, values):
    answer = server.call("GET", f"/3/{path}", token=company["access_token"])
    assert answer.status_code == 200 and values.items() <= answer.json()[wrapper].items()


@pytest.mark.parametrize(("path", "wrapper", "field", "value"), LISTS)
def test_what_the_check_of_a_set_up_lists(server, company, path, wrapper, field, value):
    answer = server.call("GET", f"/3/{path}", token=company["access_token"])
    assert value in [row[field] for row in answer.json()[wrapper]]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("termsofpayments/31", 2000429),
        ("units/Enheter", 2000432),
        ("modesofpayments/X", 2000729),
        ("accounts/9999", 2000423),
    ],
)
def test_what_is_in_no_register(server, company, path, code):
    answer = server.call("GET", f"/3/{path}", token=company["access_token"])
    assert (answer.status_code, error_of(answer)["code"]) == (404, code)


@pytest.fixture(scope="module")
def crowded():
    """A sandbox that is measured with ten invoices and then with many."""
    server = Server("--no-rate-limit", "--confirm-delay", "0")
    yield server
    stop(server.process)


def work_of_calls(server, number):
    """Return the seconds of the processor that each repeated call takes, however busy it is."""
    values = {"CustomerNumber": "1", "DueDate": str(today()), "InvoiceRows": ROWS}
    calls = {
        "customer": ("POST", "/3/customers", {"Customer": {"Name": "Kund"}}, {}),
        "invoice": ("POST", "/3/invoices", {"Invoice": values}, {}),
        "case": ("GET", f"/3/noxfinansinvoices/{number}", None, {}),
        "by reference": ("GET", "/3/invoices", None, {"externalinvoicereference1": "NOX-no"}),
        "modified": ("GET", "/3/invoices", None, {"lastmodified": "2099-01-01 00:00"}),
    }

    def processor_seconds():
        # The kernel's count for the server's one thread, in nanoseconds.
        return int(Path(f"/proc/{server.process.pid}/schedstat").read_text().split()[0]) / 1e9

    def measure(method, path, body, filters):
        start = processor_seconds()
        assert server.call(method, path, body, **filters).status_code < 300
        return processor_seconds() - start

    return {name: min(measure(*call) for _index in range(15)) for name, call in calls.items()}


def test_many_invoices_make_no_call_slow(crowded):
    company_id = crowded.company["company_id"]
    first = crowded.post("seed", company_id=company_id, count=10)["first_number"]
    few = work_of_calls(crowded, first)
    for _index in range(10):
        crowded.post("seed", company_id=company_id, count=MANY // 10)
    many = work_of_calls(crowded, first)
    # One walk through them all takes longer than this.
    slow = {name: (few[name], many[name]) for name in few if many[name] > 2 * few[name] + 0.005}
    assert not slow
    page = requests.get(crowded.url, timeout=10).text
    assert f"Handed over ({MANY + 10}), the newest 200" in page
    newest = max(map(int, re.findall(r'class="quiet">\((\d+)\)', page)))
    assert page.count(f"({newest - 199})") == 1 and f"({newest - 200})" not in page


def test_tokens_from_before_scopes_stay_good(tmp_path):
    path = str(tmp_path / "ledger.sqlite")
    server = Server("--data", path)
    try:
        stop(server.process)
        with sqlite3.connect(path) as connection:
            connection.execute("UPDATE document SET value = json_remove(value, '$.scope')")
        connection.close()
        server.start()
        assert server.is_signed_in(server.company)
        assert server.refresh(server.company).json()["scope"] == SCOPES_BEFORE
    finally:
        stop(server.process)


def test_what_was_answered_survives_a_kill(tmp_path):
    server = Server("--data", str(tmp_path / "ledger.sqlite"), "--confirm-delay", "0")
    try:
        number = server.invoice(ExternalInvoiceReference1="NOX-kept")
        assert server.hand_over(number).status_code == 201
        seeded = server.post("seed", company_id=server.company["company_id"], count=2)
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.start()
        assert server.case(number)["Status"] == "OPEN"
        assert server.get("ledger")[0]["accepted"] == 1
        found = server.call("GET", "/3/invoices", externalinvoicereference1="NOX-kept").json()
        assert [row["DocumentNumber"] for row in found["Invoices"]] == [number]
        assert server.case(seeded["first_number"])["Status"] == "OPEN"
        assert int(server.invoice()) == int(seeded["first_number"]) + 2
    finally:
        stop(server.process)


def test_port_that_is_taken_is_said(server):
    port = server.url.rsplit(":", 1)[1]
    answer = subprocess.run(
        [sys.executable, "-m", "sandbox", "--port", port],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert answer.returncode == 1
    assert f"port {port}" in answer.stderr and "Traceback" not in answer.stderr
