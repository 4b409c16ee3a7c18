"""What an error means for the user, in words, and what to do about it: one function a class."""

from functools import singledispatch

from odoo.api import Environment

from ..api.errors import (
    AccessDeniedError,
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    RefusedError,
    SignInError,
)
from .failures import ObstacleError


@singledispatch
def describe(error: NoxFinansError, env: Environment) -> str:
    """Return what an error means for the user, and what to do about it.

    :param env: its language is the user's
    """
    return env._(
        "No clear answer from Nox Finans (%s). "
        "Before anything is sent again, it is looked up whether it arrived.",
        error,
    )


@describe.register
def _describe_not_reached(_error: NotReachedError, env: Environment) -> str:
    return env._(
        "Nox Finans cannot be reached. What is queued stays queued "
        "and goes by itself when the service answers again."
    )


@describe.register
def _describe_rate_limit(_error: RateLimitedError, env: Environment) -> str:
    return env._("Nox Finans asks us to slow down; it goes on by itself in a moment.")


@describe.register
def _describe_obstacle(error: ObstacleError, _env: Environment) -> str:
    return str(error)


@describe.register
def _describe_sign_in(error: SignInError, env: Environment) -> str:
    if error.reason == "invalid_client":
        return env._(
            "Nox Finans does not accept the client's id or secret (%s). Look them up and "
            "connect again; what is queued stays queued.",
            error,
        )
    return env._(
        "The connection to Nox Finans is not accepted (%s). "
        "An administrator has to connect again; what is queued stays queued.",
        error,
    )


@describe.register
def _describe_denied(error: AccessDeniedError, env: Environment) -> str:
    return env._(
        "Nox Finans knows the company but does not let us in (%s). Look at the "
        "agreement, the licence and the rights that were given when connecting; "
        "what is queued stays queued.",
        error,
    )


@describe.register
def _describe_refusal(error: RefusedError, env: Environment) -> str:
    if error.status is None:
        # Our own no: nothing was asked of the service.
        return str(error)
    return env._("Nox Finans says no: %s", error)


@singledispatch
def describe_client_trouble(error: NoxFinansError, env: Environment) -> str:
    """Return in words why the sign-in cannot begin with the id and secret that were typed."""
    return env._(
        "Fortnox gave no clear answer (%s). Try again in a moment; what was typed is kept.", error
    )


@describe_client_trouble.register
def _describe_wrong_client(error: SignInError, env: Environment) -> str:
    return env._(
        "Fortnox does not know this id and secret (%s). Copy both anew from where they "
        "were made; the id is kept as it stands here.",
        error,
    )


@describe_client_trouble.register
def _describe_no_sign_in(_error: NotReachedError, env: Environment) -> str:
    return env._(
        "Fortnox cannot be reached, so nobody can sign in. Try again in a moment; what "
        "was typed is kept."
    )
