"""A client of the documented interface (Fortnox REST API v3), as far as it is used here."""

import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

import requests

from . import rate_limit
from .errors import (
    NotFoundError,
    NotReachedError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)

# Seconds to connect, and to wait for the next byte of an answer.
TIMEOUT = 20
# No documented answer comes near this; a larger one is not read to its end.
MAX_ANSWER_BYTES = 5_000_000
PAGE_SIZE = 500

AUTHORIZATION_PATH = "/oauth-v1"
API_PATH = "/3"


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answers. `expires_in` is in seconds."""

    access_token: str
    refresh_token: str
    expires_in: int


@dataclass(frozen=True)
class Exchange:
    """One call, for the log: no header, no body, no secret. `duration` is in milliseconds."""

    date: datetime
    method: str
    path: str
    status_code: int
    duration: int
    message: str


@dataclass(frozen=True)
class Answer:
    """An HTTP answer, read whole."""

    status_code: int
    headers: Mapping[str, str]
    body: bytes

    def json(self):
        return json.loads(self.body)


class TokenClient:
    """Speaks to the token endpoint; knows the client's secret and keeps nothing."""

    def __init__(self, authorization_url, client_id, client_secret, session=None):
        self._url = authorization_url.rstrip("/") + AUTHORIZATION_PATH
        self._auth = (client_id, client_secret)
        self._session = session or requests.Session()

    def refresh(self, refresh_token):
        """Trade the single-use `refresh_token` for new tokens.

        :raises SignInError: the token is used up, revoked or too old, or the client is unknown
        :raises NotReachedError: nothing was sent; the token is still good
        :raises RateLimitedError: nothing was done; the token is still good
        :raises UncertainError: no usable answer; the token may be used up
        """
        data = {"grant_type": "refresh_token", "refresh_token": refresh_token}
        response = _send(self._session, "POST", f"{self._url}/token", data=data, auth=self._auth)
        if response.status_code in (400, 401, 403):
            raise SignInError(_sign_in_text(response))
        answer = _read_answer(response)
        try:
            return Tokens(
                access_token=str(answer["access_token"]),
                refresh_token=str(answer["refresh_token"]),
                expires_in=int(answer["expires_in"]),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise UncertainError("The answer holds no tokens.") from error


class NoxFinansClient:
    """One company's access to the service.

    :param base_url: scheme and host, without a path
    :param get_access_token: called with `renew` (bool), returns a valid access token; `renew` asks
        for a new one because the service has just refused the old one
    :param window: the rate limit's :class:`rate_limit.SlidingWindow`
    :param on_exchange: called with an :class:`Exchange` after each call

    Each method raises the errors of :mod:`errors`.
    """

    def __init__(
        self,
        base_url: str,
        get_access_token: Callable[[bool], str],
        window: rate_limit.SlidingWindow,
        on_exchange: Callable[[Exchange], None] = lambda exchange: None,
    ):
        self._base_url = base_url.rstrip("/") + API_PATH
        self._get_access_token = get_access_token
        self._window = window
        self.on_exchange = on_exchange
        self._session = requests.Session()
        self._session.headers.update(
            {"Accept": "application/json", "Content-Type": "application/json"}
        )

    # The company that is signed in
    def get_company(self):
        return self._call("GET", "/companyinformation", "CompanyInformation")

    # Customers
    def get_customer(self, number):
        return self._call("GET", f"/customers/{_segment(number)}", "Customer")

    def create_customer(self, values):
        return self._call("POST", "/customers", "Customer", values)

    def update_customer(self, number, values):
        return self._call("PUT", f"/customers/{_segment(number)}", "Customer", values)

    # Invoices
    def find_invoice(self, reference):
        """Return the list row of the invoice with our `reference`, or None.

        The filter is compared here once more: a service that ignored it would hand us a stranger.
        """
        rows = self._call(
            "GET", "/invoices", "Invoices", params={"externalinvoicereference1": reference}
        )
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("ExternalInvoiceReference1") == reference:
                return row
        return None

    def get_invoice(self, number):
        return self._call("GET", f"/invoices/{_segment(number)}", "Invoice")

    def create_invoice(self, values):
        return self._call("POST", "/invoices", "Invoice", values)

    def update_invoice(self, number, values):
        return self._call("PUT", f"/invoices/{_segment(number)}", "Invoice", values)

    def bookkeep_invoice(self, number):
        return self._call("PUT", f"/invoices/{_segment(number)}/bookkeep", "Invoice")

    def mark_invoice_as_sent(self, number):
        return self._call("PUT", f"/invoices/{_segment(number)}/externalprint", "Invoice")

    def create_tax_reduction(self, values):
        return self._call("POST", "/taxreductions", "TaxReduction", values)

    # Nox Finans
    def hand_over(self, number, send_method, service):
        """Hand the invoice over to Nox Finans; from here on it costs money."""
        values = {"InvoiceNumber": str(number), "SendMethod": send_method, "Service": service}
        return self._call("POST", "/noxfinansinvoices", "NoxFinansInvoice", values)

    def get_case(self, number):
        return self._call("GET", f"/noxfinansinvoices/{_segment(number)}", "NoxFinansInvoice")

    def pause(self, number, until):
        """Pause until and including the date `until`."""
        return self._act(number, "pause", {"PausedUntilDate": until.isoformat()})

    def unpause(self, number):
        return self._act(number, "unpause")

    def stop(self, number):
        return self._act(number, "stop")

    def take_fees(self, number):
        return self._act(number, "take-fees")

    def report_payment(self, number, values):
        return self._act(number, "report-payment", values)

    def _act(self, number, action, values=None):
        path = f"/noxfinansinvoices/{_segment(number)}/{action}"
        return self._call("PUT", path, "NoxFinansInvoice", values)

    def _call(self, method, path, wrapper, values=None, params=None):
        """Make one call and return what stands under `wrapper` in the answer.

        A 401 is an expired token: it is renewed once and the call repeated.
        """
        response = self._request(method, path, wrapper, values, params, renew=False)
        if response.status_code == 401:
            response = self._request(method, path, wrapper, values, params, renew=True)
        answer = _read_answer(response)
        if wrapper not in answer:
            raise UncertainError(f"The answer to {method} {path} holds no {wrapper}.")
        return answer[wrapper]

    def _request(self, method, path, wrapper, values, params, renew):
        token = self._get_access_token(renew)
        self._window.wait()
        started, clock = datetime.now(UTC).replace(tzinfo=None), time.monotonic()
        status, message = 0, ""
        try:
            response = _send(
                self._session,
                method,
                self._base_url + path,
                params=params,
                data=None if values is None else json.dumps({wrapper: values}),
                headers={"Authorization": f"Bearer {token}"},
            )
            status = response.status_code
            message = _error_text(response) if status >= 400 else ""
            return response
        except (NotReachedError, UncertainError) as error:
            message = str(error)
            raise
        finally:
            self._window.done()
            duration = round((time.monotonic() - clock) * 1000)
            self.on_exchange(Exchange(started, method, API_PATH + path, status, duration, message))


def _send(session, method, url, **kwargs):
    """Send one request and return its :class:`Answer`.

    :raises NotReachedError: no connection came about
    :raises UncertainError: the connection broke or fell silent later, or the answer is too large
    """
    try:
        response = session.request(
            method, url, timeout=TIMEOUT, allow_redirects=False, stream=True, **kwargs
        )
        with response:
            return Answer(response.status_code, response.headers, _read_body(response))
    except requests.exceptions.ConnectTimeout as error:
        raise NotReachedError("The service cannot be reached (no connection in time).") from error
    except requests.exceptions.SSLError as error:
        raise NotReachedError("No secure connection to the service could be made.") from error
    except requests.exceptions.ConnectionError as error:
        if _never_connected(error):
            raise NotReachedError("The service cannot be reached.") from error
        raise UncertainError("The connection was cut before the answer came.") from error
    except requests.exceptions.Timeout as error:
        raise UncertainError("The service did not answer in time.") from error
    except requests.exceptions.RequestException as error:
        raise UncertainError(f"The answer is unusable ({type(error).__name__}).") from error


def _read_body(response):
    body = bytearray()
    for chunk in response.iter_content(65536):
        body += chunk
        if len(body) > MAX_ANSWER_BYTES:
            raise UncertainError("The answer is larger than any documented one.")
    return bytes(body)


def _never_connected(error):
    reason = getattr(error.args[0] if error.args else None, "reason", None)
    return type(reason).__name__ in {"NewConnectionError", "NameResolutionError"}


def _read_json(response):
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise UncertainError(f"HTTP {response.status_code} without readable JSON.") from error
    if not isinstance(answer, dict):
        raise UncertainError(f"HTTP {response.status_code} with unexpected JSON.")
    return answer


def _read_answer(response):
    """Return a success's JSON object; raise the error that anything else means."""
    status = response.status_code
    if 200 <= status < 300:
        return _read_json(response)
    if status == 429:
        raise RateLimitedError("Too many requests.", _retry_after(response))
    if status == 401:
        raise SignInError(_error_text(response))
    if status >= 500 or status < 400 or status == 408:
        raise UncertainError(_error_text(response))
    error = NotFoundError if status == 404 else RefusedError
    raise error(_error_text(response), code=_error_code(response), status=status)


def _retry_after(response):
    value = response.headers.get("Retry-After", "")
    return float(value) if value.isdecimal() else None


def _error_information(response):
    try:
        answer = response.json()
    except (ValueError, RecursionError):
        return {}
    if not isinstance(answer, dict):
        return {}
    information = answer.get("ErrorInformation", answer)
    if not isinstance(information, dict):
        return {}
    # The keys have been seen in both spellings.
    return {str(key).lower(): value for key, value in information.items()}


def _error_text(response):
    message = _error_information(response).get("message")
    return _text(message) if message else f"HTTP {response.status_code}"


def _sign_in_text(response):
    """Return the words of an OAuth error, which has a form of its own."""
    try:
        answer = _read_json(response)
    except UncertainError as error:
        return str(error)
    return _text(answer.get("error_description") or answer.get("error"))


def _error_code(response):
    code = _error_information(response).get("code")
    return code if isinstance(code, int) else None


def _text(value):
    """Return a service's word as one short line."""
    return " ".join(str(value or "").split())[:500]


def _segment(number):
    return quote(str(number), safe="")
