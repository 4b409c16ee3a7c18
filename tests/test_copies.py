"""A copy of the database, made past Odoo, is told from the original, and sends nothing.

One Odoo server serves the original and its copies, as on a machine where somebody has tried out a
backup. They are made with PostgreSQL's own programs.
"""

import os
from contextlib import ExitStack
from types import SimpleNamespace

import pytest
from conftest import Rpc, RpcError, start_odoo
from workers import start_worker

from dev import databases, odoo, postgres
from dev.cluster import OTHER, OTHER_PORT, PORT, Cluster
from dev.processes import run_logged
from dev.project import LOGS, run

ENGLISH = {"lang": "en_US"}
ASK = "result = env['nox.finans.connector'].search([])._get_foreign_part()"
NEUTRALIZED = """
    SELECT environment, state, remote_company, remote_registry, confirmed_registry, refresh_token,
           terms_at_fortnox
      FROM nox_finans_connector
"""


class Copies:
    """The original, and ways to copy it."""

    def __init__(self, server, name, sandbox, odoo_server):
        self.server, self.name, self.sandbox, self.odoo = server, name, sandbox, odoo_server

    def run(self, program, *arguments, server=None):
        at = server or self.server
        where = ["-h", at.host, "-p", at.port or PORT, "-U", at.user]
        environment = {**os.environ, "PGPASSWORD": at.password}
        command = [Cluster().program(program), *where, *arguments]
        run(command, "See above.", env=environment)

    def dump(self, folder):
        file = folder / "backup.dump"
        self.run("pg_dump", "-Fc", "-f", file, self.name)
        return file

    def restore(self, file, name, *options, server=None):
        self.run("pg_restore", "-d", name, *options, file, server=server)

    def end_connections(self, name):
        """Let nobody be connected to a database, or it could not be copied or renamed."""
        self.server.query(
            "postgres",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s",
            name,
        )

    def rpc(self, name, login):
        return Rpc(self.odoo.url, name, login, login)

    def read(self, name, login="admin"):
        """Return what a user is told of the connection."""
        rpc = self.rpc(name, login)
        (row,) = rpc.call(
            "nox.finans.connector",
            "search_read",
            [],
            ["is_foreign", "connection_message", "state"],
            context=ENGLISH,
        )
        return SimpleNamespace(rpc=rpc, **row)

    def token_calls(self):
        rows = self.sandbox.get("requests")
        return [row for row in rows if "/oauth" in row["path"]]


@pytest.fixture(scope="module")
def original(new_demo, postgresql):
    name, sandbox = new_demo()
    postgresql.query(name, "UPDATE nox_finans_connector SET terms_at_fortnox = '30'")
    with ExitStack() as own:
        yield Copies(postgresql, name, sandbox, start_odoo(own, postgresql, name))


@pytest.fixture
def backup(original, tmp_path):
    return original.dump(tmp_path)


@pytest.fixture
def new_name(original):
    name = f"{original.name}_copy"
    yield name
    original.end_connections(name)
    original.server.drop(name)


def assert_held_back(original, name, words):
    """A copy says that it is one to who may see it, and sends and trades in nothing."""
    told = original.read(name)
    assert told.is_foreign and words in told.connection_message, told.connection_message
    clerk = original.rpc(name, "clerk")
    (banner,) = clerk.call("nox.finans.connector", "get_sending_banners", context=ENGLISH)
    assert words in banner["message"]
    original.server.query(name, "UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")
    before = original.token_calls()
    moves = clerk.call("account.move", "search", [["nox_finans_status", "=", "approved"]], limit=1)
    action = clerk.call("account.move", "action_nox_finans_open_send", moves)
    with pytest.raises(RpcError, match=words):
        clerk.call("nox.finans.send", "action_send", [action["res_id"]], context=ENGLISH)
    for code in ("_cron_exchange", "_cron_check_set_up", "_cron_compare_ledgers"):
        crons = told.rpc.call("ir.cron", "search", [["code", "=", f"model.{code}()"]])
        told.rpc.call("ir.cron", "method_direct_trigger", crons)
    answer = told.rpc.call("nox.finans.connector", "action_test", [told_id(told.rpc)])
    assert answer["params"]["type"] == "danger"
    manager = original.rpc(name, "manager")
    for action in ("action_disconnect", "action_open_connect", "action_take_over"):
        with pytest.raises(RpcError, match="administrat"):
            manager.call("nox.finans.connector", action, [told_id(manager)])
    assert original.token_calls() == before


