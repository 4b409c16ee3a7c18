from odoo import Command
from odoo.addons.nox_finans.models.nox_finans_connector_company import bare_number
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

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

    def test_every_item_says_that_the_service_cannot_be_reached(self):
        with self.enter_registry_test_mode():
            self.connector.with_user(self.manager).action_test()
        results = {row.code: row.result for row in self.connector.check_ids}
        self.assertEqual(results["environment"], "good")
        self.assertEqual(results["financial_year"], "unknown")
        self.assertIn("cannot be reached", self.connector.check_ids[2].message)
        self.assertTrue(self.connector.checked_date)

    # What reported payments, terms and units are called at Fortnox

    def test_reported_payments_have_a_method_and_an_account(self):
        settings = self.env["res.config.settings"].create({})
        with Form(settings) as form:
            form.nox_finans_payment_method_code = "PG"
            form.nox_finans_payment_method_account = 1920
        settings.execute()
        self.assertEqual(self.connector.payment_method_code, "PG")
        self.assertEqual(self.connector.payment_method_account, 1920)
        for values in (
            {"payment_method_account": 999},
            {"payment_method_account": 10000},
            {"payment_method_code": "B" * 31},
            {"payment_method_code": "B[G]"},
        ):
            with self.subTest(values), self.assertRaises(ValidationError):
                self.connector.write(values)

    def test_terms_are_called_by_their_code_or_their_days(self):
        self.assertEqual(self.term_30._get_nox_finans_code(), "30")
        self.connector.with_user(self.manager).write(
            {"active_term_ids": [Command.update(self.term_30.id, {"nox_finans_code": "30N"})]}
        )
        self.assertEqual(self.term_30._get_nox_finans_code(), "30N")
        self.assertEqual(self.connector.invoice_term_ids, self.term_30 + self.term_5)
        with self.assertRaises(ValidationError):
            self.term_30.nox_finans_code = "30 days [net]"
        self.term_5.line_ids.delay_type = "days_after_end_of_month"
        self.assertFalse(self.term_5._get_nox_finans_code())

    def test_a_unit_has_one_code_for_each_company(self):
        hours, units = (self.env.ref(f"uom.product_uom_{name}") for name in ("hour", "unit"))
        self.assertIsNone(self.connector._get_unit_code(hours))
        manager = self.connector.with_user(self.manager)
        manager.unit_ids = [Command.create({"uom_id": hours.id, "code": "tim"})]
        self.assertEqual(self.connector._get_unit_code(hours), "tim")
        with self.assertQueryCount(0):
            self.connector._get_unit_code(units)
        with mute_logger("odoo.sql_db"), self.assertRaises(IntegrityError), self.cr.savepoint():
            manager.unit_ids = [Command.create({"uom_id": hours.id, "code": "h"})]
        with self.assertRaises(ValidationError):
            manager.unit_ids.code = "tim|h"

    def test_units_and_checks_are_the_companys_own(self):
        hours = self.env.ref("uom.product_uom_hour")
        other = self.make_company("Annan AB")._get_nox_finans_connector()
        rows = self.env["nox.finans.unit"].create(
            {"connector_id": other.id, "uom_id": hours.id, "code": "tim"}
        )
        rows_of_clerk = self.env["nox.finans.unit"].with_user(self.clerk)
        self.assertFalse(rows_of_clerk.search([]))
        with self.assertRaises(AccessError):
            rows.with_user(self.manager).code = "h"
        with self.assertRaises(AccessError):
            rows_of_clerk.create(
                {"connector_id": self.connector.id, "uom_id": hours.id, "code": "tim"}
            )
        with self.assertRaises(AccessError):
            self.env["nox.finans.check"].with_user(self.manager).create(
                {"connector_id": self.connector.id, "code": "vat", "result": "good"}
            )

    def test_codes_are_proposed_and_chosen_ones_stay(self):
        hours, units = (self.env.ref(f"uom.product_uom_{name}") for name in ("hour", "unit"))
        self.connector.unit_ids = [Command.create({"uom_id": units.id, "code": "ask"})]
        terms = {"T30": "30 dagar netto", "5": "Fem", "20a": "20 dagar", "20b": "20 dagar extra"}
        self.term_5.nox_finans_code = "F"
        self.assertEqual(self.connector._propose_term_codes(terms), 1)
        self.assertEqual(self.term_30.nox_finans_code, "T30")
        self.assertEqual(self.term_5.nox_finans_code, "F")
        self.assertFalse(self.term_reminder.nox_finans_code)
        self.connector._propose_unit_codes({"st": "Styck", "h": "", "KG": "Kilogram"})
        codes = {unit.uom_id: unit.code for unit in self.connector.unit_ids}
        self.assertEqual(codes[units], "ask")
        self.assertEqual(codes[hours], "h")
        self.assertEqual(codes[self.env.ref("uom.product_uom_kgm")], "KG")

    def test_an_organisation_number_is_the_same_however_it_is_written(self):
        for text in ("556677-8899", "SE556677889901", "16556677-8899", " 556677 8899"):
            self.assertEqual(bare_number(text), "5566778899", text)
        self.assertEqual(bare_number("19700101-1234"), "7001011234")
        self.assertEqual(bare_number(None), "")
