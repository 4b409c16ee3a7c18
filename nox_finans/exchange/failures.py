"""What can go wrong between us and the service, by what is to be done about it."""

from datetime import timedelta

from ..api.errors import (
    AccessDeniedError,
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    SignInError,
)
from ..core.backoff import get_pause


class ObstacleError(NoxFinansError):
    """Nothing can be sent by this connection now; the text says why and who can mend it."""


# The trouble is the connection's, not the case's, and nothing was done.
CONNECTION_ERRORS = (
    NotReachedError,
    SignInError,
    RateLimitedError,
    AccessDeniedError,
    ObstacleError,
)


def is_denied(error: NoxFinansError) -> bool:
    """Tell whether the service has not let us look: a right or a licence is missing."""
    return isinstance(error, AccessDeniedError) or getattr(error, "status", None) == 403


def get_connection_pause(error: NoxFinansError, tries: int) -> timedelta:
    """Return how long all of a company's work waits after an error of its connection.

    :param tries: how many errors in a row came before this one
    """
    if isinstance(error, RateLimitedError) and error.retry_after:
        return timedelta(seconds=error.retry_after)
    return get_pause(tries)