def told_id(rpc):
    return rpc.call("nox.finans.connector", "search", [])[0]


def assert_taken_over(original, name):
    """One button, and the connection is the copy's: what is queued is looked up first."""
    original.server.query(
        name, "UPDATE nox_finans_case SET state = 'queued', step = NULL, is_doubted = FALSE"
    )
    admin = original.rpc(name, "admin")
    admin.call("nox.finans.connector", "action_take_over", [told_id(admin)])
    states = original.server.query(name, "SELECT DISTINCT state, is_doubted FROM nox_finans_case")
    assert states == [("uncertain", True)]
    told = original.read(name)
    assert not told.is_foreign and told.state == "connected"
    # Only now it may: the access is renewed by the token that it has.
    before = len(original.token_calls())
    original.server.query(name, "UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")
    assert admin.call("nox.finans.connector", "action_test", [told_id(admin)])
    assert len(original.token_calls()) == before + 1


def assert_goes_on(original):
    """The original is not disturbed by a copy."""
    told = original.read(original.name)
    assert not told.is_foreign and not told.connection_message
    answer = told.rpc.call("nox.finans.connector", "action_test", [told_id(told.rpc)])
    assert answer["params"]["type"] != "danger", answer


def test_a_dump_that_was_restored_elsewhere_on_the_server(original, backup, new_name):
    original.server.create(new_name, "template0")
    original.restore(backup, new_name)
    assert_held_back(original, new_name, "backup that was restored on the same server")
    assert_goes_on(original)
    admin = original.rpc(new_name, "admin")
    admin.call("nox.finans.connector", "action_use_sandbox", [told_id(admin)])
    assert original.read(new_name).state == "disconnected"
    assert_goes_on(original)


def test_a_copy_by_createdb(original, new_name):
    original.end_connections(original.name)
    original.run("createdb", "-T", original.name, new_name)
    assert_held_back(original, new_name, "copy, or a backup")
    assert_goes_on(original)


def test_what_goes_on_as_the_same_database(original):
    original.server.query(original.name, "VACUUM FULL nox_finans_connector")
    original.server.query(original.name, "REINDEX TABLE nox_finans_connector")
    original.end_connections(original.name)
    assert_goes_on(original)


def test_a_renamed_database(original, new_name):
    """It may have been put aside; whether it was is for a person to say."""
    assert_goes_on(original)
    original.end_connections(original.name)
    original.server.rename(original.name, new_name)
    try:
        assert_held_back(original, new_name, "renamed")
    finally:
        original.end_connections(new_name)
        original.server.rename(new_name, original.name)
    assert_goes_on(original)


def test_a_copy_of_what_was_not_connected_looks_up_its_queue_when_it_is(original, new_name):
    original.end_connections(original.name)
    original.run("createdb", "-T", original.name, new_name)
    query = original.server.query
    query(new_name, "UPDATE nox_finans_connector SET state = 'disconnected'")
    query(new_name, "UPDATE nox_finans_case SET state = 'queued', step = NULL")
    assert not original.read(new_name).is_foreign
    connect(original, new_name)
    assert query(new_name, "SELECT DISTINCT state FROM nox_finans_case") == [("uncertain",)]


def connect(original, name):
    """Connect by the service's tokens as they stand."""
    code = """
connector = env["nox.finans.connector"].search([])
names = ("client_id", "client_secret", "access_token", "refresh_token")
connector._connect({**{name: connector[name] for name in names}, "expires_in": 3600})
env.cr.commit()
"""
    databases.run_code(original.server, name, code, "Connecting")


