"""One HTTP request to the service, and what an answer means."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any

import requests

from . import answers, rate_limit
from .errors import (
    AccessDeniedError,
    NotFoundError,
    NotReachedError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)

# Seconds to connect, and to wait for the next byte of an answer.
TIMEOUT = 20
# Seconds until the whole answer must be there.
MAX_SECONDS = 60
# No documented answer comes near this; a larger one is not read to its end.
MAX_ANSWER_BYTES = 5_000_000
# Documented: no licence for the scope, no API licence. Seen by other clients: the scope was not
# given to this connection.
ACCESS_CODES = (2001101, 2001103, 2000663)
# A clock that is further from ours than this is not believed.
LONGEST_AHEAD = timedelta(days=3650)
# A JSON object as it was answered; what stands in it is not trusted before it is read.
Row = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


def fetch(session: requests.Session, url: str) -> Answer:
    """Return the :class:`Answer` to a GET that carries no token and follows no redirect.

    :raises: as :func:`send`
    """
    return send(session, "GET", url)


def send(session: requests.Session, method: str, url: str, **kwargs: Any) -> Answer:
    """Send one request and return its :class:`Answer`.

    :raises NotReachedError: no connection came about
    :raises UncertainError: the connection broke or fell silent later, or the answer is too large
    """
    try:
        response = session.request(
            method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, **kwargs
        )
    except requests.exceptions.ConnectTimeout as error:
        raise NotReachedError("The service cannot be reached (no connection in time).") from error
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise NotReachedError("The service cannot be reached.") from error
        raise UncertainError("The connection was cut before the answer came.") from error
    except requests.exceptions.Timeout as error:
        raise UncertainError("The service did not answer in time.") from error
    except (requests.exceptions.RequestException, UnicodeError) as error:
        raise UncertainError(f"The answer is unusable ({type(error).__name__}).") from error
    try:
        with response:
            return Answer(response.status_code, response.headers, _read_body(response))
    except requests.exceptions.RequestException as error:
        raise UncertainError("The connection was cut while the answer came.") from error


def _read_body(response: requests.Response) -> bytes:
    body, end = bytearray(), time.monotonic() + MAX_SECONDS
    # In small pieces: the time is looked at after each.
    for chunk in response.iter_content(1024):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UncertainError("The answer is larger than any documented one.")
        if time.monotonic() > end:
            raise UncertainError("The answer did not come to its end in time.")
    return bytes(body)


def _never_connected(error: Exception) -> bool:
    """Tell what surely never left; a certificate that is not good ends the call before it too."""
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    causes = (reason, *getattr(reason, "args", ()))
    names = {"NewConnectionError", "NameResolutionError", "SSLCertVerificationError"}
    return any(type(cause).__name__ in names for cause in causes)


def read_json(response: Answer) -> Row:
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise UncertainError(f"HTTP {response.status_code} without readable JSON.") from error
    if not isinstance(answer, dict):
        raise UncertainError(f"HTTP {response.status_code} with unexpected JSON.")
    return answer


def read_answer(response: Answer) -> Row:
    """Return a success's JSON object; raise the error that anything else means."""
    status = response.status_code
    if 200 <= status < 300:
        return read_json(response)
    if status == 429:
        raise RateLimitedError("Too many requests.", _retry_after(response))
    if status == 401:
        raise SignInError(get_error_text(response))
    if status >= 500 or status < 400 or status == 408:
        raise UncertainError(get_error_text(response))
    code = _error_code(response)
    error: type[RefusedError] = NotFoundError if status == 404 else RefusedError
    if code in ACCESS_CODES:
        error = AccessDeniedError
    raise error(get_error_text(response), code=code, status=status)


def _retry_after(response: Answer) -> float | None:
    """Return the seconds that the header asks for (as a number or as a date), or None."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdecimal():
        return min(float(value), 24 * 3600.0)
    try:
        now = datetime.now(UTC) + get_clock_ahead(response)
        wanted = parsedate_to_datetime(value)
        return min(max((wanted - now).total_seconds(), 0), 24 * 3600.0)
    except (ValueError, TypeError, OverflowError):
        return None


def get_clock_ahead(response: Answer) -> timedelta:
    """Return how far the service's clock is ahead of ours, by the answer's `Date` (RFC 9110).

    Zero where it says nothing that can be believed.
    """
    try:
        ahead = parsedate_to_datetime(response.headers.get("Date", "")) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return ahead if abs(ahead) <= LONGEST_AHEAD else timedelta()


def get_slow_down(response: Answer) -> float:
    wanted = _retry_after(response)
    # Without the service's own wish: until its window is empty.
    return rate_limit.WINDOW if wanted is None else wanted


def _error_information(response: Answer) -> Row:
    try:
        answer = answers.mapping(response.json())
    except (ValueError, RecursionError):
        return {}
    information = answers.mapping(answer.get("ErrorInformation", answer))
    # The keys have been seen in both spellings.
    return {str(key).lower(): value for key, value in information.items()}


def get_error_text(response: Answer) -> str:
    message = answers.text(_error_information(response).get("message"))
    return message or f"HTTP {response.status_code}"


def _error_code(response: Answer) -> int | None:
    code = _error_information(response).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None
