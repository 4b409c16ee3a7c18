"""Whatever the service answers: no traceback, nothing that a browser would run, no case lost."""

import json
import math
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO

import pytest
import requests
from api import answers
from api.client import NoxFinansClient
from api.errors import NoxFinansError
from api.rate_limit import SlidingWindow
from api.sign_in import TokenClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from workers import start_worker

from dev import odoo
from dev.project import LOGS

SCRIPT = "<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
NASTY_TEXTS = [
    SCRIPT,
    "{{7*7}}${7*7}%s%(x)s",
    "javascript:window.pwned=1",
    'https://ok.example/" onmouseover="window.pwned=1',
    "a\x00b",
    "\ud800",
    "\u202egnp.exe",
    "=cmd|' /C calc'!A0",
    "x" * 100_000,
    "9" * 400,
    "2026-02-31",
    "0000-00-00",
    " ",
]


def nest(depth):
    value = []
    for _level in range(depth):
        value = [value]
    return value


texts = st.sampled_from(NASTY_TEXTS) | st.text(max_size=30)
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.sampled_from([10**30, -(10**30), 2**63])
    | st.floats()
    | texts
)
values = (
    scalars
    | st.lists(scalars, max_size=3)
    | st.dictionaries(texts, scalars, max_size=3)
    | st.just(nest(90))
)

# Every field of an answer that is read, and the wrappers that they stand under.
FIELDS = [
    "Status", "NextEvent", "NextEventDate", "OCRNumber", "CurrentCapitalBalance",
    "BalanceIncludeFees", "InvoiceDocumentURL", "DocumentNumber", "Total", "Balance", "Booked",
    "Sent", "NoxFinans", "ExternalInvoiceReference1", "CompanyName", "OrganizationNumber",
    "message", "code", "error", "access_token", "refresh_token", "expires_in", "scope",
]  # fmt: skip
WRAPPERS = [
    "Customer", "Invoice", "Invoices", "TaxReduction", "NoxFinansInvoice", "CompanyInformation",
    "MetaInformation", "ErrorInformation",
]  # fmt: skip
documents = st.dictionaries(st.sampled_from(FIELDS), values, max_size=6)
wrapped = documents | values | st.lists(documents, max_size=3)
objects = st.fixed_dictionaries(dict.fromkeys(WRAPPERS, wrapped)) | documents | values


def encode(value):
    return json.dumps(value).encode()


