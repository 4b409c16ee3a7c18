from datetime import timedelta
from unittest.mock import patch

from odoo import Command
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import tagged

from .common import NoxFinansCase

LOGGER = "odoo.addons.nox_finans.models.nox_finans_connector_rule"


@tagged("post_install", "-at_install")
class TestRule(NoxFinansCase):
    """Overdue invoices go to the reminder service by themselves: which, how many, when not."""

    def setUp(self):
        super().setUp()
        self.connector = self.company._get_nox_finans_connector()
        self.connector.is_automatic = True
        self.clerk.lang = "en_US"
        self.rule = self.make_rule(is_on=True)

    def make_rule(self, **values):
        values = {"name": "Overdue", "company_id": self.company.id, **values}
        return self.env["nox.finans.rule"].create({"user_id": self.clerk.id, **values})

    def make_overdue(self, days, **values):
        term = self.term_reminder
        return self.make_invoice(
            invoice_payment_term_id=term.id,
            invoice_date=self.today - timedelta(days=days + term.line_ids.nb_days),
            **values,
        )

    def make_variety(self):
        """Return what the rule takes, and a dict from what it leaves alone to the reason."""
        tag = self.env["res.partner.category"].create({"name": "Remind"})
        self.customer.category_id = tag
        self.rule.write({"least_amount": 100, "category_ids": [Command.set(tag.ids)]})
        taken = self.make_overdue(5) + self.make_overdue(40)
        hidden = self.make_overdue(9)
        hidden.nox_finans_hidden = True
        sent = self.make_overdue(9)
        self.send(sent)
        other = self.make_invoice(invoice_date=self.today - timedelta(days=60))
        disputed = self.make_overdue(9)
        disputed.nox_finans_is_disputed = True
        partly = self.make_overdue(9)
        self.pay(partly, 10)
        red = self.make_overdue(9)
        red.nox_finans_not_ready = True
        left_out = self.make_overdue(9)
        left_out.no_followup = True
        return taken, {
            self.make_overdue(4): "less than 5 days",
            self.make_overdue(9, price=50): "too small",
            self.make_overdue(9, partner_id=self.make_customer(name="Other").id): "tags",
            hidden: "Hidden",
            sent: "Sent via Nox Finans before",
            other: "reminder service",
            disputed: "disputes",
            red: "not ready",
            left_out: "follow-up",
            partly: "partly paid",
        }

    def preview(self, rule=None):
        preview_id = (rule or self.rule).action_preview()["res_id"]
        return self.env["nox.finans.rule.preview"].browse(preview_id)

    def test_the_preview_is_what_the_run_does(self):
        taken, left = self.make_variety()
        preview = self.preview()
        self.assertEqual(set(preview.taken_move_ids), set(taken))
        reasons = {line.move_id: line.reason for line in preview.line_ids}
        self.assertEqual(set(reasons), set(left))
        for move, words in left.items():
            self.assertIn(words, reasons[move])
        self.assertEqual((preview.taken_count, preview.left_count), (len(taken), len(left)))
        cases = self.rule._run()
        self.assertEqual(set(cases.move_id), set(taken))
        self.assertEqual(cases.sudo().rule_id, self.rule)
        self.assertEqual(set(cases.mapped("service")), {"reminder"})
        self.assertEqual(cases.user_id, self.clerk)
        self.assertFalse(self.rule._run(), "nothing is left to take")

    def test_off_until_switched_on(self):
        self.assertFalse(self.env["nox.finans.rule"].new().is_on)
        self.assertFalse(self.env["nox.finans.connector"].new().is_automatic)
        move = self.make_overdue(9)
        self.connector.is_automatic = False
        self.connector._run_rules()
        self.assertFalse(move.nox_finans_case_id)

    def test_at_most_so_many_a_day_the_oldest_first(self):
        new, middle, old = (self.make_overdue(days) for days in (6, 8, 20))
        self.rule.max_per_day = 2
        preview = self.preview()
        self.assertEqual(preview.taken_move_ids, old + middle)
        self.assertIn("limit is reached", preview.line_ids.reason)
        self.assertEqual(self.rule._run().move_id, old + middle)
        self.assertFalse(self.rule._run())
        self.rule.case_ids.queued_date = self.rule._get_midnight() - timedelta(minutes=1)
        self.assertEqual(self.rule._run().move_id, new)

    def test_another_rule_takes_it_first(self):
        move = self.make_overdue(9)
        later = self.make_rule(name="Later", sequence=20)
        self.assertIn("Another rule", self.preview(later).line_ids.reason)
        self.rule.is_on = False
        self.assertEqual(self.preview(later).taken_move_ids, move)

    def test_what_it_costs(self):
        self.make_overdue(9)
        self.assertEqual(self.preview().unpriced_count, 1)
        self.env["nox.finans.price"].create(
            {"connector_id": self.connector.id, "service": "reminder", "price": 7}
        )
        preview = self.preview()
        self.assertEqual((preview.cost, preview.unpriced_count), (7, 0))

    def test_one_digest_a_day(self):
        moves = self.make_overdue(9) + self.make_overdue(9) + self.make_overdue(7)
        self.rule.max_per_day = 2
        self.rule._run()
        self.connector._send_digests()
        self.connector._send_digests()
        digest = self.get_digests()
        self.assertEqual(len(digest), 1)
        self.assertEqual(digest.notified_partner_ids, self.clerk.partner_id)
        self.assertIn("2 invoices", digest.subject)
        self.assertIn(moves[0].name, digest.body)
        self.assertIn("1 more wait", digest.body)

    def get_digests(self):
        return self.env["mail.message"].search(
            [("model", "=", "nox.finans.rule"), ("subject", "ilike", "invoices today")],
            order="id",
        )

    def test_each_case_is_told_once_whatever_the_day(self):
        first = self.make_overdue(9)
        self.rule._run()
        # The run went on over midnight.
        self.rule.case_ids.queued_date = self.rule._get_midnight() - timedelta(minutes=1)
        self.connector._send_digests()
        self.assertIn(first.name, self.get_digests().body)
        # Somebody runs the rules a second time on the same day.
        second = self.make_overdue(9)
        self.rule._run()
        self.connector._send_digests()
        self.connector._send_digests()
        self.assertEqual(len(self.get_digests()), 2)
        self.assertIn(second.name, self.get_digests()[1].body)
        self.assertNotIn(first.name, self.get_digests()[1].body)

    def test_an_unexpected_failure_is_one_rules_own(self):
        other = self.make_rule(name="Other", is_on=True)
        self.make_overdue(9)
        run = type(self.rule)._run

        def break_one(rule):
            if rule == self.rule:
                raise ValueError("broken")
            return run(rule)

        with patch.object(type(self.rule), "_run", break_one), self.assertLogs(LOGGER, "ERROR"):
            self.connector._run_rule(self.rule)
            self.connector._run_rule(other)
        self.assertIn("unexpected error", self.rule.error_message)
        self.assertEqual(len(other.case_ids), 1)

    def test_the_switch_takes_out_of_the_queue_what_is_not_on_its_way(self):
        mine = self.make_overdue(9)
        clerks = self.make_overdue(3)
        self.rule._run()
        self.send(clerks)
        self.connector.with_user(self.manager).is_automatic = False
        self.assertFalse(mine.nox_finans_case_id)
        self.assertTrue(clerks.nox_finans_case_id)

    def test_a_rule_that_cannot_run_says_why(self):
        self.make_overdue(9)
        self.connector.state = "sign_in"
        self.connector._run_rule(self.rule)
        self.assertIn("connect", self.rule.error_message)
        self.assertFalse(self.rule.case_ids)
        self.connector.state = "connected"
        self.connector._run_rule(self.rule)
        self.assertFalse(self.rule.error_message)
        self.assertEqual(len(self.rule.case_ids), 1)

    def test_impossible_rules(self):
        with self.assertRaisesRegex(ValidationError, "may not invoice"):
            self.make_rule(user_id=self.reader.id)
        with self.assertRaises(AccessError):
            self.rule.with_user(self.clerk).is_on = False
        self.clerk.active = False
        self.make_overdue(9)
        with self.assertRaises(UserError):
            self.rule._run()

    def test_each_company_has_its_own(self):
        other = self.make_company("Sydvik AB")
        self.env.user.company_ids += other
        self.clerk.company_ids += other
        self.make_overdue(9)
        rule = self.make_rule(company_id=other.id)
        self.assertFalse(self.preview(rule).taken_count)
        self.assertFalse(self.preview(rule).left_count)
        stranger = self.make_user("nox_stranger", "account.group_account_manager", other)
        rules = rule.with_user(stranger).with_context(allowed_company_ids=other.ids)
        self.assertEqual(rules.search([]), rule)
