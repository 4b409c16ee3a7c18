import time
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from odoo import models

from ..api.client import NoxFinansClient
from ..api.rate_limit import WINDOW, guest_window_of, window_of
from ..api.sign_in import TokenClient
from ..exchange.failures import ObstacleError
from ..exchange.locks import try_lock, wait_for_lock
from ..exchange.tokens import AccessToken
from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first

PRODUCTION_SIGN_IN_URL = "https://apps.fortnox.se"
# Seconds that a person's own question waits for the end of the cron's run.
RUN_PATIENCE = 5


class NoxFinansConnector(models.Model):
    """Speaking to the service: one process at a time works for a company."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

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
            wait_for_lock(lock, f"{self._table}/aside", self.id)
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

    def _get_token_client(self):
        """:raises ObstacleError: the sign-in has no address that can be called"""
        if trouble := self._get_address_trouble():
            raise ObstacleError(trouble)
        is_production = self.environment == "production"
        url = PRODUCTION_SIGN_IN_URL if is_production else self.base_url
        return TokenClient(url, self.client_id, self.client_secret)

    # -------------------------------------------------------------------------
    # Who works for the company
    # -------------------------------------------------------------------------

    @contextmanager
    def _lock_cursor(self):
        """Hold the locks of a run over all its commits.

        They live in a transaction of their own, so that they end with the process at the latest.
        """
        with self.env.registry.cursor() as cr:
            yield cr

    def _lock_run(self, cr):
        """Hook: return whether this process is now the only one that works for the company."""
        return try_lock(cr, self._table, self.id)
