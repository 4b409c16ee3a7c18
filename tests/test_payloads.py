"""What is sent keeps to the documented fields, types, lengths and value sets, whatever stands in
Odoo. The schema is `sandbox/models.py`, by which the sandbox judges every body too."""

from datetime import timedelta

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from odoo.addons.nox_finans.api.payloads import one_line
from odoo.addons.nox_finans.tests.common import NoxFinansCase
from odoo.fields import Command
from odoo.tools import float_compare

from sandbox import models
from sandbox.money import row_total

# As people and imports write: long, empty, other scripts, control characters.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60)
long_texts = st.builds(lambda text, times: text * times, texts, st.sampled_from([1, 1, 30, 100]))
names = long_texts.filter(one_line)
prices = st.decimals(0, 100_000, places=2).map(float)
quantities = st.decimals(1, 1000, places=2).map(float)
rows = st.fixed_dictionaries(
    {
        "name": long_texts,
        "price_unit": prices,
        "quantity": quantities,
        "discount": st.sampled_from([0, 0, 10, 33.33, 12.5]),
    }
)


# Without shrinking: each try makes an invoice.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate)


class TestPayloads(NoxFinansCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.tax = cls.env["account.tax"].search(
            [
                ("company_id", "=", cls.company.id),
                ("type_tax_use", "=", "sale"),
                ("amount", "=", 25),
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

    @settings(
        max_examples=40, deadline=None, phases=PHASES, suppress_health_check=list(HealthCheck)
    )
    @given(
        name=names,
        address=st.tuples(long_texts, long_texts, names, texts.filter(one_line)),
        email=texts,
        registry=texts,
        ref=long_texts,
        lines=st.lists(rows, min_size=1, max_size=4),
    )
    def test_any_invoice(self, name, address, email, registry, ref, lines):
        street, street2, city, zip_code = address
        with self.env.cr.savepoint() as savepoint:
            customer = self.make_customer(
                name=name, street=street, street2=street2, city=city, zip=zip_code,
                email=email, company_registry=registry, phone=ref,
            )  # fmt: skip
            move = self.make_invoice(
                post=False,
                partner_id=customer.id,
                ref=ref,
                invoice_line_ids=[
                    Command.create({**line, "tax_ids": [Command.set(self.tax.ids)]})
                    for line in lines
                ],
            )
            move.name = "INV/2026/00001"
            case = self._make_case(move)
            models.NewCustomerBody(Customer=case._prepare_customer())
            invoice = case._prepare_invoice()
            models.NewInvoiceBody(Invoice=invoice)
            self._check_total(invoice, move)
            savepoint.close(rollback=True)

    def _check_total(self, invoice, move):
        """The service's own sum of the rows is the invoice's, but for the rounding of taxes."""
        total = float(sum(row_total(row, False) for row in invoice["InvoiceRows"]))
        difference = abs(total - move.amount_total)
        self.assertLessEqual(
            float_compare(difference, 0.01 * (1 + len(move.invoice_line_ids)), 2), 0
        )

    def test_the_other_bodies(self):
        move = self.make_invoice(invoice_date=self.today - timedelta(days=3))
        move.write({"nox_finans_tax_reduction": 300.4, "nox_finans_property_designation": "X 1:2"})
        case = self._make_case(move)
        models.TaxReductionBody(TaxReduction=case._prepare_tax_reduction())
        models.InvoiceBody(Invoice=case._prepare_invoice())

    def test_a_credit_note(self):
        debit = self.make_invoice()
        self._make_case(debit).write({"state": "accepted"})
        credit = self.make_invoice(move_type="out_refund", reversed_entry_id=debit.id)
        invoice = self._make_case(credit)._prepare_invoice()
        models.NewInvoiceBody(Invoice=invoice)
        self.assertEqual(invoice["CreditInvoiceReference"], "1001")
        self.assertTrue(invoice["InvoiceRows"][0]["DeliveredQuantity"].startswith("-"))
