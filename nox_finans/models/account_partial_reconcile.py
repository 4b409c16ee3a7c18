from typing import Self

from odoo import api, models

from ..core.words import SENT_STATES


class AccountPartialReconcile(models.Model):
    _inherit = "account.partial.reconcile"

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        partials = super().create(vals_list)
        partials._get_nox_finans_cases()._note_paid_in_odoo()
        return partials

    def unlink(self) -> bool:
        cases = self._get_nox_finans_cases()
        result = super().unlink()
        cases._note_paid_in_odoo()
        return result

    def _get_nox_finans_cases(self):
        # Full rights: whoever reconciles, Nox Finans is to know what the customer has paid.
        return (self.debit_move_id | self.credit_move_id).move_id.sudo().nox_finans_case_ids

    def _is_nox_finans_credit(self):
        """Tell whether it was a credit note that has lowered what the customer owes."""
        return self.credit_move_id.move_id.move_type == "out_refund"

    def _is_nox_finans_unsent_credit(self):
        """Tell whether it was a credit note that the service has not got."""
        state = self.credit_move_id.move_id.nox_finans_case_state
        return self._is_nox_finans_credit() and state not in SENT_STATES

    def _is_nox_finans_bank_entry(self):
        """Tell whether it was an entry, as of a bank statement, and no payment from the service."""
        line = self.credit_move_id
        is_ours = line.move_id.origin_payment_id.nox_finans_case_id
        return line.move_type == "entry" and not is_ours
