import logging

from odoo import api, models
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first

_logger = logging.getLogger(__name__)


class NoxFinansConnector(models.Model):
    """What is done once a day for each connection: one's failure is its own."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _for_each(self, work):
        """Let each connection that can be used do its daily `work`; one's failure is its own.

        :param work: the name of a method of one connection
        """
        # One for each company, and each has to be looked at.
        connectors = self.search([])  # pylint: disable=no-search-all
        connectors._watch()
        for connector in connectors:
            try:
                connector._try_twice(connector._do_daily, work)
            except Exception:
                self.env.cr.rollback()
                _logger.exception("Nox Finans, company %s: %s failed", connector.id, work)

    def _watch(self):
        """Look after the cron that sends from the others: an alarm must not hang on what it
        watches."""
        try:
            self._try_twice(self._note_standstill)
            self._try_twice(self._watch_schedule)
        except Exception:
            self.env.cr.rollback()
            _logger.exception("Nox Finans: the queue and the scheduled actions are not watched")

    def _do_daily(self, work):
        if not self._get_obstacle():
            getattr(self, work)()
        self.env["ir.cron"]._commit_progress()

    def _try_twice(self, work, *arguments):
        """Do `work`, and once more on what is there now when somebody else was at the same rows.

        What was done since the last commit is undone in between.
        """
        try:
            return work(*arguments)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            self.env.cr.rollback()
            _logger.info("Nox Finans, company %s: tried once more after: %s", self.id, error)
            return work(*arguments)
