"""The dialogs keep the limits of what a person enters, too."""

from odoo import api, models

from ..models.nox_finans_limits import LIMITS
from . import (  # noqa: F401 - extended here, so they come first
    nox_finans_action,
    nox_finans_connect,
    nox_finans_dispute,
)


class NoxFinansAction(models.TransientModel):
    _name = "nox.finans.action"
    _inherit = ["nox.finans.action", "nox.finans.limits"]


class NoxFinansConnect(models.TransientModel):
    _name = "nox.finans.connect"
    _inherit = ["nox.finans.connect", "nox.finans.limits"]


class NoxFinansDispute(models.TransientModel):
    _name = "nox.finans.dispute"
    _inherit = ["nox.finans.dispute", "nox.finans.limits"]


class ResConfigSettings(models.TransientModel):
    """The settings show the connection's own fields."""

    _name = "res.config.settings"
    _inherit = ["res.config.settings", "nox.finans.limits"]

    @api.model
    def _get_nox_finans_limits(self):
        limits = LIMITS["nox.finans.connector"]
        return {f"nox_finans_{name}": limit for name, limit in limits.items()}
