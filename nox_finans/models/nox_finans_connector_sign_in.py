from contextlib import suppress
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import answers
from ..api.client import CHECK_SCOPES, SCOPES, NoxFinansClient
from ..api.errors import NotReachedError, NoxFinansError, SignInError
from ..api.rate_limit import guest_window_of
from .nox_finans_connector import ACTIVITY_TYPE, CALLBACK_PATH
from .nox_finans_gate import gate

ACCESS_ACTIVITY = "nox_finans.mail_activity_type_access"


def bare_number(text):
    """Return an organisation number's ten digits, however it is written.

    Also from a Swedish VAT number (SE556677889901) and with the century or 16 before it, as
    authorities write it.
    """
    text = (text or "").strip().upper()
    digits = "".join(char for char in text if char.isdecimal())
    if len(digits) != 12:
        return digits
    return digits[:10] if text.startswith("SE") else digits[2:]


class NoxFinansConnector(models.Model):
    """The way into a connection and out of it, and to which database it belongs."""

    _inherit = "nox.finans.connector"

    is_company_doubted = fields.Boolean(compute="_compute_is_company_doubted")

    @gate("write", on="one")
    def action_open_connect(self):
        """Open the dialog that leads to the service's sign-in."""
        self._check_may_connect()
        return self.env["nox.finans.connect"].create({"connector_id": self.id})._open()

    def _note_remote_company(self, answer):
        """Keep the company's name and number as the other side reports them."""
        answer = answers.mapping(answer)
        name = answers.word(answer.get("CompanyName")) or self.env._("a company without a name")
        number = answers.word(answer.get("OrganizationNumber")) or False
        self._write_changes({"remote_company": name, "remote_registry": number})

    def _write_changes(self, values):
        """Write what the service says, where it says something new.

        Where nothing is new nothing is written: the row may have been changed meanwhile by the
        transaction that has renewed the access.
        """
        # Full rights: what the service says, not the user.
        connector = self.sudo()
        changes = {name: value for name, value in values.items() if connector[name] != value}
        if changes:
            connector.write(changes)

    # -------------------------------------------------------------------------
    # Whose company it is
    # -------------------------------------------------------------------------

    @api.depends(
        "state",
        "remote_registry",
        "confirmed_registry",
        "company_id.company_registry",
        "company_id.vat",
    )
    def _compute_is_company_doubted(self):
        for connector in self:
            is_other = connector.state == "connected" and connector.remote_registry
            connector.is_company_doubted = connector.state == "confirm" or bool(
                is_other and not connector._is_own_number(connector.remote_registry)
            )

    def _is_own_number(self, number):
        """Tell whether an organisation number is the company's, or was called the right one."""
        # Full rights: numbers of the connection's own company, compared and not shown.
        connector = self.sudo()
        company = connector._get_numbered_company()
        own = (company.company_registry, company.vat, connector.confirmed_registry)
        return bool(number) and bare_number(number) in {bare_number(text) for text in own if text}

    def _get_numbered_company(self):
        """Return the company whose organisation number counts: for a branch without one, the next
        above it that has one."""
        company = self.company_id
        above = reversed(company.parent_ids)
        return next((each for each in above if each.company_registry or each.vat), company)

    def _get_company_question(self):
        # Full rights: name and number of the connection's own company, for all who see it.
        company = self.sudo()._get_numbered_company()
        return self.env._(
            "The connection leads to %(name)s (organisation number %(number)s), but this company "
            "is %(own_name)s (%(own_number)s). Nothing is sent until somebody has said, under Nox "
            "Finans > Connection, whether that is right.",
            name=self.remote_company or "–",
            number=self.remote_registry or self.env._("not told"),
            own_name=company.name,
            own_number=company.company_registry or company.vat or self.env._("no number"),
        )

    @gate("write", on="one")
    def action_confirm_company(self):
        """Call the company on the other side the right one."""
        self._check_may_connect()
        if not self.is_company_doubted:
            return None
        # Full rights: only the system writes the state; who may connect has been let through above.
        connector = self.sudo()
        connector.write({"confirmed_registry": self.remote_registry, "state": "connected"})
        connector.message_post(
            body=self.env._(
                "%(user)s has called %(company)s (%(number)s) the right company.",
                user=self.env.user.name,
                company=self.remote_company or "–",
                number=self.remote_registry or "–",
            )
        )
        self._trigger_exchange()
        return {"type": "ir.actions.client", "tag": "soft_reload"}

    def _forget_company(self):
        # Full rights: what the system has noted of the other side.
        connectors = self.sudo()
        connectors.write({"remote_registry": False, "confirmed_registry": False})
        connectors.check_ids.unlink()

    @gate("write", on="one")
    def action_disconnect(self):
        """End the connection, at the service's side too; the queue stays."""
        self._check_may_connect()
        message = self._revoke()
        self._forget_credentials()
        self.message_post(body=message)
        return self._get_notification("info", message)

    def _get_notification(self, kind, message):
        """Return the action that shows a message and then the record as it is now."""
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
        except SignInError as error:
            return self.env._(
                "Fortnox does not know this id and secret (%s). Copy both anew from where they "
                "were made; the id is kept as it stands here.",
                error,
            )
        except NotReachedError:
            return self.env._(
                "Fortnox cannot be reached, so nobody can sign in. Try again in a moment; what "
                "was typed is kept."
            )
        except NoxFinansError as error:
            return self.env._(
                "Fortnox gave no clear answer (%s). Try again in a moment; what was typed is kept.",
                error,
            )
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
        if not self._is_own_number(self.remote_registry):
            connector.state = "confirm"
        self._trigger_exchange()

    def _check_same_company(self, answer, token_client, tokens):
        """:raises UserError: cases are open at another company; the new access is given back"""
        known, new = self.remote_registry, answers.mapping(answer)
        number = answers.word(new.get("OrganizationNumber"))
        if not known or bare_number(known) == bare_number(number):
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
                name=answers.word(new.get("CompanyName")),
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
        connector._withdraw_questions([ACTIVITY_TYPE, ACCESS_ACTIVITY])
