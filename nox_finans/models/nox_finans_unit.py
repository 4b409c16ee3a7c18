from odoo import api, fields, models
from odoo.exceptions import ValidationError

from . import nox_finans_system_fields  # noqa: F401 - inherited here, so it comes first
from .account_payment_term import is_code


class NoxFinansUnit(models.Model):
    """The code of a unit of measure in Fortnox's own register: another one is refused there."""

    _name = "nox.finans.unit"
    _inherit = ["nox.finans.system.fields"]
    _description = "Nox Finans Unit"
    _order = "uom_id, id"

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="connector_id.company_id", store=True, index=True)
    uom_id = fields.Many2one(
        comodel_name="uom.uom",
        string="Unit of Measure",
        required=True,
        ondelete="cascade",
        index=True,
    )
    code = fields.Char(
        string="Code at Fortnox",
        required=True,
        help="As it stands in Fortnox's register of units: st, tim, …",
    )

    _one_per_unit = models.UniqueIndex(
        "(connector_id, uom_id)", "This unit of measure has a code already."
    )

    @api.constrains("code")
    def _check_code(self):
        for unit in self:
            if not is_code(unit.code):
                raise ValidationError(self.env._("This cannot be a code at Fortnox: %s", unit.code))
