from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals):
        result = super().write(vals)
        if vals.get("state") == "cancel":
            # Full rights: whoever may cancel invoices, what the service has got of a refused one
            # is taken back; nothing of the case is shown.
            cases = self.sudo().nox_finans_case_ids
            cases.filtered(lambda case: case.state == "refused")._give_up()
        return result
