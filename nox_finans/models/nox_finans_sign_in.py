from contextlib import suppress
from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import AccessError, UserError

from ..api import answers
from ..api.client import SCOPES, NoxFinansClient
from ..api.errors import AccessDeniedError, NotFoundError, NoxFinansError, RefusedError
from ..api.rate_limit import guest_window_of
from .nox_finans_connector import ACTIVITY_TYPE, CALLBACK_PATH
from .nox_finans_run import QUEUE_STATES


class NoxFinansConnector(models.Model):
    """The way into a connection and out of it, and to which database it belongs."""

    _inherit = "nox.finans.connector"

    def action_open_connect(self):
        """Open the dialog that leads to the service's sign-in."""
        self.ensure_one()
        self._check_may_connect()
        wizard = self.env["nox.finans.connect"].create({"connector_id": self.id})
        return {
            **wizard._get_records_action(name=self.env._("Connect to Nox Finans")),
            "target": "new",
        }

    def action_test(self):
        """Try the connection and say in words what works and what does not."""
        self.ensure_one()
        self.check_access("write")
        try:
            findings = self._test()
            kind, message = "success", " ".join(findings)
        except NoxFinansError as error:
            kind, message = "danger", self._describe(error)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": kind,
                "title": "Nox Finans",
                "message": message,
                "sticky": kind == "danger",
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _test(self):
        """Return what works, in words.

        :raises NoxFinansError: something does not
        """
        self._check_usable()
        # Full rights: only the system reads what the sign-in granted.
        missing = set(SCOPES) - set((self.sudo().granted_scope or " ".join(SCOPES)).split())
        if missing:
            raise AccessDeniedError(self.env._("missing rights: %s", ", ".join(sorted(missing))))
        with self._speak_aside() as client:
            answer = client.get_company()
            self._test_agreement(client)
        company = self._note_remote_company(answer)
        return [
            self.env._("Connected to %s.", company),
            self.env._("Sign-in, rights and agreement are in order."),
        ]

    def _test_agreement(self, client):
        try:
            # No invoice has this number: that it is not found means that we may ask.
            client.get_case(0)
        except NotFoundError:
            return
        except AccessDeniedError:
            raise
        except RefusedError as error:
            raise AccessDeniedError(
                self.env._("the agreement with Nox Finans is missing or not active: %s", error)
            ) from error

    def _note_remote_company(self, answer):
        """Keep the company's name and number as the other side reports them; return the name."""
        answer = answers.mapping(answer)
        name = answers.word(answer.get("CompanyName")) or self.env._("a company without a name")
        # Full rights: what the service says, not the user.
        self.sudo().write(
            {
                "remote_company": name,
                "remote_registry": answers.word(answer.get("OrganizationNumber")),
            }
        )
        return name

    def action_disconnect(self):
        """End the connection, at the service's side too; the queue stays."""
        self.ensure_one()
        self._check_may_connect()
        message = self._revoke()
        self._forget_credentials()
        self.message_post(body=message)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "info",
                "title": "Nox Finans",
                "message": message,
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

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
            connector._get_token_client().revoke(connector.refresh_token)
        except NoxFinansError as error:
            return self.env._(
                "Disconnected here. Nox Finans could not be told (%s): "
                "end the connection there as well.",
                error,
            )
        return self.env._("Disconnected; Nox Finans has revoked the access.")

    def _forget_credentials(self):
        # Full rights: only the system reads and clears secrets.
        self.sudo().write(
            {
                "state": "disconnected",
                "client_id": False,
                "client_secret": False,
                "access_token": False,
                "refresh_token": False,
                "token_expiry": False,
                "granted_scope": False,
                # The organisation number stays: open cases belong to that company.
                "remote_company": False,
                "connected_date": False,
                "database_uuid": False,
                "error_message": False,
                "next_try": False,
            }
        )

    # -------------------------------------------------------------------------
    # Environment lock
    # -------------------------------------------------------------------------

    def _is_foreign(self):
        """Tell whether the connection was made in another database, of which this is a copy."""
        # Full rights: a system parameter and a field that only the system reads.
        known = self.sudo().database_uuid
        return bool(known) and known != self._get_database_uuid()

    def _get_database_uuid(self):
        # Full rights: a system parameter that is compared here and goes nowhere.
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _check_administrator(self):
        """:raises AccessError: the user does not administer this database, or not this company"""
        self.check_access("write")
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator may decide this."))

    def _check_may_connect(self):
        """:raises AccessError: the user may not change the connection; in a copied database only
        an administrator may"""
        self.check_access("write")
        if self._is_foreign():
            self._check_administrator()

    def action_take_over(self):
        """Let this copy of a database use the connection from now on.

        The other database may have sent what is queued here: everything is looked up first.
        """
        self.ensure_one()
        self._check_administrator()
        # Full rights: nobody writes cases but the system, and only it reads secrets; the
        # administrator has been let through above.
        connector = self.sudo()
        connector.database_uuid = self._get_database_uuid()
        self._doubt_queue()
        connector.message_post(body=self.env._("This database has taken over the connection."))
        self._trigger_exchange()

    def _doubt_queue(self):
        """Let everything that is queued be looked up first: another database may have sent it."""
        # Full rights: nobody writes cases but the system; whoever calls has checked the user.
        cases = self.env["nox.finans.case"].sudo()
        domain = [("company_id", "=", self.company_id.id), ("environment", "=", self.environment)]
        queued = cases.search([*domain, ("state", "in", QUEUE_STATES)])
        queued.write({"state": "uncertain", "is_doubted": True, "next_try": False})
        cases.search([*domain, ("state", "=", "refused")]).is_doubted = True

    def action_use_sandbox(self):
        """Let this copy of a database forget the connection and work with the sandbox."""
        self.ensure_one()
        self._check_administrator()
        connector = self.sudo()  # the administrator has been let through above
        connector._forget_credentials()
        connector.environment = "sandbox"
        connector.message_post(
            body=self.env._("This database works with the sandbox from now on: connect it.")
        )

    # -------------------------------------------------------------------------
    # Sign-in
    # -------------------------------------------------------------------------

    def _get_redirect_uri(self):
        return self.get_base_url() + CALLBACK_PATH

    def _get_consent_url(self, state):
        """Return where the user agrees to the connection; `state` comes back to the callback."""
        # Full rights: only the system reads the client's id.
        return self.sudo()._get_token_client().get_consent_url(self._get_redirect_uri(), state)

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
        answer = client.get_company()
        self._check_same_company(answer, token_client, tokens)
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
        self._note_remote_company(answer)
        self._trigger_exchange()

    def _check_same_company(self, answer, token_client, tokens):
        """:raises UserError: cases are open at another company; the new access is given back"""
        known, new = self.remote_registry, answers.mapping(answer)
        number = answers.word(new.get("OrganizationNumber"))
        if not known or known == number:
            return
        if not (self.open_count or self.queue_length):
            self._forget_customers()
            return
        with suppress(NoxFinansError):
            token_client.revoke(tokens.refresh_token)
        raise UserError(
            self.env._(
                "You have signed in to %(name)s, but the open cases belong to the company with the "
                "number %(number)s. Nothing was connected: sign in to that company.",
                name=answers.word(new.get("CompanyName")),
                number=known,
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
        if self._is_foreign():
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
                "granted_scope": credentials.get("scope"),
                "state": "connected",
                "connected_date": now,
                "database_uuid": self._get_database_uuid(),
                "error_message": False,
                "try_count": 0,
                "next_try": False,
            }
        )
        connector.activity_unlink([ACTIVITY_TYPE])
