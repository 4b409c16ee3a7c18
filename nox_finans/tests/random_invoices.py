"""Invoices of all kinds, and which criteria each breaks: said once more, in plain Python."""

import random
import re
from datetime import timedelta

from dateutil.relativedelta import relativedelta
from freezegun import freeze_time
from odoo import Command

from .common import NoxFinansCase

INVOICES = 520
# While it is still the day before in UTC, Sweden is already on the next one.
JUST_PAST_MIDNIGHT_IN_SWEDEN = "2026-06-14 22:30:00"
TODAY_IN_SWEDEN = "2026-06-15"


EU = ("DE", "DK", "FI")


def restate_vat(move):
    """Say once more of which kinds of customers an invoice's taxes tell, by the taxes' names."""
    country = move.commercial_partner_id.country_id.code
    is_eu = country in EU
    rows = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    types = set()
    for tax in rows.tax_ids:
        # One that Fortnox does not know is still a tax.
        if tax.amount:
            types.add("EUVAT" if is_eu else "SEVAT")
        elif tax.name == "0% EX G":
            types.add("EXPORT")
        elif tax.name == "0% EU G":
            types.add("EUREVERSEDVAT")
        elif "byggmoms" in tax.name:
            here = country in ("SE", False)
            types.add("SEREVERSEDVAT" if here else "EUREVERSEDVAT" if is_eu else "EXPORT")
    if not types:
        at_home = country in ("SE", False)
        types.add("SEVAT" if at_home else "EUREVERSEDVAT" if is_eu else "EXPORT")
    return types


# Each that is one, and each that is none: said by hand.
NUMBERS = {
    "556700-0111": True,
    "5567000111": True,
    "165567000111": True,
    "SE556700011101": True,
    "19640823-3234": True,
    "640823+3234": True,
    "701063-2391": True,
    "640823-3234": True,
    "okänt": False,
    "0": False,
    "000000-0000": False,
    "556700-0112": False,
    "/": False,
}
PERSONS = ("640823-3234", "19640823-3234", "640823+3234", "701063-2391")
EMAILS = {
    "bjork@example.com": True,
    "Björk <bjork@example.com>": True,
    "a@example.com, b@example.com": False,
    "okänt": False,
    "bjork@": False,
    " ": False,
}
CODES = {"871 53": True, "87153": True, "SE-871 53": True, "8715": False, "871 531": False}


def restate_credit_note(move):
    debit, is_credit = move.reversed_entry_id, move.move_type == "out_refund"

    def get_case(of_move):
        return of_move.nox_finans_case_ids.sorted("id")[-1:]

    def uses(credit):
        case = get_case(credit)
        return bool(case) and (case.state != "refused" or bool(case.remote_number))

    return {
        "credited_there": is_credit
        and bool(debit)
        and get_case(debit).state not in ("accepted", "closed"),
        "credited_before": is_credit and not uses(move) and any(map(uses, debit.reversal_move_ids)),
    }


