import logging
import time
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.tools import SQL

from ..api.client import NoxFinansClient, TokenClient
from ..api.errors import (
    NotReachedError,
    NoxFinansError,
    RateLimitedError,
    RefusedError,
    SignInError,
)
from ..api.rate_limit import window_of
from .nox_finans_case import CHANNELS, FIRST_PAUSE, LONGEST_PAUSE

_logger = logging.getLogger(__name__)

PRODUCTION_URL = "https://api.fortnox.se"
PRODUCTION_SIGN_IN_URL = "https://apps.fortnox.se"
# The sandbox's address is the administrator's, for the whole database.
SANDBOX_URL_PARAMETER = "nox_finans.sandbox_url"
HELP_URL = "https://www.noxfinans.se"
# Renewed this many seconds before it runs out, so that it does not run out on the way.
TOKEN_MARGIN = 60


class NoxFinansConnector(models.Model):
    """A company's connection to Nox Finans and its settings: one per company."""

    _name = "nox.finans.connector"
    _description = "Nox Finans Connection"
    _rec_name = "company_id"
    _order = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    environment = fields.Selection(
        selection=[("sandbox", "Sandbox (nothing is really sent)"), ("production", "Production")],
        required=True,
        default="sandbox",
    )
    base_url = fields.Char(string="Address of the Service", compute="_compute_base_url")
    state = fields.Selection(
        selection=[
            ("disconnected", "Not connected"),
            ("connected", "Connected"),
            ("sign_in", "Sign-in needed"),
        ],
        required=True,
        readonly=True,
        default="disconnected",
    )
    remote_company = fields.Char(string="Connected Company", readonly=True)
    error_message = fields.Char(string="Message", readonly=True)
    try_count = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    last_success = fields.Datetime(string="Last Contact", readonly=True)
    queue_length = fields.Integer(compute="_compute_queue_length")

    # Only the system reads these.
    client_id = fields.Char(groups=fields.NO_ACCESS, copy=False)
    client_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    access_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    refresh_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    token_expiry = fields.Datetime(groups=fields.NO_ACCESS, copy=False)

    default_channel = fields.Selection(
        selection=CHANNELS,
        required=True,
        default="letter",
        help="For customers and invoices that say nothing else.",
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

    def _compute_queue_length(self):
        counts = dict(
            self.env["nox.finans.case"]._read_group(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("state", "in", ("queued", "sending", "uncertain")),
                ],
                ["company_id"],
                ["__count"],
            )
        )
        for connector in self:
            connector.queue_length = counts.get(connector.company_id, 0)

    @api.depends("company_id")
    def _compute_term_ids(self):
        for connector in self:
            connector.invoice_term_ids = connector._get_terms("invoice")
            connector.reminder_term_ids = connector._get_terms("reminder")

    def _get_terms(self, service):
        return (
            self.env["account.payment.term"]
            .with_company(self.company_id)
            .search(
                [
                    ("nox_finans_service", "=", service),
                    ("company_id", "in", (False, self.company_id.id)),
                ]
            )
        )

    def _inverse_invoice_term_ids(self):
        for connector in self:
            connector._set_terms("invoice", connector.invoice_term_ids)

    def _inverse_reminder_term_ids(self):
        for connector in self:
            connector._set_terms("reminder", connector.reminder_term_ids)

    def _set_terms(self, service, terms):
        """Let exactly `terms` go to `service`; the latest choice for a term counts."""
        terms = terms.with_company(self.company_id)
        (self._get_terms(service) - terms).nox_finans_service = False
        terms.nox_finans_service = service
        self.invalidate_recordset(["invoice_term_ids", "reminder_term_ids"])

    @api.constrains("price_list_url")
    def _check_price_list_url(self):
        for connector in self:
            url = connector.price_list_url
            if url and urlsplit(url).scheme not in ("http", "https"):
                raise ValidationError(
                    self.env._("The link to the price list must begin with http:// or https://.")
                )

    def write(self, vals):
        if "environment" in vals:
            changed = self.filtered(lambda connector: connector.environment != vals["environment"])
            if changed.filtered(lambda connector: connector.state != "disconnected"):
                raise UserError(
                    self.env._(
                        "Disconnect before you change the environment: "
                        "a connection belongs to one environment."
                    )
                )
        return super().write(vals)

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    @api.model
    def action_open_settings(self):
        """Open the connection of the current company."""
        return self.env.company._get_nox_finans_connector()._get_records_action(
            name=self.env._("Nox Finans Settings")
        )

    def action_test(self):
        """Ask the service for the company's name, and say in words what came of it."""
        self.ensure_one()
        self.check_access("write")
        try:
            self._check_usable()
            company = self._get_client().get_company()
            name = str(company.get("CompanyName") or "") if isinstance(company, dict) else ""
            message, kind = self.env._("Connected to %s.", name or self.base_url), "success"
            # Full rights: the name is what the service says, not the user.
            self.sudo().remote_company = name
        except NoxFinansError as error:
            message, kind = self._describe(error), "danger"
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def action_disconnect(self):
        self.ensure_one()
        self.check_access("write")
        # Full rights: only the system reads and clears secrets.
        self.sudo().write(
            {
                "state": "disconnected",
                "client_id": False,
                "client_secret": False,
                "access_token": False,
                "refresh_token": False,
                "token_expiry": False,
                "remote_company": False,
                "error_message": False,
            }
        )

    def _connect(self, credentials):
        """Take over the credentials that the sign-in brought, for the system only.

        :param credentials: dict with client_id, client_secret, access_token, refresh_token and
            expires_in (seconds)
        """
        self.ensure_one()
        expires_in = timedelta(seconds=credentials["expires_in"])
        # Full rights: only the system reads and writes secrets.
        self.sudo().write(
            {
                **{
                    name: credentials[name]
                    for name in ("client_id", "client_secret", "access_token", "refresh_token")
                },
                "token_expiry": fields.Datetime.now() + expires_in,
                "state": "connected",
                "error_message": False,
                "try_count": 0,
                "next_try": False,
            }
        )

    def _check_usable(self):
        """:raises SignInError: the company is not connected, or the service has no address"""
        if self.state != "connected":
            raise SignInError(self.env._("The company is not connected to Nox Finans."))
        if urlsplit(self.base_url or "").scheme not in ("http", "https"):
            raise SignInError(
                self.env._(
                    "The address of the sandbox is missing "
                    "(system parameter %s): an administrator sets it.",
                    SANDBOX_URL_PARAMETER,
                )
            )

    def _check_ready_to_send(self):
        """:raises UserError: there is no connection to send by; says who mends it"""
        try:
            self._check_usable()
        except SignInError as error:
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

    def _get_client(self, on_exchange=lambda exchange: None):
        """Return a client that signs in by itself and keeps the rate limit."""
        # Full rights: the client id tells the rate limit's window; it goes nowhere else.
        window = window_of((self.sudo().client_id, self.company_id.id, self.base_url))
        return NoxFinansClient(self.base_url, _AccessToken(self).get, window, on_exchange)

    def _renew_access_token(self, refused_token):
        """Return a valid access token and the seconds it is good for.

        The refresh token is single-use: the row is locked while it is traded in, and the new one
        is committed at once, in a transaction of its own.

        :param refused_token: the one that the service no longer accepts, or None
        :raises SignInError, NotReachedError, UncertainError:
        """
        with self.env.registry.cursor() as cr:
            # Full rights: only the system reads secrets.
            connector = self.with_env(self.env(cr=cr)).sudo()
            cr.execute(SQL("SELECT FROM nox_finans_connector WHERE id = %s FOR UPDATE", self.id))
            lifetime = connector._get_token_lifetime()
            if connector.access_token and connector.access_token != refused_token and lifetime > 0:
                return connector.access_token, lifetime
            tokens = connector._get_token_client().refresh(connector.refresh_token)
            connector.write(
                {
                    "access_token": tokens.access_token,
                    "refresh_token": tokens.refresh_token,
                    "token_expiry": fields.Datetime.now() + timedelta(seconds=tokens.expires_in),
                }
            )
            # The old token is used up: this one must be kept whatever happens to the caller.
            cr.commit()  # pylint: disable=invalid-commit
            return tokens.access_token, connector._get_token_lifetime()

    def _get_token_lifetime(self):
        expiry = self.token_expiry or fields.Datetime.now()
        return (expiry - fields.Datetime.now()).total_seconds() - TOKEN_MARGIN

    def _get_token_client(self):
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
            case SignInError():
                return self.env._(
                    "The connection to Nox Finans is not accepted (%s). "
                    "An administrator has to connect again; what is queued stays queued.",
                    error,
                )
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
        """Let the cron run as soon as possible, or not later than the datetime `at`."""
        # Full rights: those who may send may wake the cron that sends.
        self.env.ref("nox_finans.ir_cron_exchange").sudo()._trigger(at)

    @api.model
    def _cron_exchange(self):
        """Send what is queued and ask for the status of what is out, for each company.

        One faulty company or invoice does not stop the others.
        """
        connectors = self.search([("state", "=", "connected")])
        self.env["ir.cron"]._commit_progress(remaining=len(connectors))
        for connector in connectors:
            try:
                is_time_left = connector._exchange()
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Exchange with Nox Finans failed, company %s", connector.id)
                is_time_left = True
            if not is_time_left:
                # Odoo's cron runs again at once; what is left is due still.
                self.env["ir.cron"]._commit_progress(1, remaining=1)
                return
            self.env["ir.cron"]._commit_progress(1)

    def _exchange(self):
        """Do one company's work; return whether the cron has time left for more."""
        with self._only_run() as is_only:
            if not is_only:
                return True
            self._note_interrupted()
            run = _Run(self.with_company(self.company_id))
            if self.next_try and self.next_try > fields.Datetime.now():
                return True
            is_time_left = run.send_queued() and run.perform_requests() and run.sync_status()
            run.finish()
            return is_time_left

    @contextmanager
    def _only_run(self):
        """Hold the company's lock for the whole run, over all its commits.

        The lock lives in a transaction of its own, so that it ends with the process at the latest.
        """
        with self.env.registry.cursor() as cr:
            cr.execute(
                SQL(
                    "SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)",
                    self._table,
                    self.id,
                )
            )
            yield cr.fetchone()[0]

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
        self.env["ir.cron"]._commit_progress()


