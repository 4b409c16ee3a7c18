from odoo import models

from . import account_move_queue  # noqa: F401 - extended here, so it comes first


class AccountMove(models.Model):
    """What who has sent is told of the schedule."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _describe_nox_finans_sending(self, count, left_out):
        message = super()._describe_nox_finans_sending(count, left_out)
        trouble = count and self.env["nox.finans.connector"]._get_schedule_trouble()
        return f"{message}\n{trouble}" if trouble else message
