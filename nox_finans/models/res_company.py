from typing import Self

from odoo import api, fields, models

from . import nox_finans_system_fields  # noqa: F401 - inherited here, so it comes first


class ResCompany(models.Model):
    _name = "res.company"
    _inherit = ["nox.finans.system.fields", "res.company"]

    nox_finans_connector_ids = fields.One2many(
        comodel_name="nox.finans.connector",
        inverse_name="company_id",
        string="Nox Finans Connection",
        readonly=True,
    )

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        companies = super().create(vals_list)
        companies._create_nox_finans_connectors()
        return companies

    def _create_nox_finans_connectors(self):
        """Give each company its connection, not connected yet.

        Full rights: whoever may create a company gets its settings with it.
        """
        self.env["nox.finans.connector"].sudo().create(
            [{"company_id": company.id} for company in self]
        )

    def _get_nox_finans_connector(self):
        """Return the company's connector: each company has exactly one."""
        self.ensure_one()
        return self.nox_finans_connector_ids
