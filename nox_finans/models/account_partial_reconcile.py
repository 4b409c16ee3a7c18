from odoo import api, models


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list):
        partials = super().create(vals_list)
        # Full rights: whoever reconciles, Nox Finans is to know that the customer has paid.
        moves = (partials.debit_move_id | partials.credit_move_id).move_id.sudo()
        if moves.nox_finans_case_id.filtered("is_report_due"):
            self.env["nox.finans.connector"]._trigger_exchange()
        return partials
