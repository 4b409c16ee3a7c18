"""Installs on an empty Odoo, upgrades, and leaves nothing behind when it is uninstalled."""

import pytest

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
}


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
