"""`make bench` measures all its rows; what it finds depends on the machine and is not asserted."""

import pytest

from dev import bench, odoo

# So few that the run is short; the rows are the same.
INVOICES, SECONDS = 1000, 5
ROWS = range(1, 12)


@pytest.fixture(scope="module")
def rows(postgresql):
    # Many companies are measured with several servers at once: what they do, the glue's test shows.
    steps = [step for step in bench.STEPS if step != "companies"]
    return bench.measure(postgresql, odoo.odoo_root(), INVOICES, SECONDS, steps)


def test_each_row_is_measured(rows):
    assert sorted({row["row"] for row in rows}) == list(ROWS)
    for row in rows:
        assert row["what"] and row["to_reach"]
        assert isinstance(row["reached"], bool)


def test_what_does_not_depend_on_the_machine_is_reached(rows):
    """Counts of queries and calls, and answers 429: not times, not memory."""
    counted = [row for row in rows if row["ratio"] is None and row["row"] != 10]
    assert len(counted) == 7
    assert [row["what"] for row in counted if not row["reached"]] == []
