from odoo import Command, fields
from odoo.exceptions import UserError

from .common import NoxFinansCase


class TestGuards(NoxFinansCase):
    """What Nox Finans has, or is just getting, stays as it was handed over."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.move = cls.make_invoice()
        cls.case = cls.send(cls.move)[0].sudo()

    def _set_state(self, state, step=False):
        self.case.write({"state": state, "step": step})

    def _forbidden(self):
        """Return what may not be done, by name."""
        move = self.move.with_user(self.clerk)
        row = move.invoice_line_ids
        other = self.make_customer(name="Annan AB")
        return {
            "reset": move.button_draft,
            "cancel": lambda: move.write({"state": "cancel"}),
            "customer": lambda: move.write({"partner_id": other.id}),
            "invoice date": lambda: move.write({"invoice_date": "2020-01-01"}),
            "due date": lambda: move.write({"invoice_date_due": "2099-01-01"}),
            "term": lambda: move.write({"invoice_payment_term_id": self.term_5.id}),
            "tax reduction": lambda: move.write({"nox_finans_tax_reduction": 10}),
            "amount": lambda: row.write({"price_unit": 5}),
            "text": lambda: row.write({"name": "Something else"}),
            "tax": lambda: row.write({"tax_ids": [Command.set(self._make_tax().ids)]}),
            "row added": lambda: row.copy({"move_id": move.id}),
            "row removed": row.unlink,
        }

    def _make_tax(self):
        return self.env["account.tax"].create({"name": "7 %", "amount": 7})

    def _make_analytic_account(self):
        plan = self.env["account.analytic.plan"].create({"name": "Projects"})
        return self.env["account.analytic.account"].create({"name": "A", "plan_id": plan.id})

    def test_nothing_that_was_handed_over_can_be_changed(self):
        steps = {
            ("queued", False): "take it out first",
            ("queued", "customer"): "being sent",
            ("sending", "customer"): "being sent",
            ("uncertain", "bookkept"): "being sent",
            ("accepted", "handed_over"): "make a credit note",
        }
        for (state, step), next_step in steps.items():
            self._set_state(state, step)
            for name, change in self._forbidden().items():
                with (
                    self.subTest(state=state, change=name),
                    self.assertRaisesRegex(UserError, next_step),
                    self.env.cr.savepoint(),
                ):
                    change()

    def test_all_of_it_can_be_done_once_nox_finans_does_not_have_it(self):
        for state in ("refused", "closed"):
            self._set_state(state)
            self.move.with_user(self.clerk).button_draft()
            self.move.invoice_line_ids.price_unit += 1
            self.move.action_post()

    def test_what_is_not_handed_over_can_be_changed_all_the_time(self):
        self._set_state("accepted", "handed_over")
        move = self.move.with_user(self.clerk)
        move.write({"no_followup": True, "nox_finans_hidden": True, "nox_finans_not_ready": True})
        account = self._make_analytic_account()
        self.move.invoice_line_ids.analytic_distribution = {str(account.id): 100}
        self.pay(self.move)
        self.assertEqual(self.move.amount_residual, 0)

    def test_a_changed_address_is_told_since_the_service_keeps_the_old_one(self):
        case = self.case
        case.snapshot = {"customer": case._prepare_customer(), "invoice": case._prepare_invoice()}
        self._set_state("accepted", "handed_over")
        self.assertFalse(case.changed_since_sent)
        self.customer.write({"street": "Nya gatan 9", "zip": "871 54"})
        case.invalidate_recordset()
        changes = case.with_user(self.clerk).changed_since_sent
        self.assertIn("Industrivägen 4 → Nya gatan 9", changes)
        self.assertIn("871 53 → 871 54", changes)

    def test_a_credit_note_can_be_made(self):
        self._set_state("accepted", "handed_over")
        reversal = (
            self.env["account.move.reversal"]
            .with_context(active_model="account.move", active_ids=self.move.ids)
            .create({"journal_id": self.move.journal_id.id, "date": fields.Date.today()})
        )
        reversal.refund_moves()
        self.assertEqual(self.move.reversal_move_ids.move_type, "out_refund")
