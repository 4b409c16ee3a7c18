"""The dialogs keep the limits of what a person enters, too."""

from odoo import models


class NoxFinansAction(models.TransientModel):
    _name = "nox.finans.action"
    _inherit = ["nox.finans.action", "nox.finans.limits"]


class NoxFinansConnect(models.TransientModel):
    _name = "nox.finans.connect"
    _inherit = ["nox.finans.connect", "nox.finans.limits"]


class NoxFinansDispute(models.TransientModel):
    _name = "nox.finans.dispute"
    _inherit = ["nox.finans.dispute", "nox.finans.limits"]
