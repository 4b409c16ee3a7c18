from odoo import fields
from odoo.tests import tagged

from ..core.words import GAVELS
from .common import NoxFinansCase

MONEY = "nox_finans.mail_activity_type_money"


@tagged("post_install", "-at_install")
class TestGavel(NoxFinansCase):
    """The gavel's colour and the search for it say the same of every case."""

    def setUp(self):
        super().setUp()
        (case,) = self.send(self.make_invoice())[0]
        self.case = case.sudo()
        self.accepted = {
            "state": "accepted",
            "remote_status": "OPEN",
            "confirmed_date": fields.Datetime.now(),
            "handed_over_amount": self.case.move_id.amount_total,
            "capital_balance": self.case.move_id.amount_total,
        }

    def check(self, expected, **values):
        """Assert what a clerk sees, and that just this search finds it."""
        with self.subTest(expected, **values):
            self.case.write(values)
            self.check_found(expected)

    def check_found(self, expected):
        case = self.case.with_user(self.clerk).sudo(False)
        self.assertEqual(case.gavel, expected)
        found = [gavel for gavel, _label in GAVELS if case.search([("gavel", "=", gavel)]) & case]
        self.assertEqual(found, [expected])

    def test_every_state_and_status(self):
        expected = {
            "queued": "waiting",
            "sending": "waiting",
            "uncertain": "waiting",
            "refused": "needs_you",
            "closed": "closed",
        }
        states = {state for state, _label in self.case._fields["state"].selection}
        self.assertEqual({*expected, "accepted"}, states)
        for state, gavel in expected.items():
            self.check(gavel, state=state)
        for status, gavel in {
            False: "waiting",
            "UNKNOWN": "waiting",
            "NOT_AUTHORIZED": "waiting",
            "PAUSED": "paused",
            "OPEN": "running",
            "SOMETHING_NEW": "running",
        }.items():
            self.check(gavel, state="accepted", remote_status=status)

    def test_what_is_stuck_needs_you_in_every_state(self):
        for state in ("queued", "uncertain", "accepted"):
            self.check("needs_you", state=state, is_stuck=True)

    def test_money_that_cannot_be_booked_needs_you_also_once_the_case_is_closed(self):
        self.check("running", **self.accepted, received_amount=500)
        self.check("needs_you", money_message="The period is locked.")
        self.check("needs_you", state="closed")
        self.check("closed", booked_amount=500)

    def test_a_question_needs_you_until_it_is_answered(self):
        self.check("running", **self.accepted)
        self.case._ask_about_money("Report it?")
        self.check_found("needs_you")
        self.assertIn("needs_you", self.case.move_id.with_user(self.clerk).nox_finans_gavel)
        self.case._close_money_questions()
        self.check_found("running")

    def test_what_somebody_has_planned_for_oneself_does_not(self):
        self.case.write(self.accepted)
        self.case.activity_schedule("mail.mail_activity_data_call", user_id=self.clerk.id)
        self.check_found("running")

    def test_near_debt_collection_needs_you_also_with_the_activity_ticked_off(self):
        course = {"next_event": "COLLECTION", "next_event_date": self.today}
        self.check("running", **self.accepted, **course)
        self.case._ask_before_collection()
        self.case.activity_ids.action_done()
        self.check_found("needs_you")
        self.case.with_user(self.clerk).action_let_run()
        self.check_found("running")

    def test_a_customer_to_complete_needs_you_while_the_case_is_open(self):
        self.check("needs_you", **self.accepted, is_customer_asked=True)
        self.check("needs_you", remote_status="PAUSED")
        self.check("closed", state="closed")
