from odoo import models


class AccountMove(models.Model):
    _inherit = "account.move"

    def _has_to_be_paid(self):
        # Paid here it would be chased on, with fees: Nox Finans does not see the payment.
        return super()._has_to_be_paid() and not self._get_nox_finans_payee()

    def _get_online_payment_error(self):
        if self._get_nox_finans_payee():
            return self._get_nox_finans_online_payment_message()
        return super()._get_online_payment_error()

    def _get_nox_finans_online_payment_message(self):
        return self.env._(
            "Invoice %s is handled by Nox Finans: please pay it there and not here.", self.name
        )
