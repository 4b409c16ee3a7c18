from odoo import fields, models

from .nox_finans_case import GROUPS


class AccountPayment(models.Model):
    _inherit = "account.payment"

    nox_finans_case_id = fields.Many2one(
        comodel_name="nox.finans.case",
        readonly=True,
        copy=False,
        index="btree_not_null",
        check_company=True,
        groups=GROUPS,
        help="The payment came in at Nox Finans.",
    )
