from datetime import timedelta

from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged
from odoo.tools import mute_logger
from psycopg2 import IntegrityError

from ..core.words import ACTIONS
from ..exchange.actions import SERVICE_ACTIONS
from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestActions(NoxFinansCase):
    """Pause, resume, report a payment, take over the fees, stop: for one case and for many."""

    def setUp(self):
        super().setUp()
        self.cases = self.send(self.make_invoice() + self.make_invoice() + self.make_invoice())[0]
        self.confirm(self.cases[:2])

    def confirm(self, cases):
        for case in cases.sudo():
            case.write(
                {
                    "state": "accepted",
                    "step": "handed_over",
                    "remote_status": "OPEN",
                    "confirmed_date": fields.Datetime.now(),
                    "handed_over_amount": case.move_id.amount_total,
                    "capital_balance": case.move_id.amount_total,
                    "balance_with_fees": case.move_id.amount_total + 60,
                }
            )

    def open(self, cases, action, user=None):
        cases = cases.with_user(user or self.clerk).with_context(nox_finans_action=action)
        return (
            self.env["nox.finans.action"]
            .with_user(user or self.clerk)
            .browse(cases.action_request()["res_id"])
        )

    def test_for_many_those_that_cannot_are_left_out_and_named(self):
        wizard = self.open(self.cases, "pause")
        self.assertEqual(wizard.ready_case_ids, self.cases[:2])
        self.assertIn(self.cases[2].move_id.name, wizard.left_out)
        answer = wizard.action_confirm()["params"]
        self.assertIn("2 cases", answer["message"])
        self.assertIn(self.cases[2].move_id.name, answer["message"])
        self.assertEqual(self.cases.mapped("requested_action"), ["pause", "pause", False])

    def test_pause_says_when_it_goes_on_and_is_at_most_60_days(self):
        wizard = self.open(self.cases[:1], "pause")
        wizard.paused_until = self.today + timedelta(days=60)
        self.assertEqual(wizard.resumes_on, self.today + timedelta(days=61))
        wizard.paused_until = self.today + timedelta(days=61)
        with self.assertRaisesRegex(UserError, "between today and"):
            wizard.action_confirm()
        self.assertFalse(self.cases[0].requested_action)

    def test_pressed_twice_is_asked_once(self):
        first, second = (self.open(self.cases[:1], "take_fees") for _press in range(2))
        first.action_confirm()
        with self.assertRaisesRegex(UserError, "nox_clerk .*: Asked to take over the fees"):
            second.action_confirm()

    def test_the_price_list_tells_what_it_costs(self):
        wizard = self.open(self.cases[:2], "stop")
        self.assertIn("no price is known", wizard.cost)
        connector = self.company._get_nox_finans_connector()
        self.env["nox.finans.price"].create(
            [
                {"connector_id": connector.id, "kind": "stop", "price": 40, "date_from": day}
                | {"price": price}
                for day, price in ((self.today, 50), (self.today - timedelta(days=9), 45))
            ]
        )
        self.assertRegex(self.open(self.cases[:2], "stop").cost, "100.00")
        self.assertRegex(self.open(self.cases[:2], "take_fees").cost, "120.00")

    def test_a_reported_payment_is_all_or_part_with_or_without_fees(self):
        wizard = self.open(self.cases[:1], "report_payment")
        self.assertEqual(wizard.amount, self.cases[0].capital_balance)
        for amount in (0, self.cases[0].balance_with_fees + 1):
            wizard.amount = amount
            with self.assertRaisesRegex(UserError, "must be above 0"):
                wizard.action_confirm()
        wizard.write({"amount": 100, "takes_fees": True})
        wizard.action_confirm()
        case = self.cases[0]
        self.assertEqual((case.request_id.amount, case.request_id.takes_fees), (100, True))

    def test_for_many_the_whole_balance_of_each_is_reported(self):
        self.cases[0].sudo().capital_balance = 300
        self.open(self.cases[:2], "report_payment").action_confirm()
        self.assertEqual(
            self.cases[:2].mapped("request_id.amount"), [300, self.cases[1].capital_balance]
        )

    def test_stopping_prepares_an_email_with_the_companys_own_details(self):
        self.env["res.partner.bank"].create(
            {"acc_number": "5050-1055", "partner_id": self.company.partner_id.id}
        )
        wizard = self.open(self.cases[:1], "stop")
        self.assertTrue(wizard.is_mailed)
        self.assertIn("5050-1055", wizard.mail_body)
        self.assertIn(self.cases[0].move_id.name, wizard.mail_subject)
        wizard.mail_body += "<p>Personal words</p>"
        wizard.action_confirm()
        self.assertIn("Personal words", self.cases[0].request_id.mail_body)
        sent = self.env["mail.message"].search([("res_id", "=", self.cases[0].move_id.id)])
        self.assertNotIn("5050-1055", "".join(sent.mapped("body")), "not before it is stopped")
        case = self.cases[0].sudo()
        case.remote_status = "CLOSED"
        request = case.request_id
        request.state = "sent"
        case._close_or_plan()
        request._end("done")
        mail = case.move_id.message_ids[0]
        self.assertIn("Personal words", mail.body)
        self.assertEqual(mail.partner_ids, self.customer)
        self.assertEqual(mail.author_id, self.clerk.partner_id)

    def test_many_customers_get_each_its_own_email(self):
        self.open(self.cases[:2], "stop").action_confirm()
        for case in self.cases[:2]:
            self.assertIn(case.move_id.name, case.request_id.mail_subject)

    def test_without_an_address_nobody_is_written_to(self):
        self.customer.email = False
        wizard = self.open(self.cases[:1], "stop")
        self.assertFalse(wizard.is_mailed)
        self.assertEqual(wizard.unreachable_count, 1)
        wizard.action_confirm()
        self.assertFalse(self.cases[0].request_id.mail_body)

    def test_each_name_has_an_action_and_each_action_a_name(self):
        self.assertEqual(list(SERVICE_ACTIONS), [name for name, _label in ACTIONS])

    def test_what_may_be_done_is_never_stale(self):
        """Whatever it hangs on may change within a transaction."""
        case = self.cases[0]
        seen = case.with_user(self.manager)
        connector = self.company._get_nox_finans_connector()
        connector._forget_credentials()
        for record, values in (
            (case, {"balance_with_fees": case.capital_balance}),
            (case, {"remote_status": "PAUSED"}),
            (case.move_id, {"nox_finans_is_disputed": True}),
            (case.move_id, {"nox_finans_is_disputed": False}),
            (case, {"unbooked_amount": 5}),
            (case, {"unreported_amount": 5}),
            (case, {"is_collection_near": True}),
            (case, {"is_customer_due": True}),
            (case, {"state": "closed"}),
            (case, {"forgotten_date": fields.Datetime.now()}),
            (case, {"state": "refused"}),
            (case, {"state": "queued", "next_try": fields.Datetime.now()}),
            (case, {"next_try": False}),
            (case, {"is_stuck": True}),
            (case, {"step": False}),
            (case, {"step": "invoice"}),
            (connector, {"environment": "production"}),
        ):
            before = seen.allowed_actions
            record.sudo().write(values)
            after = seen.allowed_actions or []
            self.assertEqual(after, sorted(seen._get_allowed_actions()), values)
            self.assertNotEqual(after, before, values)

    def test_what_was_asked_for_is_kept(self):
        self.open(self.cases[:1], "pause").action_confirm()
        case = self.cases[0].with_user(self.reader)
        request = case.request_ids
        self.assertEqual((request, request.user_id), (case.request_id, self.clerk))
        self.assertEqual((request.action, request.state), ("pause", "asked"))
        self.assertEqual(case.paused_until, request.until)
        request.sudo()._refuse("Not now")
        self.assertFalse(case.request_id or case.requested_action or case.paused_until)
        self.assertEqual((request.state, request.sudo().answer), ("refused", "Not now"))
        with self.assertRaises(AccessError):
            request.read(["answer"])
        with self.assertRaises(AccessError):
            request.with_user(self.manager).state = "done"

    def test_one_thing_is_asked_for_at_a_time(self):
        case = self.cases[0].sudo()
        case._open_request("stop")
        with self.assertRaises(IntegrityError), mute_logger("odoo.sql_db"):
            case._open_request("pause")

    def test_what_was_asked_for_goes_with_its_case(self):
        case = self.cases[2].sudo()
        requests = case._open_request("stop")
        requests._end("unclear")
        requests += case._open_request("pause")
        case.unlink()
        self.assertFalse(requests.exists())

    def test_who_only_reads_cannot_act(self):
        with self.assertRaises(AccessError):
            self.open(self.cases[:1], "pause", self.reader)
        with self.assertRaises(AccessError):
            self.cases[:1].with_user(self.reader).action_book()
