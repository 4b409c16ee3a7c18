"""What a user asks of the service is done at most once, whenever the process dies on the way."""

import pytest

ASK = """
clerk = env["res.users"].search([("login", "=", "clerk")])
case.with_user(clerk)._request(action, **values)
"""
ACTIONS = {
    "pause": "/pause$",
    "unpause": "/unpause$",
    "stop": "/stop$",
    "take_fees": "/take-fees$",
    "report_payment": "/report-payment$",
}
# Days until the reminder's fee has been added.
DAYS_TO_FEE = 60


def ask(case, action, **order):
    """Ask for the action as the clerk, and let the cron run; `order` may say where it dies."""
    day = case.setting.sandbox.get("clock")["today"]
    values = {"pause": {"until": day}, "report_payment": {"amount": 30}}.get(action, {})
    case.code(ASK, action=action, values=values)
    return case.sync(**order)


def done(case, action):
    """Return how often the service has done the action with this case."""
    path = f"/{case.number}{ACTIONS[action].rstrip('$')}"
    return sum(
        row["path"].endswith(path) and row["status"] == 200
        for row in case.setting.sandbox.get("requests")
    )


def prepare(case, action):
    if action == "unpause":
        ask(case, "pause")
    if action == "take_fees":
        case.advance(DAYS_TO_FEE)


def test_a_lost_answer_is_not_asked_for_again_while_the_status_cannot_be_fetched(case):
    broken = {"method": "PUT", "path": ACTIONS["report_payment"], "when": "processed"}
    assert ask(case, "report_payment", **{"break": broken}) == {"signal": 9}
    # The trouble is the connection's: nothing is asked for at all.
    fault = {"method": "GET", "path": "/noxfinansinvoices/", "kind": "status", "code": 429}
    case.setting.sandbox.post("faults", **fault, times=2)
    for _time in range(4):
        case.setting.sql("UPDATE nox_finans_connector SET next_try = NULL")
        case.sync()
    case.setting.sandbox.clear_faults()
    assert done(case, "report_payment") == 1
    assert not case.money().requested_action and "inget tydligt svar" in case.chatter()


@pytest.mark.parametrize("when", ["before", "processed", "read"])
@pytest.mark.parametrize("action", ACTIONS)
def test_asked_for_once_done_at_most_once(case, action, when):
    prepare(case, action)
    broken = {"method": "PUT", "path": ACTIONS[action], "when": when}
    assert ask(case, action, **{"break": broken}) == {"signal": 9}
    for _time in range(3):
        case.sync()
    assert done(case, action) == (0 if when == "before" else 1)
    money = case.money()
    assert not money.requested_action
    assert money.state == ("closed" if money.there.status == "CLOSED" else "accepted")
    assert money.capital_balance == money.there.balance
    assert "inget tydligt svar" in case.chatter()
