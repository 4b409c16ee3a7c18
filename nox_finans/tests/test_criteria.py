import random
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from odoo import Command
from odoo.fields import Domain

from ..models.nox_finans_criterion import CRITERIA, CompanyRules, failing_criteria
from .common import NoxFinansCase

INVOICES = 520
# While it is still the day before in UTC, Sweden is already on the next one.
JUST_PAST_MIDNIGHT_IN_SWEDEN = "2026-06-14 22:30:00"
TODAY_IN_SWEDEN = "2026-06-15"


def restate(move, today, invoice_terms, reminder_terms, default_channel="letter"):
    """Say once more in plain Python, from the issue's words, which criteria an invoice breaks."""
    partner = move.partner_id
    customer = move.commercial_partner_id
    term = move.invoice_payment_term_id
    debit = move.reversed_entry_id
    is_active = term in invoice_terms + reminder_terms
    service = is_active and (
        move.nox_finans_chosen_service or customer.nox_finans_service or term.nox_finans_service
    )
    channel = (
        move.nox_finans_channel
        or customer.nox_finans_channel
        or term.nox_finans_channel
        or default_channel
    )
    case = move.nox_finans_case_ids.sorted("id")[-1:]
    credit_lines = move.env["account.move.line"].search(
        [
            ("partner_id", "=", customer.id),
            ("company_id", "=", move.company_id.id),
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
            ("reconciled", "=", False),
            ("amount_residual", "<", 0),
        ]
    )

    def filled(text):
        return bool(text and text.strip())

    broken = {
        "balance": move.amount_residual <= 0,
        "tax_reduction": move.nox_finans_tax_reduction > 0
        and not move.amount_residual - move.nox_finans_tax_reduction > 0.001,
        "cancelled": move.state == "cancel",
        "not_ready": move.state == "draft" or move.nox_finans_not_ready,
        "cash_invoice": move.move_type == "out_receipt" or move.nox_finans_invoice_type == "cash",
        "interest_invoice": move.nox_finans_invoice_type == "interest",
        "currency": move.currency_id.name != "SEK",
        "payment_term": not is_active,
        "future_date": bool(move.invoice_date) and move.invoice_date > today,
        "customer_name": not filled(partner.name) and not filled(partner.parent_id.name),
        "address": not all(map(filled, (partner.street, partner.zip, partner.city))),
        "too_old": bool(move.invoice_date) and move.invoice_date < today - relativedelta(years=2),
        "no_rows": not any(line.display_type == "product" for line in move.invoice_line_ids),
        "credit_note": move.move_type == "out_refund"
        and (not debit or debit.amount_residual < move.amount_residual),
        "not_due": service == "reminder"
        and not (move.invoice_date_due and move.invoice_date_due < today),
        "open_case": bool(case) and case.state != "refused",
        "opted_out": customer.nox_finans_opt_out,
        "dispute": move.nox_finans_is_disputed,
        "id_number": not filled(customer.company_registry)
        and (not filled(customer.vat) or customer.vat.strip() == "/"),
        "email": channel == "email" and not filled(partner.email),
        "short_term": service == "invoice" and max(term.line_ids.mapped("nb_days")) < 10,
        "abroad": bool(partner.country_id) and partner.country_id.code != "SE",
        "outstanding_credit": bool(credit_lines),
        "partly_paid": 0 < move.amount_residual < move.amount_total,
        # All of a company's invoices at once: has a test of its own.
        "old_statement": False,
        "already_sent": move.is_move_sent and service == "invoice" and channel != "none",
    }
    return [code for code, is_broken in broken.items() if is_broken]


