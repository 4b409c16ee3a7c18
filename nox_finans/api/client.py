"""A client of the documented interface (Fortnox REST API v3), as far as it is used here."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote, urlencode

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
# Documented: the largest page of a list.
PAGE_SIZE = 500
# What more has changed in one go is seen when each case is asked for in its turn.
MAX_PAGES = 200

# At a 429 the client waits and tries again by itself, so often and at most so long (seconds).
SLOW_DOWNS = 3
LONGEST_WAIT = 30

AUTHORIZATION_PATH = "/oauth-v1"
API_PATH = "/3"
# Only what is used here: without these the connection does not work.
SCOPES = ("companyinformation", "customer", "invoice", "noxfinansinvoice", "payment")
# The check of the set-up reads by these; without them it cannot look at everything.
CHECK_SCOPES = ("settings", "bookkeeping")
# Documented: such a connection does not end with the person who has made it, and only a system
# administrator can agree to it.
ACCOUNT_TYPE = "service"

# Documented: no licence for the scope, no API licence. Seen by other clients: the scope was not
# given to this connection.
ACCESS_CODES = (2001101, 2001103, 2000663)
MAX_TOKEN = 4096
# An access token lives an hour; who says more is not believed.
LONGEST_LIFE = 24 * 3600
# A clock that is further from ours than this is not believed.
LONGEST_AHEAD = timedelta(days=3650)

# A JSON object as it was answered; what stands in it is not trusted before it is read.
Row = dict[str, Any]
# What is sent: a JSON object, and what stands in the address.
Values = Mapping[str, Any]
Params = Mapping[str, str | int]


@dataclass(frozen=True)
class Tokens:
    """What the token endpoint answers. `expires_in` is in seconds, `scope` None if not said."""

    access_token: str
    refresh_token: str
    expires_in: int
    scope: str | None = None


@dataclass(frozen=True)
class Exchange:
    """One call, for the log: no header, no body, no secret. `duration` is in milliseconds.

    `purpose` is the caller's own word for what it was made for.
    """

    purpose: str
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

    def json(self) -> Any:
        return json.loads(self.body)


class TokenClient:
    """Speaks to the sign-in's endpoints; knows the client's secret and keeps nothing."""

    def __init__(
        self,
        authorization_url: str,
        client_id: str,
        client_secret: str,
        session: requests.Session | None = None,
    ):
        self._url = authorization_url.rstrip("/") + AUTHORIZATION_PATH
        self._client_id = client_id or ""
        self._client_secret = client_secret or ""
        self._session = session or requests.Session()

    def get_consent_url(self, redirect_uri: str, state: str, scopes: Iterable[str] = SCOPES) -> str:
        """Return where a user agrees to the connection."""
        query = {
            "client_id": self._client_id,
            "redirect_uri": redirect_uri,
            "scope": " ".join(scopes),
            "state": state,
            "access_type": "offline",
            "response_type": "code",
            "account_type": ACCOUNT_TYPE,
        }
        return f"{self._url}/auth?{urlencode(query)}"

    def redeem(self, code: str, redirect_uri: str) -> Tokens:
        """Trade the single-use authorization `code` for tokens.

        :raises: as :meth:`refresh`
        """
        return self._get_tokens(
            {"grant_type": "authorization_code", "code": code, "redirect_uri": redirect_uri}
        )

    def refresh(self, refresh_token: str) -> Tokens:
        """Trade the single-use `refresh_token` for new tokens.

        :raises SignInError: the token is used up, revoked or too old, or the client is unknown
        :raises NotReachedError: nothing was sent; the token is still good
        :raises RateLimitedError: nothing was done; the token is still good
        :raises UncertainError: no usable answer; the token may be used up
        """
        return self._get_tokens({"grant_type": "refresh_token", "refresh_token": refresh_token})

    def check_client(self) -> None:
        """Ask whether the service knows the client's id and secret, by a token that cannot exist.

        :raises SignInError: it does not; `reason` is `invalid_client`
        :raises: as :meth:`refresh`: it is not known whether it does
        """
        try:
            self.refresh("none")
        except SignInError as error:
            # Whose token is at fault has been let in.
            if error.reason == "invalid_client":
                raise

    def revoke(self, refresh_token: str) -> None:
        """End the connection at the service's side.

        :raises: as :meth:`refresh`
        """
        self._post("revoke", {"token_type_hint": "refresh_token", "token": refresh_token})

    def _get_tokens(self, data: Mapping[str, str]) -> Tokens:
        answer = _read_answer(self._post("token", data))
        try:
            return Tokens(
                access_token=_token(answer["access_token"]),
                refresh_token=_token(answer["refresh_token"]),
                expires_in=max(min(int(answer["expires_in"]), LONGEST_LIFE), 0),
                scope=answers.word(answer.get("scope")),
            )
        except (KeyError, TypeError, ValueError, OverflowError) as error:
            raise UncertainError("The answer holds no tokens.") from error

    def _post(self, path: str, data: Mapping[str, str]) -> Answer:
        auth = (self._client_id.encode(), self._client_secret.encode())
        response = _send(self._session, "POST", f"{self._url}/{path}", data=data, auth=auth)
        if response.status_code in (400, 401, 403):
            raise SignInError(*_sign_in_words(response))
        return response


class NoxFinansClient:
    """One company's access to the service.

    :param base_url: scheme and host, without a path
    :param get_access_token: called with `renew` (bool), returns a valid access token; `renew` asks
        for a new one because the service has just refused the old one
    :param window: the rate limit's :class:`rate_limit.SlidingWindow`
    :param on_exchange: called with an :class:`Exchange` after each call

    Each method raises the errors of :mod:`errors`. An answer may be of any type: it is read by
    :mod:`answers`.
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
        self.window = window
        self.on_exchange = on_exchange
        # How far the service's clock was ahead of ours in the latest answer; None before the first.
        self.clock_ahead: timedelta | None = None
        # What the next calls are for, for the log.
        self.purpose = ""
        self._session = requests.Session()
        self._session.headers.update(
            {"Accept": "application/json", "Content-Type": "application/json"}
        )

    # The company that is signed in
    def get_company(self) -> Any:
        return self._call("GET", "/companyinformation", "CompanyInformation")

    # How the company is set up there
    def get_company_settings(self) -> Any:
        return self._call("GET", "/settings/company", "CompanySettings")

    def get_locked_period(self) -> Any:
        return self._call("GET", "/settings/lockedperiod", "LockedPeriod")

    def list_financial_years(self, day: date) -> Any:
        """Return the financial years that the date `day` falls into: one, or none."""
        params = {"date": day.isoformat()}
        return self._call("GET", "/financialyears", "FinancialYears", params=params)

    def list_terms_of_payment(self) -> list[Row]:
        return self._list_register("/termsofpayments", "TermsOfPayments")

    def list_units(self) -> list[Row]:
        return self._list_register("/units", "Units")

    def get_mode_of_payment(self, code: str) -> Any:
        return self._call("GET", f"/modesofpayments/{_segment(code)}", "ModeOfPayment")

    def get_account(self, number: str) -> Any:
        """Return an account of the chart of the current financial year."""
        return self._call("GET", f"/accounts/{_segment(number)}", "Account")

    def _list_register(self, path: str, wrapper: str) -> list[Row]:
        """Return a register's rows; no company has more of these than the largest page holds."""
        rows = self._call("GET", path, wrapper, params={"limit": PAGE_SIZE})
        return [row for row in rows if isinstance(row, dict)] if isinstance(rows, list) else []

    # Customers
    def get_customer(self, number: str) -> Any:
        return self._call("GET", f"/customers/{_segment(number)}", "Customer")

    def find_customers(self, organisation_number: str) -> list[Row]:
        """Return the list rows of the customers whose organisation number contains this one.

        :raises UncertainError: the answer holds no list
        """
        params = {"organisationnumber": organisation_number}
        rows = self._call("GET", "/customers", "Customers", params=params)
        if not isinstance(rows, list):
            raise UncertainError("The list of customers is none.")
        return [row for row in rows if isinstance(row, dict)]

    def create_customer(self, values: Values) -> Any:
        return self._call("POST", "/customers", "Customer", values)

    def update_customer(self, number: str, values: Values) -> Any:
        return self._call("PUT", f"/customers/{_segment(number)}", "Customer", values)

    # Invoices
    def find_invoice(self, reference: str) -> Row | None:
        """Return the list row of the invoice with our `reference`, or None when there is none.

        :raises UncertainError: the answer does not prove that there is none: no list, or one of
            strangers, as from a service that ignores the filter
        """
        rows = self._call(
            "GET", "/invoices", "Invoices", params={"externalinvoicereference1": reference}
        )
        if rows == []:
            return None
        for row in map(answers.mapping, rows if isinstance(rows, list) else []):
            if row.get("ExternalInvoiceReference1") == reference:
                return row
        raise UncertainError("The list of invoices does not answer what was asked.")

    def list_changed_invoices(self, since: datetime) -> Iterator[Row]:
        """Yield the list rows of all invoices changed since the minute `since`, page by page."""
        for page in range(1, MAX_PAGES + 1):
            params: Params = {
                "lastmodified": since.strftime("%Y-%m-%d %H:%M"),
                "limit": PAGE_SIZE,
                "page": page,
            }
            answer = self._ask("GET", "/invoices", "Invoices", params=params)
            rows = answer["Invoices"] if isinstance(answer["Invoices"], list) else []
            yield from (row for row in rows if isinstance(row, dict))
            pages = answers.mapping(answer.get("MetaInformation")).get("@TotalPages")
            if not rows or not isinstance(pages, int) or page >= pages:
                return

    def get_invoice(self, number: str) -> Any:
        return self._call("GET", f"/invoices/{_segment(number)}", "Invoice")

    def create_invoice(self, values: Values) -> Any:
        return self._call("POST", "/invoices", "Invoice", values)

    def update_invoice(self, number: str, values: Values) -> Any:
        return self._call("PUT", f"/invoices/{_segment(number)}", "Invoice", values)

    def bookkeep_invoice(self, number: str) -> Any:
        return self._call("PUT", f"/invoices/{_segment(number)}/bookkeep", "Invoice")

    def cancel_invoice(self, number: str) -> Any:
        """Cancel an invoice that is not bookkept."""
        return self._call("PUT", f"/invoices/{_segment(number)}/cancel", "Invoice")

    def credit_invoice(self, number: str) -> Any:
        """Let the service make the credit note of a bookkept invoice, which it does only once."""
        return self._call("PUT", f"/invoices/{_segment(number)}/credit", "Invoice")

    def mark_invoice_as_sent(self, number: str) -> Any:
        return self._call("PUT", f"/invoices/{_segment(number)}/externalprint", "Invoice")

    def create_tax_reduction(self, values: Values) -> Any:
        return self._call("POST", "/taxreductions", "TaxReduction", values)

    # Nox Finans
    def hand_over(self, number: str, send_method: str, service: str) -> Any:
        """Hand the invoice over to Nox Finans; from here on it costs money."""
        values = {"InvoiceNumber": str(number), "SendMethod": send_method, "Service": service}
        return self._call("POST", "/noxfinansinvoices", "NoxFinansInvoice", values)

    def get_case(self, number: str) -> Any:
        return self._call("GET", f"/noxfinansinvoices/{_segment(number)}", "NoxFinansInvoice")

    def pause(self, number: str, until: date) -> Any:
        """Pause until and including the date `until`."""
        return self._act(number, "pause", {"PausedUntilDate": until.isoformat()})

    def unpause(self, number: str) -> Any:
        return self._act(number, "unpause")

    def stop(self, number: str) -> Any:
        return self._act(number, "stop")

    def take_fees(self, number: str) -> Any:
        return self._act(number, "take-fees")

    def report_payment(self, number: str, values: Values) -> Any:
        return self._act(number, "report-payment", values)

    def _act(self, number: str, action: str, values: Values | None = None) -> Any:
        path = f"/noxfinansinvoices/{_segment(number)}/{action}"
        return self._call("PUT", path, "NoxFinansInvoice", values)

    def _call(
        self,
        method: str,
        path: str,
        wrapper: str,
        values: Values | None = None,
        params: Params | None = None,
    ) -> Any:
        """Make one call and return what stands under `wrapper` in the answer."""
        return self._ask(method, path, wrapper, values, params)[wrapper]

    def _ask(
        self,
        method: str,
        path: str,
        wrapper: str,
        values: Values | None = None,
        params: Params | None = None,
    ) -> Row:
        """Make one call and return the answer, which holds `wrapper`.

        A 401 is an expired token: it is renewed once and the call repeated. After a 429 nothing
        has been done: the call is repeated after the pause that the service asks for.
        """
        response = self._request(method, path, wrapper, values, params, renew=False)
        if response.status_code == 401:
            response = self._request(method, path, wrapper, values, params, renew=True)
        for _slow_down in range(SLOW_DOWNS):
            pause = _get_slow_down(response)
            if response.status_code != 429 or pause > LONGEST_WAIT:
                break
            self.window.hold(pause)
            response = self._request(method, path, wrapper, values, params, renew=False)
        answer = _read_answer(response)
        if wrapper not in answer:
            raise UncertainError(f"The answer to {method} {path} holds no {wrapper}.")
        return answer

    def _request(
        self,
        method: str,
        path: str,
        wrapper: str,
        values: Values | None,
        params: Params | None,
        renew: bool,
    ) -> Answer:
        token = self._get_access_token(renew)
        self.window.wait()
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
            self.clock_ahead = _get_clock_ahead(response)
            message = _error_text(response) if status >= 400 else ""
            return response
        except (NotReachedError, UncertainError) as error:
            message = str(error)
            raise
        finally:
            self.window.done()
            duration = round((time.monotonic() - clock) * 1000)
            self.on_exchange(
                Exchange(self.purpose, started, method, API_PATH + path, status, duration, message)
            )


