"""Installs on an empty Odoo, upgrades, and leaves nothing behind when it is uninstalled."""

from contextlib import suppress

import pytest
from conftest import RpcError, wait_for

from dev import databases

UNINSTALL = """
env["ir.module.module"].search([("name", "=", "nox_finans")]).button_immediate_uninstall()
env.cr.commit()
"""
UPGRADE = """
env["ir.module.module"].search([("name", "=", "nox_finans")]).button_immediate_upgrade()
env.cr.commit()
"""
LEFT_BEHIND = {
    "columns": """
        SELECT table_name || '.' || column_name FROM information_schema.columns
        WHERE table_schema = 'public' AND (column_name LIKE 'nox_finans%' OR table_name LIKE 'nox%')
    """,
    "crons": "SELECT cron_name FROM ir_cron WHERE cron_name ILIKE '%nox finans%'",
    "menus": "SELECT name::text FROM ir_ui_menu WHERE name::text ILIKE '%nox finans%'",
    "views": "SELECT name FROM ir_ui_view WHERE name ILIKE '%nox.finans%'",
    "rules": "SELECT name FROM ir_rule WHERE name::text ILIKE '%nox finans%'",
    "parameters": "SELECT key FROM ir_config_parameter WHERE key LIKE 'nox_finans%'",
    "models": "SELECT model FROM ir_model WHERE model LIKE 'nox.finans%'",
    "activities": "SELECT summary FROM mail_activity WHERE res_model LIKE 'nox.finans%'",
    "activity types": "SELECT name::text FROM mail_activity_type WHERE name::text ILIKE '%nox%'",
    "messages": "SELECT id FROM mail_message WHERE model LIKE 'nox.finans%'",
    "filters": "SELECT name FROM ir_filters WHERE model_id LIKE 'nox.finans%'",
    "ways of sending": """
        SELECT name FROM res_partner WHERE invoice_sending_method::text LIKE '%nox_finans%'
    """,
}
# Of invoices that somebody else has left out, and of those that Nox Finans has.
MARKED = """
SELECT DISTINCT move_id FROM account_move_line WHERE no_followup AND move_id = ANY(%s)
"""


@pytest.fixture(scope="module")
def account_only(stack, postgresql):
    """An empty Odoo with `account` alone, and the add-on."""
    name = f"nox_finans_plain_{id(postgresql)}"
    stack.callback(databases.drop, postgresql, name)
    databases.install(postgresql, name, "nox_finans")
    return name


def query(postgresql, database, statement):
    connection = postgresql.connect(database)
    try:
        with connection.cursor() as cursor:
            cursor.execute(statement)
            return [row[0] for row in cursor.fetchall()]
    finally:
        connection.close()


def test_installs_with_account_alone(postgresql, account_only):
    installed = query(
        postgresql, account_only, "SELECT name FROM ir_module_module WHERE state = 'installed'"
    )
    assert "nox_finans" in installed and "l10n_se" not in installed
    connectors = query(postgresql, account_only, "SELECT state FROM nox_finans_connector")
    assert connectors == ["disconnected"]


def test_upgrade_keeps_what_is_there(postgresql, new_demo):
    database, _sandbox = new_demo()
    cases = "SELECT reference FROM nox_finans_case ORDER BY id"
    before = query(postgresql, database, cases)
    assert before
    databases.run_code(postgresql, database, UPGRADE, "Upgrading")
    assert before == query(postgresql, database, cases)


def test_uninstalling_leaves_nothing_behind(postgresql, account_only):
    databases.run_code(postgresql, account_only, UNINSTALL, "Uninstalling")
    for what, statement in LEFT_BEHIND.items():
        assert not query(postgresql, account_only, statement), what


@pytest.fixture(scope="module")
def served(serve_own):
    return serve_own()


@pytest.fixture
def admin(odoo_server):
    return odoo_server.rpc("admin")


@pytest.fixture
def left_out(clerk, make_invoice, send):
    """An invoice in the queue that somebody had left out of Odoo's follow-up before."""
    invoice = make_invoice()
    (line,) = clerk.call(
        "account.move.line",
        "search",
        [["move_id", "=", invoice.id], ["account_type", "=", "asset_receivable"]],
    )
    clerk.call("account.move.line", "write", [line], {"no_followup": True})
    send(invoice)
    return invoice


@pytest.fixture
def asked(clerk, open_case):
    """An open case with questions to people, and what a person has made of the pages."""
    dispute = clerk.call(
        "nox.finans.dispute",
        "create",
        {"reason": "Fel", "move_ids": [[6, 0, [open_case.id]]]},
    )
    clerk.call("nox.finans.dispute", "action_confirm", [dispute])
    clerk.call(
        "res.partner", "write", [open_case.customer], {"invoice_sending_method": "nox_finans"}
    )
    clerk.call(
        "ir.filters",
        "create",
        {"name": "Mina", "model_id": "nox.finans.case", "user_ids": [[6, 0, [clerk.uid]]]},
    )
    return open_case


def test_who_uninstalls_with_open_cases_is_told_first(odoo_server, admin, clerk, asked, left_out):
    module = admin.call("ir.module.module", "search", [["name", "=", "nox_finans"]])
    ((count,),) = odoo_server.sql(
        "SELECT count(*) FROM nox_finans_case"
        " WHERE state IN ('queued', 'sending', 'uncertain', 'accepted')"
    )
    for method in ("button_immediate_uninstall", "button_uninstall"):
        with pytest.raises(RpcError, match=str(count)) as refused:
            admin.call("ir.module.module", method, module)
        assert refused.value.is_in_words
    dialog = admin.call("base.module.uninstall", "create", {"module_ids": [[6, 0, module]]})
    (row,) = admin.call("base.module.uninstall", "read", [dialog], ["nox_finans_warning"])
    assert row["nox_finans_warning"].split()[0] == str(count)
    both = [asked.id, left_out.id]
    assert sorted(odoo_server.sql(MARKED, both)) == [(one,) for one in sorted(both)]
    uninstall(odoo_server, admin, dialog)
    for what, statement in LEFT_BEHIND.items():
        # The driver takes a single % for a place.
        assert not odoo_server.sql(statement.replace("%", "%%")), what
    assert odoo_server.sql(MARKED, both) == [(left_out.id,)]
    ours = "SELECT id FROM mail_activity WHERE res_model = 'account.move' AND res_id = %s"
    assert not odoo_server.sql(ours, asked.id)
    views = clerk.call("account.move", "get_views", [[False, "list"], [False, "form"]])
    assert "nox" not in str(views["views"]).lower()
    (move,) = clerk.call("account.move", "read", [asked.id])
    assert move["state"] == "posted"
    dialog = clerk.call("account.move.send.wizard", "create", {"move_id": asked.id})
    assert clerk.call("account.move.send.wizard", "read", [dialog], ["sending_methods"])


def uninstall(odoo_server, admin, dialog):
    """Press the dialog's button; a cron that just runs is waited for, as Odoo says."""

    def is_done():
        with suppress(RpcError):
            admin.call("base.module.uninstall", "action_uninstall", [dialog])
        return odoo_server.sql(
            "SELECT 1 FROM ir_module_module WHERE name = 'nox_finans' AND state = 'uninstalled'"
        )

    wait_for(is_done, "uninstalled", pause=2)