def restate_house_work(move):
    customer, kind = move.commercial_partner_id, move.nox_finans_tax_reduction_type
    products = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    is_person = not customer.is_company and customer.company_registry in PERSONS
    broken = {
        "house_work_person": not is_person or customer.country_id.code not in ("SE", False),
        "house_work_rows": not any(line.product_id.type in ("service", False) for line in products),
        "house_work_property": not kind
        or (kind != "rut" and not move.nox_finans_property_designation),
    }
    return {code: fails and move.nox_finans_tax_reduction > 0 for code, fails in broken.items()}


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
        return bool(re.search(r"[\wÅÄÖåäö]", text or ""))

    lines = move.invoice_line_ids
    rates = lines.tax_ids.filtered(
        lambda tax: (
            tax.amount
            not in {"percent": (0, 6, 12, 25), "division": (20,)}.get(tax.amount_type, ())
        )
    )
    vat = restate_vat(move)
    is_here = partner.country_id.code in ("SE", False)
    is_code = CODES.get(partner.zip, False) if is_here else filled(partner.zip)
    is_email = EMAILS.get(partner.email, False)
    is_number = any(
        NUMBERS.get(number, False) for number in (customer.company_registry, customer.vat)
    )
    if customer.country_id.code not in ("SE", False):
        is_number = bool(customer.company_registry or customer.vat)

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
        "address": not is_code or not all(map(filled, (partner.street, partner.city))),
        "too_old": bool(move.invoice_date) and move.invoice_date < today - relativedelta(years=2),
        "no_rows": not any(line.display_type == "product" for line in move.invoice_line_ids),
        "credit_note": move.move_type == "out_refund"
        and (not debit or debit.amount_residual < move.amount_residual),
        **restate_credit_note(move),
        "not_due": service == "reminder"
        and not (move.invoice_date_due and move.invoice_date_due < today),
        "address_length": len(partner.zip or "") > 10 or len(partner.city or "") > 1024,
        "too_many_rows": sum(-(-len(line.name or "x") // 255) for line in lines) > 500,
        "vat_rate": bool(rates) or any(len(line.tax_ids) > 1 for line in lines),
        "vat_mixed": len(vat) > 1,
        "vat_number": bool(vat & {"SEREVERSEDVAT", "EUREVERSEDVAT"})
        and customer.vat not in ("SE556700011101", "DE136695976"),
        **restate_house_work(move),
        "payment_unmatched": move.payment_state in ("paid", "in_payment")
        and move.amount_residual > 0,
        "payment_blocked": move.payment_state == "blocked",
        "open_case": bool(case) and case.state != "refused",
        "opted_out": customer.nox_finans_opt_out,
        "dispute": move.nox_finans_is_disputed,
        "id_number": not is_number,
        "email": channel == "email" and not is_email,
        "email_form": bool(partner.email) and not is_email,
        "short_term": service == "invoice" and max(term.line_ids.mapped("nb_days")) < 10,
        "instalments": is_active and len(term.line_ids) > 1,
        "cash_discount": is_active and term.early_discount,
        "abroad": bool(partner.country_id) and partner.country_id.code != "SE",
        "outstanding_credit": bool(credit_lines),
        "partly_paid": 0 < move.amount_residual < move.amount_total
        and move.payment_state == "partial",
        # All of a company's invoices at once: has a test of its own.
        "old_statement": False,
        "already_sent": move.is_move_sent and service == "invoice" and channel != "none",
    }
    return [code for code, is_broken in broken.items() if is_broken]


class RandomInvoicesCase(NoxFinansCase):
    """Makes invoices by chance, each time the same ones, and some just at a limit."""

    @classmethod
    def setUpClass(cls):
        cls.startClassPatcher(freeze_time(JUST_PAST_MIDNIGHT_IN_SWEDEN, tick=True))
        super().setUpClass()
        cls.random = random.Random(20260615)
        cls.taxes = cls._make_taxes()
        cls.term_parts, cls.term_discount = (cls.make_term(name, 30, "invoice") for name in "PD")
        cls.term_parts.line_ids = [
            Command.clear(),
            Command.create({"value": "percent", "value_amount": 30, "nb_days": 10}),
            Command.create({"value": "percent", "value_amount": 70, "nb_days": 40}),
        ]
        cls.term_discount.write({"early_discount": True, "discount_percentage": 2})

    @classmethod
    def _make_taxes(cls):
        """Return one tax of each kind: usual ones of the chart, and some that a user may make."""
        taxes = cls.env["account.tax"].search(
            [
                ("company_id", "=", cls.company.id),
                ("type_tax_use", "=", "sale"),
                ("name", "in", ["25% G", "12% S", "0% EU G", "0% EX G"]),
            ]
        )
        values = {"company_id": cls.company.id, "type_tax_use": "sale"}
        own = cls.env["account.tax"].create(
            [
                {**values, "name": "25,5 %", "amount": 25.5},
                {**values, "name": "Skatt per styck", "amount_type": "fixed", "amount": 3},
                {**values, "name": "20 % av priset", "amount_type": "division", "amount": 20},
                {**values, "name": "25 % av priset", "amount_type": "division", "amount": 25},
                {**values, "name": "0 % momsfritt", "amount": 0},
                {**values, "name": "Omvänd byggmoms", "amount": 0},
            ]
        )
        return {tax.name: tax for tax in taxes + own}

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
            {"zip": "8715"},
            {"zip": "871 531"},
            {"zip": "SE-871 53"},
            {"street": "-"},
            {"city": "x" * 1025},
            {"country_id": self.env.ref("base.dk").id, "zip": "DK-12345678"},
            {"country_id": self.env.ref("base.de").id, "vat": "DE136695976"},
            {"country_id": self.env.ref("base.de").id},
            {"company_registry": False, "vat": "SE556700011101"},
            *({"company_registry": number} for number in NUMBERS),
            *({"email": email} for email in EMAILS),
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
        terms += [self.term_parts, self.term_discount]
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
                        Command.create(
                            {
                                "name": "Work",
                                "price_unit": choose([100, 250.5, 999]),
                                "tax_ids": [Command.set(self._choose_taxes().ids)],
                            }
                        )
                        for _row in range(choose([1, 1, 1, 2, 3]))
                    ],
                }
                for _index in range(INVOICES)
            ]
        )
        posted = moves.filtered(lambda _move: self.random.random() < 0.93)
        posted.action_post()
        (moves - posted)[:10].button_cancel()
        return moves

    def _choose_taxes(self):
        """Return a row's taxes: mostly one of the usual."""
        name = self.random.choice(["25% G"] * 25 + ["12% S"] * 5 + [*self.taxes, None, None])
        return self.taxes[name] if name else self.env["account.tax"]

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
        house += self._make_house_work()
        debit = self.make_invoice(partner_id=self.make_customer(name="Credited AB").id)
        # Linked after posting, or Odoo reconciles the two at once.
        credits = self.env["account.move"]
        for price in (1000, 1001, 5):
            credit = self.make_invoice(
                move_type="out_refund", price=price, partner_id=debit.partner_id.id
            )
            credit.reversed_entry_id = debit
            credits += credit
        credits += self._make_credited()
        long = self._make_long(500) + self._make_long(501) + self._make_long(250, 510)
        long += self._make_long(251, 510)
        taxes = self.taxes["25% G"] + self.taxes["12% S"]
        row = {"name": "Work", "price_unit": 10, "tax_ids": [Command.set(taxes.ids)]}
        long += self.make_invoice(invoice_line_ids=[Command.create(row)])
        blocked = self.make_invoice()
        blocked.action_toggle_block_payment()
        moves = paid + partly + nothing + no_rows + only_note + house + debit + credits
        return moves + long + blocked + self._make_unmatched()

    def _make_house_work(self):
        """Return invoices with a tax reduction: the agency takes some, and not the others."""
        goods = self.env["product.product"].create({"name": "Board", "type": "consu"})
        row = Command.create({"product_id": goods.id, "price_unit": 1000})
        person = {"is_company": False, "company_registry": "640823-3234"}
        abroad = self.make_customer(country_id=self.env.ref("base.no").id, **person)
        return self.env["account.move"].union(
            *(
                self.make_house_work(**values)
                for values in (
                    {},
                    {"partner_id": self.customer.id},
                    {"partner_id": abroad.id},
                    {"partner_id": self.make_customer(**person | {"is_company": True}).id},
                    {"partner_id": self.make_customer(is_company=False).id},
                    {"invoice_line_ids": [row]},
                    {"nox_finans_property_designation": False},
                    {
                        "nox_finans_property_designation": False,
                        "nox_finans_tax_reduction_type": "rut",
                    },
                    {"nox_finans_tax_reduction_type": "green"},
                    {"nox_finans_tax_reduction_type": False},
                )
            )
        )

    def _make_credited(self):
        """Return credit notes of an invoice that was handed over: one was sent, others were not."""
        moves = self.env["account.move"]
        for state, number in (("accepted", "7"), ("refused", False), ("refused", "8")):
            debit = self.make_invoice(partner_id=self.make_customer(name="Credited twice AB").id)
            sent, other = (
                self.make_invoice(move_type="out_refund", price=5, partner_id=debit.partner_id.id)
                for _number in range(2)
            )
            (sent + other).reversed_entry_id = debit
            self._make_case(debit, "accepted", "6")
            self._make_case(sent, state, number)
            moves += debit + sent + other
        return moves

    def _make_case(self, move, state, number=False):
        return self.env["nox.finans.case"].create(
            {
                "move_id": move.id,
                "company_id": move.company_id.id,
                "service": "invoice",
                "channel": "letter",
                "environment": "sandbox",
                "state": state,
                "remote_number": number,
            }
        )

    def _make_long(self, count, length=4):
        note = {"display_type": "line_note", "name": "N" * length}
        rows = [{"name": "W" * length, "price_unit": 10}] + [note] * (count - 1)
        return self.make_invoice(post=False, invoice_line_ids=[Command.create(row) for row in rows])

    def _make_unmatched(self):
        """Return an invoice that is paid as with Odoo Enterprise: the balance stays."""
        move = self.make_invoice()
        self.pay_without_entry(move)
        return move

    def _change_after_posting(self, moves):
        """What can only be had afterwards: sent marks, cases in all states."""
        posted = moves.filtered(lambda move: move.state == "posted")
        for move in self.random.sample(list(posted), 60):
            move.is_move_sent = True
        without_case = posted.filtered(lambda move: not move.nox_finans_case_ids)
        for move in self.random.sample(list(without_case), 40):
            self._make_case(move, self.random.choice(["queued", "accepted", "refused", "closed"]))
