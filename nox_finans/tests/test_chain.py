from odoo import Command
from odoo.exceptions import UserError
from odoo.tests import Form

from ..criteria import Rules
from .common import NoxFinansCase


class TestChain(NoxFinansCase):
    """Service and channel: the invoice's, else the customer's, the terms', the company's."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.connector = cls.company._get_nox_finans_connector()

    def _assert_choice(self, move, service, channel, *reasons):
        self.assertEqual(move.nox_finans_service, service)
        self.assertEqual(move.nox_finans_used_channel, channel)
        for reason in reasons:
            self.assertIn(reason, move.nox_finans_choice_reason)
        rules = Rules(self.company)
        self.assertTrue(move.filtered_domain(rules.used_channel_is(channel)))
        is_active = bool(move.filtered_domain(rules.service_is(service or "invoice")))
        self.assertEqual(is_active, bool(service))

    def test_the_first_that_says_something_decides(self):
        move = self.make_invoice()
        self._assert_choice(
            move, "invoice", "letter", "Service: the payment terms'.", "Channel: the company's"
        )
        self.term_30.nox_finans_channel = "einvoice"
        self._assert_choice(move, "invoice", "einvoice", "Channel: the payment terms'.")
        self.customer.nox_finans_service = "reminder"
        self.customer.nox_finans_channel = "email"
        self._assert_choice(
            move, "reminder", "email", "Service: the customer's.", "Channel: the customer's."
        )
        self.assertIn("due date", move.nox_finans_reasons)
        move.nox_finans_chosen_service = "invoice"
        move.nox_finans_channel = "none"
        self._assert_choice(
            move, "invoice", "none", "Service: chosen on the inv", "Channel: chosen on the inv"
        )
        self.assertEqual(move.nox_finans_status, "approved")

    def test_terms_that_are_not_active_stay_red_whatever_is_chosen(self):
        self.connector.default_service = "invoice"
        self.customer.nox_finans_service = "invoice"
        move = self.make_invoice(
            invoice_payment_term_id=self.term_inactive.id, nox_finans_chosen_service="invoice"
        )
        self.assertEqual(move.nox_finans_status, "rejected")
        self.assertFalse(move.nox_finans_service)
        self.assertIn("Service: none", move.nox_finans_choice_reason)

    def test_company_default_is_for_invoices_without_terms(self):
        move = self.make_invoice(invoice_payment_term_id=False, invoice_date_due=self.today)
        self.assertEqual(move.nox_finans_status, "rejected")
        self.connector.default_service = "invoice"
        self.env.invalidate_all()
        self.assertEqual(move.nox_finans_status, "approved")
        self._assert_choice(move, "invoice", "letter", "Service: the company's default.")
        self.assertIn(move, move.search([("nox_finans_status", "=", "approved")]))
        self.customer.nox_finans_service = "reminder"
        self._assert_choice(move, "reminder", "letter", "Service: the customer's.")

    def test_customer_is_the_commercial_partner_whichever_address_is_used(self):
        self.customer.nox_finans_service = "reminder"
        address = self.make_customer(parent_id=self.customer.id, type="invoice", is_company=False)
        move = self.make_invoice(partner_id=address.id)
        self._assert_choice(move, "reminder", "letter", "Service: the customer's.")

    def test_opted_out_customer_is_red(self):
        self.customer.nox_finans_opt_out = True
        move = self.make_invoice()
        self.assertEqual(move.nox_finans_status, "rejected")
        self.assertIn("opted out", move.nox_finans_reasons)
        self.assertFalse(self.send(move)[0])

    def test_what_was_chosen_is_handed_over_and_guarded(self):
        move = self.make_invoice(
            nox_finans_chosen_service="invoice", invoice_payment_term_id=self.term_reminder.id
        )
        case = self.send(move)[0]
        self.assertEqual(case.service, "invoice")
        with self.assertRaisesRegex(UserError, "was sent via Nox Finans"):
            move.nox_finans_chosen_service = "reminder"

    def test_companies_do_not_decide_for_each_other(self):
        other = self.make_company("Söderbo AB")
        self.env.user.company_ids = [Command.link(other.id)]
        both = self.company + other
        moves = self.env["account.move"]
        for company in both:
            self.term_30.with_company(company).nox_finans_service = "invoice"
            moves += self.make_invoice(company=company)
        customer = self.customer.with_company(other)
        customer.write({"nox_finans_opt_out": True, "nox_finans_channel": "none"})
        self.assertFalse(self.customer.nox_finans_opt_out)
        for companies in (both, other + self.company):
            seen = moves.with_context(allowed_company_ids=companies.ids)
            self.env.invalidate_all()
            self.assertEqual(seen.mapped("nox_finans_status"), ["approved", "rejected"])
            self.assertEqual(seen.mapped("nox_finans_used_channel"), ["letter", "none"])
            found = seen.search([("id", "in", moves.ids), ("nox_finans_status", "=", "rejected")])
            self.assertEqual(found, seen[1])

    def test_settings_and_contact_show_what_can_be_chosen(self):
        with Form(self.env["res.config.settings"].create({})) as form:
            form.nox_finans_default_service = "reminder"
        form.record.execute()
        self.assertEqual(self.connector.default_service, "reminder")
        with Form(self.customer) as form:
            form.nox_finans_service = "reminder"
            form.nox_finans_opt_out = True
        with Form(self.term_30) as form:
            form.nox_finans_channel = "email"
        self.assertTrue(self.customer.nox_finans_opt_out)
