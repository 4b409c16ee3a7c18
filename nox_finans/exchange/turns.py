"""Companies take turns in one run of the cron."""

import logging
import time
from datetime import timedelta

from odoo import fields
from odoo.models import BaseModel
from odoo.sql_db import BaseCursor

from ..models.nox_finans_run import Run

_logger = logging.getLogger(__name__)


class Turns:
    """Companies that take turns, so that a long queue does not hold up a short one.

    First comes the one whose last turn is longest ago. One faulty company or invoice does not stop
    the others.
    """

    def __init__(self, connectors: BaseModel, seconds: float = float("inf")) -> None:
        self._connectors = connectors
        self._end = time.monotonic() + seconds

    def take(self) -> bool:
        """Let all work until they are done; return whether the time was enough."""
        with self._connectors._lock_cursor() as lock:
            runs = [run for each in self._connectors if (run := start_run(each, lock))]
            is_time_left = self._work(runs)
            for run in runs:
                run.finish()
        return is_time_left

    def _work(self, runs: list[Run]) -> bool:
        waiting = list(runs)
        while waiting:
            # Whose rate limit lets it go on at once comes first, else whose pause is the shortest.
            waiting.sort(key=lambda run: run.get_pause())
            run = waiting.pop(0)
            if run.take_turn(is_alone=not waiting and self._end == float("inf")):
                waiting.append(run)
            if not run.is_time_left or (waiting and time.monotonic() >= self._end):
                return False
        return True


def start_run(connector: BaseModel, lock: BaseCursor) -> Run | None:
    """Return one company's :class:`Run`, or None when it has none now.

    :param lock: the cursor that holds the locks of all the runs
    """
    if connector._get_obstacle():
        return None
    if not connector._lock_run(lock):
        # Somebody tries the connection just now.
        connector._trigger_exchange(fields.Datetime.now() + timedelta(minutes=1))
        return None
    try:
        connector._note_interrupted()
        connector.last_run = fields.Datetime.now()
        connector.env["ir.cron"]._commit_progress()
        return Run(connector.with_company(connector.company_id))
    except Exception:
        connector.env.cr.rollback()
        _logger.exception("Exchange with Nox Finans not started, company %s", connector.id)
        return None
