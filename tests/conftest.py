"""What the tests of the whole need: a real sandbox, a real Odoo server, a real browser.

Nothing here runs inside an Odoo test transaction: servers are processes of their own, on databases
of their own, and are spoken to over HTTP as the web client does.
"""

import itertools
import json
import os
import resource
import time
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
import requests
from cases import make_case
from days import today
from odoo.tests.common import BaseCase
from odoo.tools import config
from workers import Setting, start_worker

from dev import databases, odoo, postgres
from dev.processes import child, free_port, wait_until_answers
from dev.project import BUILD, LOGS, ROOT, RUN, locked

SCREENSHOTS = BUILD / "screenshots"
CONFIRM_DELAY = 0.2
WAIT = 150
PAGE_MS = 30_000
# What tells the databases of this process from those of others that test at the same time.
PART = "main"
# These files take long: they are begun first, so that at the end no process works alone for long.
LONG = (
    "test_never_twice.py",
    "test_debtor_portal.py",
    "test_money.py",
    "test_guards_http.py",
    "test_copies.py",
    "test_install.py",
    "test_attack.py",
    "test_queue_job.py",
    "test_neighbours.py",
)
# The web client's scripts and styles, which Odoo else makes when a browser first asks for them.
MAKE_ASSETS = """
env["ir.qweb"]._get_asset_bundle("web.assets_web", css=False, js=True).js()
for name in ("web.assets_web", "web.assets_web_print"):
    env["ir.qweb"]._get_asset_bundle(name, css=True, js=False).css()
env.cr.commit()
"""


def pytest_sessionstart(session):
    """Give each of several processes that test at the same time a database of its own.

    pytest-odoo would make it by programs of PostgreSQL's that need not be in the path: it does not
    get to know that it is one of several.
    """
    global PART
    PART = os.environ.pop("PYTEST_XDIST_WORKER", PART)
    template = os.environ.get("NOX_TEST_TEMPLATE")
    if template and not session.config.getoption("numprocesses", None):
        with postgres.server() as server:
            name = f"{template}_{PART}"
            databases.copy(server, template, name)
        config["db_name"] = [name]


def pytest_collection_modifyitems(items):
    """Odoo's own test classes end every child process: they come before our servers start."""
    items.sort(key=_get_place)


def _get_place(item):
    is_odoos = item.cls is not None and issubclass(item.cls, BaseCase)
    name = item.path.name
    return not is_odoos, LONG.index(name) if name in LONG else len(LONG)


def wait_for(condition, what, seconds=WAIT, pause=0.2):
    """Return the first true value of `condition()`; fail when there is none in time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := condition():
            return value
        time.sleep(pause)
    raise AssertionError(f"Not within {seconds} s: {what}")


class Sandbox:
    def __init__(self, url):
        self.url = url

    def get(self, path, /, **params):
        answer = requests.get(f"{self.url}/sandbox/{path}", params=params, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def post(self, path, /, **values):
        answer = requests.post(f"{self.url}/sandbox/{path}", json=values, timeout=10)
        answer.raise_for_status()
        return answer.json()

    def configure(self, **settings):
        """Set what a company has chosen at Fortnox: of all, or of `company_id`."""
        return self.post("company-settings", **settings)

    def refuse(self, method, path):
        """Let the next such request be refused, with no code that says why."""
        error = {"ErrorInformation": {"error": 1, "message": "Nej.", "code": 2000588}}
        self.post("faults", method=method, path=path, kind="status", code=400, body=error)

    def clear_faults(self):
        requests.delete(f"{self.url}/sandbox/faults", timeout=10).raise_for_status()


class Rpc:
    """Calls models as a user's web client does."""

    def __init__(self, url, database, login, password):
        self.url, self.database, self.password = url, database, password
        self.uid = self._call("common", "login", database, login, password)

    def _call(self, service, method, *arguments):
        body = {
            "jsonrpc": "2.0",
            "method": "call",
            "params": {"service": service, "method": method, "args": arguments},
        }
        # Not `json=`: that sends neither NaN nor infinity, which others do.
        answer = requests.post(
            f"{self.url}/jsonrpc",
            data=json.dumps(body),
            headers={"Content-Type": "application/json"},
            timeout=120,
        ).json()
        if "error" in answer:
            raise RpcError(answer["error"]["data"])
        # Absent where a method returns None.
        return answer.get("result")

    def call(self, model, method, *arguments, **options):
        return self._call(
            "object",
            "execute_kw",
            self.database,
            self.uid,
            self.password,
            model,
            method,
            arguments,
            options,
        )


