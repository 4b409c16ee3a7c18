"""Measures what the add-on promises, beside what it is compared with, in one run.

Prints a table and writes it as JSON to `.build/bench.json`. Nothing here fails on a slow machine:
each row says `reached` or `not reached`.
"""

import json
import os
import secrets
import urllib.request
from datetime import datetime, timedelta

from . import databases, odoo
from .processes import child, free_port, wait_until_answers
from .project import BUILD, LOGS, ROOT, say

RESULT = BUILD / "bench.json"
# Documented: 25 requests in any 5 seconds.
LIMIT, WINDOW = 25, 5
SECONDS = int(os.environ.get("NOX_BENCH_SECONDS") or 60)
# First invoices of new customers: four calls each.
CALLS_PER_INVOICE = 4

PACE = """
import time
from datetime import date
clerk = env["res.users"].search([("login", "=", "clerk")])
as_clerk = env(user=clerk.id)
term = as_clerk["account.payment.term"].search([("name", "=", "30 dagar")], limit=1)
product = as_clerk["product.product"].search([("name", "=", "Framkörning")], limit=1)
moves = as_clerk["account.move"]
for number in range({count}):
    customer = as_clerk["res.partner"].create({{
        "name": f"Kund {{number}} AB", "street": "Gatan 1", "zip": "111 22", "city": "Stockholm",
        "is_company": True, "company_registry": "556700-0116",
    }})
    moves += moves.create({{
        "move_type": "out_invoice", "partner_id": customer.id, "invoice_date": date.today(),
        "invoice_payment_term_id": term.id,
        "invoice_line_ids": [(0, 0, {{"product_id": product.id, "price_unit": 333}})],
    }})
moves.action_post()
moves._nox_finans_queue()
env.cr.commit()
# What the cron calls, for longer than is counted.
end = time.monotonic() + {seconds} + 5
while time.monotonic() < end and env["nox.finans.connector"].search([]).queue_length:
    env["nox.finans.connector"]._cron_exchange()
    env.invalidate_all()
"""


def run(server, odoo_root):
    name = f"nox_finans_bench_{secrets.token_hex(5)}"
    with databases.test_run(server, name):
        databases.make_test_database(server, odoo_root, name)
        rows = measure_pace(server, name)
    show(rows)
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")
    say(f"Written to {RESULT.relative_to(ROOT)}")


def measure_pace(server, name):
    """Send through the connector for a while, against a sandbox that enforces the limit."""
    port = free_port()
    url, log = f"http://127.0.0.1:{port}", LOGS / "bench_sandbox.log"
    with child([odoo.PYTHON, "-m", "sandbox", "--port", port], log, cwd=ROOT) as process:
        wait_until_answers(f"{url}/sandbox/health", process, log)
        databases.fill_with_demo_data(server, name, url)
        count = (SECONDS + 10) * LIMIT // WINDOW // CALLS_PER_INVOICE
        code = PACE.format(count=count, seconds=SECONDS)
        databases.run_code(server, name, code, f"Sending {count} invoices at the interface's pace")
        with urllib.request.urlopen(f"{url}/sandbox/requests", timeout=30) as answer:
            requests = json.load(answer)
    calls = [row for row in requests if row["path"].startswith("/3/")]
    start = datetime.fromisoformat(calls[0]["time"])
    counted = [
        row
        for row in calls
        if datetime.fromisoformat(row["time"]) - start < timedelta(seconds=SECONDS)
    ]
    allowed = SECONDS * LIMIT // WINDOW
    refused = sum(row["status"] == 429 for row in calls)
    return [
        {
            "what": f"calls in {SECONDS} s, of {allowed} that the limit allows",
            "measured": len(counted),
            "ratio": round(len(counted) / allowed, 3),
            "to_reach": ">= 0.95",
            "reached": len(counted) >= 0.95 * allowed,
        },
        {
            "what": "answers 429 (too many requests)",
            "measured": refused,
            "ratio": None,
            "to_reach": "0",
            "reached": refused == 0,
        },
    ]


def show(rows):
    print()
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.3f}"
        verdict = "reached" if row["reached"] else "not reached"
        print(
            f"  {row['what']:<50} {row['measured']:>8} {ratio:>7}  {row['to_reach']:>8}  {verdict}"
        )
    print(flush=True)
