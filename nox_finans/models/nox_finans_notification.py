"""What the web client is told to show after a button: written here, once."""


def reload() -> dict:
    """Return the action that shows the record as it is now."""
    return {"type": "ir.actions.client", "tag": "soft_reload"}


def show_message(kind: str, message: str, *, is_sticky=False, after: dict | None = None) -> dict:
    """Return the action that shows a message, and then does what comes `after`.

    :param kind: info, success, warning or danger
    :param is_sticky: it stays until it is closed; what went wrong always does
    :param after: an action; None: the record is shown as it is now
    """
    return {
        "type": "ir.actions.client",
        "tag": "display_notification",
        "params": {
            "type": kind,
            "title": "Nox Finans",
            "message": message,
            "sticky": is_sticky or kind == "danger",
            "next": after or reload(),
        },
    }
