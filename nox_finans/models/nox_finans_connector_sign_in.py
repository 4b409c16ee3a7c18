from contextlib import suppress
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import UserError

from ..api.client import NoxFinansClient
from ..api.errors import NoxFinansError
from ..api.rate_limit import guest_window_of
from ..api.sign_in import CHECK_SCOPES, SCOPES
from ..exchange.messages import describe_client_trouble
from ..exchange.status import read_company
from .nox_finans_connector import CONNECTION_ACTIVITY
from .nox_finans_connector_company import bare_number
from .nox_finans_gate import gate
from .nox_finans_notification import show_message

# Where the service's sign-in leads back to.
CALLBACK_PATH = "/nox_finans/callback"
ACCESS_ACTIVITY = "nox_finans.mail_activity_type_access"


class NoxFinansConnector(models.Model):
    """The way into a connection and out of it."""

    _inherit = "nox.finans.connector"

    @gate("write", on="one")
    def action_open_connect(self) -> dict:
        """Open the dialog that leads to the service's sign-in."""
        self._check_may_connect()
        return self.env["nox.finans.connect"].create({"connector_id": self.id})._open()

    @gate("write", on="one")
    def action_disconnect(self) -> dict:
        """End the connection, at the service's side too; the queue stays."""
        self._check_may_connect()
        message = self._revoke()
        self._forget_credentials()
        self.message_post(body=message)
        return show_message("info", message)

    def _revoke(self):
        """Tell the service that the connection ends; return in words what came of it."""
        # Full rights: only the system reads secrets.
        connector = self.sudo()
        if self._is_foreign():
            # It is the other database's, which goes on using it, and sends what is queued here.
            self._doubt_queue()
            return self.env._("Disconnected here; the database it was made in keeps it.")
        if not connector.refresh_token:
            return self.env._("Disconnected.")
        try:
            connector._check_origin()
            connector._get_token_client().revoke(connector.refresh_token)
        except NoxFinansError as error:
            return self.env._(
                "Disconnected here. Nox Finans could not be told (%s): "
                "end the connection there as well.",
                error,
            )
        return self.env._("Disconnected; Nox Finans has revoked the access.")

    def _forget_credentials(self):
        if self.state == "confirm" and not (self.open_count or self.queue_length):
            self._forget_company()
        # Full rights: only the system reads and clears secrets.
        self.sudo().write(
            {
                "state": "disconnected",
                "client_id": False,
                "client_secret": False,
                "access_token": False,
                "refresh_token": False,
                "token_expiry": False,
                "token_renewed": False,
                "granted_scope": False,
                # The organisation number stays: open cases belong to that company. So does what
                # tells the database: a copy looks up what it has in its queue, once it connects.
                "remote_company": False,
                "connected_date": False,
                "token_origin": False,
                "error_message": False,
                "next_try": False,
            }
        )

    # -------------------------------------------------------------------------
    # Sign-in
    # -------------------------------------------------------------------------

    def _get_redirect_uri(self):
        return self.get_base_url() + CALLBACK_PATH

    def _get_consent_url(self, state, is_checked=True):
        """Return where the user agrees to the connection; `state` comes back to the callback.

        :param is_checked: ask also for what only the check of the set-up reads
        """
        # Full rights: only the system reads the client's id.
        client = self.sudo()._get_token_client()
        scopes = SCOPES + CHECK_SCOPES if is_checked else SCOPES
        return client.get_consent_url(self._get_redirect_uri(), state, scopes)

    def _get_client_trouble(self):
        """Return in words why the sign-in cannot begin with this client, or None.

        Asked before the consent page: there a wrong secret shows only after all is agreed to.
        """
        try:
            # Full rights: only the system reads secrets.
            self.sudo()._get_token_client().check_client()
        except NoxFinansError as error:
            return describe_client_trouble(error, self.env)
        return None

    def _complete_sign_in(self, code):
        """Trade the code that the callback brought for tokens, ask who is on the other side, and
        take the connection over.

        :raises NoxFinansError: the service does not accept the code, or gives no clear answer
        :raises UserError: another company is on the other side than the one that has our invoices;
            what was connected before stays so
        """
        self.ensure_one()
        self._check_may_connect()
        # First of all: a conflict with the cron shows here, before the single-use code is spent.
        self.lock_for_update()
        self.invalidate_recordset()
        # Full rights: only the system reads and writes secrets.
        connector = self.sudo()
        token_client = connector._get_token_client()
        tokens = token_client.redeem(code, self._get_redirect_uri())
        window = guest_window_of(self._get_window_key())
        client = NoxFinansClient(self.base_url, lambda _renew: tokens.access_token, window)
        company = read_company(client.get_company())
        self._check_same_company(company, token_client, tokens)
        connector._connect(
            {
                "client_id": connector.client_id,
                "client_secret": connector.client_secret,
                "access_token": tokens.access_token,
                "refresh_token": tokens.refresh_token,
                "expires_in": tokens.expires_in,
                "scope": tokens.scope,
            }
        )
        connector.user_id = self.env.user
        self._note_remote_company(company)
        if not self._is_own_number(self.remote_registry):
            connector.state = "confirm"
        self._trigger_exchange()

    def _check_same_company(self, company, token_client, tokens):
        """:raises UserError: cases are open at another company; the new access is given back"""
        known = self.remote_registry
        if not known or bare_number(known) == bare_number(company.number):
            return
        if not (self.open_count or self.queue_length or self._count_begun()):
            self._forget_customers()
            return
        with suppress(NoxFinansError):
            token_client.revoke(tokens.refresh_token)
        raise UserError(
            self.env._(
                "You have signed in to %(name)s, but the open cases belong to the company with the "
                "number %(number)s. Nothing was connected: sign in to that company.",
                name=company.name,
                number=known,
            )
        )

    def _count_begun(self):
        """Return how many refused or given-up invoices the service has got something of."""
        # Full rights: counted for whoever may connect.
        return (
            self.env["nox.finans.case"]
            .sudo()
            .search_count(
                [
                    ("company_id", "=", self.company_id.id),
                    ("environment", "=", self.environment),
                    ("remote_number", "!=", False),
                    "|",
                    ("state", "=", "refused"),
                    ("is_undo_due", "=", True),
                ]
            )
        )

    def _forget_customers(self):
        """Another company is on the other side: it has been told of none of our customers."""
        # Full rights: nobody writes cards but the system.
        self.env["nox.finans.card"].sudo().search(
            [("company_id", "=", self.company_id.id), ("environment", "=", self.environment)]
        ).unlink()

    def _connect(self, credentials):
        """Take over the credentials that the sign-in brought, for the system only.

        :param credentials: dict with client_id, client_secret, access_token, refresh_token,
            expires_in (seconds) and optionally scope
        """
        self.ensure_one()
        now = fields.Datetime.now()
        if self._get_foreign_part():
            self._doubt_queue()
        # Full rights: only the system reads and writes secrets.
        connector = self.sudo()
        connector.write(
            {
                **{
                    name: credentials[name]
                    for name in ("client_id", "client_secret", "access_token", "refresh_token")
                },
                "token_expiry": now + timedelta(seconds=credentials["expires_in"]),
                "token_renewed": now,
                "granted_scope": credentials.get("scope"),
                "state": "connected",
                "connected_date": now,
                "token_origin": self._get_origin(),
                **self._get_database_values(),
                "error_message": False,
                "try_count": 0,
                "next_try": False,
            }
        )
        connector._withdraw_questions([CONNECTION_ACTIVITY, ACCESS_ACTIVITY])
