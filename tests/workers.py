"""Speaks to a worker process of Odoo, see `worker.py`."""

import json
import os
import subprocess
import sys

from days import today

from dev.project import ROOT

# Sends `count` new invoices of `day` as the clerk, in the company `company_id`.
SEND_SOME = """
company = env["res.company"].browse(company_id)
clerk = env["res.users"].search([("login", "=", "clerk")])
env = env(user=clerk.id, context={"allowed_company_ids": [company_id]})
term = env["account.payment.term"].sudo().with_company(company).create({
    "name": "Trettio dagar", "nox_finans_service": "invoice",
    "line_ids": [(0, 0, {"value": "percent", "value_amount": 100, "nb_days": 30})],
})
moves = env["account.move"]
for number in range(count):
    customer = env["res.partner"].create({
        "name": f"Kund {number}", "street": "Gatan 1", "zip": "111 22", "city": "Stockholm",
        "is_company": True, "company_registry": "556700-0111",
    })
    moves += env["account.move"].create({
        "move_type": "out_invoice", "partner_id": customer.id, "company_id": company_id,
        "invoice_date": day, "invoice_payment_term_id": term.id,
        "invoice_line_ids": [(0, 0, {"name": "Arbete", "quantity": 1, "price_unit": 100})],
    })
moves.action_post()
cases, left_out = moves._nox_finans_queue()
assert not left_out, list(left_out.values())
"""

WORKER = ROOT / "tests" / "worker.py"


class Worker:
    def __init__(self, process):
        self._process = process
        assert process.stdout.readline().strip() == "ready"

    def give(self, do, **values):
        """Give an order and do not wait; :meth:`take` takes its answer."""
        self._process.stdin.write(json.dumps({"do": do, **values}) + "\n")
        self._process.stdin.flush()

    def take(self):
        return json.loads(self._process.stdout.readline())

    def order(self, do, **values):
        """Return the answer to an order, or how its process ended."""
        self.give(do, **values)
        return self.take()

    def do(self, do, **values):
        answer = self.order(do, **values)
        assert "result" in answer, answer
        return answer["result"]


def start_worker(stack, configuration, database):
    """Start a worker that ends with `stack`."""
    process = subprocess.Popen(
        [sys.executable, str(WORKER), str(configuration), database],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env=os.environ,
    )
    stack.callback(process.wait)
    stack.callback(process.stdin.close)
    return Worker(process)


class Setting:
    """A database, a worker and a sandbox of this file's own."""

    def __init__(self, server, database, worker, sandbox, log):
        self.server, self.database, self.worker, self.sandbox = server, database, worker, sandbox
        self.log = log

    def sql(self, statement, *values):
        return self.server.query(self.database, statement, *values)

    def warm_up(self):
        """Let the worker do once what nearly every test lets its children do; nothing is kept."""
        ((company,),) = self.sql("SELECT company_id FROM nox_finans_connector")
        self.worker.do(
            "code",
            code=f"{SEND_SOME}env.cr.rollback()",
            company_id=company,
            count=1,
            day=today().isoformat(),
            warm_up=True,
        )

    def calls_of_run(self, **order):
        """Let the cron run; return the calls that it made, as the service saw them."""
        before = self.sql("SELECT coalesce(max(id), 0) FROM nox_finans_exchange")[0][0]
        self.worker.do("cron", **order)
        rows = self.sql(
            "SELECT method, path, status_code FROM nox_finans_exchange WHERE id > %s", before
        )
        return rows
