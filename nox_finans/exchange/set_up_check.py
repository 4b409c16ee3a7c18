"""The check of the set-up: what has to be in order at Fortnox, said before an invoice is sent."""

import time
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any, NamedTuple

from odoo.models import BaseModel

from ..api import answers
from ..api.client import NoxFinansClient
from ..api.errors import (
    NotFoundError,
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)
from ..api.sign_in import CHECK_SCOPES, SCOPES
from ..criteria import Rules
from .failures import ObstacleError, is_denied
from .status import Company, read_company

# In the order in which they are looked at and shown.
ITEMS = [
    ("environment", "Environment"),
    ("rights", "Rights of the connection"),
    ("company", "Company"),
    ("agreement", "Nox Finans"),
    ("financial_year", "Financial year"),
    ("locked_period", "Locked period"),
    ("accounting_method", "Accounting method"),
    ("vat", "VAT number"),
    ("terms", "Payment terms"),
    ("units", "Units"),
    ("payment_method", "Method of reported payments"),
    ("payment_account", "Account of reported payments"),
    ("presets", "Presets"),
]
RESULTS = [
    ("good", "In order"),
    ("mend", "To mend"),
    ("denied", "Not allowed to look"),
    ("unknown", "Cannot be told"),
]
# No reason to ask for the rest: it would get the same answer, after a long wait at worst.
ENDING_ERRORS = (NotReachedError, SignInError, RateLimitedError, ObstacleError)
# Seconds after which nothing more is asked: somebody waits for the page.
PATIENCE = 60
# So long before a financial year ends the next one has to be there: from 15 December.
YEAR_END_NOTICE = timedelta(days=16)
# No invoice has this number: what is answered to it tells whether we may ask.
NO_INVOICE = 0


class Finding(NamedTuple):
    """What was found of one item, in words, and what to do about it."""

    result: str
    message: str
    advice: str = ""


def read_codes(rows: Iterable[dict[str, Any]]) -> dict[str, str]:
    """Return the codes of a register's rows with their descriptions, as a dict."""
    codes = {answers.word(row.get("Code")): answers.text(row.get("Description")) for row in rows}
    codes.pop(None, None)
    return codes


