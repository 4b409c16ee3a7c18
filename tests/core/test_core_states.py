import pytest
from core.states import TRANSITIONS, TransitionError, is_open, move
from core.words import OPEN_STATES, STATES

NAMES = {name for name, _label in STATES}


def test_every_state_can_be_reached_and_only_states_are_named():
    assert {end for _starts, end in TRANSITIONS.values()} == NAMES
    for starts, _end in TRANSITIONS.values():
        assert starts <= NAMES


@pytest.mark.parametrize("event", TRANSITIONS)
def test_an_event_moves_from_its_states_only(event):
    starts, end = TRANSITIONS[event]
    for state in NAMES:
        if state in starts:
            assert move(state, event) == end
        else:
            with pytest.raises(TransitionError, match=event):
                move(state, event)


def test_what_is_over_is_not_sent_on():
    """Money is spent on the way from the queue: nothing leads there from a case that is over."""
    for event, (starts, end) in TRANSITIONS.items():
        if "closed" in starts:
            assert end == "uncertain", event
        if "accepted" in starts:
            assert end == "closed", event


def test_open_states():
    assert {state for state in NAMES if is_open(state)} == set(OPEN_STATES)
