"""What happens after sending, with the service's clock turned forward through whole courses."""

from datetime import timedelta

import pytest
from cases import Case, set_up
from days import today


@pytest.fixture(autouse=True)
def booked(setting):
    set_up(setting, journal=True, mode="auto")


def test_the_whole_course_to_monitoring(case):
    seen = case.read()
    assert (seen["stage"], seen["gavel"], seen["events"]) == ("sent", "running", [])
    assert seen["coming"] == [
        "Notice of overdue",
        "Reminder",
        "Debt-collection demand",
        "Payment order",
        "Long-term monitoring",
    ]
    seen = case.advance(32)
    assert seen["stage"] == "reminded" and seen["events"] == [["course", "Förfalloavisering", 0]]
    seen = case.advance(8)
    assert seen["stage"] == "reminded"
    assert [event[:2] for event in seen["events"][1:2]] == [["course", "Påminnelse"]]
    assert ("fee", 60) in [(kind, amount) for kind, _text, amount in seen["events"]]
    seen = case.advance(14)
    assert seen["stage"] == "collection"
    assert ("fee", 180) in [(kind, amount) for kind, _text, amount in seen["events"]]
    assert case.advance(14)["stage"] == "collection"
    seen = case.advance(30)
    assert seen["stage"] == "monitoring" and seen["coming"] == []
    assert "Inkassokrav" in case.chatter()
    count = len(seen["events"])
    assert len(case.advance(20)["events"]) == count, "told once"


def test_paid_after_the_notice(case):
    case.advance(33)
    seen = case.pay(40)
    assert ("payment", 40) in [(kind, amount) for kind, _text, amount in seen["events"]]
    assert seen["state"] == "accepted"
    seen = case.pay(1000)
    assert (seen["state"], seen["stage"], seen["reason"]) == ("closed", "closed", "paid")
    assert (seen["gavel"], seen["found"]) == ("closed", ["closed"])
    assert sorted(case.money().payments) == [40, case.money().total - 40]


def test_paused_and_resumed_by_a_user(case):
    seen = case.ask("pause", today().isoformat())
    assert (seen["gavel"], seen["found"]) == ("paused", ["paused"])
    assert [kind for kind, *_rest in seen["events"]] == ["request", "pause"]
    seen = case.ask("unpause")
    assert seen["gavel"] == "running" and seen["events"][-1][1] == "Återupptagen"


CASE = "/noxfinansinvoices/{}"
NOTHING_NEXT = {"NextEvent": None, "NextEventDate": None}


def test_nothing_next_while_it_is_paused_is_not_the_end(case):
    case.ask("pause", (today() + timedelta(days=40)).isoformat())
    case.forge("GET", CASE, {"NoxFinansInvoice": {"Status": "PAUSED"} | NOTHING_NEXT})
    case.sync()
    assert [kind for kind, *_rest in case.read()["events"]] == ["request", "pause"]
    assert case.ask("unpause")["coming"][0] == "Notice of overdue"


def test_nothing_next_is_the_end_of_what_was_next_and_of_no_more(case):
    case.forge("GET", CASE, {"NoxFinansInvoice": {"Status": "OPEN"} | NOTHING_NEXT})
    case.sync()
    seen = case.read()
    assert (seen["stage"], seen["coming"]) == ("reminded", [])
    assert seen["events"] == [["course", "Förfalloavisering", 0]]


@pytest.mark.parametrize(("event", "told"), [("INVOICEREMINDER", 2), ("SOLD", 3)])
def test_a_step_that_is_put_off_or_unknown_does_not_let_others_happen(case, event, told):
    case.advance(41)
    next_event = {"NextEvent": event, "NextEventDate": today().isoformat()}
    case.forge("GET", CASE, {"NoxFinansInvoice": {"Status": "OPEN"} | next_event})
    case.sync()
    courses = [kind for kind, *_rest in case.read()["events"]].count("course")
    assert courses == told


def test_stopped(case):
    seen = case.ask("stop")
    assert (seen["stage"], seen["reason"]) == ("closed", "stopped")


SEND_CREDIT_NOTE = """
clerk = env["res.users"].search([("login", "=", "clerk")])
credit = move.copy({"move_type": "out_refund", "invoice_date": move.invoice_date})
credit.invoice_line_ids.price_unit = 40
credit.action_post()
# Linked after posting, or Odoo reconciles the two at once.
credit.reversed_entry_id = move
cases, left_out = credit.with_user(clerk)._nox_finans_queue()
assert not left_out, left_out
result = cases.id
"""
OVERVIEW = """
result = [step["key"] for step in env["nox.finans.case"].get_overview()["steps"]]
"""


def test_a_credit_note_that_is_sent_closes_as_credited_and_counts_no_money(setting, case):
    credit = Case(setting, case.code(SEND_CREDIT_NOTE))
    while credit.read()["state"] != "closed":
        credit.sync()
    assert credit.read()["reason"] == "credited"
    assert "credited" not in case.code(OVERVIEW)


@pytest.mark.parametrize(
    ("days", "stage"), [(33, "reminded"), (41, "reminded"), (55, "collection")]
)
def test_paid_on_the_way(case, days, stage):
    assert case.advance(days)["stage"] == stage
    total = case.money().total
    seen = case.pay(total)
    assert (seen["state"], seen["reason"]) == ("closed", "paid")
    money = case.money()
    assert (money.payments, money.residual, money.unbooked_amount) == ([total], 0, 0)
