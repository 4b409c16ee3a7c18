from datetime import timedelta

from odoo import Command
from odoo.fields import Domain
from odoo.tools import format_date

from ..criteria import CRITERIA, Rules, failing_criteria
from .random_invoices import CODES, EMAILS, NUMBERS, TODAY_IN_SWEDEN, RandomInvoicesCase, restate


class TestCriteria(RandomInvoicesCase):
    """Colour, search, counters and the plain rule say the same of any invoice."""

    def test_table_has_the_published_list_first(self):
        self.assertEqual(
            [criterion.code for criterion in CRITERIA[:11]],
            [
                "balance",
                "tax_reduction",
                "cancelled",
                "not_ready",
                "cash_invoice",
                "interest_invoice",
                "currency",
                "payment_term",
                "future_date",
                "customer_name",
                "address",
            ],
        )

    def test_random_invoices(self):
        self.assertEqual(str(self.today), TODAY_IN_SWEDEN)
        moves = self._make_random_invoices()
        self._let_postgresql_count()
        moves += self._make_boundaries()
        self._change_after_posting(moves)
        self.env.invalidate_all()
        invoice_terms = self.term_30 + self.term_5 + self.term_parts + self.term_discount
        expected = {
            move: restate(move, self.today, invoice_terms, self.term_reminder) for move in moves
        }
        codes = [criterion.code for criterion in CRITERIA]
        codes.remove("old_statement")
        for code in codes:
            broken = sum(code in broken_codes for broken_codes in expected.values())
            self.assertTrue(0 < broken < len(moves), f"{code} is broken by {broken}")
        self._check_reasons(moves, expected)
        self._check_status(moves, expected)

    def _check_reasons(self, moves, expected):
        rules = Rules(self.company)
        filtered = failing_criteria(moves)
        searched = {
            criterion.code: moves.search(Domain("id", "in", moves.ids) & criterion.failing(rules))
            for criterion in CRITERIA
        }
        for move in moves:
            by_search = [code for code, found in searched.items() if move in found]
            by_filter = [criterion.code for criterion in filtered[move.id]]
            self.assertEqual(by_filter, expected[move], f"filtered_domain, {move.id}")
            self.assertEqual(by_search, expected[move], f"search, {move.id}")

    def _check_status(self, moves, expected):
        severity = {criterion.code: criterion.severity for criterion in CRITERIA}
        by_status = {"approved": moves.browse(), "warning": moves.browse()}
        by_status["rejected"] = moves.browse()
        for move in moves:
            severities = {severity[code] for code in expected[move]}
            status = next((s for s in ("rejected", "warning") if s in severities), "approved")
            by_status[status] += move
            self.assertEqual(move.nox_finans_status, status)
        domain = [("id", "in", moves.ids)]
        counted = dict(moves._read_group(domain, ["nox_finans_status"], ["__count"]))
        for status, wanted in by_status.items():
            found = moves.search([*domain, ("nox_finans_status", "=", status)])
            self.assertEqual(set(found.ids), set(wanted.ids))
            self.assertEqual(counted[status], len(wanted))
            others = moves.search([*domain, ("nox_finans_status", "!=", status)])
            self.assertEqual(len(others), len(moves) - len(wanted))

    # -------------------------------------------------------------------------

    def test_today_is_the_companys(self):
        today, tomorrow = (
            self.make_invoice(),
            self.make_invoice(invoice_date=self.today + timedelta(days=1)),
        )
        self.assertEqual(today.nox_finans_status, "approved")
        self.assertIn("future", tomorrow.nox_finans_reasons)
        self.company.partner_id.tz = "America/New_York"
        self.env.invalidate_all()
        self.assertIn("future", today.nox_finans_reasons)

    def test_mended_invoice_turns_green_by_itself(self):
        self.customer.zip = " "
        move = self.make_invoice()
        self.assertEqual(move.nox_finans_status, "rejected")
        self.customer.zip = "871 53"
        self.env.invalidate_all()
        self.assertEqual(move.nox_finans_status, "approved")
        self.assertFalse(move.nox_finans_reasons)

    def test_other_journal_entries_have_no_colour(self):
        entry = self.env["account.move"].create({"move_type": "entry"})
        self.assertFalse(entry.nox_finans_status)
        self.assertNotIn(
            entry, entry.search([("nox_finans_status", "in", ["approved", "rejected"])])
        )
        self.assertIn(entry, entry.search([("nox_finans_status", "=", False)]))

    # -------------------------------------------------------------------------

    def assert_broken(self, move, code, is_broken=True):
        self.env.invalidate_all()
        links = move.nox_finans_reason_links or []
        (self.assertIn if is_broken else self.assertNotIn)(code, [link["code"] for link in links])

    def test_details_of_the_customer(self):
        """Each field is judged by what it is, by lists of what is one and what is none."""
        lists = (
            ("company_registry", NUMBERS, "nox_finans_has_id_number"),
            ("email", EMAILS, "nox_finans_has_email"),
            ("zip", CODES, "nox_finans_has_address"),
            ("street", {"4": True, "Åvägen": True, "-": False}, "nox_finans_has_address"),
            ("city", {"Å": True, "?": False}, "nox_finans_has_address"),
            ("name", {"Ö": True, "...": False}, "nox_finans_has_name"),
        )
        for field, values, helper in lists:
            for value, is_one in values.items():
                customer = self.make_customer(**{field: value})
                self.assertEqual(customer[helper], is_one, f"{field} {value!r}")
        abroad = self.make_customer(country_id=self.env.ref("base.no").id, zip="0154")
        self.assertTrue(abroad.nox_finans_has_address)

    def test_vat_number(self):
        germany = self.env.ref("base.de").id
        for country, number, is_one in (
            (self.env.ref("base.se").id, "SE556700011101", True),
            (self.env.ref("base.se").id, "556700011101", True),
            (germany, "DE136695976", True),
            (germany, "DE 136 695 976", True),
            (germany, "136695976", True),
            (germany, "DE136695977", False),
            (germany, "/", False),
        ):
            customer = self.make_customer(country_id=country)
            # Odoo's own check would not let a person write the wrong ones.
            self.env.cr.execute(
                "UPDATE res_partner SET vat = %s WHERE id = %s", (number, customer.id)
            )
            customer.invalidate_recordset()
            self.env.add_to_compute(customer._fields["nox_finans_has_vat_number"], customer)
            self.assertEqual(customer.nox_finans_has_vat_number, is_one, number)

    def make_taxed(self, *names, **values):
        rows = [
            {"name": "Work", "price_unit": 100, "tax_ids": [Command.set(self.taxes[name].ids)]}
            for name in names
        ]
        return self.make_invoice(invoice_line_ids=[Command.create(row) for row in rows], **values)

    def test_kinds_of_vat(self):
        norway, germany = (
            self.make_customer(country_id=self.env.ref(f"base.{code}").id) for code in ("no", "de")
        )
        home = self.customer
        for customer, names, vat_type in (
            (home, ["25% G", "12% S"], "SEVAT"),
            (home, ["25% G", "0 % momsfritt"], "SEVAT"),
            (home, ["0 % momsfritt"], "SEVAT"),
            (home, ["Omvänd byggmoms"], "SEREVERSEDVAT"),
            (home, ["Omvänd byggmoms", "0 % momsfritt"], "SEREVERSEDVAT"),
            (home, ["Omvänd byggmoms", "25% G"], None),
            (home, ["25,5 %"], None),
            (home, ["Skatt per styck"], None),
            (home, ["20 % av priset"], "SEVAT"),
            (home, ["25 % av priset"], None),
            (germany, ["25% G"], "EUVAT"),
            (germany, ["0% EU G"], "EUREVERSEDVAT"),
            (germany, ["0 % momsfritt"], "EUREVERSEDVAT"),
            (germany, ["0% EU G", "0% EX G"], None),
            (norway, ["0% EX G"], "EXPORT"),
            (norway, ["0 % momsfritt"], "EXPORT"),
            (norway, ["25% G"], "SEVAT"),
        ):
            move = self.make_taxed(*names, partner_id=customer.id)
            self.assertEqual(move._get_nox_finans_vat_type(), vat_type, (customer.name, names))
            self.assertEqual(
                move.nox_finans_status == "rejected" and vat_type is None, not vat_type
            )

    def test_all_sales_taxes_of_the_chart_have_a_kind(self):
        found = {
            tax.name: tax.nox_finans_vat_kind
            for tax in self.env["account.tax"].search(
                [("company_id", "=", self.company.id), ("type_tax_use", "=", "sale")]
            )
        }
        expected = dict.fromkeys(("25% G", "25% S", "12% G", "12% S", "6% G", "6% S"), "taxed")
        expected |= dict.fromkeys(("0% EU S", "0% EU G", "0% EU G Tr"), "eu_reversed")
        # Charged and set off in one: the customer is asked for none.
        expected |= dict.fromkeys(("25% EU G Tr", "12% EU G Tr", "6% EU G Tr"), "eu_reversed")
        expected |= dict.fromkeys(("0% EU RS", "0% EX G"), "export")
        self.assertEqual({name: found[name] for name in expected}, expected)

    def test_paid_and_not_matched(self):
        move = self._make_unmatched()
        self.assertEqual(move.amount_residual, move.amount_total)
        self.assertEqual(move._get_nox_finans_owed(), 0)
        self.assert_broken(move, "payment_unmatched")
        self.assertTrue(self.send(move)[1])
        move.matched_payment_ids.action_cancel()
        self.assert_broken(move, "payment_unmatched", is_broken=False)
        self.assertEqual(move._get_nox_finans_owed(), move.amount_total)

    def test_a_payment_without_entry_pays_the_oldest_first(self):
        moves = self.make_invoice(invoice_date=self.today - timedelta(days=3)) + self.make_invoice()
        payment = self.pay_without_entry(moves[0])
        payment.invoice_ids = moves
        payment.amount = moves[0].amount_total + 100
        owed = [move._get_nox_finans_owed() for move in moves]
        self.assertEqual(owed, [0, moves[1].amount_total - 100])

    def test_a_term_of_ten_days_is_long_enough(self):
        for days, status in ((9, "warning"), (10, "approved")):
            term = self.make_term(f"{days} dagar", days, "invoice")
            move = self.make_invoice(invoice_payment_term_id=term.id)
            self.assertEqual(move.nox_finans_status, status, days)

    def test_blocked_for_payment(self):
        move = self.make_invoice()
        move.action_toggle_block_payment()
        self.assert_broken(move, "payment_blocked")
        move.action_toggle_block_payment()
        self.assertEqual(move.nox_finans_status, "approved")

    def test_what_the_debtor_is_asked_stands_in_the_message(self):
        move = self.make_invoice(invoice_payment_term_id=self.term_parts.id)
        self.assertEqual(move.nox_finans_status, "warning")
        reasons = move.nox_finans_reasons.replace("\N{NO-BREAK SPACE}", " ")
        last = format_date(self.env, self.today + timedelta(days=40))
        self.assertIn(f"1 000,00 kr, at once, due on {last}", reasons)
        move = self.make_invoice(invoice_payment_term_id=self.term_discount.id)
        self.assertIn("cash discount", move.nox_finans_reasons)

    def test_no_valid_email_goes_by_letter(self):
        self.customer.email = "a@example.com, b@example.com"
        self.customer.nox_finans_channel = "email"
        move = self.make_invoice()
        self.assertEqual(move.nox_finans_used_channel, "letter")
        self.assert_broken(move, "email")
