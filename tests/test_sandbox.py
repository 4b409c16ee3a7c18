"""The sandbox plays the documented interface: what it takes, refuses, confirms and remembers."""

import signal
import subprocess
import sys
from datetime import date, timedelta

import pytest
import requests
from conftest import Sandbox, wait_for

from dev.processes import free_port, stop, wait_until_answers
from dev.project import LOGS, ROOT

ROWS = [{"Description": "Arbete", "DeliveredQuantity": "2", "Price": 100, "VAT": 25}]
ADDRESS = {"Address1": "Gatan 1", "ZipCode": "111 22", "City": "Ort"}


class Server(Sandbox):
    """A sandbox process of the test's own, and one company at it."""

    def __init__(self, *options):
        self.options = options
        self.start()
        self.company = self.post("companies", name="Prov AB", organisation_number="556700-0116")

    def start(self):
        port = free_port()
        command = [sys.executable, "-m", "sandbox", "--port", str(port), *self.options]
        log = LOGS / "test_sandbox_own.log"
        with open(log, "ab") as output:
            self.process = subprocess.Popen(command, cwd=ROOT, stdout=output, stderr=output)
        super().__init__(f"http://127.0.0.1:{port}")
        wait_until_answers(f"{self.url}/sandbox/health", self.process, log)

    def call(self, method, path, body=None, token=None, **params):
        return requests.request(
            method,
            f"{self.url}{path}",
            json=body,
            params=params,
            headers={"Authorization": f"Bearer {token or self.company['access_token']}"},
            timeout=10,
        )

    def token(self, **form):
        auth = (self.company["client_id"], self.company["client_secret"])
        return requests.post(f"{self.url}/oauth-v1/token", data=form, auth=auth, timeout=10)

    def invoice(self, bookkeep=True, customer=(), **values):
        customer = {"Name": "Kund AB", **ADDRESS, **dict(customer)}
        made = self.call("POST", "/3/customers", {"Customer": customer}).json()["Customer"]
        values = {
            "CustomerNumber": made["CustomerNumber"],
            "DueDate": (date.today() + timedelta(days=30)).isoformat(),
            "InvoiceRows": ROWS,
            **values,
        }
        answer = self.call("POST", "/3/invoices", {"Invoice": values})
        number = answer.json()["Invoice"]["DocumentNumber"]
        if bookkeep:
            self.call("PUT", f"/3/invoices/{number}/bookkeep")
        return number

    def hand_over(self, number, service="LEDGERBASE", method="LETTER"):
        body = {"InvoiceNumber": number, "Service": service, "SendMethod": method}
        return self.call("POST", "/3/noxfinansinvoices", {"NoxFinansInvoice": body})

    def case(self, number):
        answer = self.call("GET", f"/3/noxfinansinvoices/{number}")
        return answer.json().get("NoxFinansInvoice", answer.json())

    def open_case(self, **values):
        number = self.invoice(**values)
        assert self.hand_over(number).status_code == 201
        wait_for(lambda: self.case(number)["Status"] == "OPEN", "confirmation", 5, 0.02)
        return number


@pytest.fixture(scope="module")
def server():
    server = Server("--no-rate-limit", "--confirm-delay", "0.05")
    yield server
    stop(server.process)


@pytest.fixture(autouse=True)
def clean(server):
    yield
    server.clear_faults()
    server.post("settings", second_hand_over="refuse", rate_limit=False)


def error_of(answer):
    return answer.json()["ErrorInformation"]


def test_sign_in_and_single_use_of_the_refresh_token(server):
    assert server.call("GET", "/3/companyinformation").status_code == 200
    assert error_of(server.call("GET", "/3/companyinformation", token="no"))["code"] == 2000310
    grant = {"grant_type": "refresh_token", "refresh_token": server.company["refresh_token"]}
    fresh = server.token(**grant).json()
    assert fresh["expires_in"] == 3600
    assert server.token(**grant).json()["error"] == "invalid_grant"
    server.company |= fresh
    server.post("expire-tokens", company_id=server.company["company_id"])
    assert server.call("GET", "/3/companyinformation").status_code == 401
    grant["refresh_token"] = fresh["refresh_token"]
    server.company |= server.token(**grant).json()


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


def test_rate_limit(server):
    server.post("settings", rate_limit=True)
    codes = [server.call("GET", "/3/companyinformation").status_code for _index in range(26)]
    assert codes == [200] * 25 + [429]


def yesterday():
    return (date.today() - timedelta(days=1)).isoformat()


REFUSED = {
    "not bookkept": {"bookkeep": False},
    "interest": {"InvoiceType": "INTRESTINVOICE"},
    "cash": {"InvoiceType": "CASHINVOICE"},
    "currency": {"Currency": "EUR"},
    "too old": {"InvoiceDate": (date.today() - timedelta(days=800)).isoformat()},
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
    assert "Kund AB" in requests.get(case["InvoiceDocumentURL"], timeout=10).text


@pytest.mark.parametrize(("world", "accepted"), [("refuse", 1), ("accept", 2)])
def test_both_worlds_of_a_second_hand_over(server, world, accepted):
    server.post("settings", second_hand_over=world)
    number = server.open_case()
    assert server.hand_over(number).status_code == (201 if world == "accept" else 400)
    (row,) = [row for row in server.get("ledger") if row["invoice_number"] == number]
    assert (row["received"], row["accepted"]) == (2, accepted)


def test_actions_and_course(server):
    number = server.open_case(DueDate=(date.today() + timedelta(days=1)).isoformat())
    path = f"/3/noxfinansinvoices/{number}"
    long = {"NoxFinansInvoice": {"PausedUntilDate": str(date.today() + timedelta(days=61))}}
    assert server.call("PUT", f"{path}/pause", long).status_code == 400
    short = {"NoxFinansInvoice": {"PausedUntilDate": str(date.today() + timedelta(days=5))}}
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
    server.open_case(customer={"Name": "<script>alert(1)</script>"})
    page = requests.get(server.url, timeout=10).text
    assert "<script>" not in page and "&lt;script&gt;" in page


def test_what_was_answered_survives_a_kill(tmp_path):
    server = Server("--data", str(tmp_path / "ledger.sqlite"), "--confirm-delay", "0")
    try:
        number = server.invoice()
        assert server.hand_over(number).status_code == 201
        server.process.send_signal(signal.SIGKILL)
        server.process.wait()
        server.start()
        assert server.case(number)["Status"] == "OPEN"
        assert server.get("ledger")[0]["accepted"] == 1
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
