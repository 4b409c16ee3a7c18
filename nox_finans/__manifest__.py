# Not one of the OCA's own add-ons, so it has another author; its README stands at the root of the
# repository, for all of it.
# pylint: disable=manifest-required-author,missing-readme
{
    "name": "Nox Finans",
    "summary": "Send invoices via Nox Finans: print and delivery, reminders and debt collection",
    "version": "19.0.1.5.0",
    "category": "Accounting/Accounting",
    "author": "Nox Finans for Odoo",
    "license": "LGPL-3",
    "depends": ["account"],
    "data": [
        "security/nox_finans_security.xml",
        "security/ir.model.access.csv",
        "data/ir_cron.xml",
        "data/mail_activity_type.xml",
        "data/mail_template.xml",
        "views/nox_finans_case_views.xml",
        "views/nox_finans_card_views.xml",
        "views/nox_finans_connector_views.xml",
        "views/nox_finans_document_views.xml",
        "views/nox_finans_rule_views.xml",
        "views/nox_finans_sign_in_templates.xml",
        "views/nox_finans_uninstall_views.xml",
        "wizards/nox_finans_action_views.xml",
        "wizards/nox_finans_connect_views.xml",
        "wizards/nox_finans_dispute_views.xml",
        "wizards/nox_finans_rule_preview_views.xml",
        "wizards/nox_finans_send_views.xml",
        "views/account_move_views.xml",
        "views/account_payment_term_views.xml",
        "views/res_partner_views.xml",
        "views/res_config_settings_views.xml",
        # After what it extends.
        "views/nox_finans_retention_views.xml",
        "views/nox_finans_menus.xml",
        "views/portal_templates.xml",
        "views/report_invoice.xml",
    ],
    "assets": {
        "web.assets_backend": [
            "nox_finans/static/src/**/*",
        ],
        "web.assets_unit_tests": [
            "nox_finans/static/tests/**/*",
        ],
    },
    "post_init_hook": "post_init_hook",
    "uninstall_hook": "uninstall_hook",
}
