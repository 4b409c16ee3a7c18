"""Who uninstalls the add-on is told what is open; other modules' rows are left clean."""

import logging

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError
from odoo.fields import Domain

from ..core.words import OPEN_STATES
from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first
from .account_move_send import METHOD

_logger = logging.getLogger(__name__)

MODULE = "nox_finans"
# In the context: who uninstalls has been told.
TOLD = "nox_finans_uninstall_told"


class IrModuleModule(models.Model):
    _inherit = "ir.module.module"

    def button_immediate_uninstall(self) -> dict:
        # Before Odoo waits for its scheduled actions.
        self._check_nox_finans_told()
        return super().button_immediate_uninstall()

    def button_uninstall(self) -> dict:
        self._check_nox_finans_told()
        if warning := self._get_nox_finans_warning():
            _logger.warning("Nox Finans is uninstalled: %s", warning)
        return super().button_uninstall()

    def _check_nox_finans_told(self):
        """:raises UserError: invoices are at Nox Finans still, and nobody was told so"""
        # On the command line there is nobody to ask.
        if self.env.context.get(TOLD) or self.env.uid == SUPERUSER_ID:
            return
        if warning := self._get_nox_finans_warning():
            raise UserError(
                self.env._(
                    "%(warning)s Uninstall it from Apps (Uninstall, in the app's menu), which "
                    "asks first; from a program with “%(key)s” in the context.",
                    warning=warning,
                    key=TOLD,
                )
            )

    def _get_nox_finans_warning(self):
        """Return what is forgotten when these modules are uninstalled, or None."""
        modules = self | self.downstream_dependencies()
        if MODULE not in modules.mapped("name"):
            return None
        # Full rights: told is how many there are, to who may uninstall all of them.
        cases = self.env["nox.finans.case"].sudo()
        count = cases.search_count([("state", "in", OPEN_STATES)])
        if not count:
            return None
        return self.env._(
            "%s invoices are at Nox Finans, or on their way there. Nox Finans goes on with them: "
            "it chases the customers and takes them to debt collection, and Odoo no longer hears "
            "of payments. Wait until they are closed, or stop them first.",
            count,
        )


class NoxFinansConnector(models.Model):
    """What the uninstallation itself does not know of."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _leave_nothing(self):
        """Take back what stands in other modules' tables, before our own go."""
        self._leave_no_activities()
        self._leave_no_sending_method()
        # All of them: each would be left without the code that ends it.
        open_cases = [("state", "in", OPEN_STATES)]
        self.env["nox.finans.case"].search(open_cases)._resume_followup()
        self.env["ir.filters"].with_context(active_test=False).search(
            [("model_id", "=like", "nox.finans.%")]
        ).unlink()
        self.env["ir.config_parameter"].search([("key", "=like", "nox_finans.%")]).unlink()

    def _leave_no_activities(self):
        types = self.env["ir.model.data"].search(
            [("module", "=", MODULE), ("model", "=", "mail.activity.type")]
        )
        ours = Domain("activity_type_id", "in", types.mapped("res_id"))
        # Others of a person's own making, on records that go.
        on_ours = Domain("res_model", "=like", "nox.finans.%")
        # Done ones are archived.
        activities = self.env["mail.activity"].with_context(active_test=False)
        activities.search(ours | on_ours).unlink()

    def _leave_no_sending_method(self):
        """Odoo itself takes it back for the current companies only."""
        # A database has few companies, and each has values of its own.
        for company in self.env["res.company"].search([]):  # pylint: disable=no-search-all
            partners = self.env["res.partner"].with_context(active_test=False)
            chosen = [("invoice_sending_method", "=", METHOD)]
            partners.with_company(company).search(chosen).invoice_sending_method = False
