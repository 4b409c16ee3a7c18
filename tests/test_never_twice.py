"""Each invoice is handed over exactly once, whatever breaks at whichever request.

A real Odoo worker process, a real sandbox, a PostgreSQL that is really restarted. One combination
alone: `make test PYTEST_ARGS="tests/test_never_twice.py -k 'hand-over-kill-read'"`.
"""

import sys
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from days import today
from there import There
from workers import start_worker

from dev import databases, odoo, postgres
from dev.project import LOGS

REDIRECT_URI = "https://odoo.example/nox_finans/callback"
SCOPE = "companyinformation customer invoice noxfinansinvoice payment"

# Every request of the exchange: method and path, and the fault that makes it happen, if it takes
# one: after a lost answer the step is looked up.
CUT = {"kind": "cut", "when": "after"}
CUSTOMER = ("POST", "^/3/customers$")
INVOICE = ("POST", "^/3/invoices$")
TAX_REDUCTION = ("POST", "^/3/taxreductions$")
BOOKKEEP = ("PUT", "/bookkeep$")
MARK_AS_SENT = ("PUT", "/externalprint$")
HAND_OVER = ("POST", "^/3/noxfinansinvoices$")
REQUESTS = {
    "token": (("POST", "^/oauth-v1/token$"), None),
    "customer-search": (("GET", "^/3/customers$"), None),
    "customer": (CUSTOMER, None),
    "customer-look-up": (("GET", "^/3/customers/"), CUSTOMER),
    "customer-update": (("PUT", "^/3/customers/"), CUSTOMER),
    "invoice": (INVOICE, None),
    "invoice-look-up": (("GET", "^/3/invoices$"), INVOICE),
    "invoice-update": (("PUT", r"^/3/invoices/\d+$"), INVOICE),
    "tax-reduction": (TAX_REDUCTION, None),
    "tax-reduction-look-up": (("GET", r"^/3/invoices/\d+$"), TAX_REDUCTION),
    "bookkeep": (BOOKKEEP, None),
    "bookkeep-look-up": (("GET", r"^/3/invoices/\d+$"), BOOKKEEP),
    "mark-as-sent": (MARK_AS_SENT, None),
    "mark-as-sent-look-up": (("GET", r"^/3/invoices/\d+$"), MARK_AS_SENT),
    "hand-over": (HAND_OVER, None),
    "hand-over-look-up": (("GET", r"^/3/noxfinansinvoices/\d+$"), HAND_OVER),
    "status": (("GET", r"^/3/noxfinansinvoices/\d+$"), None),
}
BREAKS = {
    "kill-before": {"when": "before"},
    "kill-processed": {"when": "processed"},
    "kill-read": {"when": "read"},
    "postgresql-restarted": {"when": "read", "restart": True},
}
FAULTS = {
    "cut-before": {"kind": "cut", "when": "before"},
    "cut-after": {"kind": "cut", "when": "after"},
    "timeout-before": {"kind": "timeout", "when": "before", "seconds": 3},
    "timeout-after": {"kind": "timeout", "when": "after", "seconds": 3},
    "500-before": {"kind": "status", "code": 500, "when": "before"},
    "500-after": {"kind": "status", "code": 500, "when": "after"},
    "429": {"kind": "status", "code": 429, "when": "before"},
    "401": {"kind": "status", "code": 401, "when": "before"},
    "garbage": {"kind": "garbage", "when": "after"},
    "missing-fields": {"kind": "missing_fields", "when": "after"},
}
# Seconds that are waited for an answer there: less than the service keeps silent.
IMPATIENCE = {"timeout-before": 0.7, "timeout-after": 0.7}
# What was begun and is given up, or mended too late, is taken back: request, lost one, and whether
# it was bookkept.
CANCEL = ("PUT", "/cancel$")
CREDIT = ("PUT", "/credit$")
LOOK_AT_INVOICE = ("GET", r"^/3/invoices/\d+$")
TAKE_BACK = {
    "cancel": (CANCEL, None, False),
    "cancel-look-up": (LOOK_AT_INVOICE, CANCEL, False),
    "credit": (CREDIT, None, True),
    "credit-look-up": (LOOK_AT_INVOICE, CREDIT, True),
    "credit-bookkeep": (BOOKKEEP, None, True),
    "credit-bookkeep-look-up": (LOOK_AT_INVOICE, BOOKKEEP, True),
}
# What a second hand-over does is not documented. The dangerous world is the rule here; the other
# one is tried where it can make a difference.
BOTH_WORLDS = {"hand-over", "hand-over-look-up", "status"}
COMBINATIONS = [
    pytest.param(request, breaking, world, id=f"{request}-{breaking}-{world}")
    for request in REQUESTS
    for breaking in BREAKS | FAULTS
    for world in ("accept", "refuse")
    if world == "accept" or request in BOTH_WORLDS
]

