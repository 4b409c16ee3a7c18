from datetime import timedelta

from odoo import fields
from odoo.addons.nox_finans.core.backoff import MAX_TRIES
from odoo.addons.nox_finans.exchange.set_up_check import Finding
from odoo.addons.nox_finans.exchange.turns import start_run
from odoo.exceptions import AccessError, UserError
from odoo.modules.neutralize import get_neutralization_queries
from odoo.tests import new_test_user
from odoo.tools import mute_logger

from .common import NoxFinansCase

SECRETS = ("client_id", "client_secret", "access_token", "refresh_token", "token_expiry")


class TestConnection(NoxFinansCase):
    """Who has a connection, who may steer it, and what an administrator hears of it."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector = cls.company._get_nox_finans_connector()
        cls.administrator = new_test_user(
            cls.env,
            login="nox_administrator",
            groups="base.group_user,base.group_system",
            company_id=cls.company.id,
            company_ids=[(6, 0, cls.company.ids)],
        )

    def _copy_database(self):
        """Let this be a copy: Odoo gives each copy of a database an id of its own."""
        self.env["ir.config_parameter"].set_param("database.uuid", "another-one")
        self.connector.invalidate_recordset()

    def _run_cron(self):
        """Run what the cron does, without its commits: in a test they would be real."""
        with mute_logger("odoo.addons.nox_finans.models.nox_finans_run"):
            self.connector._note_standstill()

    # Environment lock

    def test_a_copied_database_sends_nothing_and_says_so(self):
        move = self.make_invoice()
        self._copy_database()
        self.assertTrue(self.connector.is_foreign)
        self.assertIn("copy", self.connector.connection_message)
        with self.assertRaisesRegex(UserError, "copy"):
            self.send(move)
        with self.registry.cursor() as lock:
            self.assertIsNone(start_run(self.connector, lock))
        banners = self.env["nox.finans.connector"].with_user(self.clerk).get_sending_banners()
        self.assertIn("copy", banners[0]["message"])
        wizard = self.env["nox.finans.send"].with_user(self.clerk).create({"move_ids": move.ids})
        self.assertTrue(wizard.is_blocked)

    def test_taking_over_looks_everything_up_first(self):
        case = self.send(self.make_invoice())[0]
        self._copy_database()
        with self.assertRaises(AccessError):
            self.connector.with_user(self.manager).action_take_over()
        self.connector.with_user(self.administrator).action_take_over()
        self.assertFalse(self.connector.is_foreign)
        self.assertEqual(case.state, "uncertain")
        self.assertTrue(case.sudo().is_doubted)

    def test_only_an_administrator_connects_or_disconnects_a_copy(self):
        case = self.send(self.make_invoice())[0].sudo()
        self._copy_database()
        as_manager = self.connector.with_user(self.manager)
        for action in (as_manager.action_open_connect, as_manager.action_disconnect):
            with self.assertRaises(AccessError):
                action()
        self.connector.action_disconnect()
        self.assertEqual((case.state, case.is_doubted), ("uncertain", True))

    def test_what_the_sandbox_has_is_no_obstacle_in_production(self):
        tried, refused = (self.send(self.make_invoice())[0].sudo() for _index in range(2))
        tried.write({"state": "accepted", "step": "handed_over"})
        refused.write({"state": "refused", "step": "bookkept"})
        self.assertNotIn("withdraw", tried.with_user(self.clerk).allowed_actions or "")
        self.connector._forget_credentials()
        self.connector.remote_registry = "556700-0111"
        self.connector.environment = "production"
        self.assertFalse(self.connector.remote_registry)
        self.assertEqual((self.connector.queue_length, self.connector.open_count), (0, 0))
        self.connect(self.company)
        self.assertIn("another environment", tried.with_user(self.clerk).status_message)
        move = tried.move_id
        tried.with_user(self.clerk).action_withdraw()
        self.assertFalse(move.nox_finans_case_id)
        again, left_out = self.send(move + refused.move_id)
        self.assertFalse(left_out)
        self.assertEqual(again.mapped("environment"), ["production"] * 2)
        self.assertNotIn(refused, again.sudo())

    def test_without_an_address_one_can_still_disconnect(self):
        self.env["ir.config_parameter"].set_param("nox_finans.sandbox_url", False)
        self.connector.invalidate_recordset()
        answer = self.connector.with_user(self.manager).action_disconnect()
        self.assertIn("address", answer["params"]["message"])
        self.assertEqual(self.connector.state, "disconnected")

    def test_a_copy_can_work_with_the_sandbox_instead(self):
        self.connector._forget_credentials()
        self.connector.environment = "production"
        self.connect(self.company)
        queued, sent = (self.send(self.make_invoice())[0].sudo() for _index in range(2))
        sent.write({"state": "accepted", "step": "handed_over"})
        self._copy_database()
        self.connector.with_user(self.administrator).action_use_sandbox()
        self.assertEqual(self.connector.environment, "sandbox")
        self.assertEqual(self.connector.state, "disconnected")
        self.assertEqual((queued.environment, sent.environment), ("sandbox", "production"))

    def test_environment_cannot_be_changed_while_connected(self):
        with self.assertRaisesRegex(UserError, "Disconnect"):
            self.connector.environment = "production"

    def test_production_has_one_address(self):
        self.connector._forget_credentials()
        self.connector.environment = "production"
        self.assertEqual(self.connector.base_url, "https://api.fortnox.se")
        self.connector.base_url = "https://elsewhere.example"
        self.connector.invalidate_recordset()
        self.assertEqual(self.connector.base_url, "https://api.fortnox.se")

    def test_only_web_addresses_are_called(self):
        self.env["ir.config_parameter"].set_param("nox_finans.sandbox_url", "file:///etc/passwd")
        self.connector.invalidate_recordset()
        with self.assertRaisesRegex(UserError, "address of the sandbox"):
            self.send(self.make_invoice())

    def test_neutralized_database_has_no_connection(self):
        self.connector.flush_recordset()
        for query in get_neutralization_queries(["nox_finans"]):
            self.env.cr.execute(query)
        self.connector.invalidate_recordset()
        self.assertEqual(self.connector.state, "disconnected")
        self.assertFalse(self.connector.sudo().refresh_token)

    # Secrets

    def test_secrets_reach_nobody(self):
        for user in (self.clerk, self.manager, self.administrator):
            connector = self.connector.with_user(user)
            for name in SECRETS:
                self.assertNotIn(name, connector.fields_get())
                roads = [
                    (connector.read, [name]),
                    (connector.export_data, [name]),
                    (connector.search, [(name, "!=", False)]),
                    (connector.write, {name: "x"}),
                ]
                for road, argument in roads:
                    with self.assertRaises(UserError):
                        road(argument)

    def test_the_dialog_does_not_keep_what_was_typed(self):
        wizard = (
            self.env["nox.finans.connect"]
            .with_user(self.manager)
            .create({"connector_id": self.connector.id, "client_secret": " typed-secret "})
        )
        self.assertEqual(self.connector.sudo().client_secret, "typed-secret")
        wizard.invalidate_recordset()
        self.assertFalse(wizard.client_secret)
        self.env.cr.execute("SELECT * FROM nox_finans_connect WHERE id = %s", [wizard.id])
        self.assertNotIn("typed-secret", repr(self.env.cr.fetchall()))
        # A second visit, without typing it again, keeps it.
        wizard.write({"client_id": "other", "client_secret": ""})
        self.assertEqual(self.connector.sudo().client_secret, "typed-secret")

    def test_clerks_do_not_connect(self):
        with self.assertRaises(AccessError):
            self.connector.with_user(self.clerk).action_open_connect()
        with self.assertRaises(AccessError):
            self.env["nox.finans.connect"].with_user(self.clerk).create(
                {"connector_id": self.connector.id}
            )

    # Retries

    def test_what_breaks_again_and_again_is_left_to_a_person(self):
        case = self.send(self.make_invoice())[0].sudo()
        pauses = []
        for _try in range(MAX_TRIES - 1):
            case._postpone("No answer.")
            self.assertFalse(case.is_stuck)
            pauses.append((case.next_try - fields.Datetime.now()).total_seconds())
        self.assertTrue(45 <= pauses[0] <= 75)
        self.assertTrue(all(pause <= 3600 * 1.2 + 1 for pause in pauses))
        self.assertGreater(pauses[5], pauses[2])
        case._postpone("No answer.")
        self.assertTrue(case.is_stuck)
        self.assertIn("No answer.", case.error_message)
        self.assertIn("try_now", case.with_user(self.clerk).allowed_actions)
        case.with_user(self.clerk).action_try_now()
        self.assertFalse(case.is_stuck)
        self.assertTrue(case.is_tried_now)

    # When the service is asked

    def test_a_case_is_asked_for_when_its_event_has_come_and_within_a_week(self):
        case = self.send(self.make_invoice())[0].sudo()
        case.write({"state": "accepted", "remote_status": "OPEN"})
        now = fields.Datetime.now()
        week = timedelta(days=7)
        for days in (None, -3, 0, 1, 3, 6, 30):
            day = now.date() + timedelta(days=days) if days is not None else False
            case.next_event_date = day
            case._plan_sync()
            self.assertTrue(now < case.next_try < now + week, days)
            if days in (1, 3):
                self.assertEqual(case.next_try.date(), day)
            elif days is not None and days <= 0:
                self.assertLess(case.next_try, now + timedelta(days=1))

    def test_an_unconfirmed_case_is_asked_for_with_growing_pauses(self):
        case = self.send(self.make_invoice())[0].sudo()
        case.write({"state": "accepted", "remote_status": "UNKNOWN"})
        pauses = []
        for _question in range(8):
            case._plan_sync()
            pauses.append(case.next_try - fields.Datetime.now())
        self.assertLess(pauses[0], timedelta(minutes=3))
        self.assertGreater(pauses[5], pauses[0] * 8)
        self.assertLess(pauses[-1], timedelta(hours=1.3))

    # What an administrator hears

    def _let_wait(self, case, **ago):
        case.sudo().queued_date = fields.Datetime.now() - timedelta(**ago)
        self.connector.sudo().connected_date = fields.Datetime.now() - timedelta(days=1)

    def test_one_activity_when_the_queue_stands_still(self):
        case = self.send(self.make_invoice())[0]
        self._let_wait(case, minutes=50)
        self._run_cron()
        self.assertFalse(self.connector.activity_ids)
        self._let_wait(case, minutes=70)
        self._run_cron()
        self._run_cron()
        self.assertEqual(len(self.connector.activity_ids), 1)
        self.assertIn(case.move_id.name, self.connector.activity_ids.note)
        self.connector.queue_moved = fields.Datetime.now()
        self._run_cron()
        self.assertFalse(self.connector.activity_ids)

    def test_a_long_queue_that_moves_is_no_trouble(self):
        self._let_wait(self.send(self.make_invoice())[0], hours=5)
        self.connector.queue_moved = fields.Datetime.now() - timedelta(minutes=5)
        self._run_cron()
        self.assertFalse(self.connector.activity_ids)

    def test_connection_page_counts(self):
        case = self.send(self.make_invoice())[0].sudo()
        self.assertEqual(self.connector.queue_length, 1)
        self.assertEqual(self.connector.oldest_waiting, case.queued_date)
        self.assertFalse(self.connector.trouble_case_ids)
        case._postpone("No answer.")
        self.connector.invalidate_recordset()
        self.assertEqual(self.connector.trouble_case_ids, case)

    def test_old_calls_are_cleaned_away(self):
        exchange = self.env["nox.finans.exchange"]
        values = {"company_id": self.company.id, "method": "GET", "path": "/3/x"}
        now = fields.Datetime.now()
        old = exchange.create({**values, "date": now - timedelta(days=91)})
        new = exchange.create({**values, "date": now - timedelta(days=89)})
        exchange._gc_exchanges()
        self.assertFalse(old.exists())
        self.assertTrue(new.exists())

    # Whose company it is

    def _sign_in_elsewhere(self):
        """Let the sign-in have led to another company."""
        self.company.company_registry = "556677-8899"
        self.connector.write(
            {"state": "confirm", "remote_company": "Fel AB", "remote_registry": "556000-4615"}
        )

    def test_nothing_is_sent_until_the_company_is_confirmed(self):
        self._sign_in_elsewhere()
        self.assertTrue(self.connector.is_company_doubted)
        for word in ("Fel AB", "556000-4615", "556677-8899"):
            self.assertIn(word, self.connector.connection_message)
        with self.assertRaisesRegex(UserError, "Fel AB"):
            self.send(self.make_invoice())
        with self.registry.cursor() as lock:
            self.assertIsNone(start_run(self.connector, lock))
        with self.assertRaises(AccessError):
            self.connector.with_user(self.clerk).action_confirm_company()
        self.connector.with_user(self.manager).action_confirm_company()
        self.assertEqual(self.connector.state, "connected")
        self.assertFalse(self.connector.is_company_doubted)
        self.assertIn("Fel AB", self.connector.message_ids[0].body)
        self.assertTrue(self.send(self.make_invoice())[0])

    def test_what_was_not_confirmed_is_forgotten(self):
        self._sign_in_elsewhere()
        self.connector.with_user(self.manager).action_disconnect()
        self.assertFalse(self.connector.remote_registry)
        self.assertFalse(self.connector.is_company_doubted)

    def test_a_connection_made_before_stays_connected_and_can_be_confirmed(self):
        self._sign_in_elsewhere()
        self.connector.state = "connected"
        self.assertIsNone(self.connector._get_obstacle())
        self.assertTrue(self.connector.is_company_doubted)
        self.connector.action_confirm_company()
        self.assertFalse(self.connector.is_company_doubted)
        self.connector.confirmed_registry = False
        self.company.vat = "SE556000461501"
        self.assertFalse(self.connector.is_company_doubted)

    # The check by itself

    def test_the_check_is_due_once_a_week_and_before_the_year_ends(self):
        connector, now = self.connector, fields.Datetime.now()
        self.assertTrue(connector._is_check_due())
        row = self.env["nox.finans.check"].create(
            {"connector_id": connector.id, "code": "vat", "result": "good", "date": now}
        )
        self.assertFalse(connector._is_check_due())
        row.date = now - timedelta(days=7)
        self.assertTrue(connector._is_check_due())
        row.date = now - timedelta(days=3)
        connector.year_end = now.date() + timedelta(days=16)
        self.assertTrue(connector._is_check_due())
        row.date = now
        self.assertFalse(connector._is_check_due())
        # The last one has not renewed the access.
        connector.token_renewed = now - timedelta(days=8)
        self.assertTrue(connector._is_check_due())

    def test_the_responsible_is_asked_once_until_it_is_mended(self):
        connector = self.connector
        finding = Finding("mend", "The year ends.", "Make one.")
        for _week in range(2):
            connector._keep_findings({"financial_year": finding})
            connector._ask_to_mend()
        self.assertEqual(len(connector.activity_ids), 1)
        self.assertIn("The year ends.", connector.activity_ids.note)
        connector._keep_findings({"financial_year": Finding("unknown", "No answer.")})
        self.assertEqual(len(connector.activity_ids), 1)
        # The queue that moves is another matter.
        self._run_cron()
        self.assertEqual(len(connector.activity_ids), 1)
        connector._keep_findings({"financial_year": Finding("good", "There.")})
        self.assertFalse(connector.activity_ids)
        self.assertEqual(connector.check_ids.mapped("message"), ["There."])

    def test_a_person_is_warned_two_weeks_before_an_idle_access_dies(self):
        connector, now = self.connector, fields.Datetime.now()
        connector._warn_of_idle_access()
        connector.token_renewed = now - timedelta(days=16)
        connector._warn_of_idle_access()
        self.assertFalse(connector.activity_ids)
        connector.token_renewed = now - timedelta(days=17, hours=1)
        connector._warn_of_idle_access()
        connector._warn_of_idle_access()
        self.assertEqual(len(connector.activity_ids), 1)
        end = connector.token_renewed.date() + timedelta(days=31)
        self.assertIn(str(end), connector.activity_ids.note)
        connector.token_renewed = now
        connector._warn_of_idle_access()
        self.assertFalse(connector.activity_ids)

    def test_the_dialog_stays_open_when_the_service_is_not_reached(self):
        wizard = (
            self.env["nox.finans.connect"]
            .with_user(self.manager)
            .create(
                {"connector_id": self.connector.id, "client_id": "typed", "client_secret": "secret"}
            )
        )
        action = wizard.action_connect()
        self.assertEqual((action["res_model"], action["res_id"]), (wizard._name, wizard.id))
        self.assertIn("cannot be reached", wizard.problem)
        self.assertEqual(wizard.client_id, "typed")
        self.assertTrue(wizard.has_secret)
