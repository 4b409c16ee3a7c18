from odoo import fields, models

from .nox_finans_gate import gate


class ResConfigSettings(models.TransientModel):
    _inherit = "res.config.settings"

    nox_finans_connector_id = fields.Many2one(
        comodel_name="nox.finans.connector", compute="_compute_nox_finans_connector_id"
    )
    nox_finans_state = fields.Selection(related="nox_finans_connector_id.state")
    nox_finans_remote_company = fields.Char(related="nox_finans_connector_id.remote_company")
    nox_finans_connection_message = fields.Char(
        related="nox_finans_connector_id.connection_message"
    )
    nox_finans_is_foreign = fields.Boolean(related="nox_finans_connector_id.is_foreign")
    nox_finans_environment = fields.Selection(
        related="nox_finans_connector_id.environment", readonly=False
    )
    nox_finans_base_url = fields.Char(related="nox_finans_connector_id.base_url")
    nox_finans_default_service = fields.Selection(
        related="nox_finans_connector_id.default_service", readonly=False
    )
    nox_finans_default_channel = fields.Selection(
        related="nox_finans_connector_id.default_channel", readonly=False
    )
    nox_finans_takes_customers = fields.Boolean(
        related="nox_finans_connector_id.takes_customers", readonly=False
    )
    nox_finans_payment_journal_id = fields.Many2one(
        related="nox_finans_connector_id.payment_journal_id", readonly=False
    )
    nox_finans_report_mode = fields.Selection(
        related="nox_finans_connector_id.report_mode", readonly=False
    )
    nox_finans_payment_method_code = fields.Char(
        related="nox_finans_connector_id.payment_method_code", readonly=False
    )
    nox_finans_payment_method_account = fields.Integer(
        related="nox_finans_connector_id.payment_method_account", readonly=False
    )
    nox_finans_statement_days = fields.Integer(
        related="nox_finans_connector_id.statement_days", readonly=False
    )
    nox_finans_collection_days = fields.Integer(
        related="nox_finans_connector_id.collection_days", readonly=False
    )
    nox_finans_is_automatic = fields.Boolean(
        related="nox_finans_connector_id.is_automatic", readonly=False
    )
    nox_finans_price_list_url = fields.Char(
        related="nox_finans_connector_id.price_list_url", readonly=False
    )
    nox_finans_invoice_term_ids = fields.Many2many(
        related="nox_finans_connector_id.invoice_term_ids", readonly=False
    )
    nox_finans_reminder_term_ids = fields.Many2many(
        related="nox_finans_connector_id.reminder_term_ids", readonly=False
    )

    nox_finans_keep_log_days = fields.Integer(
        related="nox_finans_connector_id.keep_log_days", readonly=False
    )
    nox_finans_keep_personal_days = fields.Integer(
        related="nox_finans_connector_id.keep_personal_days", readonly=False
    )

    def _compute_nox_finans_connector_id(self):
        for settings in self:
            company = settings.company_id or self.env.company
            settings.nox_finans_connector_id = company._get_nox_finans_connector()

    @gate("write", on="one")
    def action_nox_finans_connect(self) -> dict:
        return self.nox_finans_connector_id.action_open_connect()

    @gate("write", on="one")
    def action_nox_finans_test(self) -> dict:
        return self.nox_finans_connector_id.action_test()

    @gate("write", on="one")
    def action_nox_finans_confirm_company(self) -> dict:
        return self.nox_finans_connector_id.action_confirm_company()

    @gate("write", on="one")
    def action_nox_finans_disconnect(self) -> dict:
        return self.nox_finans_connector_id.action_disconnect()

    @gate("write", on="one")
    def action_nox_finans_rules(self) -> dict:
        return self.env["ir.actions.act_window"]._for_xml_id("nox_finans.action_rules")

    @gate("write", on="one")
    def action_nox_finans_open(self) -> dict:
        return self.env["nox.finans.connector"].action_open_settings()
