"""The databases that are measured: many open invoices, copied from the demo company's by SQL."""

import hashlib
from contextlib import closing

from .. import databases, odoo
from ..processes import child, free_port, wait_until_answers
from ..project import CHECKOUT, LOGS, ROOT, RUN, locked, say

# A server may serve several checkouts; the file store is this one's.
PREFIX = f"nox_finans_bench_{CHECKOUT}"
# So many invoices has a customer.
INVOICES_PER_CUSTOMER = 5
# What differs between a copy and what it was copied from.
PARTNERS = """
CREATE TEMPORARY TABLE copied_partner AS
SELECT nextval('res_partner_id_seq') AS id, partner.id AS source, number
  FROM res_partner AS partner, generate_series(1, %(copies)s) AS number
 WHERE partner.customer_rank > 0;
INSERT INTO res_partner (id, commercial_partner_id, name, complete_name, {columns})
SELECT copied_partner.id, copied_partner.id, name || ' ' || number, complete_name || ' ' || number,
       {selected}
  FROM copied_partner JOIN res_partner ON res_partner.id = copied_partner.source
"""
# The open invoices, and the payments that are reconciled with none.
SOURCES = """
CREATE TEMPORARY TABLE source AS
SELECT move.id, move.move_type, row_number() OVER (ORDER BY move.id) AS position
  FROM account_move AS move
 WHERE move.state = 'posted' AND move.partner_id IS NOT NULL AND move.nox_finans_case_id IS NULL
   AND EXISTS (SELECT FROM account_move_line AS line JOIN account_account AS account
                       ON account.id = line.account_id
                    WHERE line.move_id = move.id AND account.account_type = 'asset_receivable'
                      AND NOT line.reconciled)
"""
MOVES = """
CREATE TEMPORARY TABLE copied_move AS
SELECT nextval('account_move_id_seq') AS id, source.id AS source, copy AS number,
       'BENCH/' || source.position || '/' || copy AS name, partner.id AS partner_id
  FROM source
  JOIN account_move AS move ON move.id = source.id
 CROSS JOIN generate_series(1, %(copies)s) AS series (copy)
  JOIN copied_partner AS partner
    ON partner.source = move.commercial_partner_id
   AND partner.number = 1 + copy %% %(partners)s
 WHERE source.move_type != 'entry' OR copy <= %(partners)s;
INSERT INTO account_move (
    id, name, sequence_prefix, sequence_number, partner_id, commercial_partner_id, {columns})
SELECT copied_move.id, copied_move.name, 'BENCH/' || copied_move.source || '/', number,
       copied_move.partner_id, copied_move.partner_id, {selected}
  FROM copied_move JOIN account_move ON account_move.id = copied_move.source
"""
LINES = """
CREATE TEMPORARY TABLE copied_line AS
SELECT nextval('account_move_line_id_seq') AS id, line.id AS source, copied_move.id AS move_id,
       copied_move.name AS move_name, copied_move.partner_id
  FROM copied_move JOIN account_move_line AS line ON line.move_id = copied_move.source;
INSERT INTO account_move_line (id, move_id, move_name, partner_id, {columns})
SELECT copied_line.id, copied_line.move_id, copied_line.move_name, copied_line.partner_id,
       {selected}
  FROM copied_line JOIN account_move_line ON account_move_line.id = copied_line.source;
INSERT INTO account_move_line_account_tax_rel (account_move_line_id, account_tax_id)
SELECT copied_line.id, account_tax_id
  FROM copied_line JOIN account_move_line_account_tax_rel AS rel
    ON rel.account_move_line_id = copied_line.source
"""


def ensure(server, odoo_root, invoices):
    """Return the name of the database with so many open customer invoices, made once and kept."""
    name = f"{PREFIX}_{_key()}_{invoices}"
    with locked(RUN / PREFIX, waiting="Another command is building the databases; waiting …"):
        base = _ensure_base(server, odoo_root)
        if not server.exists(name):
            half = f"{name}_building"
            databases.copy(server, base, half)
            say(f"Copying the demo company's open invoices until there are {invoices}")
            with closing(server.connect(half)) as connection, connection.cursor() as cursor:
                _multiply(cursor, invoices)
            databases.rename(server, half, name)
    return name


def _ensure_base(server, odoo_root):
    """Return the name of the database with the demo company; drop those of an older source."""
    name = f"{PREFIX}_{_key()}"
    for old in server.names(PREFIX):
        if not old.startswith(name):
            databases.drop(server, old)
    if not server.exists(name):
        half = f"{name}_building"
        databases.make_test_database(server, odoo_root, half)
        with sandbox() as url:
            databases.fill_with_demo_data(server, half, url)
        databases.rename(server, half, name)
    return name


def _key():
    """Return a short word for what the databases are made from."""
    with open(__file__, "rb") as file:
        return hashlib.sha256(databases.source_hash().encode() + file.read()).hexdigest()[:8]


def _multiply(cursor, invoices):
    cursor.execute(SOURCES)
    sources = _count(cursor, "source WHERE move_type != 'entry'")
    customers = _count(cursor, "res_partner WHERE customer_rank > 0")
    values = {
        "copies": -(-invoices // sources),
        "partners": max(invoices // INVOICES_PER_CUSTOMER // customers, 1),
    }
    partners = {"copies": values["partners"] + 1}
    _copy(
        cursor,
        PARTNERS,
        "res_partner",
        {"commercial_partner_id", "name", "complete_name"},
        partners,
    )
    own = {"name", "sequence_prefix", "sequence_number", "partner_id", "commercial_partner_id"}
    _copy(cursor, MOVES, "account_move", own, values)
    _copy(cursor, LINES, "account_move_line", {"move_id", "move_name", "partner_id"}, values)
    cursor.execute("VACUUM ANALYZE")


def _count(cursor, rows):
    # Only this file's own words come here.
    cursor.execute(f"SELECT count(*) FROM {rows}")
    return cursor.fetchone()[0]


def _copy(cursor, statement, table, own, values):
    cursor.execute(
        "SELECT string_agg(quote_ident(column_name), ', '),"
        "       string_agg(quote_ident(table_name) || '.' || quote_ident(column_name), ', ')"
        "  FROM information_schema.columns"
        " WHERE table_schema = current_schema AND table_name = %s AND column_name != ALL (%s)",
        [table, ["id", *own]],
    )
    ((columns, selected),) = cursor.fetchall()
    cursor.execute(statement.format(columns=columns, selected=selected), values)


class sandbox:
    """A sandbox for as long as it is needed; gives its address."""

    def __init__(self, *options):
        self._options = options

    def __enter__(self):
        port = free_port()
        log = LOGS / "bench_sandbox.log"
        command = [odoo.PYTHON, "-m", "sandbox", "--port", port, *self._options]
        self._child = child(command, log, cwd=ROOT)
        process = self._child.__enter__()
        url = f"http://127.0.0.1:{port}"
        wait_until_answers(f"{url}/sandbox/health", process, log)
        return url

    def __exit__(self, *error):
        return self._child.__exit__(*error)
