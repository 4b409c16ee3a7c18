import logging
import secrets
import time

from odoo import http
from odoo.exceptions import AccessError, UserError
from odoo.http import request
from werkzeug.exceptions import MethodNotAllowed

from ..api import answers
from ..api.errors import NoxFinansError
from ..exchange.messages import describe
from ..models.nox_finans_connector_sign_in import CALLBACK_PATH

_logger = logging.getLogger(__name__)

SESSION_KEY = "nox_finans_sign_ins"
# Seconds from the dialog to the service's answer; its code is good for ten minutes.
SIGN_IN_SECONDS = 20 * 60
# So many sign-ins of one session wait for their answer at most, e.g. in several tabs.
MOST_PENDING = 10


class NoxFinansController(http.Controller):
    """The way to the service's sign-in and back.

    Each sign-in of a session waits by its own state, until the answer with that state comes, by
    the user who began it, or its time is over: nothing else uses it up.
    """

    @http.route("/nox_finans/connect/<int:connector_id>", type="http", auth="user", methods=["GET"])
    def connect(self, connector_id, check="1"):
        """Lead to the service's consent page, with a state that only this session knows.

        :param check: "0": without the rights that only the check of the set-up needs
        """
        self._check_is_visit()
        connector = self._get_connector(connector_id)
        state = secrets.token_urlsafe(32)
        try:
            consent_url = connector._get_consent_url(state, check != "0")
        except NoxFinansError as problem:
            return self._fail(str(problem), 400)
        asked = {
            "connector_id": connector.id,
            "user_id": request.env.uid,
            "environment": connector.environment,
            "until": time.time() + SIGN_IN_SECONDS,
        }
        pending = [*self._get_pending().items(), (state, asked)]
        request.session[SESSION_KEY] = dict(pending[-MOST_PENDING:])
        return request.redirect(consent_url, local=False)

    @http.route(CALLBACK_PATH, type="http", auth="user", methods=["GET"])
    def callback(self, state="", code="", error="", error_description="", **_other):
        """Take the service's answer, if it answers what this session has asked, and once only."""
        self._check_is_visit()
        asked = self._take_pending(state)
        if not asked:
            _logger.warning("A sign-in to Nox Finans was refused: not asked for by this session")
            return self._fail(
                request.env._(
                    "This sign-in was not started here, was used before or took too long. "
                    "Nothing was connected. Start it again under Nox Finans > Connection."
                ),
                400,
            )
        try:
            connector = self._get_connector(asked["connector_id"])
            if connector.environment != asked["environment"]:
                raise UserError(
                    request.env._("The environment was changed meanwhile. Start again.")
                )
            if error or not code:
                said = answers.text(error_description) or answers.text(error) or "-"
                raise UserError(request.env._("Nox Finans did not agree: %s", said))
            connector._complete_sign_in(code)
        except (AccessError, UserError) as problem:
            return self._fail(str(problem), 403 if isinstance(problem, AccessError) else 400)
        except NoxFinansError as problem:
            return self._fail(describe(problem, connector.env), 502)
        return request.redirect(self._get_settings_path(connector))

    def _check_is_visit(self):
        """:raises MethodNotAllowed: this is no page that a person goes to: with GET comes HEAD, and
        browsers fetch in advance, or for another site, what nobody has pressed"""
        headers = request.httprequest.headers
        is_ahead = "prefetch" in headers.get("Sec-Purpose", headers.get("Purpose", ""))
        is_page = headers.get("Sec-Fetch-Dest", "document") == "document"
        if request.httprequest.method != "GET" or is_ahead or not is_page:
            raise MethodNotAllowed(["GET"])

    def _get_pending(self):
        """Return the session's sign-ins that wait for their answer, by their state."""
        now = time.time()
        pending = request.session.get(SESSION_KEY) or {}
        return {state: asked for state, asked in pending.items() if now <= asked["until"]}

    def _take_pending(self, state):
        """Return what this user has asked with `state`, which counts once; None: nothing."""
        pending = self._get_pending()
        asked = pending.get(state)
        if not asked or asked["user_id"] != request.env.uid:
            return None
        del pending[state]
        request.session[SESSION_KEY] = pending
        return asked

    def _get_connector(self, connector_id):
        """Return the connector, for those who may connect it.

        :raises AccessError: the user may not
        """
        companies = request.env.user.company_ids.ids
        connectors = request.env["nox.finans.connector"].with_context(allowed_company_ids=companies)
        connector = connectors.search([("id", "=", connector_id)])
        if not connector:
            raise AccessError(request.env._("This connection is not yours to change."))
        connector._check_may_connect()
        return connector

    def _get_settings_path(self, connector):
        if request.env.user.has_group("base.group_system"):
            return "/odoo/action-account.action_account_config#nox_finans_connection"
        return f"/odoo/nox-finans-connection/{connector.id}"

    def _fail(self, message, status):
        response = request.render("nox_finans.sign_in_failed", {"message": message})
        response.status_code = status
        return response
