from odoo import api, fields, models

from ..exchange.turns import Turns
from .nox_finans_connector_schedule import EXCHANGE_CRON


class NoxFinansConnector(models.Model):
    """The cron that sends what is queued and asks for the status of what is out."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    last_run = fields.Datetime(readonly=True)
    list_try = fields.Datetime(
        readonly=True, help="Changed invoices are not listed again before this."
    )
    listed_until = fields.Datetime(
        string="Changes Asked for", readonly=True, help="Up to when changed invoices were listed."
    )
    # Seconds that the service's clock is ahead of ours, by its answers' header `Date`.
    service_ahead = fields.Integer(groups=fields.NO_ACCESS, copy=False)

    @api.model
    def _cron_exchange(self):
        """Send what is queued and ask for the status of what is out, for each company."""
        # One for each company, and each has to be looked at.
        connectors = self.search(  # pylint: disable=no-search-all
            [], order="last_run NULLS FIRST, id"
        )
        self.env["ir.cron"]._commit_progress(remaining=1)
        is_time_left = connectors._exchange()
        connectors._note_standstill()
        self._watch_schedule(running=EXCHANGE_CRON)
        if not is_time_left:
            # What is left is due still. For what is only partly done Odoo's cron would start again
            # nine times without any time, then sleep for a minute: woken, it goes on at once.
            self._trigger_exchange()
        self.env["ir.cron"]._commit_progress(1, remaining=0)

    def _exchange(self, seconds=float("inf")):
        """Hook: let these companies take turns for so long; return whether the time was enough."""
        return Turns(self, seconds).take()

    def _note_interrupted(self):
        """Whatever is found in `sending` now was left by a process that died."""
        interrupted = self.env["nox.finans.case"].search(
            [("company_id", "=", self.company_id.id), ("state", "=", "sending")]
        )
        interrupted.write(
            {
                "state": "uncertain",
                "next_try": False,
                "error_message": self.env._("Interrupted while sending: it is looked up first."),
            }
        )
