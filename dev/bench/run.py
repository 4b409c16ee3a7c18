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
INVOICES, SECONDS = 100_000, 60


class Bench:
    """Measures in the databases that are kept, or in copies of them.

    :param invoices: how many the larger database has; the smaller has a tenth
    :param seconds: how long the pace is measured
    """

    def __init__(self, server, odoo_root, invoices=INVOICES, seconds=SECONDS):
        self.server, self.odoo_root = server, odoo_root
        self.invoices, self.seconds = invoices, seconds
        self.full = database.ensure(server, odoo_root, invoices)
        self.tenth = database.ensure(server, odoo_root, invoices // 10)
        self.rows = []

    def inside(self, name, what, **options):
        """Return what a function of :mod:`inside` measures on the database `name`."""
        return self.inside_at_once(name, (what, options))[0]

    def inside_at_once(self, name, *orders):
        """Measure one after the other in one fresh process of Odoo."""
        answer = RUN / "bench-answer.json"
        answer.unlink(missing_ok=True)
        code = f"from dev.bench.inside import measure\nmeasure(env, {orders!r}, {str(answer)!r})\n"
        words = ", ".join(what.replace("_", " ") for what, _options in orders)
        databases.run_code(self.server, name, code, f"Measuring: {words}")
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
        return max(self.invoices // 100, 10)

    @property
    def many(self):
        return 10 * self.some

    def screens(self):
        """What a user waits for: rows 1 to 5, and their queries."""
        some, many = {"count": self.some}, {"count": self.many}
        counted = (("first_page_queries", {}), ("dialog_queries", some), ("queue_queries", some))
        page, counts, red, dialog, queue, *queries = self.inside_at_once(
            self.full,
            ("first_page", {}),
            ("counters", {}),
            ("last_page_of_red_customers", {}),
            ("dialog", {"some": self.some, "many": self.many}),
            ("queue", many),
            *counted,
            ("dialog_queries", many),
            ("queue_queries", many),
        )
        self.note_ratio(1, "selection's first page, beside Odoo's own list", page, 3)
        self.note_ratio(2, "the three counters, beside SQL by hand", counts, 1.5)
        self.note_ratio(3, "red by customer, last page, beside SQL by hand", red, 3)
        self._note_dialog(dialog)
        self.note_ratio(5, f"queue {self.many}, beside plain records", queue, 2)
        fewer = self.inside_at_once(self.tenth, *counted)
        which = f"at {self.invoices} and at {self.invoices // 10}"
        for number, full, tenth in zip((1, 4, 5), queries, fewer, strict=False):
            self._note_queries(number, which, (full, tenth))
        which = f"with {self.many} and with {self.some} marked"
        for number, lots, few in zip((4, 5), queries[3:], queries[1:3], strict=True):
            self._note_queries(number, which, (lots, few))

    def _note_dialog(self, found):
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

    def _note_queries(self, number, which, counts):
        what = f"SQL queries of row {number}, {which}"
        self.note(9, what, *counts, counts[0] <= counts[1], "no more")

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
        few = exchange.memory_of_run(self, self.some, sent)
        lots = exchange.memory_of_run(self, self.many, sent)
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
        found = exchange.pace(self, self.seconds)
        share = found["calls"] / found["allowed"]
        self.note(
            7,
            f"calls in {self.seconds} s, of those that the limit allows",
            found["calls"],
            found["allowed"],
            share >= 0.95,
            ">= 0.95",
            share,
        )
        refused = found["refused"]
        self.note(7, "answers 429 (too many requests)", refused, "", refused == 0, "0")

    def status_sync(self):
        changed = max(self.invoices // 1000, 10)
        small = exchange.status_sync(self, self.invoices // 10, changed)
        large = exchange.status_sync(self, self.invoices, changed)
        ratio = large["seconds"] / small["seconds"]
        most = changed + 5
        self.note(
            8,
            f"status: {self.invoices} open, {changed} changed, beside {self.invoices // 10} open",
            f"{large['seconds']:.2f} s",
            f"{small['seconds']:.2f} s",
            ratio <= 1.3,
            "<= 1.3",
            ratio,
        )
        self.note(
            8,
            f"status: calls for {changed} changed of {self.invoices}",
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
    "screens",
    "memory",
    "exchange_cost",
    "pace",
    "status_sync",
    "companies",
    "saving",
)


def measure(server, odoo_root, invoices=INVOICES, seconds=SECONDS, steps=STEPS):
    """Return what was measured, a dict for each row; see :class:`Bench`."""
    bench = Bench(server, odoo_root, invoices, seconds)
    for step in steps:
        getattr(bench, step)()
    return bench.rows


def run(server, odoo_root):
    """Measure all rows, or those of the steps that the environment names, show and write them."""
    environment = os.environ
    rows = measure(
        server,
        odoo_root,
        int(environment.get("NOX_BENCH_INVOICES") or INVOICES),
        int(environment.get("NOX_BENCH_SECONDS") or SECONDS),
        (environment.get("NOX_BENCH_STEPS") or ",".join(STEPS)).split(","),
    )
    show(rows)
    RESULT.write_text(json.dumps(rows, indent=2) + "\n")
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
