import logging
import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY
from odoo.tools import SQL
from psycopg2.errors import SerializationFailure

from ..api.client import NoxFinansClient, TokenClient
from ..api.errors import (
    AccessDeniedError,
    NotReachedError,
    RateLimitedError,
    RefusedError,
    SignInError,
    UncertainError,
)
from ..api.rate_limit import WINDOW, guest_window_of, window_of
from ..core.words import CHANNELS, ENVIRONMENTS, QUEUE_STATES, SERVICES
from .account_payment_term import is_code
from .nox_finans_gate import gate
from .nox_finans_run import AccessToken, ObstacleError, Run

_logger = logging.getLogger(__name__)

PRODUCTION_URL = "https://api.fortnox.se"
PRODUCTION_SIGN_IN_URL = "https://apps.fortnox.se"
# The sandbox's address is the administrator's, for the whole database.
SANDBOX_URL_PARAMETER = "nox_finans.sandbox_url"
HELP_URL = "https://www.noxfinans.se"
# Where the service's sign-in leads back to.
CALLBACK_PATH = "/nox_finans/callback"
# Renewed this many seconds before it runs out, so that it does not run out on the way.
TOKEN_MARGIN = 60
# Seconds that a person's own question waits for the end of the cron's run.
RUN_PATIENCE = 5
# A queue that has not moved for so long is an administrator's business.
STANDSTILL = timedelta(hours=1)
SHOWN_TROUBLES = 40
ACTIVITY_TYPE = "nox_finans.mail_activity_type_connection"
EXCHANGE_CRON = "ir_cron_exchange"


