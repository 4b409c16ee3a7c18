"""A sandbox process of a test's own, with one company at it, and what is asked of it."""

import subprocess
import sys
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import requests
from conftest import Sandbox, wait_for
from days import today

from dev.processes import free_port, wait_until_answers
from dev.project import LOGS, ROOT

ROWS = [{"Description": "Arbete", "DeliveredQuantity": "2", "Price": 100, "VAT": 25}]
# What has to be said, or the company's presets decide.
PLAIN = {"VATIncluded": False, "AdministrationFee": 0, "Freight": 0}
ADDRESS = {"Address1": "Gatan 1", "ZipCode": "111 22", "City": "Ort"}
REDIRECT_URI = "https://odoo.example/callback?db=prov"
SCOPES_BEFORE = "companyinformation customer invoice noxfinansinvoice payment"
SCOPES = f"{SCOPES_BEFORE} settings bookkeeping"


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
        return self.sign_in("token", self.company, **form)

    def sign_in(self, endpoint, company, **form):
        auth = (company["client_id"], company["client_secret"])
        return requests.post(f"{self.url}/oauth-v1/{endpoint}", data=form, auth=auth, timeout=10)

    def refresh(self, company):
        token = company["refresh_token"]
        return self.sign_in("token", company, grant_type="refresh_token", refresh_token=token)

    def code(self, company, scope=SCOPES):
        """Agree on the consent page; return the code that the callback would get."""
        query = {"company_id": company["company_id"], "redirect_uri": REDIRECT_URI, "scope": scope}
        answer = requests.post(
            f"{self.url}/oauth-v1/auth", params=query, allow_redirects=False, timeout=10
        )
        return parse_qs(urlsplit(answer.headers["Location"]).query)["code"][0]

    def redeem(self, company, code, redirect_uri=REDIRECT_URI):
        form = {"code": code, "redirect_uri": redirect_uri}
        return self.sign_in("token", company, grant_type="authorization_code", **form)

    def is_signed_in(self, company):
        token = company["access_token"]
        return self.call("GET", "/3/companyinformation", token=token).status_code == 200

    def invoice(self, bookkeep=True, customer=(), **values):
        customer = {"Name": "Kund AB", **ADDRESS, **dict(customer)}
        made = self.call("POST", "/3/customers", {"Customer": customer}).json()["Customer"]
        values = {
            "CustomerNumber": made["CustomerNumber"],
            "DueDate": (today() + timedelta(days=30)).isoformat(),
            "InvoiceRows": ROWS,
            **PLAIN,
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


def error_of(answer):
    """Return an answer's error information, whose keys are capitalised in some answers."""
    return {name.lower(): value for name, value in answer.json()["ErrorInformation"].items()}


class World:
    """A company of its own at the sandbox, and what is asked of it."""

    def __init__(self, server, **settings):
        self.server = server
        self.company = server.post("companies", name="Regel AB", **settings)

    def call(self, method, path, body=None, **params):
        token = self.company["access_token"]
        return self.server.call(method, f"/3/{path}", body, token, **params)

    def choose(self, **settings):
        company_id = self.company["company_id"]
        self.server.post("company-settings", company_id=company_id, **settings)

    def customer(self, **values):
        return self.call("POST", "customers", {"Customer": {"Name": "Kund AB"} | values})

    def card(self, **values):
        answer = self.customer(**ADDRESS, Address2="API_BLANK", **values)
        return answer.json()["Customer"]["CustomerNumber"]

    def send(self, card=None, **values):
        values = {"CustomerNumber": card or self.card(), "InvoiceRows": ROWS, **PLAIN, **values}
        return self.call("POST", "invoices", {"Invoice": values})

    def row(self, **values):
        return self.send(InvoiceRows=[ROWS[0] | values])

    def invoice(self, **values):
        return self.send(**values).json()["Invoice"]

    def number(self, **values):
        return self.invoice(**values)["DocumentNumber"]

    def get(self, number):
        return self.call("GET", f"invoices/{number}").json()["Invoice"]

    def change(self, number, **values):
        return self.call("PUT", f"invoices/{number}", {"Invoice": values})

    def do(self, number, action):
        return self.call("PUT", f"invoices/{number}/{action}")

    def bookkept(self, **values):
        number = self.number(**values)
        assert self.do(number, "bookkeep").status_code == 200
        return number

    def hand_over(self, number, service="LEDGERBASE"):
        body = {"InvoiceNumber": number, "Service": service, "SendMethod": "LETTER"}
        return self.call("POST", "noxfinansinvoices", {"NoxFinansInvoice": body})

    def case(self, number):
        return self.call("GET", f"noxfinansinvoices/{number}").json()["NoxFinansInvoice"]

    def handed_over(self, number):
        assert self.hand_over(number).status_code == 201
        wait_for(lambda: self.case(number)["Status"] == "OPEN", "confirmation", 5, 0.02)
        return number

    def credited(self, number):
        """Return the number of the credit invoice that is made."""
        return self.do(number, "credit").json()["Invoice"]["CreditInvoiceReference"]

    def house_work(self, kind="rot", more=(), **values):
        work = {"HouseWork": True, "HouseWorkType": "CONSTRUCTION", "HouseWorkHoursToReport": 2}
        rows = [ROWS[0] | work | values, *more]
        return self.send(InvoiceRows=rows, TaxReductionType=kind)

    def reduce(self, number=None, **values):
        number = number or self.house_work().json()["Invoice"]["DocumentNumber"]
        values = {
            "ReferenceDocumentType": "INVOICE",
            "ReferenceNumber": number,
            "CustomerName": "Kund",
            "SocialSecurityNumber": "19811218-9876",
            "AskedAmount": 50,
            "PropertyDesignation": "Ort 1:1",
            **values,
        }
        return self.call("POST", "taxreductions", {"TaxReduction": values})

    def reduce_green(self, amounts):
        work = {"HouseWorkType": "SOLARCELLS"}
        number = self.house_work("green", **work).json()["Invoice"]["DocumentNumber"]
        return self.reduce(number, TaxReductionAmounts=amounts)

    def report(self, number, **values):
        body = {
            "PaymentAmount": 50,
            "PaymentMethodCode": "BG",
            "PaymentMethodAccount": 1930,
            "ClientTakesFees": False,
            "BookkeepPaymentInFortnox": True,
            "ReportToFinance": True,
            **values,
        }
        path = f"noxfinansinvoices/{number}/report-payment"
        return self.call("PUT", path, {"NoxFinansInvoice": body})