def unless_executing(call):
    """Call; return whether it was done, or refused because a scheduled action just runs."""
    try:
        call()
    except RpcError as error:
        if "execut" not in str(error) and "körs" not in str(error):
            raise
        return False
    return True


class RpcError(Exception):
    """What the server answered to the user, and whether it is meant for a person to read."""

    def __init__(self, data):
        super().__init__(data["message"])
        self.name, self.debug = data["name"], data["debug"]
        self.is_in_words = self.name.startswith("odoo.exceptions.")


class OdooServer:
    """A running Odoo with the demo company."""

    def __init__(self, url, database, server, log):
        self.url, self.database, self._server, self.log = url, database, server, log
        self._users = {}

    def rpc(self, login):
        if login not in self._users:
            self._users[login] = Rpc(self.url, self.database, login, login)
        return self._users[login]

    def log_in(self, login):
        """Return a session of a user's, as the log-in page makes it."""
        session = requests.Session()
        answer = session.post(
            f"{self.url}/web/session/authenticate",
            json={"params": {"db": self.database, "login": login, "password": login}},
            timeout=60,
        )
        assert answer.json()["result"]["uid"]
        return session

    def sql(self, statement, *values):
        """Look or reach past Odoo, e.g. to let time pass."""
        return self._server.query(self.database, statement, *values)

    def let_time_pass(self, invoice):
        """Make due what an invoice's case and the connection wait for."""
        self.sql("UPDATE nox_finans_case SET next_try = NULL WHERE move_id = %s", invoice.id)
        self.sql("UPDATE nox_finans_connector SET next_try = NULL WHERE next_try IS NOT NULL")

    def let_collection_come(self, invoice, day):
        """Let debt collection be next for an invoice's case, and nobody ask who knows better."""
        self.sql("UPDATE nox_finans_connector SET list_try = now() + interval '1 day'")
        self.sql(
            "UPDATE nox_finans_case SET next_event = 'COLLECTION', next_event_date = %s,"
            " next_try = now() + interval '9 days' WHERE move_id = %s",
            day,
            invoice.id,
        )

    def wake_crons(self):
        """Let Odoo's cron look now what is due, as `make demo` does; by itself it does so once a
        minute."""
        self.sql("SELECT pg_notify('cron_trigger', %s)", self.database)

    def run_cron(self):
        """Run the connector's cron as an administrator can; one that runs already is as good."""
        admin = self.rpc("admin")
        (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._cron_exchange()"]])
        unless_executing(lambda: admin.call("ir.cron", "method_direct_trigger", [cron]))

    def empty_queue(self):
        """Let all be sent that waits, so that what is done to the next call meets one's own."""

        def is_empty():
            self.run_cron()
            return not self.sql("SELECT FROM nox_finans_case WHERE state IN ('queued', 'sending')")

        wait_for(is_empty, "the queue is empty", pause=0.5)


@pytest.fixture(scope="session")
def stack():
    with ExitStack() as stack:
        yield stack


@pytest.fixture(scope="session")
def postgresql(stack):
    return stack.enter_context(postgres.server())


@pytest.fixture(scope="session")
def new_database(stack, postgresql):
    """Make databases with the add-on freshly installed; all are dropped at the end."""
    template = os.environ.get("NOX_TEST_TEMPLATE")
    if not template:
        # What needs no database can still be tested by pytest alone.
        pytest.skip("started without `make test`: there is no template database")
    numbers = itertools.count(1)

    def make(source=template):
        name = f"{template}_{PART}_{next(numbers)}"
        stack.callback(databases.drop, postgresql, name)
        databases.copy(postgresql, source, name)
        return name

    return make


def start_sandbox(stack, *options):
    """Start a sandbox that ends with `stack`."""
    port = free_port()
    log = LOGS / f"test_sandbox_{port}.log"
    command = [odoo.PYTHON, "-m", "sandbox", "--port", port, "--confirm-delay", CONFIRM_DELAY]
    process = stack.enter_context(child([*command, *options], log, cwd=ROOT))
    sandbox = Sandbox(f"http://127.0.0.1:{port}")
    wait_until_answers(f"{sandbox.url}/sandbox/health", process, log)
    return sandbox


@pytest.fixture(scope="session")
def demo(new_database, postgresql):
    """A database with the demo company, and the file with what its sandbox remembers: made by the
    first process that needs them, for all."""
    name = f"{os.environ['NOX_TEST_TEMPLATE']}_demo"
    remembered = RUN / f"{name}.sqlite"
    with locked(RUN / "test-demo.lock"):
        if not postgresql.exists(name):
            half = new_database()
            with ExitStack() as own:
                sandbox = start_sandbox(own, "--data", remembered)
                databases.fill_with_demo_data(postgresql, half, sandbox.url)
            databases.run_code(postgresql, half, MAKE_ASSETS, "Making what browsers load")
            databases.rename(postgresql, half, name)
    return name, remembered


@pytest.fixture(scope="session")
def new_demo(stack, demo, new_database, postgresql):
    """Make databases with the demo company, each with a sandbox of its own that knows it."""
    template, remembered = demo

    def make(*options):
        sandbox = start_sandbox(stack, "--begin-with", remembered, *options)
        name = new_database(template)
        databases.set_addresses(postgresql, name, sandbox.url)
        return name, sandbox

    return make


def start_odoo(stack, postgresql, database, keeps_pace=True):
    """Start an Odoo server that ends with `stack`, on a database with the demo company.

    :param keeps_pace: whether it waits for the service's rate limit, as outside of tests
    """
    port = free_port()
    log = LOGS / f"{database}_server.log"
    configuration = odoo.write_configuration(
        postgresql,
        database,
        http_port=port,
        max_cron_threads=1,
        # The tests know that /jsonrpc will not be there in Odoo 20.
        log_handler=":INFO,odoo.addons.rpc.controllers.jsonrpc:ERROR",
    )
    command = odoo.command(configuration, "-d", database)
    if not keeps_pace:
        command = [odoo.PYTHON, ROOT / "tests" / "server.py", "-c", configuration, "-d", database]
    process = stack.enter_context(child(command, log))
    url = f"http://127.0.0.1:{port}"
    wait_until_answers(f"{url}/web/login", process, log)
    return OdooServer(url, database, postgresql, log)


@pytest.fixture(scope="session")
def served(stack, new_demo, postgresql):
    """A server and its sandbox that most files share; a file may have its own instead."""
    database, sandbox = new_demo("--no-rate-limit")
    return start_odoo(stack, postgresql, database, keeps_pace=False), sandbox


@pytest.fixture(scope="module")
def serve_own(new_demo, postgresql):
    """Serve a demo of the file's own, with `modules` too; its cron keeps the service's pace."""
    with ExitStack() as own:

        def serve(modules=None):
            database, sandbox = new_demo()
            if modules:
                databases.install_into(postgresql, database, modules, "--skip-auto-install")
            return start_odoo(own, postgresql, database), sandbox

        yield serve


@pytest.fixture(scope="module")
def odoo_server(served):
    return served[0]


@pytest.fixture(scope="module")
def sandbox(served):
    return served[1]


@pytest.fixture(scope="session")
def chromium():
    if path := os.environ.get("NOX_TEST_CHROMIUM"):
        return path
    # `make test` installs one; where that cannot be, all the rest is still tested.
    pytest.skip(os.environ.get("NOX_TEST_NO_BROWSER") or "started without `make test`: no browser")


@pytest.fixture(scope="session")
def browser(stack, chromium):
    from playwright.sync_api import expect, sync_playwright

    # As long as the page's own: on a busy machine five seconds are not enough to load a page.
    expect.set_options(timeout=PAGE_MS)
    # Odoo limits the memory of the process it runs in, too narrowly for a browser started from it.
    _soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (hard, hard))
    playwright = stack.enter_context(sync_playwright())
    browser = playwright.chromium.launch(
        executable_path=chromium,
        args=[
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
        ],
    )
    stack.callback(browser.close)
    return browser


