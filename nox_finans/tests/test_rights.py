from lxml import etree
from odoo.exceptions import AccessError, UserError
from odoo.tests import new_test_user

from .common import NoxFinansCase

SECRETS = ("client_id", "client_secret", "access_token", "refresh_token", "token_expiry")


class TestRights(NoxFinansCase):
    """Who sees, who sends, who changes settings, and who reads secrets: nobody."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.portal = new_test_user(
            cls.env, login="nox_portal", groups="base.group_portal", company_id=cls.company.id
        )
        cls.employee = cls.make_user("nox_employee", "base.group_partner_manager")
        cls.connector = cls.company._get_nox_finans_connector()
        cls.move = cls.make_invoice()
        cls.case = cls.send(cls.make_invoice())[0].sudo(False)

    def test_clerk_sees_and_sends(self):
        self.assertEqual(self.move.with_user(self.clerk).nox_finans_status, "approved")
        self.assertEqual(self.case.with_user(self.clerk).state, "queued")
        self.assertTrue(self.send(self.move)[0])

    def test_reader_sees_and_sends_nothing(self):
        move, case = self.move.with_user(self.reader), self.case.with_user(self.reader)
        self.assertEqual(move.nox_finans_status, "approved")
        self.assertEqual(case.state, "queued")
        self.assertFalse(case.allowed_actions)
        for forbidden in (
            lambda: self.send(self.move, self.reader),
            move.action_nox_finans_open_send,
            move.action_nox_finans_hide,
            case.action_withdraw,
            case.action_try_now,
        ):
            with self.assertRaises(AccessError):
                forbidden()
        self.assertEqual(self.case.state, "queued")

    def test_others_see_nothing(self):
        for user in (self.employee, self.portal):
            with self.subTest(user.login):
                with self.assertRaises(AccessError):
                    self.case.with_user(user).read(["state"])
                with self.assertRaises(AccessError):
                    self.connector.with_user(user).read(["state"])
                with self.assertRaises(AccessError):
                    self.env["account.move"].with_user(user).search(
                        [("nox_finans_status", "=", "approved")]
                    )
                fields = self.env["account.move"].with_user(user).fields_get()
                seen = [name for name in fields if name.startswith("nox_finans")]
                self.assertEqual(seen, ["nox_finans_status"])
        own = self.make_invoice(partner_id=self.portal.partner_id.id)
        own.message_subscribe(self.portal.partner_id.ids)
        self.assertFalse(own.with_user(self.portal).nox_finans_status)

    def test_menus(self):
        menu = self.env.ref("nox_finans.menu_nox_finans")
        settings = self.env.ref("nox_finans.menu_nox_finans_settings")
        seen = {
            user: self.env["ir.ui.menu"].with_user(user)._visible_menu_ids()
            for user in (self.clerk, self.manager, self.employee)
        }
        self.assertIn(menu.id, seen[self.clerk])
        self.assertNotIn(settings.id, seen[self.clerk])
        self.assertIn(settings.id, seen[self.manager])
        self.assertNotIn(menu.id, seen[self.employee])

    def test_only_the_manager_changes_settings(self):
        for user in (self.clerk, self.reader):
            for forbidden in (
                lambda user=user: self.connector.with_user(user).write(
                    {"default_channel": "email"}
                ),
                lambda user=user: self.term_30.with_user(user).write({"nox_finans_service": False}),
                self.connector.with_user(user).action_test,
                self.connector.with_user(user).action_disconnect,
            ):
                with self.assertRaises(AccessError):
                    forbidden()
        connector = self.connector.with_user(self.manager)
        connector.default_channel = "email"
        connector.invoice_term_ids = self.term_5
        self.assertFalse(self.term_30.nox_finans_service)

    def test_nobody_reads_secrets(self):
        admin = self.env.ref("base.user_admin")
        for user in (self.clerk, self.manager, admin):
            connector = self.connector.with_user(user).with_company(self.company)
            for name in SECRETS:
                with self.assertRaises(AccessError):
                    connector.read([name])
                with self.assertRaises(AccessError):
                    connector.search([(name, "=like", "top%")])
                self.assertNotIn(name, connector.fields_get())
                with self.assertRaises(UserError):
                    connector.export_data([name])

    def test_cases_are_exported_with_the_lists_columns_and_without_secrets(self):
        self.clerk.group_ids += self.env.ref("base.group_allow_export")
        case = self.case.with_user(self.clerk)
        view = self.env["nox.finans.case"].with_user(self.clerk).get_view(view_type="list")
        columns = [
            node.get("name")
            for node in etree.fromstring(view["arch"]).iterfind("field")
            if node.get("column_invisible") != "True"
        ]
        self.assertIn("difference", columns)
        rows = case.export_data(columns)["datas"]
        row = dict(zip(columns, rows[0], strict=True))
        self.assertEqual(len(rows), 1)
        self.assertEqual(row["move_id"], case.move_id.display_name)
        self.assertEqual(row["status_message"], case.status_message)
        self.assertEqual(row["state"], "Queued")
        connection = "company_id/nox_finans_connector_ids"
        self.assertEqual(case.export_data([f"{connection}/state"])["datas"], [["Connected"]])
        for name in SECRETS:
            self.assertNotIn(name, case.fields_get())
            with self.assertRaises(AccessError):
                case.export_data([f"{connection}/{name}"])
