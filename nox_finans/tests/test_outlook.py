from datetime import timedelta

from odoo import Command, fields
from odoo.exceptions import AccessError, UserError, ValidationError
from odoo.tests import Form, tagged

from ..criteria import Rules, failing_criteria
from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestOutlook(NoxFinansCase):
    """A person is asked in time: before debt collection, for what is missing, about statements."""

    def setUp(self):
        super().setUp()
        self.connector = self.company._get_nox_finans_connector()
        self.clerk.lang = "en_US"
        self.move = self.make_invoice()
        (case,) = self.send(self.move)[0]
        self.case = case.sudo()
        self.set_course("COLLECTION", 3)

    def set_course(self, event, days):
        self.case.write(
            {
                "state": "accepted",
                "remote_status": "OPEN",
                "confirmed_date": fields.Datetime.now(),
                "next_event": event,
                "next_event_date": self.today + timedelta(days=days),
            }
        )

    def look_ahead(self):
        self.connector._look_ahead()
        return self.case.activity_ids

    def test_asked_once_before_debt_collection(self):
        self.set_course("COLLECTION", 4)
        self.assertFalse(self.look_ahead())
        self.set_course("COLLECTION", 3)
        activity = self.look_ahead()
        self.assertEqual(activity.user_id, self.clerk)
        self.assertEqual(activity.date_deadline, self.today + timedelta(days=2))
        self.assertIn(self.move.name, activity.note)
        self.assertTrue(self.case.is_collection_near)
        self.assertEqual(self.look_ahead(), activity)

    def test_other_steps_are_not_asked_about(self):
        self.set_course("REMINDER", 1)
        self.assertFalse(self.look_ahead())

    def test_switched_off_by_0(self):
        self.connector.collection_days = 0
        self.assertFalse(self.look_ahead())
        with self.assertRaisesRegex(ValidationError, "from 0 to 60"):
            self.connector.collection_days = -1

    def test_let_it_run(self):
        self.look_ahead()
        with self.assertRaises(AccessError):
            self.case.with_user(self.reader).action_let_run()
        self.case.with_user(self.clerk).action_let_run()
        self.assertFalse(self.case.activity_ids)
        self.assertFalse(self.case.is_collection_near)
        self.assertFalse(self.look_ahead(), "not asked again about this day")
        with self.assertRaises(UserError):
            self.case.with_user(self.clerk).action_let_run()
        self.set_course("COLLECTION", 2)
        self.assertTrue(self.look_ahead(), "another day is another question")

    def test_the_question_goes_with_its_reason(self):
        self.look_ahead()
        self.case._apply(None, {"Status": "PAUSED"})
        self.assertFalse(self.case.activity_ids)
        self.case.remote_status = "OPEN"
        self.assertTrue(self.look_ahead())

    def test_a_missing_number_is_asked_for_once(self):
        self.set_course("COLLECTION", 14)
        self.customer.company_registry = False
        activity = self.look_ahead()
        self.assertIn("personal number", activity.note)
        self.assertEqual(self.look_ahead(), activity)
        self.assertIn("personal number", self.case.with_user(self.reader).missing_on_customer)
        due = self.case.search(self.case._get_customer_domain())
        self.assertFalse(due)
        self.customer.company_registry = "556700-0111"
        self.assertFalse(self.case.missing_on_customer)
        self.assertEqual(self.case.search(self.case._get_customer_domain()), self.case)

    def open_customer(self):
        """Return what the clerk is shown of which contact, and which fields are marked."""
        action = self.case.with_user(self.clerk).action_open_customer()
        self.assertEqual(action["target"], "new")
        customer = self.env["res.partner"].with_user(self.clerk).browse(action["res_id"])
        ((view_id, _kind),) = action["views"]
        form = Form(customer.with_context(**action["context"]), view_id)
        names = ("company_registry", "street", "zip", "city")
        return customer, [name for name in names if form._get_modifier(name, "required")]

    def test_just_what_is_missing_is_marked_in_a_dialog(self):
        self.clerk.group_ids += self.env.ref("base.group_partner_manager")
        contact = self.make_customer(
            parent_id=self.customer.id, type="invoice", is_company=False, zip=False
        )
        self.case.partner_id = contact
        address = ["street", "zip", "city"]
        self.assertEqual(self.open_customer(), (contact, address))
        self.customer.company_registry = False
        self.assertEqual(self.open_customer(), (self.customer, ["company_registry"]))
        self.customer.city = False
        self.assertEqual(self.open_customer(), (self.customer, ["company_registry", *address]))
        # Before the reminder nobody asks for the number.
        self.set_course("REMINDER", 5)
        self.assertEqual(self.open_customer(), (contact, address))

    def test_a_number_is_not_needed_before_the_reminder(self):
        self.set_course("REMINDER", 5)
        self.customer.company_registry = False
        self.assertFalse(self.look_ahead())
        self.customer.zip = False
        self.assertIn("postal code", self.look_ahead().note)

    def add_statement_line(self, days):
        self.env["account.bank.statement.line"].create(
            {
                "journal_id": self.env["account.journal"]
                .search([("type", "=", "bank"), ("company_id", "=", self.company.id)], limit=1)
                .id,
                "date": self.today - timedelta(days=days),
                "payment_ref": "Paid",
                "amount": 1,
            }
        )

    def is_yellow_for_statement(self):
        move = self.make_invoice(
            invoice_line_ids=[Command.create({"name": "Work", "price_unit": 10})]
        )
        codes = [criterion.code for criterion in failing_criteria(move)[move.id]]
        self.assertEqual(
            "old_statement" in codes,
            move in move.search([("nox_finans_status", "=", "warning")]),
            "colour and search agree",
        )
        return "old_statement" in codes

    def test_yellow_while_the_last_bank_statement_is_old(self):
        self.assertFalse(self.is_yellow_for_statement(), "a company without statements")
        self.add_statement_line(8)
        self.assertTrue(self.is_yellow_for_statement())
        self.connector.statement_days = 8
        self.assertFalse(self.is_yellow_for_statement())
        self.connector.statement_days = 0
        self.assertFalse(Rules(self.company).is_statement_old)
        self.connector.statement_days = 7
        self.add_statement_line(0)
        self.assertFalse(self.is_yellow_for_statement())
