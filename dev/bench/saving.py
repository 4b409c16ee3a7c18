"""What the add-on costs those who do not send: saving an invoice and registering its payment."""

import secrets
import statistics

from .. import databases

# How often each thing is done in one go; fewer where fewer invoices are measured.
REPEAT = 30


def measure(bench):
    """Return seconds with and without the add-on, measured in turns on two databases."""
    name = f"nox_finans_test_{secrets.token_hex(5)}"
    with databases.test_run(bench.server, name):
        # The same company, customers and terms; only the add-on is there or not.
        bare, ours = f"{name}_bare", f"{name}_ours"
        databases.copy(bench.server, databases.template(bench.server, bench.odoo_root), bare)
        databases.make_test_database(bench.server, bench.odoo_root, ours)
        found = {ours: [], bare: []}
        count = min(bench.some, REPEAT)
        for _time in range(2):
            for database in (ours, bare):
                found[database].append(bench.inside(database, "save_and_pay", count=count))
    return {
        what: {
            "ours": statistics.median(one[what] for one in found[ours]),
            "beside": statistics.median(one[what] for one in found[bare]),
        }
        for what in found[ours][0]
    }
