from itertools import accumulate

import pytest
from core.states import TRANSITIONS, TransitionError, is_open, move
from core.words import OPEN_STATES, STATES

NAMES = {name for name, _label in STATES}
# What can befall a case that is not over, whatever it is doing: the run that meets it must be able
# to note it.
ALWAYS = {"lose_answer", "refuse", "doubt", "begin_anew", "be_taken"}
# The table seen from the other side: what can happen to a case.
EVENTS_IN = {
    "queued": {"begin", "accept", *ALWAYS},
    # Only on the wire something can go wrong there.
    "sending": {"begin", "accept", "not_reach", "break_off", *ALWAYS},
    # Nothing but a look-up tells how it is: it is not accepted, nor sent anew, without one.
    "uncertain": {"begin", *ALWAYS},
    # Not before somebody has mended it.
    "refused": {"send_again", "check_again", "give_up", "be_taken"},
    "accepted": {"end"},
    # The service has taken it over after all.
    "closed": {"be_taken"},
}


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


@pytest.mark.parametrize("state", EVENTS_IN)
def test_what_can_happen_to_a_case(state):
    assert {event for event, (starts, _end) in TRANSITIONS.items() if state in starts} == (
        EVENTS_IN[state]
    )


@pytest.mark.parametrize(
    ("way", "states"),
    [
        ("begin accept end", "sending accepted closed"),
        ("begin not_reach begin refuse send_again", "sending queued sending refused queued"),
        ("begin break_off begin accept", "sending uncertain sending accepted"),
        ("begin lose_answer begin_anew", "sending uncertain queued"),
        ("doubt refuse check_again", "uncertain refused uncertain"),
        ("refuse give_up be_taken", "refused closed uncertain"),
    ],
)
def test_the_way_of_a_case(way, states):
    assert [*accumulate(way.split(), move, initial="queued")] == ["queued", *states.split()]


def test_open_states():
    assert {state for state in NAMES if is_open(state)} == set(OPEN_STATES)
