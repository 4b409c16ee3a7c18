from odoo import models


class PortalShare(models.TransientModel):
    _inherit = "portal.share"

    def action_send_mail(self) -> dict:
        """:raises UserError: the invoice would be mailed while Nox Finans delivers it"""
        for wizard in self:
            if wizard.res_model == "account.move":
                wizard.resource_ref._check_nox_finans_does_not_deliver()
        return super().action_send_mail()
