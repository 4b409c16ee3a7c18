from odoo import api, fields, models
from odoo.fields import Domain

from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first


class NoxFinansConnector(models.Model):
    """Which payment terms are active: the settings show them by service."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    invoice_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Terms for the Invoice Service",
        compute="_compute_term_ids",
        inverse="_inverse_invoice_term_ids",
        help="Nox Finans prints and delivers invoices with these payment terms, then follows up.",
    )
    reminder_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Terms for the Reminder Service",
        compute="_compute_term_ids",
        inverse="_inverse_reminder_term_ids",
        help="Nox Finans takes over invoices with these payment terms once they are overdue.",
    )
    active_term_ids = fields.Many2many(
        comodel_name="account.payment.term",
        string="Codes of Payment Terms",
        compute="_compute_term_ids",
        inverse="_inverse_active_term_ids",
        help="The code that each of the active payment terms has in Fortnox's own register.",
    )

    @api.depends("company_id")
    def _compute_term_ids(self):
        for connector in self:
            connector.invoice_term_ids = connector._get_terms("invoice")
            connector.reminder_term_ids = connector._get_terms("reminder")
            connector.active_term_ids = connector.invoice_term_ids | connector.reminder_term_ids

    def _get_terms(self, service):
        Term = self.env["account.payment.term"].with_company(self.company_id)
        # Also what a branch shares with those above it.
        usable = Domain(Term._check_company_domain(self.company_id))
        return Term.search(usable & Domain("nox_finans_service", "=", service))

    def _inverse_invoice_term_ids(self):
        for connector in self:
            connector._set_terms("invoice", connector.invoice_term_ids)

    def _inverse_reminder_term_ids(self):
        for connector in self:
            connector._set_terms("reminder", connector.reminder_term_ids)

    def _inverse_active_term_ids(self):
        """Only the terms' own codes are changed by it; which ones are active is chosen above."""

    def _set_terms(self, service, terms):
        """Let exactly `terms` go to `service`; the latest choice for a term counts."""
        terms = terms.with_company(self.company_id)
        (self._get_terms(service) - terms).nox_finans_service = False
        terms.nox_finans_service = service
        self.invalidate_recordset(["invoice_term_ids", "reminder_term_ids", "active_term_ids"])
