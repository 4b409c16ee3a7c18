from odoo import Command
from odoo.exceptions import AccessError

from .common import NoxFinansCase


class TestCompany(NoxFinansCase):
    """Two companies do not see each other's, and each invoice is judged by its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.other = cls.make_company("Söderbo AB")
        cls.env.user.company_ids = [Command.link(cls.other.id)]
        cls.both = cls.make_user(
            "nox_both", "account.group_account_invoice", cls.company + cls.other
        )
        cls.other_clerk = cls.make_user(
            "nox_other_clerk", "account.group_account_invoice", cls.other
        )
        # The same terms: active in the one company, not in the other, and the other way round.
        cls.term_15 = cls.make_term("15 days", 15, "invoice", cls.other)
        cls.env = cls.env(
            context={**cls.env.context, "allowed_company_ids": (cls.company + cls.other).ids}
        )
        cls.moves = cls.env["account.move"].union(
            *(
                cls.make_invoice(company=company, invoice_payment_term_id=term.id)
                for company in (cls.company, cls.other)
                for term in (cls.term_30, cls.term_15)
            )
        )

    def _as(self, user, companies):
        return self.moves.with_user(user).with_context(allowed_company_ids=companies.ids)

    def test_each_invoice_is_judged_by_its_own_company(self):
        expected = ["approved", "rejected", "rejected", "approved"]
        both = self.company + self.other
        for companies in (both, self.other + self.company):
            moves = self._as(self.both, companies)
            self.assertEqual(moves.mapped("nox_finans_status"), expected)
            approved = moves.search(
                [("id", "in", moves.ids), ("nox_finans_status", "=", "approved")]
            )
            self.assertEqual(set(approved.ids), {self.moves[0].id, self.moves[3].id})
            groups = dict(
                moves._read_group([("id", "in", moves.ids)], ["nox_finans_status"], ["__count"])
            )
            self.assertEqual(groups, {"approved": 2, "rejected": 2})

    def test_channel_is_the_own_companys_default(self):
        self.company._get_nox_finans_connector().default_channel = "email"
        moves = self._as(self.both, self.company + self.other)
        self.assertEqual(
            moves.mapped("nox_finans_used_channel"), ["email", "email", "letter", "letter"]
        )

    def test_cases_and_settings_are_not_seen_from_the_other_company(self):
        case = self.send(self.moves[0])[0]
        with self.assertRaises(AccessError):
            case.with_user(self.other_clerk).read(["state"])
        self.assertFalse(
            self.env["nox.finans.case"]
            .with_user(self.other_clerk)
            .with_context(allowed_company_ids=self.other.ids)
            .search([])
        )
        with self.assertRaises(AccessError):
            self.company._get_nox_finans_connector().with_user(self.other_clerk).read(["state"])

    def test_each_company_needs_its_own_connection(self):
        moves = self._as(self.both, self.company + self.other)
        with self.assertRaisesRegex(Exception, "not connected"):
            moves[0:4]._nox_finans_queue()
        self.connect(self.other)
        cases, left_out = moves._nox_finans_queue()
        self.assertEqual(len(cases), 2)
        self.assertEqual(len(left_out), 2)
        self.assertEqual(cases.company_id, self.company + self.other)

    def test_new_company_gets_one_connection_and_nothing_active(self):
        connector = self.other._get_nox_finans_connector()
        self.assertEqual(len(connector), 1)
        self.assertEqual(connector.state, "disconnected")
        fresh = self.env["res.company"].create({"name": "Fresh AB"})._get_nox_finans_connector()
        self.assertFalse(fresh.invoice_term_ids or fresh.reminder_term_ids)