MAKE_INVOICES = """
from datetime import date
term = env["account.payment.term"].search([("name", "=", "20 dagar")], limit=1)
product = env["product.product"].search([("name", "=", "Framkörning")], limit=1)
company = env["nox.finans.connector"].search([]).company_id
clerk = env["res.users"].search([("login", "=", "clerk")])
env = env(user=clerk.id)
customers = env["res.partner"].create([{
    "name": f"Plågad kund {number}", "street": "Provgatan 1", "zip": "111 22",
    "city": "Stockholm", "company_registry": "640823-3234", "email": f"k{number}@example.com",
} for number in range(count)])
moves = env["account.move"].create([{
    "move_type": "out_invoice", "partner_id": customer.id, "invoice_date": day,
    "invoice_payment_term_id": term.id, "nox_finans_tax_reduction": 300,
    "nox_finans_property_designation": "PROVAREN 1:2",
    "invoice_line_ids": [
        (0, 0, {"product_id": product.id, "quantity": 3, "price_unit": 333}),
    ],
} for customer in customers])
moves.action_post()
bad = moves.filtered(lambda move: move.nox_finans_status == "rejected")
assert not bad, bad[0].nox_finans_reasons
result = [(move.id, move.name) for move in moves]
"""
MEND = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move = env["account.move"].browse(move_id).with_user(clerk)
move.ref = "Beställning 77"
cases, left_out = move._nox_finans_queue()
assert not left_out, list(left_out.values())
"""
GIVE_UP = """
clerk = env["res.users"].search([("login", "=", "clerk")])
env["account.move"].browse(move_id).nox_finans_case_id.with_user(clerk).action_give_up()
"""
TIME_PASSES = """
UPDATE nox_finans_case SET next_try = NULL WHERE next_try IS NOT NULL
   AND (remote_status IS DISTINCT FROM 'OPEN' OR is_undo_due);
UPDATE nox_finans_connector SET next_try = NULL
"""
# In one process, as the cron of a server that is not disturbed any more: until the invoice's case
# is decided and nothing is to be taken back, or somebody has to sign in. `ended` is the state in
# which it is decided although the service has not got it.
RECOVER = """
import time
connector = env["nox.finans.connector"].search([], limit=1)
end = time.monotonic() + 30
while time.monotonic() < end:
    env.cr.execute(time_passes)
    env.cr.commit()
    connector._cron_exchange()
    env.invalidate_all()
    if connector.state == "sign_in":
        result = "sign_in"
        break
    # The latest: what was given up the invoice no longer shows.
    case = env["nox.finans.case"].search([("move_id", "=", move_id)], limit=1)
    is_undo_due = env["nox.finans.case"].search_count([("is_undo_due", "=", True)], limit=1)
    is_open = case.state == "accepted" and case.remote_status == "OPEN"
    if (is_open or case.state == ended) and not is_undo_due:
        result = case.state
        break
    time.sleep(0.05)
