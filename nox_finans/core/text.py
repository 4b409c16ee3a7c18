"""How things are listed for people to read."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

Item = TypeVar("Item")

# How many are named where nothing else is said; the rest are counted.
NAMED = 10


def list_some(
    env: Any, items: Sequence[Item], describe: Callable[[Item], str], most: int = NAMED
) -> list[str]:
    """Return a line for each item, up to a number, and one that counts the rest if there are more.

    :param env: whatever has a `_` that translates
    """
    lines = [describe(item) for item in items[:most]]
    if len(items) > most:
        lines.append(env._("… and %s more.", len(items) - most))
    return lines
