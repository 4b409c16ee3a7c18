"""A client of the documented interface (Fortnox REST API v3), as far as it is used here."""

import json
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import quote

import requests

from . import answers, rate_limit, transport
from .errors import NotReachedError, UncertainError
from .transport import (
    Answer,
    Row,
    get_clock_ahead,
    get_error_text,
    get_slow_down,
    read_answer,
)

# Documented: the largest page of a list.
PAGE_SIZE = 500
# What more has changed in one go is seen when each case is asked for in its turn.
MAX_PAGES = 200

# At a 429 the client waits and tries again by itself, so often and at most so long (seconds).
SLOW_DOWNS = 3
LONGEST_WAIT = 30

API_PATH = "/3"
# What is sent: a JSON object, and what stands in the address.
Values = Mapping[str, Any]
Params = Mapping[str, str | int]


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
            pause = get_slow_down(response)
            if response.status_code != 429 or pause > LONGEST_WAIT:
                break
            self.window.hold(pause)
            response = self._request(method, path, wrapper, values, params, renew=False)
        answer = read_answer(response)
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
            response = transport.send(
                self._session,
                method,
                self._base_url + path,
                params=params,
                data=None if values is None else json.dumps({wrapper: values}),
                headers={"Authorization": f"Bearer {token}"},
            )
            status = response.status_code
            self.clock_ahead = get_clock_ahead(response)
            message = get_error_text(response) if status >= 400 else ""
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


def _segment(number: str) -> str:
    return quote(str(number), safe="")
