from odoo import fields, models

from . import nox_finans_case  # noqa: F401 - extended here, so it comes first


class NoxFinansCase(models.Model):
    """Which rule has sent it, if none of us has."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    rule_id = fields.Many2one(
        comodel_name="nox.finans.rule",
        string="Sent by the Rule",
        readonly=True,
        index="btree_not_null",
        ondelete="set null",
    )