class SetUpCheck:
    """One walk through the list; a fault of one item does not stop the others."""

    def __init__(self, connector: BaseModel, client: NoxFinansClient) -> None:
        self.connector, self.client = connector, client
        self.env = connector.env
        self.today = Rules(connector.company_id).today
        # What the other side has told, for the connection's page.
        self.company: Company | None = None
        self.year_end: date | None = None
        self.terms: dict[str, str] | None = None
        self.units: dict[str, str] | None = None
        # Why nothing more could be asked, if so.
        self.trouble: NoxFinansError | None = None
        self._answers: dict[tuple[Any, ...], Any] = {}
        self._end = time.monotonic() + PATIENCE

    def run(self) -> dict[str, Finding]:
        """Return a :class:`Finding` for each item."""
        return {code: self._find(code) for code, _label in ITEMS}

    def _find(self, code: str) -> Finding:
        try:
            return getattr(self, f"_find_{code}")()
        except NoxFinansError as error:
            if is_denied(error):
                return Finding(
                    "denied",
                    self.env._("Fortnox does not let us look (%s).", error),
                    self.env._(
                        "Only this check needs it: connect again and agree to all rights, "
                        "or look yourself."
                    ),
                )
            return Finding("unknown", self.env._("It could not be asked: %s", error))

    def ask(self, question: str, *arguments: Any) -> Any:
        """Ask the service once; asked again, the same answer or trouble comes.

        :param question: the name of a method of the client
        :raises NoxFinansError: no answer, or a no
        """
        key = question, arguments
        if key not in self._answers:
            self._answers[key] = self._call(question, arguments)
        if isinstance(self._answers[key], NoxFinansError):
            raise self._answers[key]
        return self._answers[key]

    def _call(self, question: str, arguments: tuple[Any, ...]) -> Any:
        if self.trouble:
            return self.trouble
        if time.monotonic() > self._end:
            return UncertainError(self.env._("what came before took too long"))
        try:
            return getattr(self.client, question)(*arguments)
        except ENDING_ERRORS as error:
            self.trouble = error
            return error
        except NoxFinansError as error:
            return error

    # -------------------------------------------------------------------------
    # The connection
    # -------------------------------------------------------------------------

    def _find_environment(self) -> Finding:
        if self.connector.environment == "production":
            message = self.env._("Production: what is sent is really sent and costs money.")
        else:
            message = self.env._("Sandbox: nothing is really sent.")
        return Finding("good", message)

    def _find_rights(self) -> Finding:
        # Full rights: only the system reads what the sign-in granted.
        granted = self.connector.sudo().granted_scope
        if not granted:
            return Finding(
                "unknown",
                self.env._("Fortnox has not said which rights were given; what follows shows it."),
            )
        missing = sorted(set(SCOPES) - set(granted.split()))
        if missing:
            return Finding(
                "mend",
                self.env._("Missing rights: %s", ", ".join(missing)),
                self.env._("Connect again and agree to all that is asked for."),
            )
        unseen = sorted(set(CHECK_SCOPES) - set(granted.split()))
        if unseen:
            return Finding(
                "denied",
                self.env._("Sending works. Without %s some is not looked at.", ", ".join(unseen)),
                self.env._("If this check shall see all: connect again and agree to them."),
            )
        return Finding("good", self.env._("All rights that are used were given."))

    def _find_company(self) -> Finding:
        self.company = read_company(self.ask("get_company"))
        name = self.company.name or "–"
        number = self.company.number or "–"
        if self.connector._is_own_number(number):
            return Finding("good", self.env._("%(name)s, %(number)s", name=name, number=number))
        return Finding(
            "mend",
            self.env._(
                "%(name)s (%(number)s) is not the number that this company has in Odoo.",
                name=name,
                number=number,
            ),
            self.env._(
                "Enter the organisation number on the company in Odoo, say on this page that it is "
                "the right company, or disconnect and sign in to the right one."
            ),
        )

    def _find_agreement(self) -> Finding:
        try:
            self.ask("get_case", NO_INVOICE)
        except RefusedError as error:
            if is_denied(error):
                return Finding(
                    "mend",
                    self.env._("Nox Finans does not let us in: %s", error),
                    self.env._(
                        "Look at the agreement with Nox Finans (Fortnox Finans), its licence at "
                        "Fortnox, and the right noxfinansinvoice given when connecting."
                    ),
                )
            if not isinstance(error, NotFoundError):
                # Which codes this interface has is not documented: another no is no proof.
                return Finding(
                    "unknown",
                    self.env._(
                        "We may ask Nox Finans; whether the service is active its answer does "
                        "not tell (%s).",
                        error,
                    ),
                    self.env._("The first invoice shows it: begin with one."),
                )
        return Finding(
            "good",
            self.env._("We may ask Nox Finans."),
            self.env._(
                "Whether each of its services is active only the first invoice shows: "
                "begin with one."
            ),
        )

    # -------------------------------------------------------------------------
    # Fortnox's books
    # -------------------------------------------------------------------------

    def _get_year(self, day: date) -> dict[str, Any]:
        """Return the financial year of a date as Fortnox has it, or an empty dict."""
        rows = self.ask("list_financial_years", day)
        if not isinstance(rows, list):
            raise UncertainError(self.env._("the answer is no list"))
        for row in map(answers.mapping, rows):
            first, last = answers.day(row.get("FromDate")), answers.day(row.get("ToDate"))
            if first and last and first <= day <= last:
                return row
        return {}

    def _find_financial_year(self) -> Finding:
        where = self.env._("At Fortnox: Inställningar > Bokföring > Räkenskapsår.")
        year = self._get_year(self.today)
        if not year:
            return Finding(
                "mend",
                self.env._("There is no financial year for today: nothing can be bookkept."),
                where,
            )
        self.year_end = answers.day(year["ToDate"])
        is_near = self.year_end - self.today <= YEAR_END_NOTICE
        if is_near and not self._get_year(self.year_end + timedelta(days=1)):
            return Finding(
                "mend",
                self.env._(
                    "The financial year ends on %s, and the next one is not there yet.",
                    self.year_end,
                ),
                where,
            )
        return Finding("good", self.env._("The financial year goes until %s.", self.year_end))

    def _find_locked_period(self) -> Finding:
        locked = answers.day(answers.mapping(self.ask("get_locked_period")).get("EndDate"))
        if not locked:
            return Finding("good", self.env._("No period is locked."))
        if locked < self.today:
            return Finding("good", self.env._("Locked until %s: today is open.", locked))
        return Finding(
            "mend",
            self.env._("Locked until %s: invoices of today cannot be bookkept.", locked),
            self.env._("At Fortnox: Inställningar > Bokföring > Låsning av period."),
        )

    def _find_accounting_method(self) -> Finding:
        method = answers.word(self._get_year(self.today).get("AccountingMethod"))
        if not method:
            settings = answers.mapping(self.ask("get_company_settings"))
            method = answers.word(settings.get("AccountingMethod"))
        if method == "ACCRUAL":
            return Finding("good", self.env._("Invoices are bookkept when they are issued."))
        if method == "CASH":
            return Finding(
                "good",
                self.env._("Cash accounting: invoices are handed over without being bookkept."),
                self.env._("Payments do not register on the invoices at Fortnox."),
            )
        return Finding("unknown", self.env._("Fortnox has not said which one."))

    def _find_vat(self) -> Finding:
        settings = answers.mapping(self.ask("get_company_settings"))
        if "VATNumber" not in settings:
            return Finding("unknown", self.env._("Fortnox has not said which one it has."))
        number = answers.word(settings["VATNumber"])
        where = self.env._("At Fortnox: Inställningar > Företagsuppgifter.")
        if not number:
            return Finding(
                "mend",
                self.env._("Fortnox has none: an invoice with VAT has to state it."),
                where,
            )
        # Full rights: a number of the connection's own company, compared and not shown.
        own = self.connector.sudo().company_id.vat
        if own and _alphanumeric(own) != _alphanumeric(number):
            return Finding(
                "mend", self.env._("Fortnox has %s, which is not the one in Odoo.", number), where
            )
        return Finding("good", number)

    # -------------------------------------------------------------------------
    # What the settings name
    # -------------------------------------------------------------------------

    def _find_terms(self) -> Finding:
        terms = self.connector.active_term_ids
        self.terms = read_codes(self.ask("list_terms_of_payment"))
        unknown = [
            f"{term.name} ({term._get_nox_finans_code() or '–'})"
            for term in terms
            if not _has(self.terms, term._get_nox_finans_code())
        ]
        if not unknown:
            names = ", ".join(sorted({term._get_nox_finans_code() for term in terms}))
            return Finding("good", names or self.env._("No payment terms are active yet."))
        return Finding(
            "mend",
            self.env._("Fortnox does not know: %s", ", ".join(unknown)),
            self.env._(
                "Enter the right code here under Codes at Fortnox, or add it at Fortnox: "
                "Register > Betalningsvillkor."
            ),
        )

    def _find_units(self) -> Finding:
        units = self.connector.unit_ids
        self.units = read_codes(self.ask("list_units"))
        unknown = [
            f"{unit.uom_id.name} ({unit.code})" for unit in units if not _has(self.units, unit.code)
        ]
        if not unknown:
            names = ", ".join(unit.code for unit in units)
            return Finding(
                "good", names or self.env._("None is chosen: invoice rows go without a unit.")
            )
        return Finding(
            "mend",
            self.env._("Fortnox does not know: %s", ", ".join(unknown)),
            self.env._(
                "Enter the right code here under Codes at Fortnox, or add it at Fortnox: "
                "Register > Enheter."
            ),
        )

    def _find_payment_method(self) -> Finding:
        code = self.connector.payment_method_code
        try:
            self.ask("get_mode_of_payment", code)
        except RefusedError as error:
            if is_denied(error):
                raise
            return Finding(
                "mend",
                self.env._("Fortnox does not know %(code)s: %(error)s", code=code, error=error),
                self.env._(
                    "Payments cannot be reported. Enter the code of one of Fortnox's payment "
                    "methods (betalningssätt) here under Codes at Fortnox."
                ),
            )
        return Finding("good", code)

    def _find_payment_account(self) -> Finding:
        number = self.connector.payment_method_account
        advice = self.env._(
            "Payments cannot be reported. Choose another account here under Codes at Fortnox, or "
            "make it active at Fortnox: Register > Kontoplan."
        )
        try:
            account = answers.mapping(self.ask("get_account", number))
        except RefusedError as error:
            if is_denied(error):
                raise
            message = self.env._(
                "Fortnox has no account %(number)s: %(error)s", number=number, error=error
            )
            return Finding("mend", message, advice)
        if account.get("Active") is False:
            return Finding("mend", self.env._("Account %s is not active.", number), advice)
        name = answers.text(account.get("Description"))
        return Finding("good", f"{number} {name}".strip())

    def _find_presets(self) -> Finding:
        return Finding(
            "good",
            self.env._(
                "Prices with VAT, invoice fee, freight, terms and language preset at Fortnox do "
                "not matter: each invoice says its own."
            ),
        )


def _has(codes: dict[str, str], code: str | None) -> bool:
    return (code or "").casefold() in {known.casefold() for known in codes}


def _alphanumeric(text: str) -> str:
    return "".join(char for char in text.upper() if char.isalnum())
