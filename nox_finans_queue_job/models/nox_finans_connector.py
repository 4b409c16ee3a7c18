from odoo import models
from odoo.addons.nox_finans.exchange.run import Run
from odoo.addons.queue_job.exception import RetryableJobError

CHANNEL = "root.nox_finans"
# A job works for so many seconds at most, then queues up again behind the other companies'. Odoo
# ends a request that takes longer than `limit_time_real`, which is two minutes at first.
JOB_SECONDS = 30
# So many seconds later it is tried again when another process works for the company.
BUSY_SECONDS = 5


class NoxFinansConnector(models.Model):
    """Each company's exchange is a job; the cron only finds out who has something to do."""

    _inherit = "nox.finans.connector"

    def _exchange(self, seconds=None):
        if not seconds:
            # The cron: it works itself no longer.
            self._for_each("_delay_due_exchange")
            return True
        is_time_left = super()._exchange(seconds)
        if not is_time_left:
            self._delay_exchange()
        return is_time_left

    def _delay_due_exchange(self):
        if Run(self.with_company(self.company_id)).has_work():
            self._delay_exchange()

    def _delay_exchange(self):
        """Queue a job for this company, unless one waits already.

        One that runs does not count: it may have looked already at what there is to do.
        """
        self.ensure_one()
        self.with_company(self.company_id).with_delay(
            channel=f"{CHANNEL}.company_{self.company_id.id}",
            identity_key=f"{self._name}/{self.id}",
            description=f"Nox Finans: {self.company_id.display_name}",
            # A killed process is no reason to give up a company.
            max_retries=0,
        )._exchange(JOB_SECONDS)

    def _lock_run(self, cr):
        is_locked = super()._lock_run(cr)
        if not is_locked and self.env.context.get("job_uuid"):
            # Not by the cron in a minute, as without a job.
            raise RetryableJobError("Another process works for the company", BUSY_SECONDS)
        return is_locked
