"""The service's course: its events in their order, how far a case is, and what comes."""

# Taken as an open set: an unknown event is shown as it came.
EVENT_ORDER = ("INVOICEREMINDER", "REMINDER", "COLLECTION", "EXECUTIONCONTROLL", "MONITORING")
COLLECTION = "COLLECTION"
# From the reminder on: without an organisation or personal number there is no debt collection.
NEED_ID_NUMBER = EVENT_ORDER[EVENT_ORDER.index(COLLECTION) :]
# How far a case is once an event has happened.
STAGE_OF_EVENT = {
    "INVOICEREMINDER": "reminded",
    "REMINDER": "reminded",
    "COLLECTION": "collection",
    "EXECUTIONCONTROLL": "collection",
    "MONITORING": "monitoring",
}
STAGE_OF_STATE = {"refused": "refused", "closed": "closed"}


def get_stage(state: str, last_event: str) -> str:
    """Return how far a case is, one of `words.STAGES`."""
    if state == "accepted":
        return STAGE_OF_EVENT.get(last_event, "sent")
    return STAGE_OF_STATE.get(state, "waiting")


def get_passed(was_next: str | None, is_next: str | None) -> list[str]:
    """Return the events that have happened when another one is next, or none any more.

    Of one that we do not know the place of, or of none, it cannot be told what came before; and
    what is only put off, so that an earlier one is next again, has not happened.
    """
    if not was_next or was_next == is_next:
        return []
    if was_next not in EVENT_ORDER or is_next not in EVENT_ORDER:
        return [was_next]
    return list(EVENT_ORDER[EVENT_ORDER.index(was_next) : EVENT_ORDER.index(is_next)])


def get_following(event: str | None) -> list[str]:
    """Return the events that come after `event` if nobody pays; none after an unknown one."""
    return list(EVENT_ORDER[EVENT_ORDER.index(event) + 1 :]) if event in EVENT_ORDER else []