class TestCriteria(NoxFinansCase):
    """Colour, search, counters and the plain rule say the same of any invoice."""

    @classmethod
    def setUpClass(cls):
        cls.startClassPatcher(freeze_time(JUST_PAST_MIDNIGHT_IN_SWEDEN, tick=True))
        super().setUpClass()
        cls.random = random.Random(20260615)

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
        invoice_terms = self.term_30 + self.term_5
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
        rules = CompanyRules.of(self.company)
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

    def _make_partners(self):
        variants = [
            {},
            {},
            {},
            {"zip": "  "},
            {"city": False},
            {"street": "\t"},
            {"company_registry": False},
            {"company_registry": False, "vat": "/"},
            {"email": False},
            {"email": " ", "nox_finans_channel": "email"},
            {"nox_finans_channel": "email"},
            {"nox_finans_channel": "none"},
            {"nox_finans_service": "reminder"},
            {"nox_finans_service": "invoice"},
            {"nox_finans_opt_out": True},
            {"country_id": self.env.ref("base.no").id},
            {"country_id": False},
        ]
        partners = [self.make_customer(**values) for values in variants]
        # What is agreed with the customer counts for its other addresses too.
        parent = self.make_customer(
            name="Parent AB", nox_finans_service="reminder", nox_finans_channel="email"
        )
        for values in ({"name": False}, {"name": False, "zip": "1"}):
            partners.append(
                self.make_customer(
                    **{"parent_id": parent.id, "type": "invoice", "is_company": False, **values}
                )
            )
        nameless = self.make_customer()
        nameless.name = "   "
        creditor = self.make_customer(name="Paid ahead AB")
        self.env["account.payment"].create(
            {
                "payment_type": "inbound",
                "partner_type": "customer",
                "partner_id": creditor.id,
                "amount": 50,
            }
        ).action_post()
        return [*partners, nameless, creditor]

    def _make_random_invoices(self):
        choose = self.random.choice
        partners = self._make_partners()
        dates = [0, 0, -1, -5, -20, -21, -40, 1, 30]
        dates = [self.today + timedelta(days=days) for days in dates]
        dates += [self.today - relativedelta(years=2), self.today - relativedelta(years=2, days=1)]
        terms = [self.term_30, self.term_30, self.term_5, self.term_reminder, self.term_inactive]
        self.term_5.nox_finans_channel = "email"
        self.term_inactive.nox_finans_channel = "none"
        euro = self.env.ref("base.EUR")
        euro.active = True
        moves = self.env["account.move"].create(
            [
                {
                    **self._choose_type_and_partner(partners),
                    "company_id": self.company.id,
                    "invoice_date": choose(dates),
                    "invoice_payment_term_id": choose([*terms, self.term_30.browse()]).id,
                    "currency_id": choose([self.sek] * 9 + [euro]).id,
                    "nox_finans_invoice_type": choose(["standard"] * 10 + ["cash", "interest"]),
                    "nox_finans_channel": choose([False] * 6 + ["letter", "email", "none"]),
                    "nox_finans_chosen_service": choose([False] * 5 + ["invoice", "reminder"]),
                    "nox_finans_not_ready": self.random.random() < 0.05,
                    "nox_finans_is_disputed": self.random.random() < 0.05,
                    "invoice_line_ids": [
                        Command.create({"name": "Work", "price_unit": choose([100, 250.5, 999])})
                    ],
                }
                for _index in range(INVOICES)
            ]
        )
        posted = moves.filtered(lambda _move: self.random.random() < 0.93)
        posted.action_post()
        (moves - posted)[:10].button_cancel()
        return moves

    def _choose_type_and_partner(self, partners):
        """A credit note makes all invoices of its customer yellow: few customers get one."""
        move_type = self.random.choice(["out_invoice"] * 8 + ["out_refund", "out_receipt"])
        some = partners[-3:] if move_type == "out_refund" else partners
        return {"move_type": move_type, "partner_id": self.random.choice(some).id}

    def _let_postgresql_count(self):
        """Nothing is committed here: its autovacuum may have taken the tables for empty, and then
        Odoo's search for an invoice's payments takes minutes."""
        self.env.flush_all()
        self.env.cr.execute("ANALYZE account_move, account_move_line, account_partial_reconcile")

    def _make_boundaries(self):
        """Invoices just at, above and below the edge of a rule."""
        paid = self.make_invoice()
        self.pay(paid)
        partly = self.make_invoice()
        self.pay(partly, partly.amount_total - 0.01)
        nothing = self.make_invoice(price=0)
        no_rows = self.make_invoice(post=False, invoice_line_ids=[])
        only_note = self.make_invoice(
            post=False,
            invoice_line_ids=[Command.create({"display_type": "line_note", "name": "Note"})],
        )
        house = self.make_invoice() + self.make_invoice() + self.make_invoice()
        total = house[0].amount_total
        for move, reduction in zip(house, (total, total - 0.01, total + 1), strict=True):
            move.nox_finans_tax_reduction = reduction
        debit = self.make_invoice(partner_id=self.make_customer(name="Credited AB").id)
        # Linked after posting, or Odoo reconciles the two at once.
        credits = self.env["account.move"]
        for price in (1000, 1001, 5):
            credit = self.make_invoice(
                move_type="out_refund", price=price, partner_id=debit.partner_id.id
            )
            credit.reversed_entry_id = debit
            credits += credit
        return paid + partly + nothing + no_rows + only_note + house + debit + credits

    def _change_after_posting(self, moves):
        """What can only be had afterwards: sent marks, cases in all states."""
        posted = moves.filtered(lambda move: move.state == "posted")
        for move in self.random.sample(list(posted), 60):
            move.is_move_sent = True
        for move in self.random.sample(list(posted), 40):
            self.env["nox.finans.case"].create(
                {
                    "move_id": move.id,
                    "company_id": move.company_id.id,
                    "service": "invoice",
                    "channel": "letter",
                    "environment": "sandbox",
                    "state": self.random.choice(["queued", "accepted", "refused", "closed"]),
                }
            )

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
