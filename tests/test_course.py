"""What happens after sending, with the service's clock turned forward through whole courses."""

import pytest
from days import today


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
    seen = case.advance(14 + 30)
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


def test_paused_and_resumed_by_a_user(case):
    seen = case.ask("pause", today().isoformat())
    assert (seen["gavel"], seen["found"]) == ("paused", ["paused"])
    assert [kind for kind, *_rest in seen["events"]] == ["pause"]
    seen = case.ask("unpause")
    assert seen["gavel"] == "running" and seen["events"][-1][1] == "Återupptagen"


def test_stopped(case):
    seen = case.ask("stop")
    assert (seen["stage"], seen["reason"]) == ("closed", "stopped")


@pytest.mark.parametrize(
    ("days", "stage"), [(33, "reminded"), (41, "reminded"), (55, "collection")]
)
def test_paid_on_the_way(case, days, stage):
    assert case.advance(days)["stage"] == stage
    seen = case.pay(10_000)
    assert (seen["state"], seen["reason"]) == ("closed", "paid")
