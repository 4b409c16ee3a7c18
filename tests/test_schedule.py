"""The scheduled actions switched off, deleted, failing or not run: said wherever a person looks,
and put right by one button. What is sent meanwhile waits, and goes."""

from contextlib import contextmanager

import pytest
from conftest import RpcError, unless_executing, wait_for

ENGLISH = {"lang": "en_US"}
EXCHANGE = "ir_cron_exchange"
DAILY = "ir_cron_compare_ledgers"
NAMES = {
    EXCHANGE: "Nox Finans: send and follow up",
    DAILY: "Nox Finans: compare the ledgers",
}
NOTHING_IS_SENT = "Nothing is sent or followed up"


@pytest.fixture(scope="module")
def served(serve_own):
    return serve_own()


@pytest.fixture
def admin(odoo_server):
    return odoo_server.rpc("admin")


@pytest.fixture
def connector_id(admin):
    return admin.call("nox.finans.connector", "search", [])[0]


@pytest.fixture(autouse=True)
def in_order(odoo_server, admin, connector_id):
    yield
    odoo_server.sql("UPDATE ir_cron SET first_failure_date = NULL, failure_count = 0")
    mend(admin, connector_id)
    assert not message(admin)


def find(admin, name):
    """Return the ids of a scheduled action, switched off or not, by its name in `ir.model.data`."""
    rows = admin.call(
        "ir.model.data",
        "search_read",
        [["module", "=", "nox_finans"], ["name", "=", name]],
        ["res_id"],
    )
    context = {"active_test": False}
    ids = [row["res_id"] for row in rows]
    return admin.call("ir.cron", "search", [["id", "in", ids]], context=context)


def change(admin, name, method, *values):
    """Change a scheduled action as soon as it does not run."""

    def do():
        return unless_executing(lambda: admin.call("ir.cron", method, find(admin, name), *values))

    wait_for(do, f"{name}, {method}")


def mend(admin, connector_id):
    """Press the button, as soon as no scheduled action runs."""
    button = ("nox.finans.connector", "action_mend_schedule", [connector_id])
    wait_for(lambda: unless_executing(lambda: admin.call(*button)), "the button")


def switch_off(admin, name):
    change(admin, name, "write", {"active": False})


def delete(admin, name):
    change(admin, name, "unlink")


def message(rpc):
    """Return what stands above the selection."""
    (banner,) = rpc.call("nox.finans.connector", "get_sending_banners", context=ENGLISH)
    return banner["message"]


def connection(admin, connector_id):
    names = ["connection_message", "is_schedule_broken"]
    (row,) = admin.call("nox.finans.connector", "read", [connector_id], names, context=ENGLISH)
    return row


def alarms(odoo_server):
    return odoo_server.sql(
        "SELECT activity.id FROM mail_activity AS activity JOIN ir_model_data AS data"
        " ON data.res_id = activity.activity_type_id AND data.model = 'mail.activity.type'"
        " WHERE data.name = 'mail_activity_type_schedule'"
    )


def send_in_english(clerk, invoice):
    action = clerk.call("account.move", "action_nox_finans_open_send", [invoice.id])
    wizard = [action["res_id"]]
    names = ["connection_message", "is_blocked"]
    (dialog,) = clerk.call("nox.finans.send", "read", wizard, names, context=ENGLISH)
    answer = clerk.call("nox.finans.send", "action_send", wizard, context=ENGLISH)
    return dialog, answer["params"]


@pytest.mark.parametrize("break_it", [switch_off, delete])
def test_what_is_sent_waits_and_all_are_told(
    odoo_server, admin, clerk, connector_id, make_invoice, case_of, break_it
):
    break_it(admin, EXCHANGE)
    assert NAMES[EXCHANGE] in message(clerk) and NOTHING_IS_SENT in message(clerk)
    row = connection(admin, connector_id)
    assert row["is_schedule_broken"] and NAMES[EXCHANGE] in row["connection_message"]
    # A page that was opened is enough for the alarm, which is given once.
    wait_for(lambda: alarms(odoo_server), "the alarm, also if another just gives it")
    assert len(alarms(odoo_server)) == 1
    invoice = make_invoice()
    dialog, answer = send_in_english(clerk, invoice)
    assert NAMES[EXCHANGE] in dialog["connection_message"] and not dialog["is_blocked"]
    assert (answer["type"], answer["sticky"]) == ("warning", True)
    assert NOTHING_IS_SENT in answer["message"]
    assert case_of(invoice).state == "queued"
    assert len(alarms(odoo_server)) == 1
    mend(admin, connector_id)
    assert not message(clerk) and not alarms(odoo_server)

    def gone():
        odoo_server.wake_crons()
        return case_of(invoice).state == "accepted"

    wait_for(gone, "sent by Odoo's own cron", pause=1)


def test_sending_itself_gives_the_alarm(odoo_server, admin, clerk, make_invoice):
    delete(admin, EXCHANGE)
    send_in_english(clerk, make_invoice())
    assert len(alarms(odoo_server)) == 1