bodies = (
    objects.map(encode)
    | st.sampled_from(
        [
            b"",
            b"\xff\xfe\x00",
            b"<html>",
            b"[" * 100_000,
            b'{"a":' * 5000,
            '{"Invoice": {"Total": 1}}'.encode("utf-16"),
            '{"message": "Räksmörgås"}'.encode("latin-1"),
            b'{"Invoice": {"Total": 1' + b"0" * 5000 + b"}}",
            b'{"Invoice": {"Total": 1e999, "DocumentNumber": NaN}}',
        ]
    )
    | st.binary(max_size=50)
)
statuses = st.sampled_from([200, 201, 204, 302, 400, 401, 403, 404, 408, 418, 429, 500, 503])
headers = st.sampled_from(
    [{}, {"Retry-After": "60000"}, {"Retry-After": "soon"}, {"Retry-After": "-1"},
     {"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, {"Content-Encoding": "gzip"},
     {"Location": "http://127.0.0.1:9/"}]
)  # fmt: skip


class Transport(requests.adapters.BaseAdapter):
    """Answers in place of the network, thousands of times: all above it is the real library."""

    def __init__(self):
        super().__init__()
        self.answer = (200, {}, b"")

    def send(self, request, **_options):
        status, headers, body = self.answer
        response = requests.Response()
        response.status_code, response.request, response.url = status, request, request.url
        response.headers = requests.structures.CaseInsensitiveDict(headers)
        response.raw = BytesIO(body)
        return response

    def close(self):
        pass


def make_client(transport):
    window = SlidingWindow()
    window.wait = window.hold = lambda *_arguments: None
    client = NoxFinansClient("http://service.example", lambda _renew: "token", window)
    client._session.mount("http://", transport)
    return client


DAY = datetime(2026, 1, 1)
CALLS = {
    "company": lambda client: client.get_company(),
    "customer": lambda client: client.create_customer({"Name": "x"}),
    "find": lambda client: client.find_invoice("NOX-1"),
    "changed": lambda client: list(client.list_changed_invoices(DAY)),
    "invoice": lambda client: client.get_invoice("1"),
    "hand-over": lambda client: client.hand_over("1", "LETTER", "LEDGERBASE"),
    "case": lambda client: client.get_case("1"),
}


@pytest.mark.parametrize("call", CALLS)
@settings(max_examples=150, deadline=None)
@given(status=statuses, headers=headers, body=bodies)
def test_the_client_answers_or_raises_its_own_errors(call, status, headers, body):
    transport = Transport()
    transport.answer = status, headers, body
    try:
        CALLS[call](make_client(transport))
    except NoxFinansError as error:
        assert_fit(str(error))


@settings(max_examples=300, deadline=None)
@given(status=statuses, headers=headers, body=bodies)
def test_the_sign_in_gives_usable_tokens_or_raises(status, headers, body):
    session, transport = requests.Session(), Transport()
    session.mount("http://", transport)
    transport.answer = status, headers, body
    tokens = TokenClient("http://service.example", "id", "secret", session)
    try:
        found = tokens.refresh("old")
    except NoxFinansError as error:
        assert_fit(str(error))
    else:
        assert found.access_token.isascii() and found.access_token.isprintable()
        assert 0 <= found.expires_in <= 24 * 3600


@settings(max_examples=500, deadline=None)
@given(value=values)
def test_what_is_read_can_be_stored_and_shown(value):
    for read in (answers.text, answers.word, answers.link):
        assert_fit(read(value) or "")
    number = answers.amount(value)
    assert number is None or math.isfinite(number)
    answers.day(value)
    address = answers.link(value)
    assert address is None or address.startswith(("http://", "https://"))


def assert_fit(text):
    """PostgreSQL takes it, and it is one line of characters that can be seen."""
    text.encode()
    assert not set(text) & set(map(chr, range(32))) and len(text) <= 2000


# The whole: a service gone mad, a real cron.


class MadService:
    """Gives every call the same answer."""

    def __init__(self):
        self.answer = (200, {}, b"{}")
        mad = self

        class Handler(BaseHTTPRequestHandler):
            def reply(self):
                self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, headers, body = mad.answer
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                if status != 204:
                    self.wfile.write(body)

            do_GET = do_POST = do_PUT = reply

            def log_message(self, *_arguments):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def mad(stack, new_demo, postgresql):
    service = MadService()
    stack.callback(service.server.shutdown)
    name, _sandbox = new_demo()
    service.log = LOGS / f"{name}_mad.log"
    configuration = odoo.write_configuration(postgresql, f"{name}_mad", logfile=str(service.log))
    service.worker = start_worker(stack, configuration, name)
    service.worker.do("code", code=PREPARE, url=service.url)
    return service


PREPARE = """
env["ir.config_parameter"].set_param("nox_finans.sandbox_url", url)
connector = env["nox.finans.connector"].search([])
connector.token_origin = connector._get_origin()
moves = env["account.move"].search([("nox_finans_status", "=", "approved")])
clerk = env["res.users"].search([("login", "=", "clerk")])
cases, _left_out = moves.with_user(clerk)._nox_finans_queue()
# Some are on their way at each of the steps, some are out there.
steps = ["customer", "invoice", "bookkept", "handed_over"]
for index, case in enumerate(cases.sudo()):
    case.step = steps[index % 4]
    case.remote_number = str(1000 + index)
    case.state = "accepted" if case.step == "handed_over" else "queued"
"""
RUN = """
cases = env["nox.finans.case"].search([])
cases.filtered(lambda case: case.state in ("refused", "closed")).write({"state": "queued"})
cases.write({"next_try": False, "is_stuck": False, "try_count": 0})
connector = env["nox.finans.connector"].search([])
connector.write({"state": "connected", "next_try": False, "token_expiry": "2099-01-01"})
count = len(cases)
env.cr.commit()
connector._cron_exchange()
env.invalidate_all()
cases = env["nox.finans.case"].search([])
assert len(cases) == count
for case in cases:
    assert case.state in ("queued", "uncertain", "refused", "accepted", "closed"), case.state
    assert case.state in ("queued", "accepted", "closed") or case.error_message
result = env["mail.message"].search([("model", "=", "account.move")]).mapped("body")
"""


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(status=statuses, headers=headers, body=bodies)
def test_the_cron_survives_a_service_gone_mad(mad, status, headers, body):
    mad.answer = status, headers, body
    bodies = mad.worker.do("code", code=RUN)
    log = mad.log.read_text()
    assert "Traceback" not in log and " ERROR " not in log, log[-3000:]
    assert not [text for text in bodies if "<script" in text or "<img" in text]


def test_nothing_in_a_page_is_run(odoo_server, open_page, make_invoice, send, case_of):
    """Markup in every word of the service, seen by a browser."""
    invoice = make_invoice()
    send(invoice)
    case = case_of(invoice)
    fields = ("error_message", "next_event", "ocr_number", "remote_number", "remote_status")
    assignments = ", ".join(f"{name} = %s" for name in fields)
    odoo_server.sql(
        f"UPDATE nox_finans_case SET state = 'refused', next_try = '2099-01-01', {assignments},"
        " document_url = 'javascript:window.pwned=1', snapshot = %s WHERE id = %s",
        *(SCRIPT for _name in fields),
        json.dumps({"customer": {"Name": SCRIPT}, "invoice": {"InvoiceDate": SCRIPT[:5]}}),
        case.id,
    )
    for path in (f"nox-finans-cases/{case.id}", "nox-finans-cases"):
        page = open_page("clerk", f"/odoo/{path}")
        page.wait_for_function("document.body.innerText.includes('<script>')")
        assert page.evaluate("window.pwned") is None
    page.goto(f"{odoo_server.url}/odoo/customer-invoices/{invoice.id}")
    page.wait_for_selector(".o_form_view .o_stat_info")
    assert page.evaluate("window.pwned") is None
