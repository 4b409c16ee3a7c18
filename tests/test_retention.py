"""Personal data goes once nobody needs it, and readers of the accounts never see it."""

import pytest
from conftest import RpcError
from pages import get_actions, make_user, open_all, open_page

NAME, STREET, NUMBER = "Anna Hemlig", "Dolda gränd 7", "19811218-9876"
SECRETS = (NAME, STREET, "811218", "Anna säger", "anna@hemlig.example")
TABLES = {
    "nox_finans_case": "id",
    "nox_finans_event": "case_id",
    "nox_finans_request": "case_id",
    "nox_finans_exchange": "case_id",
}


@pytest.fixture(scope="module")
def served(serve_own):
    """A demo with its sandbox and a server of its own: its nights come when they are wanted."""
    return serve_own()


@pytest.fixture(scope="module")
def admin(odoo_server):
    return odoo_server.rpc("admin")


@pytest.fixture(scope="module")
def manager(odoo_server):
    return odoo_server.rpc("manager")


@pytest.fixture(scope="module")
def reader(odoo_server, admin):
    make_user(admin, "reader", "account.group_account_readonly")
    return odoo_server.rpc("reader")


@pytest.fixture
def of_person(clerk, make_invoice, send, until):
    """An open case of a person, about which there is something to tell."""
    invoice = make_invoice()
    clerk.call(
        "res.partner",
        "write",
        [invoice.customer],
        {
            "name": NAME,
            "is_company": False,
            "street": STREET,
            "company_registry": NUMBER,
            "email": "anna@hemlig.example",
        },
    )
    send(invoice)
    until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
    dispute = clerk.call(
        "nox.finans.dispute",
        "create",
        {"reason": "Anna säger att det är fel", "move_ids": [[6, 0, [invoice.id]]]},
    )
    clerk.call("nox.finans.dispute", "action_confirm", [dispute])
    until(invoice, lambda case: case.remote_status == "PAUSED", "paused")
    clerk.call("account.move", "action_nox_finans_settle_dispute", [invoice.id])
    until(invoice, lambda case: case.remote_status == "OPEN", "resumed")
    return invoice


@pytest.fixture
def close(sandbox, until, case_of):
    """Let the customer pay at the service."""

    def close(invoice):
        (company,) = sandbox.get("companies")
        case = case_of(invoice)
        sandbox.post(
            "change",
            company_id=company["company_id"],
            numbers=[case.remote_number],
            amount=case.balance_with_fees,
        )
        until(invoice, lambda case: case.state == "closed", "closed")

    return close