"""
RESTART = """
from dev.cluster import PRIVATE, PRIVATE_PORT, Cluster
Cluster(PRIVATE, PRIVATE_PORT).restart()
"""
SIGN_IN = """
connector = env["nox.finans.connector"].search([], limit=1)
tokens = connector._get_token_client().redeem(auth_code, redirect_uri)
connector._connect({
    "client_id": connector.client_id, "client_secret": connector.client_secret,
    "access_token": tokens.access_token, "refresh_token": tokens.refresh_token,
    "expires_in": tokens.expires_in, "scope": tokens.scope,
})
"""


class World:
    """One database with its worker and its sandbox."""

    def __init__(self, server, database, worker, sandbox):
        self.server, self.database, self.worker, self.sandbox = server, database, worker, sandbox

    def sql(self, statement, *values):
        return self.server.query(self.database, statement, *values)

    def let_time_pass(self):
        self.sql(TIME_PASSES)

    def let_token_expire(self):
        self.sql("UPDATE nox_finans_connector SET token_expiry = now() - interval '1 hour'")

    def case(self, move):
        rows = self.sql(
            "SELECT state, remote_status, reference, error_message, remote_number"
            " FROM nox_finans_case WHERE move_id = %s",
            move,
        )
        return rows[0] if rows else (None,) * 5

    def sign_in_again(self):
        """Do what the connector's activity asks an administrator for."""
        (company_id,) = {row["company_id"] for row in self.sandbox.get("companies")}
        answer = requests.post(
            f"{self.sandbox.url}/oauth-v1/auth",
            params={"company_id": company_id, "redirect_uri": REDIRECT_URI, "scope": SCOPE},
            allow_redirects=False,
            timeout=10,
        )
        (code,) = parse_qs(urlsplit(answer.headers["Location"]).query)["code"]
        self.worker.do("code", code=SIGN_IN, auth_code=code, redirect_uri=REDIRECT_URI)


@pytest.fixture(scope="module")
def world(stack, new_demo, postgresql):
    server = stack.enter_context(postgres.private_server())
    name, sandbox = new_demo("--no-rate-limit", "--confirm-delay", 0.05)
    databases.copy_across(postgresql, name, server, name)
    configuration = odoo.write_configuration(
        server, f"{name}_worker", logfile=str(LOGS / "never_twice_worker.log")
    )
    worker = start_worker(stack, configuration, name)
    return World(server, name, worker, sandbox)


@pytest.fixture(scope="module")
def invoices(world, request):
    """One invoice for each combination that is run: house work, for the reminder service."""
    tests = (test_handed_over_once, test_taken_back_once)
    count = sum(item.function in tests for item in request.session.items) + 1
    day = (today() - timedelta(days=40)).isoformat()
    made = world.worker.do("code", code=MAKE_INVOICES, count=count, day=day, warm_up=True)
    # One goes undisturbed.
    move, name = made.pop()
    world.worker.do("cron", queue=[move], warm_up=True)
    recover(world, move, warm_up=True)
    assert_once(world, move, name)
    return iter(made)


@pytest.fixture(autouse=True)
def no_faults(world):
    world.let_time_pass()
    yield
    world.sandbox.clear_faults()


def recover(world, move, ended="refused", **how):
    """Let time pass and the cron run, and an administrator connect again when that is asked for,
    until the case is decided."""
    order = {"code": RECOVER, "move_id": move, "time_passes": TIME_PASSES, "ended": ended, **how}
    state = world.worker.do("code", **order)
    if state == "sign_in":
        assert_told_to_connect_again(world)
        world.sign_in_again()
        state = world.worker.do("code", **order)
    assert state not in (None, "sign_in"), f"invoice {move} not decided: {world.case(move)}"


def assert_told_to_connect_again(world):
    count = world.sql(
        "SELECT count(*) FROM mail_activity WHERE res_model = 'nox.finans.connector' AND active"
    )
    assert count == [(1,)]


def assert_once(world, move, name):
    state, _status, reference, message, number = world.case(move)
    assert state == "accepted", message
    (row,) = [row for row in world.sandbox.get("ledger") if row["our_number"] == name]
    assert row["accepted"] == 1
    assert (row["external_reference"], row["invoice_number"]) == (reference, number)
    assert row["balance"] == 948.75
    (_only,) = world.sandbox.get("invoices", our_number=name)