class _AccessToken:
    """Keeps a connector's access token for one client, and renews it when it must."""

    def __init__(self, connector):
        self._connector = connector
        self._token = None
        self._good_until = 0

    def get(self, renew):
        if renew or time.monotonic() >= self._good_until:
            refused = self._token if renew else None
            self._token, lifetime = self._connector._renew_access_token(refused)
            self._good_until = time.monotonic() + lifetime
        return self._token


class _Run:
    """One company's work in one run of the cron."""

    def __init__(self, connector):
        self.connector = connector
        self.env = connector.env
        self.client = connector._get_client()
        self.counts = {"accepted": 0, "refused": 0, "uncertain": 0, "performed": 0, "synced": 0}
        self.confirmed_by_user = {}
        self.refused_by_user = {}
        self.is_stopped = False

    def commit(self, processed=0):
        """Commit; return whether the cron has time left."""
        return self.env["ir.cron"]._commit_progress(processed) > 0

    def send_queued(self):
        """Send what is due, oldest first; return whether time is left."""
        return self._work_through([("state", "in", ("queued", "uncertain"))], "id", self._send)

    def perform_requests(self):
        """Carry out what users have asked for; return whether time is left."""
        domain = [("state", "=", "accepted"), ("requested_action", "!=", False)]
        return self._work_through(domain, "write_date, id", self._perform)

    def sync_status(self):
        """Ask for the status of what is due; return whether time is left."""
        domain = [("state", "=", "accepted"), ("requested_action", "=", False)]
        return self._work_through(domain, "next_try, id", self._sync)

    def _work_through(self, domain, order, work):
        Case = self.env["nox.finans.case"]
        domain = [
            ("company_id", "=", self.connector.company_id.id),
            *domain,
            "|",
            ("next_try", "=", False),
            ("next_try", "<=", fields.Datetime.now()),
        ]
        for case_id in Case.search(domain, order=order).ids:
            if self.is_stopped:
                break
            case = Case.browse(case_id).try_lock_for_update(allow_referencing=True)
            # Without a lock, somebody else is at it; it may also have been withdrawn.
            if not case.filtered_domain(domain):
                continue
            self._guard(case, work)
            if not self.commit(1):
                return False
        return True

    def _guard(self, case, work):
        """Do the work on one case, so that its failure is its own."""
        self.client.on_exchange = lambda exchange: self._log(case, exchange)
        # What is written on the case is read by the one who sent it.
        case = case.with_context(lang=case.user_id.lang or self.env.lang)
        try:
            work(case)
            self._note_success()
        except NoxFinansError as error:
            self._fail(case, error)
        except Exception:
            _logger.exception("Nox Finans case %s failed", case.id)
            self.env.cr.rollback()
            if case.state == "sending":
                # The call may have been made: look first.
                case.state = "uncertain"
            self._postpone(case, self.env._("An unexpected error; see the server's log."))

    def _send(self, case):
        case._send(self.client, self.commit)
        self._announce(case)
        self.counts["accepted"] += 1
        self.connector._trigger_exchange(case.next_try)

    def _sync(self, case):
        case._sync(self.client)
        self._announce(case)
        self.counts["synced"] += 1
        if case.next_try:
            self.connector._trigger_exchange(case.next_try)

    def _perform(self, case):
        user, action = case.requested_by, case.requested_action
        label = dict(case._fields["requested_action"]._description_selection(case.env))[action]
        is_clear = case._perform_request(self.client, self.commit)
        case._clear_request()
        if is_clear:
            text = case.env._("Nox Finans: “%(action)s” is done, asked for by %(user)s.")
        else:
            text = case.env._(
                "Nox Finans: no clear answer to “%(action)s”, asked for by %(user)s. The status "
                "has been fetched; look at it before you ask again."
            )
        case.move_id.message_post(body=text % {"action": label, "user": user.name})
        self.counts["performed"] += 1

    def _fail_request(self, case, error, message):
        """Return whether the failure of a user's request is dealt with."""
        if isinstance(error, NotReachedError | SignInError | RateLimitedError):
            # Nothing was done: it is asked for again as soon as it can be.
            case.is_request_sent = False
            return False
        if not isinstance(error, RefusedError):
            return False
        refused = self.refused_by_user.setdefault(case.requested_by, [])
        refused.append(f"{case.move_id.name}: {message}")
        case._clear_request()
        case.move_id.message_post(body=message)
        return True

    def _fail(self, case, error):
        message = self.connector.with_env(case.env)._describe(error)
        if case.requested_action and self._fail_request(case, error, message):
            return
        if isinstance(error, NotReachedError | SignInError):
            self._stop(case, error, message)
        elif isinstance(error, RateLimitedError):
            self.is_stopped = True
            self._postpone(case, message, pause=error.retry_after)
        elif isinstance(error, RefusedError) and case.state in ("queued", "sending"):
            self.counts["refused"] += 1
            case.write({"state": "refused", "error_message": message, "next_try": False})
            refused = self.refused_by_user.setdefault(case.user_id, [])
            refused.append(f"{case.move_id.name}: {message}")
            case.move_id.message_post(body=message)
        else:
            self.counts["uncertain"] += 1
            if case.state != "accepted":
                case.state = "uncertain"
            self._postpone(case, message)

    def _stop(self, case, error, message):
        """The trouble is the connection's, not the case's: all of the company's queue waits."""
        self.is_stopped = True
        if case.state == "sending":
            case.state = "queued"
        connector = self.connector
        values = {"error_message": message}
        if isinstance(error, SignInError):
            values["state"] = "sign_in"
        else:
            pause = min(FIRST_PAUSE * 2 ** min(connector.try_count, 10), LONGEST_PAUSE)
            values |= {
                "try_count": connector.try_count + 1,
                "next_try": fields.Datetime.now() + timedelta(seconds=pause),
            }
            connector._trigger_exchange(values["next_try"])
        connector.write(values)
        _logger.warning("Nox Finans, company %s: %s", connector.company_id.id, error)

    def _postpone(self, case, message, pause=None):
        if case.state == "sending":
            case.state = "queued"
        case.try_count += 1
        wait = timedelta(seconds=pause) if pause else case._get_pause()
        case.write({"error_message": message, "next_try": fields.Datetime.now() + wait})
        self.connector._trigger_exchange(case.next_try)

    def _note_success(self):
        connector = self.connector
        if connector.error_message:
            connector.write({"error_message": False, "try_count": 0, "next_try": False})

    def _log(self, case, exchange):
        self.env["nox.finans.exchange"].create(
            {
                "case_id": case.id,
                "date": exchange.date,
                "method": exchange.method,
                "path": exchange.path,
                "status_code": exchange.status_code,
                "duration": exchange.duration,
                "message": exchange.message,
            }
        )

    def _announce(self, case):
        """Tell the invoice, and its sender at the end, once the service has confirmed the case."""
        if case.is_announced or not case.confirmed_date:
            return
        case.is_announced = True
        case.move_id.message_post(
            body=case.env._(
                "Nox Finans: %(status)s OCR number %(ocr)s.",
                status=case.status_message,
                ocr=case.ocr_number or "–",
            )
        )
        self.confirmed_by_user.setdefault(case.user_id, []).append(case.move_id.name)

    def finish(self):
        """Tell the senders what came of it, one message each, log the run in one line, commit."""
        for user, reasons in self.refused_by_user.items():
            self._notify(user, "danger", self._get_refusal(user, reasons))
        for user, names in self.confirmed_by_user.items():
            self._notify(user, "success", self._get_confirmation(user, names))
        if any(self.counts.values()):
            _logger.info("Nox Finans, company %s: %s", self.connector.company_id.id, self.counts)
            self.connector.last_success = fields.Datetime.now()
        self.commit()

    def _get_env(self, user):
        return self.env(context={**self.env.context, "lang": user.lang})

    def _get_refusal(self, user, reasons):
        if len(reasons) == 1:
            return reasons[0]
        return self._get_env(user)._(
            "%s invoices were not accepted. Each says why: Customers > Nox Finans > Cases.",
            len(reasons),
        )

    def _get_confirmation(self, user, names):
        env = self._get_env(user)
        if len(names) == 1:
            return env._("Invoice %s is approved and will be handled.", names[0])
        return env._("%s invoices are approved and will be handled.", len(names))

    def _notify(self, user, kind, message):
        user._bus_send(
            "simple_notification",
            {"type": kind, "title": "Nox Finans", "message": message, "sticky": True},
        )
