"""Many companies in one database: the add-on's cron alone, several crons, and the job engine.

Each way is a real server of its own on a copy of the same database, in which some companies have
some invoices queued; the clock runs from the moment the cron is woken until the last invoice is
accepted.
"""

import os
import secrets
import time
from contextlib import contextmanager

from .. import databases, odoo
from ..processes import child, free_port, wait_until_answers
from ..project import LOGS, say
from .database import sandbox
from .exchange import ask

COMPANIES = int(os.environ.get("NOX_BENCH_COMPANIES") or 4)
# So many invoices has each. Few, so that the first calls of each company meet no limit.
EACH = int(os.environ.get("NOX_BENCH_EACH") or 6)
# Seconds before each answer, about as long as a service across the country takes.
LATENCY = "0.1"
# So many work at once: crons, or jobs.
AT_ONCE = int(os.environ.get("NOX_BENCH_AT_ONCE") or COMPANIES)
LONGEST = 600
ENGINE = "nox_finans_queue_job"
OWN_CRON = "Nox Finans: send and follow up"
# What is woken, and the options of its server.
WAYS = {
    "one cron": (OWN_CRON, {}),
    "crons": ("Share %", {"max_cron_threads": AT_ONCE}),
    # One worker more answers whoever asks meanwhile.
    "jobs": (
        OWN_CRON,
        {"workers": AT_ONCE + 1, "server_wide_modules": "base,rpc,web,queue_job"},
    ),
}
CONNECT = """
UPDATE nox_finans_connector
   SET client_id = %s, client_secret = %s, access_token = %s, refresh_token = %s
 WHERE id = %s
"""


def measure(bench):
    """Return for each way the seconds and the calls that all companies' invoices took."""
    name = f"nox_finans_test_{secrets.token_hex(5)}"
    with databases.test_run(bench.server, name):
        databases.copy(bench.server, bench.tenth, name)
        bench.inside(name, "fill_companies", companies=COMPANIES, each=EACH)
        return {way: _measure_way(bench, name, way) for way in WAYS}


def _measure_way(bench, source, way):
    cron, options = WAYS[way]
    name = f"{source}_{list(WAYS).index(way)}"
    databases.copy(bench.server, source, name)
    if way == "jobs":
        databases.install_into(bench.server, name, ENGINE)
    if way == "crons":
        bench.inside(name, "make_crons", parts=AT_ONCE)
    with sandbox("--latency", LATENCY) as url, _serve(bench.server, name, way, options):
        _connect(bench.server, name, url)
        say(f"{COMPANIES} companies with {EACH} invoices each, by {way} …")
        start = time.monotonic()
        _wake(bench.server, name, cron)
        _wait(bench.server, name, start)
        seconds = time.monotonic() - start
        calls = [row for row in ask(url, "requests") if row["path"].startswith("/3/")]
        handed_over = [row["accepted"] for row in ask(url, "ledger")]
    assert handed_over == [1] * (COMPANIES * EACH), handed_over
    refused = sum(row["status"] == 429 for row in calls)
    return {"seconds": seconds, "calls": len(calls), "refused": refused}


@contextmanager
def _serve(server, name, way, options):
    port, log = free_port(), LOGS / f"bench_{way.replace(' ', '_')}.log"
    log.unlink(missing_ok=True)
    values = {"workers": 1, "max_cron_threads": 1, **options}
    configuration = odoo.write_configuration(
        server, name, http_port=port, gevent_port=free_port(), **values
    )
    environment = {**os.environ, "ODOO_QUEUE_JOB_CHANNELS": f"root:{AT_ONCE}"}
    with child(odoo.prefork_command(configuration, "-d", name), log, env=environment) as process:
        wait_until_answers(f"http://127.0.0.1:{port}/web/login", process, log)
        while way == "jobs" and "queue job runner ready" not in log.read_text():
            time.sleep(0.1)
        yield


def _connect(server, name, url):
    databases.set_addresses(server, name, url, url)
    connectors = server.query(name, "SELECT id FROM nox_finans_connector WHERE state = 'connected'")
    for (connector,) in connectors:
        given = ask(url, "companies", name=f"Company {connector}")
        keys = ("client_id", "client_secret", "access_token", "refresh_token")
        server.query(name, CONNECT, *(given[key] for key in keys), connector)


def _wake(server, name, cron):
    server.query(
        name,
        "UPDATE ir_cron SET active = true, nextcall = now() AT TIME ZONE 'UTC'"
        " WHERE cron_name LIKE %s",
        cron,
    )
    # Where Odoo's cron workers listen.
    server.query("postgres", "SELECT pg_notify('cron_trigger', %s)", name)


def _wait(server, name, start):
    left = "SELECT count(*) FROM nox_finans_case WHERE state != 'accepted'"
    while server.query(name, left)[0][0]:
        assert time.monotonic() < start + LONGEST, "the invoices are not all accepted"
        time.sleep(0.1)
