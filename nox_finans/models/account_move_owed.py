"""What a customer still owes by Odoo's books, and may be asked for: said here, and nowhere else.

The open balance alone does not tell: a payment may be registered that has no journal entry yet, as
with Odoo Enterprise, where the entry comes with the bank statement.
"""

from odoo import models

from . import account_move  # noqa: F401 - extended here, so it comes first


class AccountMove(models.Model):
    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def write(self, vals: dict) -> bool:
        result = super().write(vals)
        if "matched_payment_ids" in vals:
            # Full rights: whoever registers a payment, Nox Finans is to know of it.
            self.sudo().nox_finans_case_ids._note_paid_in_odoo()
        return result

    def _get_nox_finans_owed(self):
        """Return what the customer still owes: the open balance, less payments without an entry.

        In the invoice's currency, never below 0 for an invoice to a customer.
        """
        self.ensure_one()
        return self.currency_id.round(self.amount_residual - self._get_nox_finans_unmatched())

    def _get_nox_finans_unmatched(self):
        """Return how much of the open balance is paid by payments that have no entry yet."""
        if self.state != "posted" or self.amount_residual <= 0:
            return 0
        paid = sum(
            payment._get_nox_finans_share(self)
            for payment in self._get_nox_finans_unmatched_payments()
        )
        return min(paid, self.amount_residual)

    def _get_nox_finans_unmatched_payments(self):
        """Return the payments that lower what is owed, and not the open balance yet.

        One that a person has set to paid counts until the bank's own line has lowered the balance:
        as Odoo's status of the invoice has it.
        """
        has_partials = bool(self.line_ids.matched_credit_ids)
        states = ("in_process",) if has_partials else ("in_process", "paid")
        return self.matched_payment_ids.filtered(
            lambda payment: (
                not payment.move_id
                and payment.state in states
                and payment.payment_type == "inbound"
                and payment.currency_id == self.currency_id
            )
        )
