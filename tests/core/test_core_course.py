from itertools import pairwise

import pytest
from core.course import (
    COLLECTION,
    EVENT_ORDER,
    NEED_ID_NUMBER,
    STAGE_OF_EVENT,
    get_following,
    get_passed,
    get_stage,
)
from core.words import STAGES, STATES
from hypothesis import given
from hypothesis import strategies as st

FIRST, SECOND, THIRD, FOURTH, LAST = EVENT_ORDER


def test_from_the_demand_on_a_number_is_needed():
    assert NEED_ID_NUMBER == (COLLECTION, "EXECUTIONCONTROLL", "MONITORING")


def test_each_event_and_each_state_has_a_stage():
    stages = [name for name, _label in STAGES]
    assert set(STAGE_OF_EVENT) == set(EVENT_ORDER)
    for state, _label in STATES:
        for event in (*EVENT_ORDER, "NEW", False):
            assert get_stage(state, event) in stages
    assert get_stage("accepted", False) == get_stage("accepted", "NEW") == "sent"
    assert get_stage("accepted", COLLECTION) == "collection"
    assert get_stage("closed", COLLECTION) == "closed"
    assert get_stage("refused", COLLECTION) == "refused"
    assert get_stage("uncertain", COLLECTION) == "waiting"


@pytest.mark.parametrize(
    ("was", "now", "passed"),
    [
        (FIRST, SECOND, [FIRST]),
        (FIRST, FOURTH, [FIRST, SECOND, THIRD]),
        (FIRST, FIRST, []),
        (THIRD, FIRST, []),
        (False, THIRD, []),
        (None, None, []),
        (LAST, False, [LAST]),
        ("NEW", THIRD, ["NEW"]),
        (SECOND, "NEW", [SECOND]),
    ],
)
def test_what_has_passed_when_another_event_is_next(was, now, passed):
    assert get_passed(was, now) == passed


@given(st.lists(st.sampled_from(range(len(EVENT_ORDER))), min_size=2, unique=True).map(sorted))
def test_no_event_is_passed_twice_or_left_out(positions):
    passed = []
    for was, now in pairwise(positions):
        passed += get_passed(EVENT_ORDER[was], EVENT_ORDER[now])
    assert passed == list(EVENT_ORDER[positions[0] : positions[-1]])


def test_what_comes_if_nobody_pays():
    assert get_following(FIRST) == [SECOND, THIRD, FOURTH, LAST]
    assert get_following(LAST) == get_following("NEW") == get_following(False) == []
