from odoo import models

from . import account_move_sender  # noqa: F401 - its `write` comes first


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals: dict) -> bool:
        result = super().write(vals)
        if vals.get("state") == "cancel":
            # Full rights: whoever may cancel invoices, what the service has got of a refused one
            # is taken back; nothing of the case is shown.
            cases = self.sudo().nox_finans_case_ids
            cases.filtered(lambda case: case.state == "refused")._give_up()
        return result
