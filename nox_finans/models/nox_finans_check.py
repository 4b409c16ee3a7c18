"""The check of the set-up: what has to be in order at Fortnox, said before an invoice is sent."""

import time
from collections.abc import Iterable
from datetime import timedelta
from typing import NamedTuple

from odoo import api, fields, models

from ..api import answers
from ..api.client import CHECK_SCOPES, SCOPES
from ..api.errors import (
    AccessDeniedError,
    NotFoundError,
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)
from .nox_finans_connector_sign_in import ACCESS_ACTIVITY
from .nox_finans_criterion import SendingRules
from .nox_finans_gate import gate
from .nox_finans_run import ObstacleError

SET_UP_ACTIVITY = "nox_finans.mail_activity_type_set_up"

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
# A little less than a week: the daily job does not come at the very same minute.
CHECK_EVERY = timedelta(days=6, hours=20)
# So long before a financial year ends the next one has to be there: from 15 December.
YEAR_END_NOTICE = timedelta(days=16)
# How long an unused refresh token lives: of the two documented times (31 days in Fortnox's
# questions and answers, 45 on its page on authorization) the shorter.
ACCESS_LIFE = timedelta(days=31)
ACCESS_NOTICE = timedelta(days=14)
# No invoice has this number: what is answered to it tells whether we may ask.
NO_INVOICE = 0


class Finding(NamedTuple):
    """What was found of one item, in words, and what to do about it."""

    result: str
    message: str
    advice: str = ""


def is_denied(error):
    """Tell whether the service has not let us look: a right or a licence is missing."""
    return isinstance(error, AccessDeniedError) or getattr(error, "status", None) == 403


def read_codes(rows: Iterable[dict]):
    """Return the codes of a register's rows with their descriptions, as a dict."""
    codes = {answers.word(row.get("Code")): answers.text(row.get("Description")) for row in rows}
    codes.pop(None, None)
    return codes


class SetUpCheck:
    """One walk through the list; a fault of one item does not stop the others."""

    def __init__(self, connector, client):
        self.connector, self.client = connector, client
        self.env = connector.env
        self.today = SendingRules.of(connector.company_id).today
        # What the other side has told, for the connection's page.
        self.company = self.year_end = self.terms = self.units = None
        # Why nothing more could be asked, if so.
        self.trouble = None
        self._answers = {}
        self._end = time.monotonic() + PATIENCE

    def run(self):
        """Return a :class:`Finding` for each item."""
        return {code: self._find(code) for code, _label in ITEMS}

    def _find(self, code):
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

    def ask(self, question, *arguments):
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

    def _call(self, question, arguments):
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

    def _find_environment(self):
        if self.connector.environment == "production":
            message = self.env._("Production: what is sent is really sent and costs money.")
        else:
            message = self.env._("Sandbox: nothing is really sent.")
        return Finding("good", message)

    def _find_rights(self):
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

    def _find_company(self):
        self.company = answers.mapping(self.ask("get_company"))
        name = answers.word(self.company.get("CompanyName")) or "–"
        number = answers.word(self.company.get("OrganizationNumber")) or "–"
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

    def _find_agreement(self):
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

    def _get_year(self, day):
        """Return the financial year of a date as Fortnox has it, or an empty dict."""
        rows = self.ask("list_financial_years", day)
        if not isinstance(rows, list):
            raise UncertainError(self.env._("the answer is no list"))
        for row in map(answers.mapping, rows):
            first, last = answers.day(row.get("FromDate")), answers.day(row.get("ToDate"))
            if first and last and first <= day <= last:
                return row
        return {}

    def _find_financial_year(self):
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

    def _find_locked_period(self):
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

    def _find_accounting_method(self):
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

    def _find_vat(self):
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

    def _find_terms(self):
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

    def _find_units(self):
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

    def _find_payment_method(self):
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

    def _find_payment_account(self):
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

    def _find_presets(self):
        return Finding(
            "good",
            self.env._(
                "Prices with VAT, invoice fee, freight, terms and language preset at Fortnox do "
                "not matter: each invoice says its own."
            ),
        )


def _has(codes, code):
    return (code or "").casefold() in {known.casefold() for known in codes}


def _alphanumeric(text):
    return "".join(char for char in text.upper() if char.isalnum())


class NoxFinansCheckRow(models.Model):
    """What the newest check of a connection has found of one item."""

    _name = "nox.finans.check"
    _description = "Nox Finans Check"
    _order = "connector_id, sequence"
    _rec_name = "code"

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector",
        required=True,
        readonly=True,
        ondelete="cascade",
        index=True,
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    sequence = fields.Integer(readonly=True)
    code = fields.Selection(selection=ITEMS, string="Item", required=True, readonly=True)
    result = fields.Selection(selection=RESULTS, required=True, readonly=True)
    message = fields.Text(string="What Was Found", readonly=True)
    advice = fields.Text(string="What to Do", readonly=True)
    date = fields.Datetime(string="Checked on", required=True, readonly=True)

    _one_per_item = models.UniqueIndex("(connector_id, code)")


