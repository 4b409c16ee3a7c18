"""What is sent keeps to the documented fields, types, lengths and value sets, whatever stands in
Odoo. The schema is `sandbox/models.py`, by which the sandbox judges every body too."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odoo.addons.nox_finans.api import countries, payloads, texts
from odoo.addons.nox_finans.api.errors import RefusedError
from odoo.addons.nox_finans.exchange.sending import check_bodies
from odoo.addons.nox_finans.tests.common import NoxFinansCase
from odoo.fields import Command
from strategies import LONG_TEXTS, NAMES, TEXTS

from sandbox import models

# As rows have them that were worked out by pricelists and discounts.
PRICES = st.one_of(st.decimals(0, 100_000, places=2), st.decimals(0, 100_000, places=4)).map(float)
QUANTITIES = st.decimals(1, 1000, places=2).map(float)
ROWS = st.fixed_dictionaries(
    {
        "name": LONG_TEXTS,
        "price_unit": PRICES,
        "quantity": QUANTITIES,
        "discount": st.sampled_from([0, 0, 10, 33.33, 12.5]),
    }
)


# Without shrinking: each try makes an invoice.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


class TestPayloads(NoxFinansCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.get_tax(25)

    @classmethod
    def get_tax(cls, amount):
        return cls.env["account.tax"].search(
            [
                ("company_id", "=", cls.company.id),
                ("type_tax_use", "=", "sale"),
                ("amount", "=", amount),
                ("price_include", "=", False),
            ],
            limit=1,
        )

    def _make_case(self, move):
        return self.env["nox.finans.case"].create(
            {
                "move_id": move.id,
                "company_id": self.company.id,
                "partner_id": move.partner_id.id,
                "commercial_partner_id": move.commercial_partner_id.id,
                "service": "invoice",
                "channel": "letter",
                "environment": "sandbox",
                "remote_number": "1001",
            }
        )

    def _check_bodies(self, move):
        """Return the invoice's body; it and the customer's keep to the schema."""
        case = self._make_case(move)
        number = {"CustomerNumber": "1"}
        models.NewCustomerBody(Customer=case._prepare_customer() | number)
        invoice = case._prepare_invoice()
        models.NewInvoiceBody(Invoice=invoice | number)
        sign = -1 if move.move_type == "out_refund" else 1
        self.assertEqual(payloads.total(invoice), payloads.decimal(sign * move.amount_total))
        return invoice

    @settings(
        max_examples=40, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(
        name=NAMES,
        address=st.tuples(NAMES, TEXTS, NAMES, TEXTS.map(lambda text: texts.one_line(text)[:10])),
        email=TEXTS,
        registry=TEXTS,
        ref=LONG_TEXTS,
        lines=st.lists(ROWS, min_size=1, max_size=4),
        narration=LONG_TEXTS,
    )
    def test_any_invoice(self, name, address, email, registry, ref, lines, narration):
        street, street2, city, zip_code = address
        with self.env.cr.savepoint() as savepoint:
            customer = self.make_customer(
                name=name, street=street, street2=street2, city=city, zip=zip_code or "1",
                email=email, company_registry=registry, phone=ref,
            )  # fmt: skip
            move = self.make_invoice(
                post=False,
                partner_id=customer.id,
                ref=ref,
                narration=narration,
                invoice_line_ids=[
                    Command.create({**line, "tax_ids": [Command.set(self.tax.ids)]})
                    for line in lines
                ],
            )
            move.name = "INV/2026/00001"
            self._check_bodies(move)
            savepoint.close(rollback=True)

    def test_the_other_bodies(self):
        move = self.make_house_work(300.9, invoice_date=self.today - timedelta(days=3))
        case = self._make_case(move)
        body = case._prepare_tax_reduction()
        models.TaxReductionBody(TaxReduction=body)
        self.assertEqual((body["AskedAmount"], body["SocialSecurityNumber"]), (300, "640823-3234"))
        models.InvoiceBody(Invoice=case._prepare_invoice())

    def test_house_work_that_the_agency_would_not_take(self):
        """Said before the first call: nothing is left at the service."""
        goods = self.env["product.product"].create({"name": "Skiva", "type": "consu"})
        row = {"product_id": goods.id, "price_unit": 1000, "tax_ids": [Command.set(self.tax.ids)]}
        norway = self.env.ref("base.no").id
        person = {"is_company": False, "company_registry": "640823-3234"}
        no_person = "Swedish personal number"
        for said, values in (
            (no_person, {"partner_id": self.customer.id}),
            (no_person, {"partner_id": self.make_customer(**person, country_id=norway).id}),
            (no_person, {"partner_id": self.make_customer(is_company=False).id}),
            ("No row is work", {"invoice_line_ids": [Command.create(row)]}),
            ("designation", {"nox_finans_property_designation": False}),
            ("kind", {"nox_finans_tax_reduction_type": False}),
        ):
            move = self.make_house_work(**values)
            with self.subTest(values):
                self.assertEqual(move.nox_finans_status, "rejected")
                with self.assertRaisesRegex(RefusedError, said):
                    check_bodies(self._make_case(move))
        for values in (
            {"nox_finans_tax_reduction_type": "rut", "nox_finans_property_designation": False},
            {"nox_finans_tax_reduction_type": "green"},
            {"invoice_line_ids": [Command.create(row), *self.make_invoice_row()]},
        ):
            move = self.make_house_work(**values)
            with self.subTest(values):
                self.assertEqual(move.nox_finans_status, "approved", move.nox_finans_reasons)
                check_bodies(self._make_case(move))

    def make_invoice_row(self):
        work = {"name": "Arbete", "price_unit": 1000, "tax_ids": [Command.set(self.tax.ids)]}
        return [Command.create(work)]

    def test_what_odoo_has_none_of_is_emptied(self):
        """Else it would be filled with what stands there, or keep what was sent before."""
        dated, move = self.make_invoice(), self.make_invoice()
        dated.delivery_date, move.delivery_date = self.today, False
        sent = self._make_case(dated)._prepare_invoice()
        self.assertEqual(sent["DeliveryDate"], self.today.isoformat())
        case = self._make_case(move)
        invoice, card = case._prepare_invoice(), case._prepare_customer()
        models.NewInvoice(**invoice, CustomerNumber="1")
        models.NewCustomer(**card)
        self.assertEqual(invoice["DeliveryDate"], payloads.BLANK)
        for name in payloads.NOT_OURS_ON_INVOICE:
            self.assertEqual(invoice[name], payloads.BLANK, name)
        for name in ("EmailAddressCC", "EmailAddressBCC"):
            self.assertEqual(invoice["EmailInformation"][name], payloads.BLANK, name)
        for name in payloads.NOT_OURS_ON_CARD:
            self.assertEqual(card[name], payloads.BLANK, name)
        self.assertEqual(card["InvoiceDiscount"], 0)

    def test_a_credit_note(self):
        debit = self.make_invoice()
        self._make_case(debit).write({"state": "accepted"})
        credit = self.make_invoice(move_type="out_refund", reversed_entry_id=debit.id)
        invoice = self._check_bodies(credit)
        self.assertTrue(invoice["InvoiceRows"][0]["DeliveredQuantity"].startswith("-"))

    def test_an_address_is_never_cut(self):
        move = self.make_invoice(partner_id=self.make_customer(zip="1" * 11).id)
        with self.assertRaisesRegex(RefusedError, "ZipCode"):
            self._make_case(move)._prepare_invoice()

    def test_at_most_500_rows(self):
        row = {"name": "Rad " * 100, "price_unit": 1, "tax_ids": [Command.set(self.tax.ids)]}
        rows = [Command.create(row) for _number in range(251)]
        move = self.make_invoice(post=False, invoice_line_ids=rows)
        self.assertTrue(move.nox_finans_has_too_many_rows)
        move.invoice_line_ids[0].name = "Rad"
        move.invoice_line_ids[1].name = False
        self.assertFalse(move.nox_finans_has_too_many_rows)
        move.narration = f"<p>{'Villkor ' * 300}</p>"
        self.assertTrue(move.nox_finans_has_too_many_rows)
        move.narration = False
        move.invoice_line_ids[1].name = "Rad " * 100
        self.assertTrue(move.nox_finans_has_too_many_rows)
        with self.assertRaisesRegex(RefusedError, "501 rows"):
            self._make_case(move)._prepare_invoice()

    def test_no_query_for_each_row(self):
        # The first one fills caches that all share.
        self._count_queries(1)
        self.assertEqual(self._count_queries(60), self._count_queries(2))

    def _count_queries(self, count):
        """Return how many queries the body of an invoice of so many rows costs."""
        row = {"name": "Rad", "price_unit": 1, "tax_ids": [Command.set(self.tax.ids)]}
        unit = {"product_uom_id": self.env.ref("uom.product_uom_hour").id, "quantity": 1.5}
        rows = [Command.create(row | unit) for _number in range(count)]
        case = self._make_case(self.make_invoice(invoice_line_ids=rows))
        self.env.flush_all()
        self.env.invalidate_all()
        before = self.env.cr.sql_log_count
        case._prepare_invoice()
        return self.env.cr.sql_log_count - before

    def test_a_vat_that_the_service_does_not_know(self):
        tax = self.tax.copy({"amount": 25.5})
        row = {"name": "Kaffe", "price_unit": 100, "tax_ids": [Command.set(tax.ids)]}
        move = self.make_invoice(invoice_line_ids=[Command.create(row)])
        with self.assertRaisesRegex(RefusedError, "Kaffe"):
            self._make_case(move)._prepare_invoice()

    def test_several_taxes_on_a_row(self):
        taxes = self.tax + self.get_tax(12)
        row = {"name": "Kaffe", "price_unit": 100, "tax_ids": [Command.set(taxes.ids)]}
        move = self.make_invoice(invoice_line_ids=[Command.create(row)])
        self.assertEqual(move.nox_finans_status, "rejected")
        move.button_draft()
        move.invoice_line_ids.tax_ids = self.tax
        move.action_post()
        self.assertEqual(move.nox_finans_status, "approved")
        move.button_draft()
        move.invoice_line_ids.tax_ids = taxes
        with self.assertRaisesRegex(RefusedError, "Kaffe"):
            self._make_case(move)._prepare_invoice()

    def test_a_tax_that_is_a_share_of_the_price_with_it(self):
        for share, percent in ((20, 25), (10.7143, 12), (5.6604, 6)):
            for included in ("tax_included", "tax_excluded"):
                tax = self.env["account.tax"].create(
                    {
                        "name": f"{share} {included}",
                        "amount_type": "division",
                        "amount": share,
                        "type_tax_use": "sale",
                        "price_include_override": included,
                    }
                )
                row = {"name": "Kaffe", "price_unit": 125, "tax_ids": [Command.set(tax.ids)]}
                move = self.make_invoice(invoice_line_ids=[Command.create(row)])
                with self.subTest(tax=tax.name):
                    self.assertEqual(move.nox_finans_status, "approved")
                    invoice = self._check_bodies(move)
                    self.assertEqual(invoice["InvoiceRows"][0]["VAT"], percent)

    def test_a_total_that_no_rounding_explains(self):
        row = {"name": "Kaffe", "price_unit": 100, "tax_ids": [Command.set(self.tax.ids)]}
        move = self.make_invoice(post=False, invoice_line_ids=[Command.create(row)])
        tax_line = move.line_ids.filtered(lambda line: line.display_type == "tax")
        tax_line.amount_currency -= 3
        move.action_post()
        self.assertEqual(move.amount_total, 128)
        with self.assertRaisesRegex(RefusedError, r"3\.00"):
            self._make_case(move)._prepare_invoice()

    def test_each_sale_tax_of_the_swedish_chart(self):
        taxes = self.env["account.tax"].search(
            [("company_id", "=", self.company.id), ("type_tax_use", "=", "sale")]
        )
        self.assertGreater(len(taxes), 10)
        for tax in taxes:
            row = {"name": "Rad", "price_unit": 99.99, "tax_ids": [Command.set(tax.ids)]}
            move = self.make_invoice(post=False, invoice_line_ids=[Command.create(row)] * 2)
            move.name = "INV/2026/00001"
            with self.subTest(tax=tax.name):
                invoice = self._check_bodies(move)
                is_asked = move.amount_tax != 0
                self.assertEqual(invoice["InvoiceRows"][0]["VAT"], is_asked and int(tax.amount))

    def test_each_country_has_a_name(self):
        for country in self.env["res.country"].search([]):
            name = countries.NAMES.get(countries.code(country.code))
            self.assertTrue(name, country.name)
            self.assertEqual(texts.one_line(name), name)