def test_a_neutralized_copy_names_no_company(original, new_name):
    original.end_connections(original.name)
    original.run("createdb", "-T", original.name, new_name)
    configuration = odoo.write_configuration(original.server, new_name)
    run_logged(
        odoo.command(configuration, "neutralize", "-d", new_name), "neutralize", LOGS / "n.log", ""
    )
    rows = original.server.query(new_name, NEUTRALIZED)
    assert rows == [("sandbox", "disconnected", *[None] * 5)]
    assert original.server.query(new_name, "SELECT count(*) FROM nox_finans_check") == [(0,)]


def test_another_server_and_a_restart_of_it(original, backup, stack):
    server = stack.enter_context(postgres.private_server(OTHER, OTHER_PORT))
    server.create(original.name, "template0")
    original.restore(backup, original.name, server=server)
    configuration = odoo.write_configuration(server, f"{original.name}_moved")
    worker = start_worker(stack, configuration, original.name)
    assert worker.do("code", code=ASK) == "server"
    note = "connector = env['nox.finans.connector'].search([])\nconnector.action_take_over()\n"
    worker.do("code", code=f"{note}env.cr.commit()\n")
    assert worker.do("code", code=ASK) is None
    server.cluster.restart()
    assert worker.do("code", code=ASK) is None


def test_where_the_server_does_not_tell_its_identifier_the_rest_decides(original, stack, new_name):
    original.end_connections(original.name)
    original.run("createdb", "-T", original.name, new_name)
    query = original.server.query
    query(new_name, "ALTER FUNCTION pg_control_system() RENAME TO nobody_knows")
    configuration = odoo.write_configuration(original.server, new_name)
    worker = start_worker(stack, configuration, new_name)
    mark = "result = env['nox.finans.connector']._get_database_mark()"
    assert set(worker.do("code", code=mark)) == {"database", "table", "name"}
    assert worker.do("code", code=ASK) == "database"
    query(new_name, "UPDATE nox_finans_connector SET database_mark = NULL")
    assert worker.do("code", code=ASK) is None
    query(new_name, "UPDATE nox_finans_connector SET database_uuid = 'of another'")
    assert worker.do("code", code=ASK) == "uuid"


def test_an_upgrade_notes_the_database_it_is_done_in(original, new_name, stack):
    original.end_connections(original.name)
    original.run("createdb", "-T", original.name, new_name)
    query = original.server.query
    query(
        new_name,
        "UPDATE nox_finans_connector SET database_mark = NULL, token_origin = NULL",
    )
    query(
        new_name,
        "UPDATE ir_module_module SET latest_version = '19.0.1.3.0' WHERE name = 'nox_finans'",
    )
    configuration = odoo.write_configuration(original.server, new_name)
    options = ["-d", new_name, "-u", "nox_finans", "--stop-after-init", "--no-http"]
    run_logged(odoo.command(configuration, *options), "Upgrading", LOGS / f"{new_name}.log", "")
    ((mark, origin),) = query(
        new_name, "SELECT database_mark, token_origin FROM nox_finans_connector"
    )
    assert mark["name"] == new_name and origin == f"sandbox {original.sandbox.url}"
    assert not original.read(new_name).is_foreign


def test_a_backup_in_the_place_of_the_database(original, backup):
    original.restore(backup, original.name, "--clean", "--if-exists")
    assert_held_back(original, original.name, "in place of the earlier database")
    assert_taken_over(original, original.name)


def test_a_backup_under_the_same_name(original, backup):
    """The last of this file: the original is gone, and its backup goes on in its place."""
    original.end_connections(original.name)
    original.server.drop(original.name)
    original.server.create(original.name, "template0")
    original.restore(backup, original.name)
    assert_held_back(original, original.name, "backup that was restored on the same server")
    assert_taken_over(original, original.name)