def make_happen(world, request, breaking, move):
    """Queue the invoice and let the cron work until the broken request has been reached."""
    (method, path), lost = REQUESTS[request]
    order = {}
    if request == "token":
        world.let_token_expire()
    if lost:
        world.sandbox.post("faults", method=lost[0], path=lost[1], **CUT)
    elif request == "status":
        world.worker.do("cron", queue=[move])
        world.let_time_pass()
    if lost:
        world.worker.do("cron", queue=[move])
        world.let_time_pass()
    if breaking in BREAKS:
        broken = {"method": method, "path": path, **BREAKS[breaking]}
        if broken.get("restart"):
            broken["restart"] = [sys.executable, "-c", RESTART]
        order["break"] = broken
    else:
        world.sandbox.post("faults", method=method, path=path, **FAULTS[breaking])
        order["timeout"] = IMPATIENCE.get(breaking)
    is_queued = bool(lost) or request == "status"
    return world.worker.order("cron", queue=None if is_queued else [move], **order)


@pytest.mark.parametrize(("request_name", "breaking", "second"), COMBINATIONS)
def test_handed_over_once(world, invoices, request_name, breaking, second):
    world.sandbox.post("settings", second_hand_over=second)
    move, name = next(invoices)
    ended = make_happen(world, request_name, breaking, move)
    if breaking.startswith("kill"):
        assert ended == {"signal": 9}
    recover(world, move)
    assert_once(world, move, name)
    left = [fault for fault in world.sandbox.get("faults") if fault["times"]]
    assert not left, "the fault did not come"


def break_off(world, request, breaking):
    """Let the cron work, and break at a request of taking back."""
    (method, path), lost, _is_bookkept = TAKE_BACK[request]
    if lost:
        world.sandbox.post("faults", method=lost[0], path=lost[1], **CUT)
        world.worker.do("cron")
        world.let_time_pass()
    if breaking in BREAKS:
        return world.worker.order(
            "cron", **{"break": {"method": method, "path": path} | BREAKS[breaking]}
        )
    world.sandbox.post("faults", method=method, path=path, **FAULTS[breaking])
    return world.worker.order("cron", timeout=IMPATIENCE.get(breaking))


@pytest.mark.parametrize("breaking", ["kill-before", "kill-processed", "kill-read", *FAULTS])
@pytest.mark.parametrize("request_name", TAKE_BACK)
def test_taken_back_once(world, invoices, request_name, breaking):
    world.sandbox.post("settings", second_hand_over="accept")
    *_request, is_bookkept = TAKE_BACK[request_name]
    move, name = next(invoices)
    world.sandbox.refuse(*(HAND_OVER if is_bookkept else BOOKKEEP))
    world.worker.do("cron", queue=[move])
    state, *_rest, first = world.case(move)
    assert state == "refused"
    world.worker.do("code", code=MEND if is_bookkept else GIVE_UP, move_id=move)
    ended = break_off(world, request_name, breaking)
    if breaking.startswith("kill"):
        assert ended == {"signal": 9}
    recover(world, move, ended="closed")
    document = There(world).invoice(first)
    if not is_bookkept:
        assert document["Cancelled"] and not document["NoxFinans"]
        return
    credit = There(world).invoice(document["CreditInvoiceReference"])
    assert credit["Booked"] and credit["Total"] == -document["Total"]
    assert world.case(move)[-1] not in (first, None)
    assert [row["accepted"] for row in ledger_of(world, name)] == [1]


def ledger_of(world, name):
    return [row for row in world.sandbox.get("ledger") if row["our_number"] == name]


def test_nothing_is_left_undecided(world):
    states = world.sql(
        "SELECT DISTINCT state FROM nox_finans_case WHERE state NOT IN ('accepted', 'closed')"
    )
    assert states == []
    assert {row["accepted"] for row in world.sandbox.get("ledger")} <= {1}