@pytest.fixture
def let_nights_pass(odoo_server, admin):
    """Let a case have been closed so many days earlier, and the daily work come."""

    def let_pass(days, case):
        odoo_server.sql(
            "UPDATE nox_finans_case SET closed_date = closed_date - %s * interval '1 day'"
            " WHERE id = %s",
            *(days, case.id),
        )
        (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._run_vacuum_cleaner()"]])
        admin.call("ir.cron", "method_direct_trigger", [cron])

    return let_pass


@pytest.fixture
def stored(odoo_server):
    """Return all that the database has of a case, as text."""

    def read(case):
        queries = [
            f"SELECT to_jsonb(t)::text FROM {table} AS t WHERE {column} = %s"
            for table, column in TABLES.items()
        ]
        queries += [
            "SELECT to_jsonb(t)::text FROM nox_finans_card AS t"
            " WHERE id = (SELECT card_id FROM nox_finans_case WHERE id = %s)",
            "SELECT body FROM mail_message WHERE model = 'nox.finans.case' AND res_id = %s",
            "SELECT note FROM mail_activity WHERE res_model = 'nox.finans.case' AND res_id = %s",
            "SELECT nox_finans_dispute_reason FROM account_move"
            " WHERE id = (SELECT move_id FROM nox_finans_case WHERE id = %s)",
        ]
        rows = [row[0] for query in queries for row in odoo_server.sql(query, case.id)]
        return "\n".join(filter(None, rows))

    return read


def test_after_a_year_it_is_gone_and_the_evidence_stays(
    clerk, admin, of_person, close, case_of, let_nights_pass, stored
):
    close(of_person)
    case = case_of(of_person)
    assert all(secret in stored(case) for secret in SECRETS)
    let_nights_pass(364, case)
    assert all(secret in stored(case) for secret in SECRETS)
    let_nights_pass(2, case)
    left = stored(case)
    assert not [secret for secret in SECRETS if secret in left]
    kept = ("remote_number", "ocr_number", "handed_over_amount", "close_reason", "accepted_date")
    after = case_of(of_person)
    assert all(
        getattr(after, name) and getattr(after, name) == getattr(case, name) for name in kept
    )
    assert after.forgotten_date
    assert after.snapshot["invoice"]["DueDate"] == case.snapshot["invoice"]["DueDate"]
    assert [row["Price"] for row in after.snapshot["invoice"]["InvoiceRows"]] == [333]
    open_all(clerk, admin)
    assert not open_page(clerk, "nox.finans.case", ["form"], [["id", "=", case.id]])[0][
        "changed_since_sent"
    ]


def test_an_open_one_and_a_disputed_one_keep_all(
    clerk, of_person, close, case_of, let_nights_pass, stored
):
    case = case_of(of_person)
    let_nights_pass(5000, case)
    assert all(secret in stored(case) for secret in SECRETS)
    close(of_person)
    dispute = clerk.call(
        "nox.finans.dispute",
        "create",
        {"reason": "Anna säger nej", "move_ids": [[6, 0, [of_person.id]]]},
    )
    clerk.call("nox.finans.dispute", "action_confirm", [dispute])
    let_nights_pass(5000, case)
    assert all(secret in stored(case) for secret in SECRETS)
    clerk.call("account.move", "action_nox_finans_settle_dispute", [of_person.id])
    let_nights_pass(0, case)
    assert not [secret for secret in SECRETS if secret in stored(case)]


def test_the_manager_chooses_how_long_and_removes_at_once(
    odoo_server, clerk, manager, of_person, close, case_of, let_nights_pass, stored
):
    case = case_of(of_person)
    for user in (clerk, manager):
        # Not while it is open.
        with pytest.raises(RpcError) as refused:
            user.call("nox.finans.case", "action_forget", [case.id])
        assert refused.value.is_in_words
    close(of_person)
    with pytest.raises(RpcError):
        clerk.call("nox.finans.case", "action_forget", [case.id])
    assert NUMBER[2:8] in stored(case)
    (connector,) = manager.call("nox.finans.connector", "search", [])
    manager.call("nox.finans.connector", "write", [connector], {"keep_log_days": 8})
    odoo_server.sql(
        "UPDATE nox_finans_exchange SET date = date - interval '9 days' WHERE case_id = %s", case.id
    )
    let_nights_pass(0, case)
    assert not clerk.call("nox.finans.exchange", "search_count", [["case_id", "=", case.id]])
    assert NUMBER[2:8] in stored(case), "the log alone"
    manager.call("nox.finans.case", "action_forget", [case.id])
    assert not [secret for secret in SECRETS if secret in stored(case)]


def test_a_customer_with_another_open_case_keeps_the_card(
    odoo_server, clerk, manager, of_person, close, case_of, send, until
):
    (other,) = clerk.call("account.move", "copy", [of_person.id])
    clerk.call(
        "account.move", "write", [other], {"invoice_date": case_of(of_person).create_date[:10]}
    )
    clerk.call("account.move", "action_post", [other])
    second = type(of_person)(id=other)
    send(second)
    until(second, lambda case: case.remote_status == "OPEN", "confirmed")
    close(of_person)
    manager.call("nox.finans.case", "action_forget", [case_of(of_person).id])
    ((sent,),) = odoo_server.sql(
        "SELECT sent::text FROM nox_finans_card WHERE id = %s", case_of(second).card_id[0]
    )
    assert NAME in sent


def test_a_reader_sees_the_pages_without_what_is_personal(
    odoo_server, admin, clerk, reader, of_person, case_of
):
    clerk.call("res.partner", "write", [of_person.customer], {"street": "Ny gata 1"})
    case = case_of(of_person)
    assert STREET in case.changed_since_sent and NUMBER[2:8] in str(case.snapshot)
    assert len(get_actions(admin)) > 5
    seen = open_all(reader, admin)
    assert of_person.name in seen and NUMBER[2:8] not in seen
    own = [("nox.finans.case", case.id, name) for name in ("snapshot", "changed_since_sent")]
    request = case.request_ids[0]
    texts = ("mail_subject", "mail_body", "answer")
    own += [("nox.finans.request", request, name) for name in texts]
    card = case.card_id[0]
    (exchange,) = clerk.call("nox.finans.exchange", "search", [["case_id", "=", case.id]], limit=1)
    own += [("nox.finans.card", card, "sent"), ("nox.finans.exchange", exchange, "message")]
    for model, record, name in own:
        with pytest.raises(RpcError) as refused:
            reader.call(model, "read", [record], [name])
        assert refused.value.name == "odoo.exceptions.AccessError"
        with pytest.raises(RpcError):
            reader.call(model, "search", [[name, "ilike", NUMBER]])


def test_settings_show_and_keep_it(admin, manager, odoo_server):
    settings = admin.call("res.config.settings", "create", {"nox_finans_keep_personal_days": 200})
    admin.call("res.config.settings", "execute", [settings])
    ((days, tracked),) = odoo_server.sql(
        "SELECT keep_personal_days, (SELECT count(*) FROM mail_tracking_value"
        " WHERE new_value_integer = 200) FROM nox_finans_connector"
    )
    assert days == 200 and tracked
