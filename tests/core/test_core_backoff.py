from datetime import timedelta

import pytest
from core.backoff import FIRST_PAUSE, JITTER, LONGEST_PAUSE, MAX_TRIES, get_pause
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(("tries", "seconds"), [(-1, 60), (0, 60), (1, 120), (5, 1920), (6, 3600)])
def test_pauses_are_doubled_up_to_the_longest(tries, seconds):
    assert get_pause(tries) == timedelta(seconds=seconds)


def test_bounds_of_ones_own():
    assert get_pause(0, 300, 86400) == timedelta(minutes=5)
    assert get_pause(8, 300, 86400) == timedelta(seconds=76800)
    assert get_pause(9, 300, 86400) == timedelta(days=1)


@given(st.integers(0, 10**9))
def test_no_pause_is_longer_or_shorter_than_jitter_makes_it(tries):
    pause = get_pause(tries, jitter=JITTER).total_seconds()
    assert FIRST_PAUSE * (1 - JITTER) <= pause <= LONGEST_PAUSE * (1 + JITTER)


def test_a_person_is_asked_after_some_nine_hours():
    waited = sum((get_pause(tries) for tries in range(MAX_TRIES - 1)), timedelta())
    assert timedelta(hours=9) <= waited < timedelta(hours=10)


def test_chance_makes_pauses_longer_and_shorter_but_not_by_much():
    # Eight minutes, by chance a fifth more or less.
    pauses = {get_pause(3, jitter=JITTER) for _time in range(1000)}
    assert timedelta(minutes=6.4) <= min(pauses) < timedelta(minutes=7)
    assert timedelta(minutes=9) < max(pauses) <= timedelta(minutes=9.6)


def test_what_broke_together_does_not_come_back_together():
    assert len({get_pause(3, jitter=JITTER) for _time in range(20)}) > 1
    assert len({get_pause(3) for _time in range(20)}) == 1