class NoxFinansConnector(models.Model):
    """A company's connection to Nox Finans and its settings: one per company."""

    _name = "nox.finans.connector"
    _inherit = [
        "nox.finans.system.fields",
        "nox.finans.questions",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _check_company_auto = True
    _description = "Nox Finans Connection"
    _rec_name = "company_id"
    _order = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    environment = fields.Selection(
        selection=ENVIRONMENTS, required=True, default="sandbox", tracking=True
    )
    base_url = fields.Char(string="Address of the Service", compute="_compute_base_url")
    state = fields.Selection(
        selection=[
            ("disconnected", "Not connected"),
            # Signed in to a company that a person has not called the right one yet.
            ("confirm", "To be confirmed"),
            ("connected", "Connected"),
            ("sign_in", "Sign-in needed"),
        ],
        required=True,
        readonly=True,
        default="disconnected",
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        help="Who is told when the connection needs attention: at first who has connected it.",
    )
    remote_company = fields.Char(string="Connected Company", readonly=True, tracking=True)
    remote_registry = fields.Char(
        string="Its Organisation Number", readonly=True, help="As the other side reports it."
    )
    confirmed_registry = fields.Char(
        readonly=True,
        copy=False,
        help="The organisation number that a person has called the right one, although it differs "
        "from the company's.",
    )
    connected_date = fields.Datetime(string="Connected on", readonly=True)
    token_renewed = fields.Datetime(string="Access Renewed on", readonly=True, copy=False)
    connection_message = fields.Char(compute="_compute_connection_message")
    is_foreign = fields.Boolean(compute="_compute_connection_message")
    error_message = fields.Char(string="Message", readonly=True)
    try_count = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    last_run = fields.Datetime(readonly=True)
    last_success = fields.Datetime(string="Last Contact", readonly=True)
    list_try = fields.Datetime(
        readonly=True, help="Changed invoices are not listed again before this."
    )
    listed_until = fields.Datetime(
        string="Changes Asked for", readonly=True, help="Up to when changed invoices were listed."
    )
    # Seconds that the service's clock is ahead of ours, by its answers' header `Date`.
    service_ahead = fields.Integer(groups=fields.NO_ACCESS, copy=False)
    queue_moved = fields.Datetime(string="Queue Last Moved", readonly=True)
    queue_length = fields.Integer(string="In the Queue", compute="_compute_queue")
    oldest_waiting = fields.Datetime(string="Oldest Waiting Since", compute="_compute_queue")
    open_count = fields.Integer(string="Open Cases", compute="_compute_queue")
    call_count = fields.Integer(string="Calls in the Last Hour", compute="_compute_call_count")
    trouble_case_ids = fields.Many2many(
        comodel_name="nox.finans.case", string="What Is Stuck", compute="_compute_trouble_case_ids"
    )

    # Only the system reads these.
    client_id = fields.Char(groups=fields.NO_ACCESS, copy=False)
    client_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    access_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    refresh_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    token_expiry = fields.Datetime(groups=fields.NO_ACCESS, copy=False)
    # The environment and the address that the tokens were given by: see `_get_origin_trouble`.
    token_origin = fields.Char(groups=fields.NO_ACCESS, copy=False)
    granted_scope = fields.Char(groups=fields.NO_ACCESS, copy=False)

    default_service = fields.Selection(
        selection=SERVICES,
        help="For invoices without payment terms. Empty: these are not sent. Invoices with payment "
        "terms go only if their terms are active, whatever is chosen here.",
    )
    default_channel = fields.Selection(
        selection=CHANNELS,
        required=True,
        default="letter",
        help="For invoices, customers and payment terms that say nothing else.",
    )
    invoice_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Terms for the Invoice Service",
        compute="_compute_term_ids",
        inverse="_inverse_invoice_term_ids",
        help="Nox Finans prints and delivers invoices with these payment terms, then follows up.",
    )
    reminder_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Terms for the Reminder Service",
        compute="_compute_term_ids",
        inverse="_inverse_reminder_term_ids",
        help="Nox Finans takes over invoices with these payment terms once they are overdue.",
    )
    active_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Codes of Payment Terms",
        compute="_compute_term_ids",
        inverse="_inverse_active_term_ids",
        help="The code that each of the active payment terms has in Fortnox's own register.",
    )
    payment_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Journal for Payments",
        domain=[("type", "in", ("bank", "cash"))],
        check_company=True,
        tracking=True,
        help="Where payments that come in at Nox Finans are registered. Empty: they are listed as "
        "differences and not booked.",
    )
    report_mode = fields.Selection(
        selection=[("ask", "Ask first"), ("auto", "Automatically")],
        string="Report Payments",
        required=True,
        default="ask",
        tracking=True,
        help="What happens when a payment or a credit note in Odoo lowers an invoice that Nox "
        "Finans has: its sender is asked, or it is reported at once.",
    )
    takes_customers = fields.Boolean(
        string="Use Existing Customers",
        tracking=True,
        help="A customer at Fortnox with the same organisation number that no system has marked as "
        "its own is used and brought up to date, instead of a new one being made.",
    )
    payment_method_code = fields.Char(
        string="Payment Method of Reported Payments",
        required=True,
        default="BG",
        tracking=True,
        help="The code of a payment method in Fortnox's own register.",
    )
    payment_method_account = fields.Integer(
        string="Account of Reported Payments",
        required=True,
        default=1930,
        tracking=True,
        help="The account in Fortnox's chart on which a reported payment is booked there: it must "
        "exist and be active.",
    )
    statement_days = fields.Integer(
        string="Bank Statement at Most This Old",
        default=7,
        help="In days. Invoices are yellow when the newest bank statement is older: who has paid "
        "meanwhile would be asked again. 0: never. Companies without bank statements are not told.",
    )
    collection_days = fields.Integer(
        string="Told before Debt Collection",
        default=3,
        help="So many days before an invoice goes to debt collection its sender is asked whether "
        "to let it. 0: not told.",
    )
    price_ids = fields.One2many(
        comodel_name="nox.finans.price", inverse_name="connector_id", string="Price List"
    )
    price_list_url = fields.Char(
        string="Link to the Price List",
        default=HELP_URL,
        help="Where the current price list of your agreement is found.",
    )

    _one_per_company = models.UniqueIndex(
        "(company_id)", "The company already has a connection to Nox Finans."
    )

    @api.depends("environment")
    def _compute_base_url(self):
        # Full rights: a system parameter, shown to those who may see the connection.
        sandbox = self.env["ir.config_parameter"].sudo().get_param(SANDBOX_URL_PARAMETER)
        for connector in self:
            is_production = connector.environment == "production"
            connector.base_url = PRODUCTION_URL if is_production else sandbox

    @api.depends("state", "error_message", "environment")
    def _compute_connection_message(self):
        for connector in self:
            connector.is_foreign = connector._is_foreign()
            connector.connection_message = (
                connector._get_obstacle()
                or connector._get_schedule_trouble()
                or connector.error_message
            )

    def _compute_queue(self):
        Case = self.env["nox.finans.case"]
        companies = [("company_id", "in", self.company_id.ids)]
        by = ["company_id", "environment"]
        waiting = {
            (company, environment): (count, oldest)
            for company, environment, count, oldest in Case._read_group(
                [*companies, ("state", "in", QUEUE_STATES)], by, ["__count", "queued_date:min"]
            )
        }
        out = {
            (company, environment): count
            for company, environment, count in Case._read_group(
                [*companies, ("state", "=", "accepted")], by, ["__count"]
            )
        }
        for connector in self:
            key = connector.company_id, connector.environment
            connector.queue_length, connector.oldest_waiting = waiting.get(key, (0, False))
            connector.open_count = out.get(key, 0)

    def _compute_call_count(self):
        since = fields.Datetime.now() - timedelta(hours=1)
        domain = [("company_id", "in", self.company_id.ids), ("date", ">=", since)]
        groups = self.env["nox.finans.exchange"]._read_group(domain, ["company_id"], ["__count"])
        counts = dict(groups)
        for connector in self:
            connector.call_count = counts.get(connector.company_id, 0)

    def _compute_trouble_case_ids(self):
        for connector in self:
            connector.trouble_case_ids = self.env["nox.finans.case"].search(
                [
                    ("company_id", "=", connector.company_id.id),
                    ("state", "in", QUEUE_STATES),
                    ("error_message", "!=", False),
                ],
                order="is_stuck DESC, queued_date, id",
                limit=SHOWN_TROUBLES,
            )

    @api.depends("company_id")
    def _compute_term_ids(self):
        for connector in self:
            connector.invoice_term_ids = connector._get_terms("invoice")
            connector.reminder_term_ids = connector._get_terms("reminder")
            connector.active_term_ids = connector.invoice_term_ids | connector.reminder_term_ids

    def _get_terms(self, service):
        Term = self.env["account.payment.term"].with_company(self.company_id)
        # Also what a branch shares with those above it.
        usable = Domain(Term._check_company_domain(self.company_id))
        return Term.search(usable & Domain("nox_finans_service", "=", service))

    def _inverse_invoice_term_ids(self):
        for connector in self:
            connector._set_terms("invoice", connector.invoice_term_ids)

    def _inverse_reminder_term_ids(self):
        for connector in self:
            connector._set_terms("reminder", connector.reminder_term_ids)

    def _inverse_active_term_ids(self):
        """Only the terms' own codes are changed by it; which ones are active is chosen above."""

    def _set_terms(self, service, terms):
        """Let exactly `terms` go to `service`; the latest choice for a term counts."""
        terms = terms.with_company(self.company_id)
        (self._get_terms(service) - terms).nox_finans_service = False
        terms.nox_finans_service = service
        self.invalidate_recordset(["invoice_term_ids", "reminder_term_ids", "active_term_ids"])

    @api.constrains("payment_method_code")
    def _check_payment_method(self):
        for connector in self:
            if not is_code(connector.payment_method_code):
                raise ValidationError(self.env._("This cannot be the code of a payment method."))

    def _is_statement_old(self, today):
        """Tell whether the newest bank statement of the company is older than it may be."""
        if not self.statement_days:
            return False
        Line = self.env["account.bank.statement.line"]
        # A branch's customers may pay to the bank account of those above it.
        of_company = Domain("company_id", "in", self.company_id.parent_ids.ids)
        journals = self.env["account.journal"].search(of_company & Domain("type", "=", "bank"))
        # One row for each journal, from an index: a company has few journals and many rows.
        newest = [
            Line.search_fetch(of_company & Domain("journal_id", "=", journal.id), ["date"], limit=1)
            for journal in journals
        ]
        dates = [line.date for line in newest if line]
        return bool(dates) and max(dates) < today - timedelta(days=self.statement_days)

    @api.constrains("price_list_url")
    def _check_price_list_url(self):
        for connector in self:
            url = connector.price_list_url
            if url and urlsplit(url).scheme not in ("http", "https"):
                raise ValidationError(
                    self.env._("The link to the price list must begin with http:// or https://.")
                )

    def write(self, vals):
        changed = self.browse()
        if "environment" in vals:
            changed = self.filtered(lambda connector: connector.environment != vals["environment"])
            if changed.filtered(lambda connector: connector.state != "disconnected"):
                raise UserError(
                    self.env._(
                        "Disconnect before you change the environment: "
                        "a connection belongs to one environment."
                    )
                )
        result = super().write(vals)
        changed._move_queue_to_environment()
        if changed:
            # Whose number it was, only the other environment knows, and how it is set up.
            changed._forget_company()
            # What was typed for one environment's sign-in is not shown at the other's. Full rights:
            # only the system writes secrets.
            changed.sudo().write({"client_id": False, "client_secret": False})
        return result

    def _move_queue_to_environment(self):
        """Let go along what no service has got anything of; the rest stays where it is known."""
        for connector in self:
            # Full rights: nobody writes cases but the system; who may change the environment may
            # have the queue follow it.
            self.env["nox.finans.case"].sudo().search(
                [
                    ("company_id", "=", connector.company_id.id),
                    ("state", "in", ("queued", "refused")),
                    ("step", "=", False),
                ]
            ).environment = connector.environment

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    @api.model
    @gate("read", on="any")
    def get_sending_banners(self):
        """Return for each chosen company where invoices go to, and what keeps them from going.

        For all who may send; the selection shows it above the list.
        """
        if self._get_schedule_trouble():
            self._watch_schedule()
        labels = dict(self._fields["environment"]._description_selection(self.env))
        return [
            {
                "company": connector.company_id.display_name,
                "environment": connector.environment,
                "label": labels[connector.environment],
                "message": connector.connection_message or "",
            }
            for connector in self.search([("company_id", "in", self.env.companies.ids)])
        ]

    @api.model
    @gate("read", on="any")
    def action_open_settings(self):
        """Open the connection of the current company."""
        return self.env.company._get_nox_finans_connector()._get_records_action(
            name=self.env._("Nox Finans Connection")
        )

    def _get_environment_label(self):
        """Return in words where the companies' invoices go to."""
        labels = dict(self._fields["environment"]._description_selection(self.env))
        return ", ".join(sorted({labels[connector.environment] for connector in self}))

    def _get_obstacle(self):
        """Return in words why nothing can be sent by this connection now, or None."""
        if obstacle := self._get_copy_obstacle():
            return obstacle
        if self.state == "disconnected":
            return self._get_disconnected_words()
        if self.state == "confirm":
            return self._get_company_question()
        if self.state == "sign_in":
            return self.error_message or self.env._("Somebody has to connect to Nox Finans again.")
        return self._get_address_trouble() or self._get_origin_trouble()

    def _get_disconnected_words(self):
        # Full rights: names of companies, for all who see the connection.
        company = self.sudo().company_id
        if not company.parent_id:
            return self.env._("The company is not connected to Nox Finans.")
        return self.env._(
            "The branch %(branch)s is not connected to Nox Finans: it needs a connection of its "
            "own, that of %(parent)s is not used for it.",
            branch=company.name,
            parent=company.parent_id.name,
        )

    def _get_origin(self):
        """Return where tokens that are given now come from, to be kept beside them."""
        return f"{self.environment} {self.base_url}"

    def _get_origin_trouble(self):
        """Return in words why the access must not be shown at the service's present address.

        Else whoever changes the address, or the environment past the form, would be sent it.
        """
        # Full rights: only the system reads what belongs to the secrets.
        origin = self.sudo().token_origin
        if not origin or origin == self._get_origin():
            return None
        return self.env._(
            "The access to Nox Finans was given by %(origin)s, but the address is %(now)s now: it "
            "is not used there, and nothing is sent. Set the address back (system parameter "
            "%(parameter)s), or disconnect and connect again.",
            origin=origin,
            now=self._get_origin(),
            parameter=SANDBOX_URL_PARAMETER,
        )

    def _check_origin(self):
        """:raises ObstacleError: the tokens are not this address's"""
        if trouble := self._get_origin_trouble():
            raise ObstacleError(trouble)

    def _get_address_trouble(self):
        if urlsplit(self.base_url or "").scheme in ("http", "https"):
            return None
        return self.env._(
            "The address of the sandbox is missing "
            "(system parameter %s): an administrator sets it.",
            SANDBOX_URL_PARAMETER,
        )

    def _check_address(self):
        """:raises UserError: the service has no address that can be called"""
        if trouble := self._get_address_trouble():
            raise UserError(trouble)

    def _check_usable(self):
        """:raises ObstacleError: nothing can be sent by this connection; says why"""
        if obstacle := self._get_obstacle():
            raise ObstacleError(obstacle)

    def _check_ready_to_send(self):
        """:raises UserError: there is no connection to send by; says who mends it"""
        try:
            self._check_usable()
        except ObstacleError as error:
            raise UserError(
                self.env._(
                    "%(reason)s Ask the accounting manager: "
                    "Settings > Invoicing > Nox Finans. Nothing was sent.",
                    reason=error,
                )
            ) from error

    # -------------------------------------------------------------------------
    # Speaking to the service
    # -------------------------------------------------------------------------

    def _get_client(self, window=None):
        """Return a client that signs in by itself and keeps the rate limit.

        :raises ObstacleError: nothing can be sent by this connection
        """
        self._check_usable()
        window = window or window_of(self._get_window_key())
        window.prime(self._get_ages())
        return NoxFinansClient(self.base_url, AccessToken(self).get, window)

    def _get_window_key(self):
        # Full rights: the client id tells the rate limit's window; it goes nowhere else.
        return self.env.cr.dbname, self.sudo().client_id, self.company_id.id, self.base_url

    def _get_ages(self):
        """Return how many seconds ago the company's latest calls were, in whichever process."""
        now = datetime.now(UTC).replace(tzinfo=None)
        # Full rights: counted for all who may test the connection.
        exchanges = self.env["nox.finans.exchange"].sudo()
        calls = exchanges.search_fetch(
            [
                ("company_id", "=", self.company_id.id),
                # Longer calls than this are none that count.
                ("date", ">=", now - timedelta(seconds=2 * WINDOW)),
            ],
            ["date", "duration"],
        )
        return [(now - call.date).total_seconds() - call.duration / 1000 for call in calls]

    @contextmanager
    def _speak_aside(self):
        """Give a client for what a person does now, also while the cron works for the company.

        One such person at a time and company; beside the cron only the reserved calls go, which
        are few: most of its runs are short and waited for.
        """
        with self._lock_cursor() as lock:
            lock.execute(
                SQL(
                    "SELECT pg_advisory_xact_lock(hashtext(%s), %s)",
                    f"{self._table}/aside",
                    self.id,
                )
            )
            key = self._get_window_key()
            window = window_of(key) if self._wait_for_run(lock) else guest_window_of(key)
            client = self._get_client(window)
            calls = []
            client.on_exchange = calls.append
            client.purpose = "test"
            try:
                yield client
            finally:
                self._log_aside(calls)

    def _wait_for_run(self, cr):
        """Return whether this process is, within a moment, the only one that works for it."""
        end = time.monotonic() + RUN_PATIENCE
        while not self._lock_run(cr):
            if time.monotonic() >= end:
                return False
            time.sleep(0.1)
        return True

    def _log_aside(self, calls):
        """Log the calls of :meth:`_speak_aside`, whatever becomes of the caller's transaction."""
        with self.env.registry.cursor() as cr:
            # Full rights: nobody writes the log but the system.
            exchanges = self.env(cr=cr)["nox.finans.exchange"].sudo()
            exchanges._log(self.company_id.id, [(call, False) for call in calls])

    def _renew_access_token(self, refused_token):
        """Return a valid access token and the seconds it is good for.

        The refresh token is single-use: the row is locked while it is traded in, and the new one
        is committed at once, in a transaction of its own.

        :param refused_token: the one that the service no longer accepts, or None
        :raises SignInError: the connection is lost; somebody has to connect again
        :raises NotReachedError: no clear answer; nothing of what the token was for has been sent
        :raises ObstacleError: somebody has disconnected meanwhile
        """
        with self.env.registry.cursor() as cr:
            # Full rights: only the system reads secrets.
            connector = self.with_env(self.env(cr=cr)).sudo()
            self._lock_row(cr)
            connector._check_usable()
            lifetime = connector._get_token_lifetime()
            if connector.access_token and connector.access_token != refused_token and lifetime > 0:
                return connector.access_token, lifetime
            tokens = connector._refresh_tokens()
            connector.write(
                {
                    "access_token": tokens.access_token,
                    "refresh_token": tokens.refresh_token,
                    "token_expiry": fields.Datetime.now() + timedelta(seconds=tokens.expires_in),
                    "token_renewed": fields.Datetime.now(),
                }
            )
            # The old token is used up: this one must be kept whatever happens to the caller.
            cr.commit()  # pylint: disable=invalid-commit
            return tokens.access_token, connector._get_token_lifetime()

    def _lock_row(self, cr):
        """Wait for the row's lock, and see what its last holder has left."""
        while True:
            try:
                cr.execute(
                    SQL("SELECT FROM nox_finans_connector WHERE id = %s FOR UPDATE", self.id),
                    log_exceptions=False,
                )
                return
            except SerializationFailure:
                # It was changed while we waited: that is seen in a new transaction only.
                cr.rollback()

    def _refresh_tokens(self):
        try:
            return self._get_token_client().refresh(self.refresh_token)
        except UncertainError as error:
            # Whether the token is used up shows at the next try: then it is refused.
            raise NotReachedError(str(error)) from error

    def _get_token_lifetime(self):
        expiry = self.token_expiry or fields.Datetime.now()
        return (expiry - fields.Datetime.now()).total_seconds() - TOKEN_MARGIN

    def _get_token_client(self):
        """:raises ObstacleError: the sign-in has no address that can be called"""
        if trouble := self._get_address_trouble():
            raise ObstacleError(trouble)
        is_production = self.environment == "production"
        url = PRODUCTION_SIGN_IN_URL if is_production else self.base_url
        return TokenClient(url, self.client_id, self.client_secret)

    def _describe(self, error):
        """Return what an error means for the user, and what to do about it."""
        match error:
            case NotReachedError():
                return self.env._(
                    "Nox Finans cannot be reached. What is queued stays queued "
                    "and goes by itself when the service answers again."
                )
            case RateLimitedError():
                return self.env._(
                    "Nox Finans asks us to slow down; it goes on by itself in a moment."
                )
            case ObstacleError():
                return str(error)
            case SignInError(reason="invalid_client"):
                return self.env._(
                    "Nox Finans does not accept the client's id or secret (%s). Look them up and "
                    "connect again; what is queued stays queued.",
                    error,
                )
            case SignInError():
                return self.env._(
                    "The connection to Nox Finans is not accepted (%s). "
                    "An administrator has to connect again; what is queued stays queued.",
                    error,
                )
            case AccessDeniedError():
                return self.env._(
                    "Nox Finans knows the company but does not let us in (%s). Look at the "
                    "agreement, the licence and the rights that were given when connecting; "
                    "what is queued stays queued.",
                    error,
                )
            case RefusedError(status=None):
                # Our own no: nothing was asked of the service.
                return str(error)
            case RefusedError():
                return self.env._("Nox Finans says no: %s", error)
        return self.env._(
            "No clear answer from Nox Finans (%s). "
            "Before anything is sent again, it is looked up whether it arrived.",
            error,
        )

    # -------------------------------------------------------------------------
    # The cron: queue, then status
    # -------------------------------------------------------------------------

    @api.model
    def _trigger_exchange(self, at=None):
        """Let the exchange run as soon as possible, or not later than the datetime `at`."""
        self._trigger_cron(EXCHANGE_CRON, at)

    @api.model
    def _trigger_cron(self, name, at=None):
        """Let a scheduled action of ours run as soon as possible, or not later than `at`; where it
        does not run, let it be known.

        :param name: its id in the data file
        """
        cron = self._get_crons()[name]
        if cron:
            cron._trigger(at)
        if not cron.active:
            self._watch_schedule()

    @api.model
    def _cron_exchange(self):
        """Send what is queued and ask for the status of what is out, for each company."""
        # One for each company, and each has to be looked at.
        connectors = self.search(  # pylint: disable=no-search-all
            [], order="last_run NULLS FIRST, id"
        )
        self.env["ir.cron"]._commit_progress(remaining=1)
        is_time_left = connectors._exchange()
        connectors._note_standstill()
        self._watch_schedule(running=EXCHANGE_CRON)
        if not is_time_left:
            # What is left is due still. For what is only partly done Odoo's cron would start again
            # nine times without any time, then sleep for a minute: woken, it goes on at once.
            self._trigger_exchange()
        self.env["ir.cron"]._commit_progress(1, remaining=0)

    def _exchange(self, seconds=float("inf")):
        """Let these companies take turns for so long; return whether the time was enough.

        First comes the one whose last turn is longest ago, so that a long queue does not hold up a
        short one. One faulty company or invoice does not stop the others.
        """
        end = time.monotonic() + seconds
        with self._lock_cursor() as lock:
            runs = [run for connector in self if (run := connector._start_run(lock))]
            is_time_left = self._take_turns(runs, end)
            for run in runs:
                run.finish()
        return is_time_left

    def _take_turns(self, runs, end):
        """Let each run work in its turn until all are done; return whether the time was enough."""
        waiting = list(runs)
        while waiting:
            # Whose rate limit lets it go on at once comes first, else whose pause is the shortest.
            waiting.sort(key=lambda run: run.get_pause())
            run = waiting.pop(0)
            if run.take_turn(is_alone=not waiting and end == float("inf")):
                waiting.append(run)
            if not run.is_time_left or (waiting and time.monotonic() >= end):
                return False
        return True

    def _start_run(self, lock):
        """Return one company's :class:`Run`, or None when it has none now."""
        if self._get_obstacle():
            return None
        if not self._lock_run(lock):
            # Somebody tries the connection just now.
            self._trigger_exchange(fields.Datetime.now() + timedelta(minutes=1))
            return None
        try:
            self._note_interrupted()
            self.last_run = fields.Datetime.now()
            self.env["ir.cron"]._commit_progress()
            return Run(self.with_company(self.company_id))
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Exchange with Nox Finans not started, company %s", self.id)
            return None

    @contextmanager
    def _lock_cursor(self):
        """Hold the locks of a cron's run over all its commits.

        They live in a transaction of their own, so that they end with the process at the latest.
        """
        with self.env.registry.cursor() as cr:
            yield cr

    def _lock_run(self, cr):
        """Return whether this process is now the only one that works for the company."""
        cr.execute(SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", self._table, self.id))
        return cr.fetchone()[0]

    def _note_interrupted(self):
        """Whatever is found in `sending` now was left by a process that died."""
        interrupted = self.env["nox.finans.case"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "sending")]
        )
        interrupted.write(
            {
                "state": "uncertain",
                "next_try": False,
                "error_message": self.env._("Interrupted while sending: it is looked up first."),
            }
        )

    # -------------------------------------------------------------------------
    # What an administrator has to know
    # -------------------------------------------------------------------------

    def _note_standstill(self):
        """Call the administrator once when the queue stands still, and no longer once it moves."""
        limit = fields.Datetime.now() - STANDSTILL
        # Counted anew: the run has changed it.
        self.invalidate_recordset(["queue_length", "oldest_waiting", "open_count"])
        for connector in self:
            if connector._is_foreign():
                continue
            moved = max(
                filter(None, (connector.queue_moved, connector.connected_date)), default=limit
            )
            stands = connector.oldest_waiting and max(connector.oldest_waiting, moved) <= limit
            if stands:
                connector._call_administrator(
                    self.env._("The queue to Nox Finans stands still"),
                    connector.connection_message or connector._get_first_trouble(),
                )
            elif connector.state == "connected":
                connector._withdraw_questions([ACTIVITY_TYPE])

    def _get_first_trouble(self):
        case = self.env["nox.finans.case"].search(
            [("company_id", "=", self.company_id.id), ("state", "in", QUEUE_STATES)],
            order="queued_date, id",
            limit=1,
        )
        return f"{case.move_id.name}: {case.status_message}"

    def _call_administrator(self, summary, text):
        """Give the administrator an activity: one, until it is done or the trouble is over."""
        self.ensure_one()
        if not self.activity_search([ACTIVITY_TYPE]):
            self._ask(ACTIVITY_TYPE, text, self._get_administrator(), summary=summary)

    @api.model
    def _for_each(self, work):
        """Let each connection that can be used do its daily `work`; one's failure is its own.

        :param work: the name of a method of one connection
        """
        # One for each company, and each has to be looked at.
        connectors = self.search([])  # pylint: disable=no-search-all
        connectors._watch()
        for connector in connectors:
            try:
                connector._try_twice(connector._do_daily, work)
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Nox Finans, company %s: %s failed", connector.id, work)

    def _watch(self):
        """Look after the cron that sends from the others: an alarm must not hang on what it
        watches."""
        try:
            self._try_twice(self._note_standstill)
            self._try_twice(self._watch_schedule)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Nox Finans: the queue and the scheduled actions are not watched")

    def _do_daily(self, work):
        if not self._get_obstacle():
            getattr(self, work)()
        self.env["ir.cron"]._commit_progress()

    def _try_twice(self, work, *arguments):
        """Do `work`, and once more on what is there now when somebody else was at the same rows.

        What was done since the last commit is undone in between.
        """
        try:
            return work(*arguments)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            self.env.cr.rollback()
            _logger.info("Nox Finans, company %s: tried once more after: %s", self.id, error)
            return work(*arguments)

    def _get_administrator(self):
        """Return who has connected the company, or else somebody who can mend the connection."""
        if self.user_id.active:
            return self.user_id
        managers = self.env.ref("account.group_account_manager").all_user_ids
        here = managers.filtered(lambda user: user.active and self.company_id in user.company_ids)
        return here[:1] or self.env.ref("base.group_system").all_user_ids[:1]
