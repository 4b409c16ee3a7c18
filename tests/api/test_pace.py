"""The service's pace and its clock, as far as they are reckoned on our side."""

import time
from datetime import timedelta

import pytest
from api.rate_limit import SlidingWindow
from api.transport import Answer, get_clock_ahead


def test_two_processes_share_one_window():
    window = SlidingWindow(3, 0.5)
    window.prime([0.1, 0.2, 0.3, 9])
    assert 0.15 < window.pause() <= 0.2
    window.hold(2)
    assert 1.9 < window.pause() <= 2


def test_a_shorter_hold_does_not_end_a_longer_one():
    window = SlidingWindow()
    window.hold(20)
    window.hold(1)
    assert 19 < window.pause() <= 20
    window.hold(30)
    assert 29 < window.pause() <= 30


def test_own_calls_of_long_ago_do_not_hide_those_of_another_process():
    window = SlidingWindow(3, 0.2)
    for _index in range(3):
        window.wait()
    time.sleep(0.25)
    window.prime([0.05, 0.05, 0.05])
    assert window.pause() > 0


@pytest.mark.parametrize(
    "said",
    [
        "",
        "i morgon",
        "Fri, 01 Jan 9999 00:00:00 GMT",
        "Wed, 25 Nov 2026 12:00:00 -0000",
        "Wed, 99 Nov 2026 12:00:00 GMT",
    ],
)
def test_what_is_no_date_moves_no_clock(said):
    assert get_clock_ahead(Answer(200, {"Date": said}, b"")) == timedelta()


def test_an_answer_without_a_date_moves_no_clock():
    assert get_clock_ahead(Answer(200, {}, b"")) == timedelta()
