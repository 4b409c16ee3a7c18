"""One company's work in one run of the cron: queue, requests, status."""

import logging
import time
from datetime import timedelta

from odoo import fields
from odoo.exceptions import UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from ..api import payloads
from ..api.errors import (
    NoxFinansError,
    RefusedError,
    SignInError,
)
from ..core.words import QUEUE_STATES
from ..criteria import SendingCheck
from .changes import Changes
from .failures import CONNECTION_ERRORS, ObstacleError, get_connection_pause
from .messages import describe
from .news import News
from .sending import SENDING_IGNORES, Sending
from .undo import Undo

_logger = logging.getLogger(__name__)

# Seconds that one company works while others wait.
TURN = 2.0
# Seconds between the times for which the cron is woken, so that a long queue wakes it not for each.
WAKE_EVERY = 10
# Records are forgotten after so many cases, so that a long queue does not fill the memory.
FORGET_AFTER = 100


class Run:
    """One company's work in one run of the cron, done in turns.

    :raises NoxFinansError: the connection cannot be used
    """

    def __init__(self, connector):
        self.connector = connector
        self.env = connector.env
        self.client = connector._get_client()
        self.counts = {
            "calls": 0,
            "accepted": 0,
            "refused": 0,
            "postponed": 0,
            "performed": 0,
            "synced": 0,
        }
        self.news = News(self.env)
        self.is_stopped = False
        self.is_time_left = True
        self.company_id = connector.company_id.id
        self._is_held_back = SendingCheck(connector.company_id, SENDING_IGNORES)
        self._calls = []
        self._wakes = set()
        self._has_answered = False
        # Whether a call was made whose answer is not committed yet.
        self._is_call_open = False
        self._worked = 0
        # Only this run writes them, until somebody connects anew.
        self._is_troubled = bool(connector.error_message or connector.next_try)
        self._moved = connector.queue_moved
        self._tasks = self._get_tasks()

    def get_pause(self):
        """Return the seconds until the rate limit lets the next call go."""
        return self.client.window.pause()

    def has_work(self):
        """Tell whether anything is due now, or was interrupted; nothing is done."""
        interrupted = [("company_id", "=", self.company_id), ("state", "=", "sending")]
        is_interrupted = self.env["nox.finans.case"].search_count(interrupted, limit=1)
        return bool(is_interrupted or next(self._get_tasks(), None))

    def take_turn(self, is_alone):
        """Work until it is another company's turn; return whether work is left."""
        end = time.monotonic() + TURN
        try:
            for task in self._tasks:
                task()
                self.is_time_left = self._commit(1) > 0
                if self.is_stopped or not self.is_time_left:
                    return False
                if not is_alone and (self.get_pause() or time.monotonic() >= end):
                    return True
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            # Somebody changed the settings meanwhile: the next run finds what is left.
            self.env.cr.rollback()
            _logger.info("Exchange with Nox Finans, company %s: %s", self.company_id, error)
            self.wake(fields.Datetime.now())
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Exchange with Nox Finans failed, company %s", self.company_id)
        return False

    def _commit(self, processed=0):
        """Commit, with the log of calls; return the seconds that the cron has left."""
        self._write_log()
        self._worked += processed
        left = self.env["ir.cron"]._commit_progress(processed)
        # Not before: where the commit itself fails, the answer is lost as well.
        self._is_call_open = False
        if processed and self._worked % FORGET_AFTER == 0:
            self.env.invalidate_all()
        return left

    def _write_log(self):
        calls, self._calls = self._calls, []
        self.env["nox.finans.exchange"]._log(self.company_id, calls)

    # -------------------------------------------------------------------------
    # What there is to do
    # -------------------------------------------------------------------------

    def _get_tasks(self):
        """Yield what is due, as functions: the queue oldest first, then what users have asked for,
        then the status of what can have changed."""
        if self.connector.next_try and self.connector.next_try > fields.Datetime.now():
            # The service was not reached; only what a person wants tried now is tried.
            yield from self._get_due(
                [("state", "in", ("queued", "uncertain")), ("is_tried_now", "=", True)],
                "id",
                self._send,
            )
            if self.connector.next_try:
                return
        # Before the queue: what is taken back must not be sent anew meanwhile.
        ended = [("state", "in", ("closed", "refused")), ("is_undo_due", "=", True)]
        yield from self._get_due(ended, "id", lambda case: Undo(case, self.client).run())
        yield from self._get_due([("state", "in", ("queued", "uncertain"))], "id", self._send)
        accepted = ("state", "=", "accepted")
        yield from self._get_money_tasks()
        yield from self._get_dispute_tasks()
        yield from self._get_customer_tasks()
        asked = [accepted, ("request_id", "!=", False)]
        yield from self._get_due(asked, "write_date, id", self._perform)
        changes = Changes(self)
        if changes.is_list_due():
            yield changes.list
        if changes.has_clock_moved():
            yield changes.follow_clock
        yield from self._get_due([accepted, ("request_id", "=", False)], "next_try, id", self._sync)

    def _get_money_tasks(self):
        """What is to be booked here or reported there, whenever the status is asked for next."""
        # What a person has been asked about is not tried again by itself.
        unbooked = [("unbooked_amount", ">", 0), ("money_message", "=", False)]
        if self.connector.payment_journal_id:
            yield from self._get_untried(unbooked, lambda case: case._book_received())
        unreported = [
            ("state", "=", "accepted"),
            ("is_report_due", "=", True),
            ("request_id", "=", False),
            ("remote_status", "in", (payloads.STATUS_OPEN, payloads.STATUS_PAUSED)),
        ]
        yield from self._get_untried(unreported, self._report_outside)

    def _get_customer_tasks(self):
        """Whose customer has been completed, or is to be reported once more."""
        domain = self.env["nox.finans.case"]._get_customer_domain()
        yield from self._get_untried(
            [("state", "=", "accepted"), *domain],
            lambda case: case._report_customer(self.client),
        )

    def _get_dispute_tasks(self):
        """What is to be paused because of a dispute, or to go on when it is settled."""
        Case = self.env["nox.finans.case"]
        is_free = [("state", "=", "accepted"), ("request_id", "=", False)]
        for action, domain in Case._get_dispute_domains(self.connector.company_id):

            def steer(case, action=action):
                case._request_for_dispute(action)
                self._perform(case)

            yield from self._get_all([*is_free, *domain], "id", steer)

    def _get_untried(self, domain, work):
        # Whatever is asked for next of the case: only what has just failed waits for its next try.
        is_free = ["|", ("try_count", "=", 0), ("next_try", "<=", fields.Datetime.now())]
        return self._get_all([*domain, *is_free], "id", work)

    def _get_due(self, domain, order, work):
        now = fields.Datetime.now()
        is_due = ["|", ("next_try", "=", False), ("next_try", "<=", now)]
        return self._get_all([*domain, *is_due], order, work)

    def _get_all(self, domain, order, work):
        domain = [
            ("company_id", "=", self.company_id),
            ("environment", "=", self.connector.environment),
            ("is_stuck", "=", False),
            *domain,
        ]
        for case_id in self.env["nox.finans.case"].search(domain, order=order).ids:
            yield lambda case_id=case_id: self._work_on(case_id, domain, work)

    def _work_on(self, case_id, domain, work):
        case = self.env["nox.finans.case"].browse(case_id)
        case = case.try_lock_for_update(allow_referencing=True)
        case.invalidate_recordset()
        # Without a lock, somebody else is at it; it may also have been withdrawn.
        if not case.filtered_domain(domain):
            return
        try:
            self._guard(case, work)
        except Exception:
            # Even to note what went wrong went wrong: the others go on all the same.
            self.env.cr.rollback()
            _logger.exception("Nox Finans case %s failed twice", case.id)
            self._put_back(case)
            self._postpone(case, self.env._("An unexpected error; see the server's log."))

    def _guard(self, case, work):
        """Do the work on one case, so that its failure is its own."""
        self.client.on_exchange = lambda call: self.note_call(call, case.id)
        # What is written on the case is read by the one who sent it.
        users = self.env["res.users"].with_user(case.user_id)
        case = case.with_context(lang=users.context_get()["lang"])
        try:
            work(case)
            self.note_success()
        except NoxFinansError as error:
            self._fail(case, error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            self.env.cr.rollback()
            _logger.info("Nox Finans case %s was changed meanwhile: %s", case.id, error)
            self._put_back(case)
            self._postpone(case, self.env._("Somebody changed it meanwhile; it is tried again."))
        except UserError as error:
            self.env.cr.rollback()
            _logger.warning("Nox Finans case %s: %s", case.id, error)
            self._put_back(case)
            self._postpone(case, str(error))
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Nox Finans case %s failed", case.id)
            self._put_back(case)
            self._postpone(case, self.env._("An unexpected error; see the server's log."))

    def _put_back(self, case):
        """Let a case that broke off be sent again; looked up first, if a call was made."""
        if case.state == "sending":
            case._move("break_off" if self._is_call_open else "not_reach")

    def note_call(self, call, case_id=False):
        self.counts["calls"] += 1
        self._is_call_open = True
        self._calls.append((call, case_id))

    def _send(self, case):
        sending = Sending(case, self.client, self._commit, self._is_held_back)
        sending.run()
        self.counts["accepted"] += 1
        self._note_movement()
        self.wake(case.next_try)
        is_confirmed = case.confirmed_date
        self._commit()
        # What others have committed meanwhile shows only now.
        sending.note_overtaken()
        if is_confirmed:
            self.news.announce(case)

    def _sync(self, case):
        case._sync(self.client)
        self.news.announce(case)
        self.counts["synced"] += 1
        if case.next_try:
            self.wake(case.next_try)

    def wake(self, at):
        """Let the cron run again soon after `at`, once for all that is due then."""
        seconds = WAKE_EVERY - at.timestamp() % WAKE_EVERY
        at = (at + timedelta(seconds=seconds)).replace(microsecond=0)
        if at not in self._wakes:
            self._wakes.add(at)
            self.connector._trigger_exchange(at)

    def _report_outside(self, case):
        case._report_outside(self.client)
        if case.request_id:
            self._perform(case)

    def _perform(self, case):
        request = case.request_id
        labels = dict(request._fields["action"]._description_selection(case.env))
        named = {
            "action": labels[request.action],
            "user": request.user_id.name or case.env._("the automatic reporting"),
        }
        is_clear = request._perform(self.client, self._commit)
        if is_clear:
            text = case.env._("Nox Finans: “%(action)s” is done, asked for by %(user)s.")
        else:
            text = case.env._(
                "Nox Finans: no clear answer to “%(action)s”, asked for by %(user)s. The status "
                "has been fetched; look at it before you ask again."
            )
        case.move_id.message_post(body=text % named)
        if not request.user_id and not is_clear and case.unreported_amount:
            case._ask_about_report(text % named)
        self.counts["performed"] += 1

    # -------------------------------------------------------------------------
    # What goes wrong
    # -------------------------------------------------------------------------

    def _fail(self, case, error):
        message = describe(error, case.env)
        if case.request_id and self._fail_request(case, error, message):
            return
        if isinstance(error, CONNECTION_ERRORS):
            if case.state == "sending":
                case._move("not_reach")
            case.is_tried_now = False
            self.fail_connection(error, message)
        elif isinstance(error, RefusedError) and case.state in QUEUE_STATES:
            # Sent again, it is looked up first what the service has got of it.
            case.is_doubted |= case.state == "uncertain"
            self._refuse(case, message)
        else:
            if case.state in QUEUE_STATES:
                case._move("lose_answer")
            self._postpone(case, message)

    def _fail_request(self, case, error, message):
        """Return whether the failure of a user's request is dealt with."""
        if isinstance(error, CONNECTION_ERRORS) or not isinstance(error, RefusedError):
            return False
        request = case.request_id
        if request.user_id:
            self.news.add_refusal(request.user_id, case, message)
        else:
            case._ask_about_report(message)
        request._refuse(message)
        case.move_id.message_post(body=message)
        return True

    def _refuse(self, case, message):
        self.counts["refused"] += 1
        self._note_movement()
        case._move("refuse", error_message=message, next_try=False, is_tried_now=False)
        self.news.add_refusal(case.user_id, case, message)
        case.move_id.message_post(body=message)

    def fail_connection(self, error, message):
        """All of the company's work waits, until a time or for an administrator."""
        self.is_stopped = True
        if isinstance(error, ObstacleError):
            # Somebody has disconnected: that is no trouble to tell of.
            return
        self._is_troubled = True
        connector = self.connector._in_words_of_administrator()
        values = {"error_message": message, "try_count": connector.try_count + 1}
        if isinstance(error, SignInError):
            values["state"] = "sign_in"
            connector._call_administrator(connector.env._("Connect to Nox Finans again"), message)
        else:
            values["next_try"] = fields.Datetime.now() + get_connection_pause(
                error, self.connector.try_count
            )
            connector._trigger_exchange(values["next_try"])
        connector.write(values)
        _logger.warning("Nox Finans, company %s: %s", self.company_id, error)

    def _postpone(self, case, message):
        self.counts["postponed"] += 1
        case._postpone(message)
        case.is_tried_now = False
        if case.is_stuck:
            _logger.warning("Nox Finans case %s needs a person: %s", case.id, message)
        else:
            self.wake(case.next_try)

    def _note_movement(self):
        # Once a minute will do: each time would wait for those who have the settings open.
        now = fields.Datetime.now()
        if not self._moved or self._moved + timedelta(minutes=1) <= now:
            self.connector.queue_moved = self._moved = now

    def note_success(self):
        self._has_answered = True
        if self._is_troubled:
            self.connector.write({"error_message": False, "try_count": 0, "next_try": False})
            self._is_troubled = False

    def finish(self):
        """End the run; a failure is this company's alone."""
        try:
            self._report()
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Report of the exchange failed, company %s", self.company_id)

    def _report(self):
        """Tell the senders what came of it, one message each, log the run in one line, commit."""
        self.news.tell()
        if any(self.counts.values()):
            _logger.info("Nox Finans, company %s: %s", self.company_id, self.counts)
        if self._has_answered:
            self.connector.last_success = fields.Datetime.now()
        self._commit()