@pytest.fixture
def open_page(browser, odoo_server):
    """Open a page as a user, in a fresh profile; an error in the page's console fails the test."""
    contexts, errors = [], []

    def open_as(login, path="/odoo/customer-invoices", width=1500, height=850):
        context = browser.new_context(
            locale="sv-SE",
            timezone_id="Europe/Stockholm",
            viewport={"width": width, "height": height},
        )
        contexts.append(context)
        # To log in on the page takes two loads of pages more.
        session_id = odoo_server.log_in(login).cookies["session_id"]
        context.add_cookies([{"name": "session_id", "value": session_id, "url": odoo_server.url}])
        page = context.new_page()
        page.set_default_timeout(PAGE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on(
            "console",
            lambda message: errors.append(message.text) if message.type == "error" else None,
        )
        page.goto(f"{odoo_server.url}{path}")
        return page

    yield open_as
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture(scope="module")
def setting(stack, new_demo, postgresql):
    """A database, a worker and a sandbox of one file's own."""
    name, sandbox = new_demo()
    log = LOGS / f"{name}_sync.log"
    configuration = odoo.write_configuration(postgresql, f"{name}_sync", logfile=str(log))
    worker = start_worker(stack, configuration, name)
    setting = Setting(postgresql, name, worker, sandbox, log)
    setting.warm_up()
    return setting


@pytest.fixture
def case(setting):
    """A case that the service has confirmed; the clock is turned back at the end."""
    case = make_case(setting)
    yield case
    setting.sandbox.post("clock", advance_days=-case.days)


@pytest.fixture
def look(request):
    """Keep a picture of what is on the screen, for a person to look at."""
    SCREENSHOTS.mkdir(parents=True, exist_ok=True)

    def look(page, name):
        page.screenshot(path=SCREENSHOTS / f"{request.node.name}-{name}.png")

    return look


@pytest.fixture
def clerk(odoo_server):
    return odoo_server.rpc("clerk")


@pytest.fixture
def make_invoice(odoo_server, clerk):
    """Make a confirmed green invoice as the clerk does, and return its id and number."""

    def make(**values):
        customer = clerk.call(
            "res.partner",
            "create",
            {
                "name": "Testkund AB",
                "is_company": True,
                "street": "Provgatan 1",
                "zip": "111 22",
                "city": "Stockholm",
                "company_registry": "556700-0111",
                "email": "test@kund.example",
            },
        )
        (term,) = clerk.call("account.payment.term", "search", [["name", "=", "30 dagar"]])
        (product,) = clerk.call("product.product", "search", [["name", "=", "Framkörning"]])
        move = clerk.call(
            "account.move",
            "create",
            {
                "move_type": "out_invoice",
                "partner_id": customer,
                "invoice_date": today().isoformat(),
                "invoice_payment_term_id": term,
                "invoice_line_ids": [
                    [0, 0, {"product_id": product, "quantity": 3, "price_unit": 333}]
                ],
                **values,
            },
        )
        clerk.call("account.move", "action_post", [move])
        (row,) = clerk.call("account.move", "read", [move], ["name", "nox_finans_status"])
        assert row["nox_finans_status"] == "approved"
        return SimpleNamespace(id=move, name=row["name"], customer=customer)

    return make


@pytest.fixture
def send(clerk):
    """Send invoices through the wizard as the clerk does."""

    def send(*invoices):
        ids = [invoice.id for invoice in invoices]
        action = clerk.call("account.move", "action_nox_finans_open_send", ids)
        return clerk.call("nox.finans.send", "action_send", [action["res_id"]])

    return send


@pytest.fixture
def case_of(clerk):
    def read(invoice):
        rows = clerk.call(
            "nox.finans.case",
            "search_read",
            [["move_id", "=", invoice.id]],
            limit=1,
        )
        return SimpleNamespace(**rows[0]) if rows else None

    return read


@pytest.fixture
def until(odoo_server, case_of):
    """Let time pass and the cron run until something is true of an invoice's case."""

    def until(invoice, condition, what):
        def is_so():
            odoo_server.let_time_pass(invoice)
            odoo_server.run_cron()
            return condition(case_of(invoice))

        wait_for(is_so, what, pause=0.5)

    return until


@pytest.fixture
def open_case(make_invoice, send, until):
    """An invoice whose case the service has confirmed."""
    invoice = make_invoice()
    send(invoice)
    until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
    return invoice


@pytest.fixture
def ledger_of(sandbox):
    """Return what the service has of an invoice: a list, empty when it has nothing."""

    def read(invoice):
        return [row for row in sandbox.get("ledger") if row["our_number"] == invoice.name]

    return read
