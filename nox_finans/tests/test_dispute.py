from odoo import fields
from odoo.exceptions import AccessError, UserError
from odoo.tests import tagged

from .common import NoxFinansCase


@tagged("post_install", "-at_install")
class TestDispute(NoxFinansCase):
    """A dispute keeps an invoice from being sent, for one invoice and for many."""

    def setUp(self):
        super().setUp()
        self.moves = self.make_invoice() + self.make_invoice()

    def note(self, moves, user=None, **values):
        moves = moves.with_user(user or self.clerk)
        context = moves.action_nox_finans_dispute()["context"]
        wizard = moves.env["nox.finans.dispute"].with_context(**context)
        wizard.create({"reason": "Wrong price", **values}).action_confirm()

    def test_it_is_yellow_and_not_sent(self):
        self.note(self.moves[0])
        self.assertEqual(self.moves[0].nox_finans_status, "warning")
        self.assertIn("disputes the invoice", self.moves[0].nox_finans_reasons)
        cases, left_out = self.send(self.moves)
        self.assertEqual(cases.move_id, self.moves[1])
        self.assertIn("disputes", left_out[self.moves[0]])
        self.moves[0].with_user(self.clerk).action_nox_finans_settle_dispute()
        self.assertEqual(self.moves[0].nox_finans_status, "approved")
        self.assertEqual(len(self.send(self.moves[0])[0]), 1)

    def test_the_owner_is_asked_until_it_is_settled(self):
        self.note(self.moves, user_id=self.manager.id)
        activities = self.moves.activity_ids
        self.assertEqual(activities.user_id, self.manager)
        self.assertEqual(set(activities.mapped("summary")), {"Wrong price"})
        self.assertIn("Wrong price", self.moves[0].message_ids[0].body)
        self.moves.with_user(self.clerk).action_nox_finans_settle_dispute()
        self.assertFalse(self.moves.activity_ids)
        with self.assertRaisesRegex(UserError, "None of the invoices"):
            self.moves.with_user(self.clerk).action_nox_finans_settle_dispute()

    def test_noted_again_it_belongs_to_the_new_owner_alone(self):
        self.note(self.moves[0], user_id=self.manager.id)
        self.note(self.moves[0], reason="Not delivered", user_id=self.clerk.id)
        self.assertEqual(self.moves[0].activity_ids.user_id, self.clerk)
        self.assertEqual(self.moves[0].nox_finans_dispute_reason, "Not delivered")

    def test_who_only_reads_may_neither_note_nor_settle(self):
        with self.assertRaises(AccessError):
            self.moves.with_user(self.reader)._nox_finans_note_dispute("No", self.reader)
        self.note(self.moves)
        with self.assertRaises(AccessError):
            self.moves.with_user(self.reader).action_nox_finans_settle_dispute()

    def test_a_copy_is_not_disputed(self):
        self.note(self.moves[0])
        self.assertFalse(self.moves[0].copy().nox_finans_is_disputed)

    def test_while_it_lasts_the_case_cannot_be_resumed(self):
        (case,) = self.send(self.moves[0])[0]
        case.sudo().write(
            {
                "state": "accepted",
                "remote_status": "PAUSED",
                "confirmed_date": fields.Datetime.now(),
            }
        )
        self.assertIn("unpause", case.with_user(self.clerk).allowed_actions)
        self.note(self.moves[0])
        self.assertNotIn("unpause", case.with_user(self.clerk).allowed_actions)