def fetch(session: requests.Session, url: str) -> Answer:
    """Return the :class:`Answer` to a GET that carries no token and follows no redirect.

    :raises: as :func:`_send`
    """
    return _send(session, "GET", url)


def _send(session: requests.Session, method: str, url: str, **kwargs: Any) -> Answer:
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


def _read_json(response: Answer) -> Row:
    try:
        answer = response.json()
    except (ValueError, RecursionError) as error:
        raise UncertainError(f"HTTP {response.status_code} without readable JSON.") from error
    if not isinstance(answer, dict):
        raise UncertainError(f"HTTP {response.status_code} with unexpected JSON.")
    return answer


def _read_answer(response: Answer) -> Row:
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
    code = _error_code(response)
    error: type[RefusedError] = NotFoundError if status == 404 else RefusedError
    if code in ACCESS_CODES:
        error = AccessDeniedError
    raise error(_error_text(response), code=code, status=status)


def _retry_after(response: Answer) -> float | None:
    """Return the seconds that the header asks for (as a number or as a date), or None."""
    value = response.headers.get("Retry-After", "")
    if value.isascii() and value.isdecimal():
        return min(float(value), 24 * 3600.0)
    try:
        now = datetime.now(UTC) + _get_clock_ahead(response)
        wanted = parsedate_to_datetime(value)
        return min(max((wanted - now).total_seconds(), 0), 24 * 3600.0)
    except (ValueError, TypeError, OverflowError):
        return None


