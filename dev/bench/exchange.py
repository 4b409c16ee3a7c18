"""Rows that speak to a sandbox: what the connector costs, its pace, and the status of many cases.

What is sent stays sent: these work on copies of the databases that are kept.
"""

import json
import secrets
import urllib.request
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

from .. import databases
from ..seed import seed_cases
from .database import sandbox

# Documented: 25 requests in any 5 seconds.
LIMIT, WINDOW = 25, 5
# A first invoice of a new customer costs at least so many calls.
CALLS_PER_INVOICE = 3
QUICK = ("--no-rate-limit", "--confirm-delay", "0")


def ask(url, path, **body):
    data = json.dumps(body).encode() if body else None
    request = urllib.request.Request(
        f"{url}/sandbox/{path}", data, {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=600) as answer:
        return json.load(answer)


@contextmanager
def copy_with_sandbox(bench, source, *options):
    """Copy a database, for its company to be connected to a sandbox of its own.

    Gives the copy's name, the sandbox's address and the company there.
    """
    name = f"nox_finans_test_{secrets.token_hex(5)}"
    with databases.test_run(bench.server, name), sandbox(*options) as url:
        databases.copy(bench.server, source, name)
        company = ask(url, "companies", name="Norrvik Bygg & Service AB")
        yield name, url, company


def _connect(url, company):
    return "connect", {"url": url, "credentials": company}


def cost_per_invoice(bench, count):
    """Return what `count` invoices cost in processor time, beside the bare calls."""
    with copy_with_sandbox(bench, bench.tenth, *QUICK) as (name, url, company):
        return bench.inside_at_once(
            name, _connect(url, company), ("exchange_cost", {"count": count})
        )[1]


def memory_of_run(bench, queued, sent):
    """Return by how many megabytes a run grows that sends `sent` of `queued` invoices."""
    with copy_with_sandbox(bench, bench.full, *QUICK) as (name, url, company):
        bench.inside_at_once(name, _connect(url, company), ("fill_queue", {"count": queued}))
        return bench.inside(name, "exchange_memory", sent=sent)


def pace(bench, seconds):
    """Return how many calls were made in `seconds`, how many the limit allows, and the 429s."""
    allowed = seconds * LIMIT // WINDOW
    with copy_with_sandbox(bench, bench.tenth) as (name, url, company):
        count = (allowed + 10 * LIMIT // WINDOW) // CALLS_PER_INVOICE
        order = ("exchange_for", {"count": count, "seconds": seconds + 5})
        bench.inside_at_once(name, _connect(url, company), order)
        calls = _get_calls(url)
    end = datetime.fromisoformat(calls[0]["time"]) + timedelta(seconds=seconds)
    return {
        "calls": sum(datetime.fromisoformat(row["time"]) < end for row in calls),
        "allowed": allowed,
        "refused": sum(row["status"] == 429 for row in calls),
    }


def status_sync(bench, count, changed):
    """Return seconds and calls of a run after `changed` of `count` open cases have changed."""
    due = datetime.now(UTC).date() + timedelta(days=20)
    later = datetime.now(UTC).replace(tzinfo=None) + timedelta(days=5)
    with copy_with_sandbox(bench, bench.tenth, *QUICK) as (name, url, company):
        company_id = company["company_id"]
        bench.inside_at_once(name, _connect(url, company))
        seeded = ask(url, "seed", company_id=company_id, count=count, due_date=due.isoformat())
        first = int(seeded["first_number"])
        with closing(bench.server.connect(name)) as connection:
            seed_cases(connection, first, count, due + timedelta(days=2), later)
        bench.inside(name, "exchange_once")
        numbers = [str(first + index * (count // changed)) for index in range(changed)]
        ask(url, "change", company_id=company_id, numbers=numbers, amount=10)
        before = len(_get_calls(url))
        seconds = bench.inside(name, "exchange_once", is_list_due=True)
        return {"seconds": seconds, "calls": len(_get_calls(url)) - before}


def _get_calls(url):
    return [row for row in ask(url, "requests") if row["path"].startswith("/3/")]
