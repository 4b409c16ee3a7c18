"""The way of an invoice to the service and its status back, over real HTTP."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from conftest import RpcError, wait_for
from consent import move_service
from days import today

DEAD_URL = "http://127.0.0.1:9"


@pytest.fixture(autouse=True)
def no_faults(sandbox):
    yield
    sandbox.clear_faults()


@pytest.fixture
def hold_queue(odoo_server):
    """Keep the connector from sending, as if it were waiting after a failure."""
    odoo_server.sql(
        "UPDATE nox_finans_connector SET next_try = now() at time zone 'utc' + interval '1 hour'"
    )
    yield
    odoo_server.sql("UPDATE nox_finans_connector SET next_try = NULL")


def finish(odoo_server, case_of, invoice, states=("accepted", "closed")):
    """Let time pass and the cron run until the case is in one of `states`."""

    def done():
        odoo_server.let_time_pass(invoice)
        odoo_server.run_cron()
        case = case_of(invoice)
        assert case.state != "refused" or "refused" in states, case.error_message
        return case if case.state in states else None

    return wait_for(done, f"{invoice.name} in {states}", seconds=60, pause=0.5)


def test_first_invoice_of_a_customer_takes_five_calls(
    odoo_server, clerk, make_invoice, send, case_of, ledger_of
):
    invoice = make_invoice()
    answer = send(invoice)
    assert answer["params"]["type"] == "success"
    case = finish(odoo_server, case_of, invoice)
    exchanges = clerk.call(
        "nox.finans.exchange",
        "search_read",
        [["case_id", "=", case.id]],
        ["method", "path", "status_code"],
        order="id",
        limit=5,
    )
    assert [(row["method"], row["path"], row["status_code"]) for row in exchanges] == [
        ("GET", "/3/customers", 200),
        ("POST", "/3/customers", 201),
        ("POST", "/3/invoices", 201),
        ("PUT", f"/3/invoices/{case.remote_number}/bookkeep", 200),
        ("POST", "/3/noxfinansinvoices", 201),
    ]
    (row,) = ledger_of(invoice)
    assert (row["received"], row["accepted"]) == (1, 1)
    assert (row["service"], row["send_method"]) == ("LEDGERBASE", "LETTER")
    assert row["total"] == 1248.75
    assert row["external_reference"] == case.reference


def test_second_invoice_of_an_unchanged_customer_costs_no_customer_call(
    odoo_server, sandbox, make_invoice, send, case_of
):
    first = make_invoice()
    send(first)
    finish(odoo_server, case_of, first)
    second = make_invoice(partner_id=first.customer)
    before = len(sandbox.get("requests"))
    send(second)
    finish(odoo_server, case_of, second)
    ours = [row for row in sandbox.get("requests")[before:] if row["method"] != "GET"]
    assert [row["path"].split("/")[2] for row in ours] == [
        "invoices",
        "invoices",
        "noxfinansinvoices",
    ]


def test_what_is_sent_again_unchanged_costs_only_the_step_that_is_left(
    odoo_server, sandbox, make_invoice, send, case_of
):
    invoice = make_invoice()
    sandbox.post("refusals", external_reference=invoice.name, message="Försök igen.")
    send(invoice)
    finish(odoo_server, case_of, invoice, ("refused",))
    before = len(sandbox.get("requests"))
    send(invoice)
    finish(odoo_server, case_of, invoice)
    ours = [row for row in sandbox.get("requests")[before:] if row["method"] != "GET"]
    assert [row["path"] for row in ours] == ["/3/noxfinansinvoices"]


def test_confirmation_brings_status_and_tells_the_sender(
    odoo_server, clerk, make_invoice, send, case_of
):
    invoice = make_invoice()
    send(invoice)
    finish(odoo_server, case_of, invoice)

    def confirmed():
        odoo_server.let_time_pass(invoice)
        odoo_server.run_cron()
        case = case_of(invoice)
        return case if case.remote_status == "OPEN" else None

    case = wait_for(confirmed, "confirmation")
    assert case.ocr_number and case.next_event == "INVOICEREMINDER" and case.next_event_date
    assert case.capital_balance == case.balance_with_fees == 1248.75
    assert case.document_url.startswith("http://127.0.0.1")
    messages = clerk.call(
        "mail.message",
        "search_read",
        [["model", "=", "account.move"], ["res_id", "=", invoice.id]],
        ["body"],
    )
    assert case.ocr_number in " ".join(message["body"] for message in messages), messages
    told = odoo_server.sql("SELECT message FROM bus_bus WHERE message LIKE %s", f"%{invoice.name}%")
    assert len([row for row in told if "simple_notification" in row[0]]) == 1


def test_refusal_gives_the_reason_and_can_be_mended_and_sent_again(
    odoo_server, sandbox, clerk, make_invoice, send, case_of, ledger_of
):
    invoice = make_invoice()
    sandbox.post("refusals", external_reference=invoice.name, message="Adressen finns inte.")
    send(invoice)
    case = finish(odoo_server, case_of, invoice, ("refused",))
    assert "Adressen finns inte." in case.error_message
    assert not ledger_of(invoice)
    (row,) = clerk.call("account.move", "read", [invoice.id], ["nox_finans_status"])
    assert row["nox_finans_status"] == "approved"
    clerk.call("res.partner", "write", [invoice.customer], {"street": "Rättade gatan 2"})
    send(invoice)
    again = finish(odoo_server, case_of, invoice)
    # What is bookkept there cannot be changed: it is credited, and a new one made.
    assert again.id == case.id and again.remote_number != case.remote_number
    (row,) = ledger_of(invoice)
    assert row["accepted"] == 1
    documents = sandbox.get("invoices", our_number=invoice.name)
    streets = {row["DocumentNumber"]: row["Address1"] for row in documents if row["NoxFinans"]}
    assert streets == {again.remote_number: "Rättade gatan 2"}


def test_what_breaks_a_criterion_while_queued_is_not_sent(
    odoo_server, hold_queue, clerk, make_invoice, send, case_of, ledger_of
):
    invoice = make_invoice()
    send(invoice)
    clerk.call("account.move", "write", [invoice.id], {"nox_finans_not_ready": True})
    case = finish(odoo_server, case_of, invoice, ("refused",))
    assert "Ej klar" in case.error_message
    assert not ledger_of(invoice)


def test_with_the_service_down_it_stays_queued_says_so_and_goes_later(
    odoo_server, sandbox, make_invoice, send, case_of, ledger_of
):
    move_service(odoo_server, DEAD_URL)
    try:
        invoice = make_invoice()
        send(invoice)

        def told():
            odoo_server.run_cron()
            case = case_of(invoice)
            return case if "kan inte nås" in (case.status_message or "") else None

        case = wait_for(told, "that the service cannot be reached")
        assert case.state == "queued"
    finally:
        move_service(odoo_server, sandbox.url)
    finish(odoo_server, case_of, invoice)
    assert ledger_of(invoice)[0]["accepted"] == 1


STEPS = {
    "customer": ("POST", "^/3/customers$"),
    "invoice": ("POST", "^/3/invoices$"),
    "bookkeep": ("PUT", "/bookkeep$"),
    "hand-over": ("POST", "^/3/noxfinansinvoices$"),
}
FAULTS = {
    "cut-before": {"kind": "cut", "when": "before"},
    "cut-after": {"kind": "cut", "when": "after"},
    "500-before": {"kind": "status", "code": 500, "when": "before"},
    "500-after": {"kind": "status", "code": 500, "when": "after"},
    "429": {"kind": "status", "code": 429, "when": "before", "headers": {"Retry-After": "1"}},
    "401": {"kind": "status", "code": 401, "when": "before"},
    "garbage-after": {"kind": "garbage", "when": "after"},
    "missing-fields": {"kind": "missing_fields", "when": "after"},
}


@pytest.mark.parametrize("world", ["accept", "refuse"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_step_hands_over_once(
    odoo_server, sandbox, hold_queue, make_invoice, send, case_of, ledger_of, fault, world
):
    """Each step breaks once; all invoices arrive, each once, in both worlds of what is not
    documented: a second hand-over accepted (the dangerous one), or refused."""
    sandbox.post("settings", second_hand_over=world)
    invoices = [make_invoice() for _step in STEPS]
    send(*invoices)
    for method, path in STEPS.values():
        sandbox.post("faults", method=method, path=path, **FAULTS[fault])
    for invoice in invoices:
        finish(odoo_server, case_of, invoice)
        (row,) = ledger_of(invoice)
        assert row["accepted"] == 1, invoice.name
    assert not [fault for fault in sandbox.get("faults") if fault["times"]], "not all faults came"


def test_expired_token_is_renewed(odoo_server, sandbox, make_invoice, send, case_of):
    first, second = make_invoice(), make_invoice()
    send(first)
    finish(odoo_server, case_of, first)
    for row in sandbox.get("ledger"):
        sandbox.post("expire-tokens", company_id=row["company_id"])
    send(second)
    finish(odoo_server, case_of, second)


def test_connection_test_names_the_company(odoo_server):
    manager = odoo_server.rpc("manager")
    (connector,) = manager.call("nox.finans.connector", "search", [])
    answer = manager.call("nox.finans.connector", "action_test", [connector])
    assert answer["params"]["type"] == "success"
    assert "Norrvik" in answer["params"]["message"]


def test_reminder_service_takes_over_what_is_overdue(
    odoo_server, clerk, sandbox, send, case_of, ledger_of
):
    (row,) = clerk.call(
        "account.move",
        "search_read",
        [["nox_finans_status", "=", "approved"], ["nox_finans_case_id", "=", False]],
        ["name", "invoice_payment_term_id"],
        limit=1,
        order="invoice_date_due",
    )
    assert row["invoice_payment_term_id"][1] == "20 dagar"
    invoice = SimpleNamespace(id=row["id"], name=row["name"])
    send(invoice)
    finish(odoo_server, case_of, invoice)
    assert ledger_of(invoice)[0]["service"] == "REMINDER"


def test_house_work_invoice_collects_only_the_customers_share(
    odoo_server, clerk, make_invoice, send, case_of, ledger_of
):
    address = {"street": "Provgatan 1", "zip": "111 22", "city": "Stockholm"}
    number = {"company_registry": "640823-3234", "email": "anna@kund.example"}
    person = clerk.call("res.partner", "create", {"name": "Anna Ek"} | address | number)
    invoice = make_invoice(
        partner_id=person, nox_finans_tax_reduction=300, nox_finans_property_designation="X 1:2"
    )
    send(invoice)
    finish(odoo_server, case_of, invoice)
    assert ledger_of(invoice)[0]["balance"] == 948.75


@pytest.fixture
def ask(odoo_server, clerk, case_of):
    """Ask for an action as the clerk does, and wait until the connector has dealt with it."""

    def ask(invoice, action, **values):
        case = case_of(invoice)
        dialog = clerk.call(
            "nox.finans.case", "action_request", [case.id], context={"nox_finans_action": action}
        )
        if values:
            clerk.call("nox.finans.action", "write", [dialog["res_id"]], values)
        clerk.call("nox.finans.action", "action_confirm", [dialog["res_id"]])

        def done():
            odoo_server.let_time_pass(invoice)
            odoo_server.run_cron()
            return not case_of(invoice).requested_action

        wait_for(done, action, seconds=60, pause=0.5)
        return case_of(invoice)

    return ask


def test_actions_on_an_open_case(clerk, open_case, ask, ledger_of):
    until = (today() + timedelta(days=20)).isoformat()
    case = ask(open_case, "pause", paused_until=until)
    assert case.remote_status == "PAUSED" and "unpause" in case.allowed_actions
    assert ask(open_case, "unpause").remote_status == "OPEN"
    assert ask(open_case, "report_payment", amount=1000).capital_balance == 248.75
    case = ask(open_case, "stop")
    assert case.state == "closed" and not case.allowed_actions
    assert ledger_of(open_case)[0]["status"] == "CLOSED"
    messages = clerk.call(
        "mail.message",
        "search_count",
        [["model", "=", "account.move"], ["res_id", "=", open_case.id], ["body", "ilike", "Klara"]],
    )
    assert messages == 4


def test_impossible_dates_and_amounts_are_said(clerk, open_case, ask):
    late = (today() + timedelta(days=61)).isoformat()
    with pytest.raises(RpcError, match="pause must end"):
        ask(open_case, "pause", paused_until=late)
    with pytest.raises(RpcError, match="amount must be"):
        ask(open_case, "report_payment", amount=5000)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_payment_whose_answer_is_lost_is_not_reported_twice(sandbox, clerk, open_case, ask, when):
    sandbox.post("faults", kind="cut", when=when, method="PUT", path="/report-payment$")
    case = ask(open_case, "report_payment", amount=1000)
    assert case.capital_balance == (248.75 if when == "after" else 1248.75)
    paths = [row["path"] for row in sandbox.get("requests")]
    assert paths.count(f"/3/noxfinansinvoices/{case.remote_number}/report-payment") == 1
