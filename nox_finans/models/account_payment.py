from odoo import fields, models

from . import nox_finans_system_fields  # noqa: F401 - inherited here, so it comes first
from .nox_finans_gate import GROUPS


class AccountPayment(models.Model):
    _name = "account.payment"
    _inherit = ["nox.finans.system.fields", "account.payment"]

    nox_finans_case_id = fields.Many2one(
        comodel_name="nox.finans.case",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        groups=GROUPS,
        help="The payment came in at Nox Finans.",
    )

    def write(self, vals: dict) -> bool:
        result = super().write(vals)
        if {"amount", "state"} & vals.keys():
            # Full rights: whoever registers or cancels a payment, Nox Finans is to know of it.
            cases = self.sudo().invoice_ids.nox_finans_case_ids
            cases._note_paid_in_odoo()
        return result

    def unlink(self) -> bool:
        # Full rights, as above.
        cases = self.sudo().invoice_ids.nox_finans_case_ids
        result = super().unlink()
        cases._note_paid_in_odoo()
        return result

    def _get_nox_finans_share(self, move):
        """Return how much of a payment without an entry is `move`'s, oldest due invoice first."""
        left = self.amount
        for invoice in self.invoice_ids.sorted(
            lambda invoice: (invoice.invoice_date_due or invoice.date, invoice.id)
        ):
            share = min(left, max(invoice.amount_residual, 0))
            if invoice == move:
                return share
            left -= share
        return 0
