"""What has changed at the service: its list of invoices, and its clock."""

import logging
from datetime import timedelta

from odoo import fields
from odoo.fields import Domain

from ..api import payloads
from ..api.errors import NoxFinansError
from ..criteria import DEFAULT_TIMEZONE
from .failures import CONNECTION_ERRORS
from .messages import describe
from .payload import digest
from .status import read_invoice

_logger = logging.getLogger(__name__)

# How often the service is asked what has changed.
LIST_INTERVAL = timedelta(minutes=15)
# In the sandbox, whose clock can be turned, while somebody waits for what comes of it.
SANDBOX_LIST_INTERVAL = timedelta(seconds=30)
# Asked for once more, since the service counts in minutes of its own clock, and its time zone is
# not documented: what is seen twice is recognised.
LIST_OVERLAP = timedelta(minutes=2)
# Two clocks that go right differ by less.
CLOCK_NOISE = timedelta(minutes=1)
# From here on it is another time there than was thought when events were waited for.
CLOCK_STEP = timedelta(hours=1)


class Changes:
    """Lets be due what can have changed there, so that not each case is asked for.

    :param run: the :class:`Run` that this is a part of
    """

    def __init__(self, run):
        self._run = run
        self.connector = run.connector
        self.client = run.client
        self.env = run.env

    def is_list_due(self):
        """Tell whether the service is to be asked what has changed."""
        due = self.connector.list_try
        return self.connector.open_count and (not due or due <= fields.Datetime.now())

    def list(self):
        """Let the cases be asked for whose invoices the service lists as changed."""
        self.client.on_exchange = self._run.note_call
        self.client.purpose = "list"
        now = fields.Datetime.now()
        # A clock of ours that is ahead would leave out what changes there meanwhile.
        behind = min(timedelta(seconds=self.connector.service_ahead), timedelta())
        since = (self.connector.listed_until or now - LIST_INTERVAL) - LIST_OVERLAP + behind
        try:
            rows = {
                number: row
                for row in self.client.list_changed_invoices(since)
                if (number := read_invoice(row).number)
            }
        except CONNECTION_ERRORS as error:
            env = self.connector._in_words_of_administrator().env
            self._run.fail_connection(error, describe(error, env))
            return
        except NoxFinansError as error:
            # Each case is asked for once a week at the latest: that goes on.
            _logger.warning(
                "Nox Finans, company %s: no changes listed, %s", self._run.company_id, error
            )
            self._plan_list(now)
            return
        self._note_changes(rows)
        self.connector.listed_until = now
        self._plan_list(now)
        self._run.note_success()

    def _plan_list(self, now):
        """Note when changes are asked for next. Only for the sandbox is the cron woken for that."""
        is_sandbox = self.connector.environment == "sandbox"
        self.connector.list_try = now + (SANDBOX_LIST_INTERVAL if is_sandbox else LIST_INTERVAL)
        if is_sandbox:
            self._run.wake(self.connector.list_try)

    def _note_changes(self, rows):
        """Make due the confirmed cases whose row is another than when it was listed last."""
        cases = self.env["nox.finans.case"].search(
            [
                ("company_id", "=", self._run.company_id),
                ("environment", "=", self.connector.environment),
                ("state", "=", "accepted"),
                ("remote_number", "in", list(rows)),
            ]
        )
        for case in cases:
            row = rows[case.remote_number]
            if case.listed_hash == digest(row):
                continue
            case.listed_hash = digest(row)
            balance = read_invoice(row).balance
            if balance is not None:
                case.ledger_balance = balance
            if case.confirmed_date:
                case.next_try = False

    def has_clock_moved(self):
        """Tell whether it is another time at the service than was thought."""
        ahead = self.client.clock_ahead
        known = timedelta(seconds=self.connector.service_ahead)
        return ahead is not None and abs(ahead - known) > CLOCK_NOISE

    def follow_clock(self):
        """Keep by how much the service's clock is ahead; let be due what has come by it now."""
        ahead = self.client.clock_ahead
        has_advanced = ahead > timedelta(seconds=self.connector.service_ahead) + CLOCK_STEP
        self.connector.service_ahead = round(ahead.total_seconds())
        if not has_advanced:
            return
        there = self.connector.with_context(tz=DEFAULT_TIMEZONE)
        day = fields.Datetime.context_timestamp(there, fields.Datetime.now() + ahead).date()
        # When a pause ends the service does not say.
        has_come = Domain("next_event_date", "<=", day) | Domain(
            "remote_status", "=", payloads.STATUS_PAUSED
        )
        of_company = [
            ("company_id", "=", self._run.company_id),
            ("environment", "=", self.connector.environment),
            ("state", "=", "accepted"),
            ("confirmed_date", "!=", False),
        ]
        cases = self.env["nox.finans.case"].search(Domain(of_company) & has_come)
        cases.next_try = False
