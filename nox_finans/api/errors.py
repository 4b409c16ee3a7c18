"""What can go wrong when speaking to the service, by what the caller has to do about it."""


class NoxFinansError(Exception):
    """Base of all errors of the interface; its text is fit to be shown and holds no secret."""


class NotReachedError(NoxFinansError):
    """The request never reached the service: nothing was done, it can be sent again."""


class RateLimitedError(NoxFinansError):
    """HTTP 429: nothing was done. `retry_after` is the service's wish in seconds, or None."""

    def __init__(self, message: str, retry_after: float | None = None):
        super().__init__(message)
        self.retry_after = retry_after


class UncertainError(NoxFinansError):
    """No usable answer (time-out, cut connection, 5xx, garbage): it may have been done.

    Look it up before anything is sent again.
    """


class SignInError(NoxFinansError):
    """The connection's credentials are not accepted: an administrator has to connect again.

    `reason` is the OAuth error (`invalid_client`, `invalid_grant`, …), or None.
    """

    def __init__(self, message: str, reason: str | None = None):
        super().__init__(message)
        self.reason = reason


class RefusedError(NoxFinansError):
    """The service understood and said no. `code` is its own error code, or None."""

    def __init__(self, message: str, code: int | None = None, status: int | None = None):
        super().__init__(message)
        self.code = code
        self.status = status


class NotFoundError(RefusedError):
    """HTTP 404: the service does not know what was asked for."""


class AccessDeniedError(RefusedError):
    """The service knows the company, but a licence or a scope is missing: the same for all."""
