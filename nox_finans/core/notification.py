"""What an action answers the web client."""

from typing import Any


def notification(
    kind: str, message: str, is_sticky: bool, then: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Return the action that shows a message, and then does another.

    :param kind: one of the web client's: success, info, warning or danger
    :param is_sticky: it stays until it is closed
    :param then: shows the page as it is now, if nothing else is said
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "title": "Nox Finans",
            "message": message,
            "sticky": is_sticky,
            "next": then or {"type": "ir.actions.client", "tag": "soft_reload"},
        },
    }
