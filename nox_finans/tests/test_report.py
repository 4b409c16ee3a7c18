from datetime import timedelta

from odoo import fields
from odoo.tests import tagged

from ..exchange.actions import SERVICE_ACTIONS
from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestReport(NoxFinansCase):
    """What is reported to the service: payments that it books, credits that it must not book."""

    def setUp(self):
        super().setUp()
        self.connector = self.company._get_nox_finans_connector()
        self.move = self.make_invoice()
        total = self.move.amount_total
        self.case = self.send(self.move)[0].sudo()
        self.case.write(
            {
                "state": "accepted",
                "step": "handed_over",
                "remote_status": "OPEN",
                # A payment of this transaction came after that.
                "accepted_date": fields.Datetime.now() - timedelta(days=1),
                "confirmed_date": fields.Datetime.now(),
                "handed_over_amount": total,
                "capital_balance": total,
                "balance_with_fees": total,
            }
        )

    def credit(self, amount):
        credit = self.make_invoice(
            move_type="out_refund", price=amount, reversed_entry_id=self.move.id, post=False
        )
        credit.action_post()
        lines = (self.move + credit).line_ids.filtered(
            lambda line: line.account_type == "asset_receivable" and not line.reconciled
        )
        lines.reconcile()

    def report(self):
        """Let the clerk report what is due; return amount, and whether the service books it."""
        self.case.with_user(self.clerk).action_report_outside()
        request = self.case.request_id
        body = SERVICE_ACTIONS["report_payment"].get_body(request)
        amount = body["PaymentAmount"]
        is_credit = request.is_credit
        request._end("done")
        self.case.reported_amount += amount
        self.case.reported_credit += amount if is_credit else 0
        self.case.capital_balance -= amount
        return amount, body["BookkeepPaymentInFortnox"]

    def test_payments_first_and_credits_apart(self):
        self.pay(self.move, 300)
        self.credit(200)
        self.assertEqual((self.case.unreported_amount, self.case.unreported_credit), (500, 200))
        self.assertEqual(self.report(), (300, True))
        self.assertEqual((self.case.unreported_amount, self.case.unreported_credit), (200, 200))
        self.assertEqual(self.report(), (200, False))
        self.assertEqual(self.case.unreported_amount, 0)

    def test_method_and_account_are_settings(self):
        self.connector.write({"payment_method_code": "PG", "payment_method_account": 1920})
        self.pay(self.move, 300)
        self.case.with_user(self.clerk).action_report_outside()
        body = SERVICE_ACTIONS["report_payment"].get_body(self.case.request_id)
        self.assertEqual((body["PaymentMethodCode"], body["PaymentMethodAccount"]), ("PG", 1920))

    def test_to_the_ore(self):
        self.pay(self.move, 0.5)
        self.assertEqual((self.case.unreported_amount, self.case.difference), (0.5, 0.5))
        self.assertTrue(self.case.is_report_due)

    def test_the_question_follows_the_amount_and_goes_with_its_reason(self):
        self.connector.report_mode = "ask"
        self.pay(self.move, 300)
        self.case._ask_about_report(self.case._get_report_question())
        self.pay(self.move, 100)
        self.assertIn("400", self.case.activity_ids.note)
        for payment in self.move.reconciled_payment_ids:
            payment.action_draft()
            payment.action_cancel()
        self.assertFalse(self.case.activity_ids)
        self.assertFalse(self.case.asked_amount)

    def test_a_payment_without_an_entry_counts_until_the_bank_shows_it(self):
        payment = self.pay_without_entry(self.move, 300)
        self.assertEqual(self.case.unreported_amount, 300)
        self.assertEqual(self.case.difference, 300)
        self.credit(200)
        self.assertEqual((self.case.unreported_amount, self.case.unreported_credit), (500, 200))
        payment.action_cancel()
        self.assertEqual(self.case.unreported_amount, 200)

    def test_what_the_services_ledger_does_not_book_is_no_missing_money(self):
        total = self.move.amount_total
        self.case.write({"reported_amount": 200, "reported_credit": 200, "ledger_balance": total})
        self.case.capital_balance = total - 200
        self.assertEqual(self.case._get_ledger_capital(), total - 200)
        self.case.ledger_balance = total - 200
        self.assertEqual(self.case._get_ledger_capital(), total - 200, "booked there all the same")

    def test_the_agency_pays_whole_kronor(self):
        self.case.state = "refused"
        self.move.nox_finans_tax_reduction = 300.75
        self.case.state = "accepted"
        self.case.handed_over_amount = self.case.capital_balance = self.move.amount_total - 300.75
        self.pay(self.move, 300)
        self.assertEqual(self.case.unreported_amount, 0)
