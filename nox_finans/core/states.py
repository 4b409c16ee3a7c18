"""How a case moves from state to state: the table, and nothing that it hangs on.

    queued ──> sending ──> accepted ──> closed
       ^          │ │
       │          │ ├──> refused    the service said no; mended and sent again: queued
       │          │ └──> uncertain  no clear answer: looked up by our reference before anything is
       │          │                 repeated, then accepted or on with the next step
       └──────────┘  the service was not reached: nothing happened, tried again later

What can pass is tried again with growing pauses; after a number of tries a person decides. A case
that is found in `sending` when a run begins was left by a process that died: uncertain.
"""

from .words import OPEN_STATES, QUEUE_STATES

# By event: from which states, and to which.
TRANSITIONS = {
    # A person, or what was mended.
    "send_again": ({"refused"}, "queued"),
    # What somebody else may have sent on is looked up before.
    "check_again": ({"refused"}, "uncertain"),
    "give_up": ({"refused"}, "closed"),
    # The way on the wire.
    "begin": ({"queued", "uncertain", "sending"}, "sending"),
    "accept": ({"queued", "sending"}, "accepted"),
    "end": ({"accepted"}, "closed"),
    # What goes wrong on it.
    "not_reach": ({"sending"}, "queued"),
    "break_off": ({"sending"}, "uncertain"),
    "lose_answer": ({*QUEUE_STATES}, "uncertain"),
    "refuse": ({*QUEUE_STATES}, "refused"),
    # Another database, or a process that died, may have sent it on.
    "doubt": ({*QUEUE_STATES}, "uncertain"),
    # What the service has got of it is taken back, and it begins from the start; or it turns out
    # that the service has taken it over after all.
    "begin_anew": ({*QUEUE_STATES}, "queued"),
    "be_taken": ({*QUEUE_STATES, "refused", "closed"}, "uncertain"),
}


class TransitionError(ValueError):
    """The event cannot happen in the state."""


def move(state: str, event: str) -> str:
    """Return the state that `event` leads to from `state`.

    :raises TransitionError: it cannot happen there
    """
    starts, end = TRANSITIONS[event]
    if state not in starts:
        raise TransitionError(f"{event!r} cannot happen to a case that is {state!r}")
    return end


def is_open(state: str) -> bool:
    """Tell whether the invoice is the service's, or on its way there."""
    return state in OPEN_STATES
