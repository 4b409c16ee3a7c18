"""Reads single values out of the service's answers, whatever stands there.

Documented types are taken, anything else becomes None. What comes back can be stored in PostgreSQL
and shown: no control characters, nothing that is not Unicode, nothing endless.
"""

import re
from datetime import date
from typing import Any
from urllib.parse import urlsplit

MAX_WORD = 200
MAX_TEXT = 500
# No amount in kronor comes near this; it also keeps out infinity.
MAX_AMOUNT = 1e12
FIRST_YEAR, LAST_YEAR = 1900, 2199

# Control and format characters (the latter can turn the direction of text) and lone surrogates.
_UNFIT = re.compile(
    "[\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\ud800-\udfff]+"
)


def text(value: object, length: int | None = MAX_TEXT) -> str:
    """Return a string or a number as one short line; anything else as an empty string.

    :param length: in characters; None for all of it
    """
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return ""
    return " ".join(_UNFIT.sub(" ", str(value)).split())[:length]


def word(value: object) -> str | None:
    """Return a service's word (a string or an integer) as a short string, or None."""
    if isinstance(value, float):
        return None
    return text(value, MAX_WORD) or None


def amount(value: object) -> float | None:
    """Return an amount as a float, or None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if abs(number) < MAX_AMOUNT else None


def day(value: object) -> date | None:
    """Return an ISO date of ours (a time after it is ignored), or None.

    Of other centuries there are none: what is reckoned from a date must be one, too.
    """
    try:
        found = date.fromisoformat(value[:10]) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and FIRST_YEAR <= found.year <= LAST_YEAR else None


def link(value: object) -> str | None:
    """Return a web address that a browser may safely open, or None."""
    address = text(value, 2000) if isinstance(value, str) else ""
    try:
        parts = urlsplit(address)
    except ValueError:
        return None
    is_web = parts.scheme in ("http", "https") and bool(parts.netloc)
    return address if is_web and " " not in address else None


def mapping(value: object) -> dict[str, Any]:
    """Return `value` if it is a JSON object, else an empty one."""
    return value if isinstance(value, dict) else {}
