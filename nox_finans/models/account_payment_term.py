from odoo import fields, models

from .nox_finans_case import CHANNELS, GROUPS, SERVICES


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    nox_finans_service = fields.Selection(
        selection=SERVICES,
        company_dependent=True,
        groups=GROUPS,
        help="The service that invoices with these payment terms go to. "
        "Empty: these terms are not active in Nox Finans.",
    )
    nox_finans_channel = fields.Selection(
        selection=CHANNELS,
        company_dependent=True,
        groups=GROUPS,
        help="How Nox Finans delivers invoices with these payment terms. "
        "Empty: as the company has it.",
    )
    nox_finans_code = fields.Char(
        string="Code at Fortnox",
        company_dependent=True,
        groups=GROUPS,
        help="The code of the same terms in Fortnox's own register of payment terms. "
        "Empty: the number of days.",
    )
