from ast import literal_eval

from odoo.exceptions import UserError

from .common import NoxFinansCase

FIELDS = {
    "name": {},
    "partner_id": {"fields": {"display_name": {}}},
    "invoice_date": {},
    "invoice_payment_term_id": {"fields": {"display_name": {}}},
    "amount_residual": {},
    "nox_finans_status": {},
    "nox_finans_reasons": {},
    "nox_finans_used_channel": {},
    "nox_finans_service": {},
}


class TestSelection(NoxFinansCase):
    """The list of what is not sent yet: what is in it, hiding, and what it costs to open."""

    def _open(self, moves=None, user=None):
        """Return what the clerk's web client reads when it opens the selection."""
        moves = (moves or self.env["account.move"]).with_user(user or self.clerk)
        domain = moves.action_nox_finans_send()["domain"]
        if isinstance(domain, str):
            domain = literal_eval(domain)
        return moves.web_search_read(domain, FIELDS, limit=80, order="id")["records"]

    def test_button_without_marked_rows_opens_all_that_are_not_sent(self):
        moves = self.make_invoice() + self.make_invoice() + self.make_invoice()
        case, _left_out = self.send(moves[0])
        refused, _left_out = self.send(moves[1])
        refused.sudo().state = "refused"
        ids = [row["id"] for row in self._open()]
        self.assertNotIn(case.move_id.id, ids)
        self.assertIn(moves[1].id, ids)
        self.assertIn(moves[2].id, ids)

    def test_button_with_marked_rows_opens_just_those(self):
        marked = self.make_invoice() + self.make_invoice()
        self.make_invoice()
        self.assertEqual([row["id"] for row in self._open(marked)], marked.ids)

    def test_rows_carry_colour_and_reason(self):
        self.customer.city = False
        (row,) = self._open(self.make_invoice())
        self.assertEqual(row["nox_finans_status"], "rejected")
        self.assertIn("address is incomplete", row["nox_finans_reasons"])
        self.assertEqual(row["nox_finans_service"], "invoice")

    def test_hide_and_bring_back(self):
        move = self.make_invoice().with_user(self.clerk)
        move.action_nox_finans_hide()
        self.assertTrue(move.nox_finans_hidden)
        move.action_nox_finans_unhide()
        self.assertFalse(move.nox_finans_hidden)

    def test_a_copy_is_not_hidden(self):
        move = self.make_invoice()
        move.nox_finans_hidden = move.nox_finans_not_ready = True
        copy = move.copy()
        self.assertFalse(copy.nox_finans_hidden or copy.nox_finans_not_ready)

    def test_number_of_queries_does_not_depend_on_number_of_invoices(self):
        def count(moves):
            self.env.flush_all()
            self.env.invalidate_all()
            before = self.env.cr.sql_log_count
            self.assertEqual(len(self._open(moves)), len(moves))
            return self.env.cr.sql_log_count - before

        def customers(number):
            return [self.make_customer(name=f"Customer {index}") for index in range(number)]

        few = self.env["account.move"].union(
            *(self.make_invoice(partner_id=customer.id) for customer in customers(4))
        )
        many = self.env["account.move"].union(
            *(self.make_invoice(partner_id=customer.id) for customer in customers(60))
        )
        count(few)  # fills what is cached once for all: rights, terms, views
        self.assertEqual(count(many), count(few))

    def test_group_and_sort_by_colour_in_the_database(self):
        green = self.make_invoice()
        red = self.make_invoice()
        red.nox_finans_not_ready = True
        groups = green.formatted_read_group(
            [("id", "in", (green + red).ids)], ["nox_finans_status"], ["__count"]
        )
        self.assertEqual(
            {group["nox_finans_status"]: group["__count"] for group in groups},
            {"approved": 1, "rejected": 1},
        )

    def test_wizard_needs_marked_rows(self):
        with self.assertRaises(UserError):
            self.env["account.move"].with_user(self.clerk).action_nox_finans_open_send()