class NoxFinansConnector(models.Model):
    """A connection's set-up is checked by hand, once a week, and before a year's end."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    check_ids = fields.One2many(
        comodel_name="nox.finans.check",
        inverse_name="connector_id",
        string="What the Check Has Found",
        readonly=True,
    )
    checked_date = fields.Datetime(string="Last Checked", compute="_compute_checked_date")
    year_end = fields.Date(
        readonly=True, copy=False, help="When Fortnox's present financial year ends."
    )
    terms_at_fortnox = fields.Char(string="Payment Terms at Fortnox", readonly=True, copy=False)
    units_at_fortnox = fields.Char(string="Units at Fortnox", readonly=True, copy=False)

    @api.depends("check_ids.date")
    def _compute_checked_date(self):
        for connector in self:
            connector.checked_date = max(connector.check_ids.mapped("date"), default=False)

    @gate("write", on="one")
    def action_test(self):
        """Check the set-up and say in words what works and what does not."""
        try:
            check = self._check_set_up()
            if check.trouble:
                raise check.trouble
            kind, message = self._get_summary()
        except NoxFinansError as error:
            kind, message = "danger", self._describe(error)
        return self._get_notification(kind, message)

    def _check_set_up(self):
        """Walk the list, keep what was found, and return the check.

        :raises ObstacleError: nothing can be asked by this connection
        """
        self._check_usable()
        with self._speak_aside() as client:
            check = SetUpCheck(self, client)
            findings = check.run()
        # Only now, that all is asked: what is written here would wait for the renewed access.
        self._keep_findings(findings)
        if check.company is not None:
            self._note_remote_company(check.company)
        self._note_registers(check.terms, check.units)
        if check.year_end:
            self._write_changes({"year_end": check.year_end})
        return check

    def _keep_findings(self, findings):
        now = fields.Datetime.now()
        # Full rights: nobody writes findings but the system.
        rows = self.sudo().check_ids
        known = {row.code: row for row in rows}
        for sequence, (code, finding) in enumerate(findings.items()):
            values = {**finding._asdict(), "sequence": sequence, "date": now}
            if code in known:
                known[code].write(values)
            else:
                rows.create([{**values, "connector_id": self.id, "code": code}])
        results = {finding.result for finding in findings.values()}
        if not results & {"mend", "unknown"}:
            self._withdraw_questions([SET_UP_ACTIVITY])

    def _note_registers(self, terms, units):
        registers = {"terms_at_fortnox": terms, "units_at_fortnox": units}
        self._write_changes(
            {name: ", ".join(codes) for name, codes in registers.items() if codes is not None}
        )

    def _get_summary(self):
        """Return the kind of message and the message that sums up the newest check."""
        labels = dict(self.env["nox.finans.check"]._fields["code"]._description_selection(self.env))
        by_result = self.check_ids.grouped("result")
        if to_mend := by_result.get("mend"):
            return "danger", " ".join(f"{labels[row.code]}: {row.message}" for row in to_mend)
        sentences = [self.env._("Connected to %s.", self.remote_company)]
        if untold := by_result.get("unknown"):
            names = ", ".join(labels[row.code] for row in untold)
            sentences.append(self.env._("Cannot be told: %s.", names))
            return "warning", " ".join(sentences)
        sentences.append(self.env._("Sign-in, rights and agreement are in order."))
        if denied := by_result.get("denied"):
            names = ", ".join(labels[row.code] for row in denied)
            sentences.append(self.env._("Not allowed to look at: %s.", names))
        return "success", " ".join(sentences)

    # -------------------------------------------------------------------------
    # By itself
    # -------------------------------------------------------------------------

    @api.model
    def _cron_check_set_up(self):
        """Check each connection once a week and before a year's end, and ask the responsible for
        what is to be mended; a connection that is idle renews its access by it."""
        self._for_each("_check_when_due")
        # Committed in between: the renewed access is seen.
        self._for_each("_warn_of_idle_access")

    def _check_when_due(self):
        if not self._is_check_due():
            return
        lang = self._get_administrator().lang or self.env.lang
        connector = self.with_context(lang=lang)
        connector._check_set_up()
        connector._ask_to_mend()

    def _is_check_due(self):
        now, last = fields.Datetime.now(), self.checked_date
        limit = now - CHECK_EVERY
        if not last or last <= limit or (self.token_renewed and self.token_renewed <= limit):
            return True
        notice = self.year_end and self.year_end - YEAR_END_NOTICE
        return bool(notice) and last.date() < notice <= now.date()

    def _ask_to_mend(self):
        """Give the responsible one activity, until all that was found is mended."""
        labels = dict(self.env["nox.finans.check"]._fields["code"]._description_selection(self.env))
        lines = [
            f"{labels[row.code]}: {row.message} {row.advice or ''}"
            for row in self.check_ids
            if row.result == "mend"
        ]
        if lines:
            self._ask(SET_UP_ACTIVITY, "\n".join(lines), self._get_administrator())

    def _warn_of_idle_access(self):
        """Warn in time of a refresh token that dies: whoever uses the connection renews it, and so
        does the weekly check. This is for when that has failed."""
        renewed = self.token_renewed
        if not renewed or renewed > fields.Datetime.now() - (ACCESS_LIFE - ACCESS_NOTICE):
            self._withdraw_questions([ACCESS_ACTIVITY])
            return
        user = self._get_administrator()
        env = self.with_context(lang=user.lang or self.env.lang).env
        self._ask(
            ACCESS_ACTIVITY,
            env._(
                "The access to Nox Finans was last renewed on %(renewed)s and ends on %(end)s if "
                "it is not used. Press Test the Connection; if that does not help, connect again.",
                renewed=fields.Date.to_string(renewed),
                end=fields.Date.to_string(renewed + ACCESS_LIFE),
            ),
            user,
        )
