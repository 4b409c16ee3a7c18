from odoo import api, fields, models

from ..models.nox_finans_uninstall import TOLD


class BaseModuleUninstall(models.TransientModel):
    _inherit = "base.module.uninstall"

    nox_finans_warning = fields.Text(compute="_compute_nox_finans_warning")

    @api.depends("module_ids")
    def _compute_nox_finans_warning(self):
        for wizard in self:
            wizard.nox_finans_warning = wizard.module_ids._get_nox_finans_warning()

    def action_uninstall(self) -> dict:
        # The dialog shows the warning.
        return super(BaseModuleUninstall, self.with_context(**{TOLD: True})).action_uninstall()
