import logging
import random
from datetime import datetime, time, timedelta

from odoo import fields, models

from ..api import payloads
from ..api.errors import NotFoundError
from ..core.backoff import JITTER, LONGEST_PAUSE, get_pause
from ..exchange.status import Status, read_status

# What follows from a status lies in these: they come first.
from . import (  # noqa: F401
    nox_finans_case_dispute,
    nox_finans_case_document,
    nox_finans_case_money,
    nox_finans_case_outlook,
    nox_finans_case_state,
    nox_finans_case_timeline,
)

_logger = logging.getLogger(__name__)

# What nothing points to is asked for all the same before a week has passed.
FULL_ROUND = timedelta(days=6)
# The service works through its events in the course of a day.
EVENT_HOUR = time(6)
EVENT_PAUSE = timedelta(hours=6)


class NoxFinansCase(models.Model):
    """What the service says of a case, and all that follows from it, in order."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _sync(self, client):
        """Ask the service for the case, and plan when to ask again."""
        client.purpose = "status"
        try:
            answer = client.get_case(self.remote_number)
        except NotFoundError as error:
            _logger.warning("Nox Finans does not know invoice %s", self.remote_number)
            answer = {}
            self.error_message = str(error)
        else:
            self.error_message = False
        self._apply(client, answer)

    def _apply(self, client, answer, is_clear=False):
        """Note what the service says of the case, and let follow from it what does.

        :param is_clear: `answer` is that to a request
        """
        before = self.capital_balance
        status = self._note_status(answer)
        self._note_report(before, status.capital_balance, is_clear)
        self._note_receipts(client, status.capital_balance)
        self._book_received()
        self._close_or_plan()
        self._review_pause_question()
        self._review_closing_question()
        self._review_questions()
        self._review_collection_question()
        self._review_customer_question()
        self._trigger_report()

    def _note_status(self, answer):
        """Take over what the service says; what is absent or unusable stays as it was."""
        before = self._get_standing()
        said = read_status(answer)
        status = said.status or self.remote_status or payloads.STATUS_UNKNOWN
        self.write(self._get_status_values(said, status))
        self._note_events(before)
        self._want_document()
        return said

    def _get_status_values(self, said: Status, status):
        """Return what is written of an answer to a case that is in `status` now."""
        now = fields.Datetime.now()
        values = {
            "remote_status": status,
            "next_event": said.next_event,
            "next_event_date": said.next_event_date,
            "ocr_number": said.ocr_number,
            "capital_balance": said.capital_balance,
            "balance_with_fees": said.balance_with_fees,
            "document_url": said.document_url,
        }
        values = {name: value for name, value in values.items() if value is not None}
        values["synced_date"] = now
        if not self.confirmed_date and status != payloads.STATUS_UNKNOWN:
            values["confirmed_date"] = now
        if said.is_course_over(status):
            values["next_event_date"] = False
        return values

    def _close_or_plan(self):
        """Close the case when the service has closed it, or plan when to ask again."""
        if not self._is_ended():
            self._plan_sync()
            return
        self._move(
            "end",
            next_try=False,
            next_event=False,
            next_event_date=False,
            close_reason=self._get_close_reason(),
        )
        self._note_event("closed", self._get_close_words())
        self._end_stop()

    def _plan_sync(self):
        """Set when the service is asked again, if nothing else points to the case before that.

        Soon until it confirms, with growing pauses; then when the next event has come, and at the
        latest after a week. What changes in between shows in the service's list of invoices.
        """
        if self.remote_status in (payloads.STATUS_UNKNOWN, payloads.STATUS_NOT_AUTHORIZED):
            self.try_count += 1
            self.next_try = fields.Datetime.now() + get_pause(self.try_count, jitter=JITTER)
        else:
            self.write({"try_count": 0, "next_try": self._get_next_sync()})

    def _get_next_sync(self):
        now = fields.Datetime.now()
        if self.remote_status == payloads.STATUS_CLOSED or self.stop_asked_by:
            # Only its end is still to be told, for which somebody waits.
            return now + timedelta(seconds=LONGEST_PAUSE)
        spread = timedelta(seconds=random.uniform(0, 12 * 3600))
        latest = now + FULL_ROUND + spread
        if not self.next_event_date:
            return latest
        # Full rights: events come by the service's clock, of which only the system knows.
        ahead = self.company_id.sudo()._get_nox_finans_connector().service_ahead
        day = datetime.combine(self.next_event_date, EVENT_HOUR) - timedelta(seconds=ahead)
        event = day + spread / 12
        # An event that should have come, and has not, comes in the course of the day.
        return min(latest, event if event > now else now + EVENT_PAUSE)
