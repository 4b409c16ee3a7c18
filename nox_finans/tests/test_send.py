from datetime import timedelta

import psycopg2
from freezegun import freeze_time
from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tools import mute_logger

from .common import NoxFinansCase


class TestSend(NoxFinansCase):
    """From the wizard to queued cases: what goes, what is left out, and why."""

    def _open_wizard(self, moves):
        action = moves.with_user(self.clerk).action_nox_finans_open_send()
        return self.env["nox.finans.send"].with_user(self.clerk).browse(action["res_id"])

    def test_wizard_tells_what_goes_and_what_not(self):
        green, red = self.make_invoice(), self.make_invoice()
        incomplete = self.make_customer(company_registry=False)
        yellow = self.make_invoice(partner_id=incomplete.id)
        red.nox_finans_not_ready = True
        wizard = self._open_wizard(green + yellow + red)
        self.assertEqual(wizard.ready_move_ids, green + yellow)
        self.assertEqual(wizard.rejected_move_ids, red)
        self.assertEqual(
            (wizard.ready_count, wizard.warning_count, wizard.rejected_count), (2, 1, 1)
        )
        self.assertTrue(wizard.is_sandbox)

    def test_wizard_reckons_the_cost_by_todays_prices(self):
        connector = self.company._get_nox_finans_connector()
        for price, date_from in ((5, "2020-01-01"), (19.5, "2024-01-01"), (99, "2099-01-01")):
            self.env["nox.finans.price"].create(
                {
                    "connector_id": connector.id,
                    "service": "invoice",
                    "channel": "letter",
                    "price": price,
                    "date_from": date_from,
                }
            )
        moves = self.make_invoice() + self.make_invoice() + self.make_invoice()
        moves[2].nox_finans_channel = "einvoice"
        wizard = self._open_wizard(moves)
        self.assertEqual(wizard.cost, 39)
        self.assertEqual(wizard.unpriced_count, 1)

    def test_channel_and_why(self):
        move = self.make_invoice()
        self.assertEqual(move.nox_finans_used_channel, "letter")
        self.assertIn("default", move.nox_finans_choice_reason)
        self.customer.nox_finans_channel = "email"
        self.assertEqual(move.nox_finans_used_channel, "email")
        self.assertIn("customer", move.nox_finans_choice_reason)
        move.nox_finans_channel = "none"
        self.assertEqual(move.nox_finans_used_channel, "none")
        self.assertIn("invoice", move.nox_finans_choice_reason)

    def test_email_without_address_goes_by_letter(self):
        self.customer.write({"nox_finans_channel": "email", "email": False})
        move = self.make_invoice()
        self.assertEqual(move.nox_finans_status, "warning")
        self.assertEqual(self.send(move)[0].channel, "letter")

    def test_send_queues_and_wakes_the_cron(self):
        cron = self.env.ref("nox_finans.ir_cron_exchange")
        moves = self.make_invoice() + self.make_invoice()
        triggers = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)])
        answer = self._open_wizard(moves).action_send()
        woken = self.env["ir.cron.trigger"].search([("cron_id", "=", cron.id)]) - triggers
        self.assertEqual(len(woken), 1)
        self.assertLessEqual(woken.call_at, fields.Datetime.now())
        self.assertIn("2 invoices are on their way", answer["params"]["message"])
        self.assertEqual(moves.mapped("nox_finans_case_state"), ["queued", "queued"])
        case = moves[0].nox_finans_case_id
        self.assertEqual((case.user_id, case.service), (self.clerk, "invoice"))
        self.assertEqual(moves[0].nox_finans_status, "rejected")

    def test_what_changed_meanwhile_is_left_out_and_named(self):
        moves = self.env["account.move"].union(*(self.make_invoice() for _index in range(5)))
        paid, cancelled, sent, drafted, good = moves
        wizard = self._open_wizard(moves)
        self.pay(paid)
        cancelled.button_draft()
        cancelled.button_cancel()
        self.send(sent, self.manager)
        drafted.button_draft()
        answer = wizard.action_send()
        self.assertEqual(good.nox_finans_case_state, "queued")
        message = answer["params"]["message"]
        for move, reason in (
            (paid, "open balance is 0"),
            (cancelled, "cancelled"),
            (sent, "already been sent"),
            (drafted, "not ready"),
        ):
            line = next(line for line in message.splitlines() if line.startswith(move.name))
            self.assertIn(reason, line)
        self.assertNotIn(f"{good.name}:", message)
        self.assertEqual(sent.nox_finans_case_id.user_id, self.manager)

    def test_nothing_to_send_says_why_and_changes_nothing(self):
        red = self.make_invoice(invoice_payment_term_id=self.term_inactive.id)
        with self.assertRaisesRegex(UserError, "payment terms are not active"):
            self._open_wizard(red).action_send()
        self.assertFalse(red.nox_finans_case_ids)

    def test_red_cannot_be_sent_by_any_road(self):
        red = self.make_invoice()
        red.nox_finans_not_ready = True
        cases, left_out = self.send(red)
        self.assertFalse(cases)
        self.assertIn("not ready", left_out[red.with_user(self.clerk)])
        with self.assertRaises(AccessError):
            self.env["nox.finans.case"].with_user(self.clerk).create(
                {
                    "move_id": red.id,
                    "company_id": self.company.id,
                    "service": "invoice",
                    "channel": "letter",
                    "environment": "sandbox",
                }
            )
        with self.assertRaises(AccessError):
            self._sent_case().with_user(self.clerk).write({"state": "queued"})

    def _sent_case(self):
        return self.send(self.make_invoice())[0]

    # The clock stands: what is made in the next second is as good.
    @freeze_time(fields.Datetime.now())
    def test_a_new_case_is_as_the_model_itself_would_make_it(self):
        case = self._sent_case().sudo()
        names = [name for name, field in case._fields.items() if field.store and field.column_type]
        queued = case.read(names, load=None)[0]
        given = ("move_id", "company_id", "partner_id", "commercial_partner_id", "user_id")
        given += ("service", "channel", "environment")
        case.unlink()
        made = case.create({name: queued[name] for name in given}).read(names, load=None)[0]
        self.assertNotEqual(queued.pop("reference"), made.pop("reference"))
        queued.pop("id"), made.pop("id")
        self.assertEqual(queued, made)

    def test_services_and_channels_of_many_at_once(self):
        self.customer.nox_finans_channel = "email"
        unreachable = self.make_customer(email=False, nox_finans_channel="email")
        by_email = self.make_invoice()
        by_letter = self.make_invoice(partner_id=unreachable.id)
        by_choice = self.make_invoice(nox_finans_channel="none")
        reminder = self.make_invoice(
            invoice_payment_term_id=self.term_reminder.id,
            invoice_date=self.today - timedelta(days=90),
        )
        moves = by_email + by_letter + by_choice + reminder
        expected = [(move.nox_finans_service, move.nox_finans_used_channel) for move in moves]
        cases, left_out = self.send(moves)
        self.assertFalse(left_out)
        self.assertEqual(cases.move_id, moves)
        self.assertEqual([(case.service, case.channel) for case in cases], expected)
        self.assertEqual(moves.mapped("nox_finans_case_id"), cases.sudo())
        self.assertEqual(len(set(cases.mapped("reference"))), 4)

    def test_database_allows_one_open_case(self):
        case = self._sent_case()
        values = {
            "move_id": case.move_id.id,
            "company_id": self.company.id,
            "service": "invoice",
            "channel": "letter",
            "environment": "sandbox",
        }
        with (
            mute_logger("odoo.sql_db"),
            self.assertRaises(psycopg2.errors.UniqueViolation),
            self.env.cr.savepoint(),
        ):
            self.env["nox.finans.case"].create(values)

    def test_refused_case_is_queued_again_as_the_same_case(self):
        case = self._sent_case()
        case.sudo().write({"state": "refused", "error_message": "No", "remote_number": "1001"})
        again, left_out = self.send(case.move_id, self.manager)
        self.assertFalse(left_out)
        self.assertEqual(again, case)
        self.assertEqual((case.state, case.remote_number), ("queued", "1001"))
        self.assertFalse(case.error_message)
        self.assertEqual(case.user_id, self.manager)

    def test_data_is_kept_from_when_it_was_taken_back(self):
        case = self._sent_case().sudo()
        case._move("refuse", remote_number="1001")
        case.with_user(self.clerk).action_give_up()
        self.assertTrue(case.is_undo_due)
        long_ago = case.closed_date - timedelta(days=100)
        case.closed_date = long_ago
        case._forget_remote()
        self.assertEqual(case.state, "closed")
        self.assertGreater(case.closed_date, long_ago + timedelta(days=99))

    def test_withdraw_only_while_nothing_was_sent(self):
        case = self._sent_case().with_user(self.clerk)
        move = case.move_id
        self.assertIn("withdraw", case.allowed_actions)
        case.action_withdraw()
        self.assertFalse(case.exists())
        self.assertEqual(move.nox_finans_status, "approved")
        started = self._sent_case().with_user(self.clerk)
        started.sudo().step = "customer"
        with self.assertRaises(UserError):
            started.action_withdraw()

    def test_without_connection_nothing_is_queued(self):
        self.company._get_nox_finans_connector().action_disconnect()
        move = self.make_invoice()
        with self.assertRaisesRegex(UserError, "not connected"):
            self.send(move)
        self.assertFalse(move.nox_finans_case_ids)

    def test_an_invoice_with_a_case_cannot_be_deleted(self):
        case = self._sent_case()
        case.sudo().state = "closed"
        move = case.move_id
        move.button_draft()
        with self.assertRaisesRegex(UserError, "cannot be deleted"):
            move.with_context(force_delete=True).unlink()
