from odoo import fields
from odoo.tests import tagged

from .common import NoxFinansCase

REDUCTION = 300


@tagged("post_install", "-at_install")
class TestHouseWork(NoxFinansCase):
    """What of a house-work invoice's payments is the customer's, and is to be reported."""

    def setUp(self):
        super().setUp()
        self.move = self.make_house_work(REDUCTION)
        self.share = self.move.amount_total - REDUCTION
        self.case = self.send(self.move)[0].sudo()
        self.case.write(
            {
                "state": "accepted",
                "step": "handed_over",
                "remote_status": "OPEN",
                "accepted_date": fields.Datetime.now(),
                "confirmed_date": fields.Datetime.now(),
                "handed_over_amount": self.share,
                "capital_balance": self.share,
                "balance_with_fees": self.share,
            }
        )

    def check(self, unreported):
        self.assertEqual(self.case.unreported_amount, unreported)

    def test_the_agencys_payment_is_not_reported_the_customers_is(self):
        self.pay(self.move, REDUCTION)
        self.check(0)
        self.assertEqual(self.case.difference, 0)
        self.pay(self.move, 100)
        self.check(100)
        self.assertEqual(self.case.difference, 100)
        self.pay(self.move, REDUCTION)
        self.check(100 + REDUCTION)
        self.pay(self.move, self.share - 2 * REDUCTION)
        self.check(self.share - REDUCTION + 100)

    def test_whichever_comes_first(self):
        self.pay(self.move, 100)
        self.check(100)
        self.pay(self.move, REDUCTION)
        self.check(100)

    def test_closed_as_paid_only_the_agencys_part_may_be_open(self):
        self.case.write({"state": "closed", "close_reason": "paid", "capital_balance": 0})
        self.assertEqual(self.case.difference, -self.share)
        self.pay(self.move, self.share)
        self.assertEqual(self.case.difference, 0)
        self.pay(self.move, REDUCTION)
        self.assertEqual(self.case.difference, 0)

    def test_a_person_may_report_another_amount(self):
        self.pay(self.move, REDUCTION + 100)
        self.check(REDUCTION + 100)
        self.case._ask_about_money("Report it?")
        answer = self.case.with_user(self.clerk).action_report_outside()
        wizard = self.env["nox.finans.action"].with_user(self.clerk).browse(answer["res_id"])
        self.assertEqual(wizard.amount, REDUCTION + 100)
        self.assertFalse(self.case.requested_action)
        wizard.amount = 100
        wizard.action_confirm()
        self.assertEqual(self.case.request_id.amount, 100)
        self.assertFalse(self.case.activity_ids)
        self.case.write({"reported_amount": 100, "capital_balance": self.share - 100})
        self.check(0)
