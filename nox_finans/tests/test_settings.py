from odoo.exceptions import UserError, ValidationError
from odoo.tests import Form

from .common import NoxFinansCase


class TestSettings(NoxFinansCase):
    """Settings > Invoicing > Nox Finans, and the connection's own form."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector = cls.company._get_nox_finans_connector()

    def test_terms_are_chosen_per_service(self):
        self.connector.invoice_term_ids = self.term_30 + self.term_inactive
        self.assertEqual(self.term_inactive.nox_finans_service, "invoice")
        self.assertFalse(self.term_5.nox_finans_service)
        self.connector.reminder_term_ids = self.term_inactive
        self.assertEqual(self.term_inactive.nox_finans_service, "reminder")
        self.assertEqual(self.connector.invoice_term_ids, self.term_30)
        self.assertFalse(self.term_reminder.nox_finans_service)

    def test_settings_page_changes_the_connection_of_its_company(self):
        settings = self.env["res.config.settings"].create({})
        self.assertEqual(settings.nox_finans_connector_id, self.connector)
        self.assertEqual(settings.nox_finans_state, "connected")
        with Form(settings) as form:
            form.nox_finans_default_channel = "email"
            form.nox_finans_reminder_term_ids.add(self.term_inactive)
        settings.execute()
        self.assertEqual(self.connector.default_channel, "email")
        self.assertEqual(self.term_inactive.nox_finans_service, "reminder")
        self.assertEqual(self.term_30.nox_finans_service, "invoice")

    def test_environment_belongs_to_the_connection(self):
        with self.assertRaisesRegex(UserError, "Disconnect before"):
            self.connector.environment = "production"
        self.connector.action_disconnect()
        self.connector.environment = "production"
        self.assertTrue(self.connector.base_url.startswith("https://"))

    def test_disconnect_forgets_the_secrets(self):
        self.connector.with_user(self.manager).action_disconnect()
        self.assertEqual(self.connector.state, "disconnected")
        self.assertFalse(self.connector.sudo().refresh_token or self.connector.sudo().client_secret)

    def test_price_list_link_is_a_web_address(self):
        with self.assertRaises(ValidationError):
            self.connector.price_list_url = "javascript:alert(1)"

    def test_connection_test_without_a_service_says_so(self):
        with self.enter_registry_test_mode():
            answer = self.connector.with_user(self.manager).action_test()
        self.assertEqual(answer["params"]["type"], "danger")
        self.assertIn("cannot be reached", answer["params"]["message"])

    def test_sandbox_without_address_names_the_parameter(self):
        self.env["ir.config_parameter"].set_param("nox_finans.sandbox_url", False)
        answer = self.connector.action_test()
        self.assertIn("nox_finans.sandbox_url", answer["params"]["message"])