def _get_clock_ahead(response: Answer) -> timedelta:
    """Return how far the service's clock is ahead of ours, by the answer's `Date` (RFC 9110).

    Zero where it says nothing that can be believed.
    """
    try:
        ahead = parsedate_to_datetime(response.headers.get("Date", "")) - datetime.now(UTC)
    except (ValueError, TypeError, OverflowError):
        return timedelta()
    return ahead if abs(ahead) <= LONGEST_AHEAD else timedelta()


def _get_slow_down(response: Answer) -> float:
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


def _error_text(response: Answer) -> str:
    message = answers.text(_error_information(response).get("message"))
    return message or f"HTTP {response.status_code}"


def _sign_in_words(response: Answer) -> tuple[str, str | None]:
    """Return the words and the code of an OAuth error, which has a form of its own."""
    try:
        answer = _read_json(response)
    except UncertainError as error:
        return str(error), None
    code = answers.word(answer.get("error"))
    return answers.text(answer.get("error_description")) or code or "", code


def _error_code(response: Answer) -> int | None:
    code = _error_information(response).get("code")
    return code if isinstance(code, int) and not isinstance(code, bool) else None


def _token(value: object) -> str:
    """:raises ValueError: this cannot be a token"""
    if not isinstance(value, str) or not 0 < len(value) <= MAX_TOKEN:
        raise ValueError("no token")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise ValueError("no token")
    return value


def _segment(number: str) -> str:
    return quote(str(number), safe="")
