"""Measures what the add-on promises, beside what it is compared with, in one run.

Prints a table and writes it as JSON to `.build/bench.json`. Nothing here fails on a slow machine:
each row says `reached` or `not reached`.
"""

import json
import os

from .. import databases
from ..project import BUILD, ROOT, RUN, say
from . import companies, database, exchange, saving

RESULT = BUILD / "bench.json"
INVOICES = int(os.environ.get("NOX_BENCH_INVOICES") or 100_000)


class Bench:
    def __init__(self, server, odoo_root):
        self.server, self.odoo_root = server, odoo_root
        self.full = database.ensure(server, odoo_root, INVOICES)
        self.tenth = database.ensure(server, odoo_root, INVOICES // 10)
        self.rows = []

    def inside(self, name, what, **options):
        """Measure in a fresh process of Odoo on the database `name`."""
        answer = RUN / "bench-answer.json"
        answer.unlink(missing_ok=True)
        code = (
            "from dev.bench.inside import measure\n"
            f"measure(env, {what!r}, {str(answer)!r}, **{options!r})\n"
        )
        databases.run_code(
            self.server, name, code, f"Measuring: {what.replace('_', ' ')} {options}"
        )
        return json.loads(answer.read_text())

    def note(self, number, what, ours, beside, reached, to_reach, ratio=None):
        self.rows.append(
            {
                "row": number,
                "what": what,
                "ours": ours,
                "beside": beside,
                "ratio": ratio,
                "to_reach": to_reach,
                "reached": reached,
            }
        )

    def note_ratio(self, number, what, found, most):
        ratio = found["ours"] / found["beside"]
        self.note(
            number,
            what,
            f"{found['ours']:.3f} s",
            f"{found['beside']:.3f} s",
            ratio <= most,
            f"<= {most}",
            ratio,
        )

    # -------------------------------------------------------------------------
    # Rows
    # -------------------------------------------------------------------------

    @property
    def some(self):
        return max(INVOICES // 100, 10)

    @property
    def many(self):
        return 10 * self.some

    def first_page(self):
        self.first_page_found = found = self.inside(self.full, "first_page")
        self.note_ratio(1, "selection's first page, beside Odoo's own list", found, 3)

    def counters(self):
        found = self.inside(self.full, "counters")
        self.note_ratio(2, "the three counters, beside SQL by hand", found, 1.5)

    def last_page_of_red_customers(self):
        found = self.inside(self.full, "last_page_of_red_customers")
        self.note_ratio(3, "red by customer, last page, beside SQL by hand", found, 3)

    def dialog(self):
        found = self.inside(self.full, "dialog", some=self.some, many=self.many)
        self.dialog_found = found
        times = found["beside"] / found["ours"]
        self.note(
            4,
            f"send dialog on {self.some}, beside Odoo's batch dialog",
            f"{found['ours']:.3f} s",
            f"{found['beside']:.3f} s",
            times >= 100,
            ">= 100 x faster",
            times,
        )
        growth = found["large"] / found["ours"]
        self.note(
            4,
            f"send dialog on {self.many}, beside {self.some}",
            f"{found['large']:.3f} s",
            f"{found['ours']:.3f} s",
            growth <= 12,
            "<= 12",
            growth,
        )

    def queue(self):
        found = self.inside(self.full, "queue", count=self.many)
        self.note_ratio(5, f"queue {self.many}, beside plain records", found, 2)

    def queries(self):
        few = max(self.some // 10, 5)
        for number, what, options in (
            (1, "first_page", {}),
            (4, "dialog_queries", {"some": few}),
            (5, "queue_queries", {"count": few}),
        ):
            counts = []
            for name in (self.full, self.tenth):
                found = self.inside(name, what, **options)
                counts.append(found["queries"] if what == "first_page" else found)
            self.note(
                9,
                f"SQL queries of row {number}, at {INVOICES} and at {INVOICES // 10}",
                counts[0],
                counts[1],
                counts[0] == counts[1],
                "equal",
            )

    def memory(self):
        for what in ("dialog", "queue"):
            few = self.inside(self.full, "memory", work=what, count=self.some)
            lots = self.inside(self.full, "memory", work=what, count=self.many)
            self.note(
                10,
                f"memory: {what} on {self.many}, beside {self.some}",
                f"{lots:.0f} MB",
                f"{few:.0f} MB",
                lots <= 100,
                "<= 100 MB",
            )

        sent = max(self.some // 5, 5)
        few, lots = (
            exchange.memory_of_run(self, queued, sent) for queued in (self.some, self.many)
        )
        self.note(
            10,
            f"memory: a run with {self.many} queued, beside {self.some}",
            f"{lots:.0f} MB",
            f"{few:.0f} MB",
            lots <= 100 and lots <= few + 20,
            "<= 100 MB, flat",
        )

    def exchange_cost(self):
        count = min(max(self.some // 3, 5), 300)
        found = exchange.cost_per_invoice(self, count)
        ratio = found["ours"] / found["beside"]
        self.note(
            6,
            f"connector's CPU for an invoice ({found['calls']:.1f} calls), beside bare calls",
            f"{1000 * found['ours']:.1f} ms",
            f"{1000 * found['beside']:.1f} ms",
            ratio <= 2.5,
            "<= 2.5",
            ratio,
        )

    def pace(self):
        found = exchange.pace(self)
        share = found["calls"] / found["allowed"]
        self.note(
            7,
            f"calls in {exchange.SECONDS} s, of those that the limit allows",
            found["calls"],
            found["allowed"],
            share >= 0.95,
            ">= 0.95",
            share,
        )
        refused = found["refused"]
        self.note(7, "answers 429 (too many requests)", refused, "", refused == 0, "0")

    def status_sync(self):
        changed = max(INVOICES // 1000, 10)
        small = exchange.status_sync(self, INVOICES // 10, changed)
        large = exchange.status_sync(self, INVOICES, changed)
        ratio = large["seconds"] / small["seconds"]
        most = changed + 5
        self.note(
            8,
            f"status: {INVOICES} open, {changed} changed, beside {INVOICES // 10} open",
            f"{large['seconds']:.2f} s",
            f"{small['seconds']:.2f} s",
            ratio <= 1.3,
            "<= 1.3",
            ratio,
        )
        self.note(
            8,
            f"status: calls for {changed} changed of {INVOICES}",
            large["calls"],
            most,
            large["calls"] <= most,
            "<= changed + 5",
        )

    def companies(self):
        found = companies.measure(self)
        refused = sum(row["refused"] for row in found.values())
        beside = found.pop("one cron")["seconds"]
        what = f"{companies.COMPANIES} companies, {companies.EACH} invoices each"
        for way, row in found.items():
            ratio = beside / row["seconds"]
            self.note(
                12,
                f"{what}: {companies.AT_ONCE} {way}, beside one cron",
                f"{row['seconds']:.1f} s",
                f"{beside:.1f} s",
                ratio >= 2,
                ">= 2 x faster",
                ratio,
            )
        self.note(12, f"{what}: answers 429", refused, "", refused == 0, "0")

    def saving(self):
        for what, found in saving.measure(self).items():
            self.note_ratio(11, f"{what}, beside Odoo without the add-on", found, 1.1)


STEPS = (
    "first_page",
    "counters",
    "last_page_of_red_customers",
    "dialog",
    "queue",
    "queries",
    "memory",
    "exchange_cost",
    "pace",
    "status_sync",
    "companies",
    "saving",
)


def run(server, odoo_root):
    """Measure all rows, or those that NOX_BENCH_STEPS names, and show and write them."""
    bench = Bench(server, odoo_root)
    wanted = (os.environ.get("NOX_BENCH_STEPS") or ",".join(STEPS)).split(",")
    for step in wanted:
        getattr(bench, step)()
    show(bench.rows)
    RESULT.write_text(json.dumps(bench.rows, indent=2) + "\n")
    say(f"Written to {RESULT.relative_to(ROOT)}")


def show(rows):
    print()
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        verdict = "reached" if row["reached"] else "not reached"
        print(
            f"{row['row']:>3}  {row['what']:<56} {row['ours']!s:>10} {row['beside']!s:>10}"
            f" {ratio:>8}  {row['to_reach']:>14}  {verdict}"
        )
    print(flush=True)
