"""What a manager or an administrator can set on the connection: its settings, and nothing of what
it notes for itself, however it is written."""

import pytest
from conftest import RpcError

# What a run notes on the connection is no answer to what a test writes.
pytestmark = pytest.mark.usefixtures("no_cron_of_the_server")

# Whatever is not here is the connection's own; a new setting is added.
SETTINGS = {
    "active_term_ids",
    "collection_days",
    "default_channel",
    "default_service",
    "environment",
    "invoice_term_ids",
    "is_automatic",
    "keep_log_days",
    "keep_personal_days",
    "payment_journal_id",
    "payment_method_account",
    "payment_method_code",
    "price_ids",
    "price_list_url",
    "reminder_term_ids",
    "report_mode",
    "statement_days",
    "takes_customers",
    "unit_ids",
    "user_id",
}
OWN_FIELDS = """
    SELECT replace(name, 'field_nox_finans_connector__', '') FROM ir_model_data
     WHERE module = 'nox_finans' AND starts_with(name, 'field_nox_finans_connector__')
    EXCEPT SELECT name FROM ir_model_fields WHERE model IN ('mail.thread', 'mail.activity.mixin')
"""
MAGIC = {"id", "display_name", "create_uid", "create_date", "write_uid", "write_date"}


@pytest.fixture
def names(odoo_server):
    return {name for (name,) in odoo_server.sql(OWN_FIELDS)} - MAGIC


@pytest.fixture
def row(odoo_server):
    """The connection's row as it is, whatever was tried."""

    def read():
        ((row,),) = odoo_server.sql(
            "SELECT to_jsonb(connector) - '{write_uid,write_date}'::text[]"
            "  FROM nox_finans_connector AS connector"
        )
        # A setting that was never made is one that is off.
        return {name: value or None for name, value in row.items()}

    return read


def value_of(odoo_server, name):
    """Return what a setting is, to be written once more; for others anything will do."""
    admin = odoo_server.rpc("admin")
    if name not in SETTINGS:
        return "production"
    kind = admin.call("nox.finans.connector", "fields_get", [name], ["type"])[name]["type"]
    if kind.endswith("2many"):
        return []
    (row,) = admin.call("nox.finans.connector", "search_read", [], [name], load=None)
    return row[name]


@pytest.mark.parametrize("login", ["manager", "admin"])
def test_only_settings_are_written(odoo_server, names, row, login):
    rpc = odoo_server.rpc(login)
    ids = rpc.call("nox.finans.connector", "search", [])
    before, written = row(), set()
    for name in names:
        value = value_of(odoo_server, name)
        try:
            rpc.call("nox.finans.connector", "write", ids, {name: value})
            written.add(name)
        except RpcError:
            assert name not in SETTINGS
    assert written == SETTINGS
    assert row() == before


@pytest.mark.parametrize("login", ["manager", "admin"])
def test_only_settings_are_imported(odoo_server, names, row, login):
    rpc = odoo_server.rpc(login)
    (connector,) = rpc.call("nox.finans.connector", "search", [])
    before = row()
    for name in names - SETTINGS:
        try:
            answer = rpc.call("nox.finans.connector", "load", [".id", name], [[str(connector), ""]])
        except RpcError:
            continue
        assert not answer["ids"], (name, answer)
    assert row() == before


@pytest.mark.parametrize("login", ["clerk", "manager", "admin"])
def test_a_sandbox_token_does_not_come_to_production(odoo_server, row, login):
    rpc = odoo_server.rpc(login)
    ids = rpc.call("nox.finans.connector", "search", [])
    before = row()
    for values in (
        {"environment": "production"},
        {"state": "disconnected", "environment": "production"},
        {"state": "disconnected"},
    ):
        with pytest.raises(RpcError):
            rpc.call("nox.finans.connector", "write", ids, values)
        with pytest.raises(RpcError):
            rpc.call("nox.finans.connector", "web_save", ids, values, {"id": {}})
    assert row() == before


def test_past_odoo_the_token_is_not_used_elsewhere(odoo_server, row):
    """The second line of defence: whatever writes the environment, the token stays where it is."""
    admin = odoo_server.rpc("admin")
    odoo_server.sql("UPDATE nox_finans_connector SET environment = 'production'")
    try:
        (told,) = admin.call(
            "nox.finans.connector",
            "search_read",
            [],
            ["connection_message"],
            context={"lang": "en_US"},
        )
        assert "not used there" in told["connection_message"]
        answer = admin.call("nox.finans.connector", "action_test", [told["id"]])
        assert answer["params"]["type"] == "danger"
    finally:
        odoo_server.sql("UPDATE nox_finans_connector SET environment = 'sandbox'")


def test_the_chatter_goes_on_working(odoo_server):
    manager = odoo_server.rpc("manager")
    (connector,) = manager.call("nox.finans.connector", "search", [])
    assert manager.call("nox.finans.connector", "message_post", [connector], body="Ring dem")
    ((model_id,),) = odoo_server.sql("SELECT id FROM ir_model WHERE model = 'nox.finans.connector'")
    values = {"res_model_id": model_id, "res_id": connector, "summary": "Ring dem"}
    activity = manager.call("mail.activity", "create", values)
    manager.call("mail.activity", "action_done", [activity])
