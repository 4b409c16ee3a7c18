from odoo import models


class PaymentLinkWizard(models.TransientModel):
    _inherit = "payment.link.wizard"

    def _compute_warning_message(self):
        result = super()._compute_warning_message()
        for wizard in self.filtered(lambda wizard: wizard.res_model == "account.move"):
            move = self.env["account.move"].browse(wizard.res_id)
            if move._get_nox_finans_payee():
                wizard.warning_message = move._get_nox_finans_online_payment_message()
        return result
