"""The overview's amounts, fees and share, of cases with a whole course behind them."""

import pytest
from cases import make_case

READ = """
company = env["nox.finans.connector"].search([]).company_id
manager = env["res.users"].search([("login", "=", "manager")])
env = env(user=manager.id, context={"allowed_company_ids": company.ids})
overview = env["nox.finans.case"].get_overview()
for step in overview["steps"]:
    assert step["count"] == env[step["model"]].search_count(step["domain"]), step
recovered = overview["recovered"]
result = {
    "steps": {
        step["key"]: (step["count"], step["amount"], step["fees"]) for step in overview["steps"]
    },
    "share": recovered["share"],
    "closed": env[recovered["model"]].search_count(recovered["domain"]),
}
"""


def read(setting):
    return setting.worker.do("code", code=READ)


def steps_of(setting, *keys):
    steps = read(setting)["steps"]
    return {key: tuple(round(value, 2) for value in steps.get(key, ())) for key in keys}


@pytest.fixture
def cases(setting):
    """Three cases; the service's clock is turned back at the end."""
    # The demo company's own cases stay as they are.
    setting.sql("UPDATE nox_finans_case SET next_try = now() + interval '9 days'")
    cases = [make_case(setting) for _number in range(3)]
    yield cases
    setting.sandbox.post("clock", advance_days=-sum(case.days for case in cases))


def test_amounts_fees_and_share(setting, cases):
    assert read(setting)["share"] is False, "nothing is closed yet"
    paid, stopped, collected = cases
    total = paid.money().total
    (count, amount, _fees) = steps_of(setting, "sent")["sent"]
    assert count >= 3 and amount >= 3 * total
    stopped.pay(40)
    stopped.ask("stop")
    paid.advance(32 + 8)
    paid.pay(total)
    collected.advance(14)
    assert steps_of(setting, "sent", "collection", "paid", "stopped", "written_off") == {
        "sent": (count - 3, amount - 3 * total, 0),
        "collection": (1, total, 240),
        "paid": (1, total, 60),
        "stopped": (1, total, 0),
        "written_off": (),
    }
    seen = read(setting)
    assert (round(seen["share"], 4), seen["closed"]) == (round((total + 40) / total / 2, 4), 2)
    # What the company has taken over is not the customer's.
    collected.ask("take_fees")
    collected.pay(total)
    assert steps_of(setting, "paid") == {"paid": (2, 2 * total, 60)}
    # What was credited was not to be paid.
    setting.sql("UPDATE nox_finans_case SET close_reason = 'credited' WHERE id = %s", stopped.id)
    assert read(setting)["share"] == pytest.approx(1)
