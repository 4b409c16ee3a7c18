"""What is done about what goes wrong between us and the service."""

from datetime import timedelta

import pytest
from plain.api.errors import (
    AccessDeniedError,
    NotFoundError,
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)
from plain.core.backoff import get_pause
from plain.exchange.failures import (
    CONNECTION_ERRORS,
    ObstacleError,
    get_connection_pause,
    is_denied,
)


@pytest.mark.parametrize(
    ("error", "is_one"),
    [
        (AccessDeniedError("no licence"), True),
        (RefusedError("no", status=403), True),
        (RefusedError("no", status=400), False),
        (RefusedError("no", code=403), False),
        (RefusedError("no"), False),
        (NotFoundError("no", status=404), False),
        (NotReachedError("down"), False),
        (NoxFinansError("something"), False),
    ],
)
def test_whether_the_service_has_not_let_us_look(error, is_one):
    assert is_denied(error) == is_one


@pytest.mark.parametrize("tries", [0, 1, 5, 1000])
def test_the_service_says_how_long_it_wants_to_be_left_alone(tries):
    assert get_connection_pause(RateLimitedError("slow", 7), tries) == timedelta(seconds=7)
    for error in (RateLimitedError("slow"), RateLimitedError("slow", 0), NotReachedError("down")):
        assert get_connection_pause(error, tries) == get_pause(tries)


def test_the_connections_trouble_is_not_the_cases():
    """What may have been done, and what is wrong with a case, must not be put back as undone."""
    for error in (NotReachedError, SignInError, RateLimitedError, AccessDeniedError, ObstacleError):
        assert issubclass(error, CONNECTION_ERRORS)
    for error in (UncertainError, RefusedError, NotFoundError, NoxFinansError):
        assert not issubclass(error, CONNECTION_ERRORS)
