from types import SimpleNamespace

import pytest
from core.text import NAMED, list_some

ENV = SimpleNamespace(_=lambda text, *values: text % values)


@pytest.mark.parametrize(
    ("count", "lines"),
    [
        (0, []),
        (2, ["no. 0", "no. 1"]),
        (3, ["no. 0", "no. 1", "… and 1 more."]),
        (9, ["no. 0", "no. 1", "… and 7 more."]),
    ],
)
def test_some_are_named_and_the_rest_counted(count, lines):
    assert list_some(ENV, range(count), "no. {}".format, 2) == lines


def test_only_those_named_are_described():
    described = []
    list_some(ENV, range(1000), lambda item: described.append(item) or "")
    assert described == list(range(NAMED))


def test_ten_are_named_where_nothing_else_is_said():
    assert list_some(ENV, range(10), str) == [*"0123456789"]
    assert list_some(ENV, range(12), str) == [*"0123456789", "… and 2 more."]