def test_what_was_deleted_is_made_as_at_the_installation(odoo_server, admin, connector_id):
    change(admin, DAILY, "write", {"interval_number": 3})
    before = odoo_server.sql("SELECT id FROM ir_cron ORDER BY id")
    delete(admin, EXCHANGE)
    mend(admin, connector_id)
    # Twice does nothing more.
    mend(admin, connector_id)
    fields = ["code", "interval_number", "interval_type", "active", "user_id"]
    (row,) = admin.call("ir.cron", "read", find(admin, EXCHANGE), fields)
    assert (row["code"], row["interval_number"]) == ("model._cron_exchange()", 10)
    assert row["active"] and row["user_id"][0] == 1
    assert len(odoo_server.sql("SELECT id FROM ir_cron")) == len(before)
    assert odoo_server.sql(
        "SELECT noupdate FROM ir_model_data WHERE module = 'nox_finans' AND name = %s", EXCHANGE
    ) == [(True,)]
    # What somebody has set on another one stays.
    (daily,) = admin.call("ir.cron", "read", find(admin, DAILY), ["interval_number"])
    assert daily["interval_number"] == 3


@pytest.mark.parametrize("break_it", [switch_off, delete])
def test_a_daily_one_is_told_without_saying_that_nothing_is_sent(
    odoo_server, admin, clerk, break_it
):
    break_it(admin, DAILY)
    odoo_server.run_cron()
    assert len(alarms(odoo_server)) == 1
    assert NAMES[DAILY] in message(clerk) and NOTHING_IS_SENT not in message(clerk)


def test_only_an_administrator_switches_them_on(odoo_server, admin, connector_id):
    switch_off(admin, EXCHANGE)
    for login in ("clerk", "manager"):
        with pytest.raises(RpcError):
            odoo_server.rpc(login).call(
                "nox.finans.connector", "action_mend_schedule", [connector_id]
            )
    assert message(admin)


def test_in_the_name_of_a_person_it_does_not_run_for_all_companies(
    odoo_server, admin, clerk, connector_id
):
    change(admin, EXCHANGE, "write", {"user_id": clerk.uid})
    assert "in the name of" in message(clerk)
    mend(admin, connector_id)
    (row,) = admin.call("ir.cron", "read", find(admin, EXCHANGE), ["user_id"])
    assert row["user_id"][0] == 1


def test_what_fails_again_and_again_is_told(odoo_server, admin, clerk, connector_id):
    odoo_server.sql(
        "UPDATE ir_cron SET failure_count = 3,"
        " first_failure_date = (now() AT TIME ZONE 'UTC') - interval '2 hours' WHERE id = %s",
        find(admin, EXCHANGE)[0],
    )
    assert "has failed since" in message(clerk) and NOTHING_IS_SENT in message(clerk)
    # No button helps: the log says why.
    assert not connection(admin, connector_id)["is_schedule_broken"]


@contextmanager
def held(odoo_server, postgresql, cron_id):
    """Keep Odoo from running a scheduled action, as if its process were dead."""
    connection = postgresql.connect(odoo_server.database)
    connection.autocommit = False
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE ir_cron SET nextcall = (now() AT TIME ZONE 'UTC') - interval '2 hours'"
                " WHERE id = %s",
                [cron_id],
            )
            connection.commit()
            cursor.execute("SELECT FROM ir_cron WHERE id = %s FOR NO KEY UPDATE", [cron_id])
        yield
    finally:
        connection.close()


def test_the_alarm_for_a_dead_one_comes_from_another(
    odoo_server, postgresql, admin, clerk, make_invoice, send
):
    send(make_invoice())
    with held(odoo_server, postgresql, find(admin, EXCHANGE)[0]):
        assert "was to run at" in message(clerk)
        odoo_server.sql("DELETE FROM mail_activity")
        admin.call("ir.cron", "method_direct_trigger", find(admin, DAILY))
        assert len(alarms(odoo_server)) == 1
    odoo_server.run_cron()
    odoo_server.sql("UPDATE ir_cron SET nextcall = now() AT TIME ZONE 'UTC'")


def test_a_queue_that_stands_still_is_told_by_another(
    odoo_server, admin, clerk, make_invoice, send
):
    """Also where the one that sends seems to run."""
    switch_off(admin, EXCHANGE)
    send(make_invoice())
    odoo_server.sql("DELETE FROM mail_activity")
    odoo_server.sql(
        "UPDATE nox_finans_case SET queued_date = queued_date - interval '1 day'"
        " WHERE state = 'queued'"
    )
    odoo_server.sql(
        "UPDATE nox_finans_connector SET queue_moved = NULL,"
        " connected_date = connected_date - interval '1 day'"
    )
    admin.call("ir.cron", "method_direct_trigger", find(admin, DAILY))
    kinds = odoo_server.sql(
        "SELECT data.name FROM mail_activity AS activity JOIN ir_model_data AS data"
        " ON data.res_id = activity.activity_type_id AND data.model = 'mail.activity.type'"
    )
    assert {kind for (kind,) in kinds} >= {
        "mail_activity_type_connection",
        "mail_activity_type_schedule",
    }
