from unittest.mock import patch

from odoo import Command
from odoo.exceptions import UserError

from .common import NoxFinansCase

PDF = "odoo.addons.base.models.ir_actions_report.IrActionsReport._run_wkhtmltopdf"


class TestSendDialog(NoxFinansCase):
    """Nox Finans in Odoo's own Send, and Odoo's own Send while Nox Finans has the invoice."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.clerk.lang = "en_US"
        # What a document looks like is not what is tested here.
        cls.startClassPatcher(patch(PDF, lambda *_args, **_options: b"%PDF-1.4"))

    def _open(self, moves, methods=None):
        """Return the dialog that opens on the invoices, with just `methods` ticked."""
        action = moves.with_user(self.clerk).action_send_and_print()
        dialog = (
            self.env[action["res_model"]]
            .with_user(self.clerk)
            .with_context(**action["context"])
            .create({})
        )
        if methods is not None:
            dialog.sending_methods = methods
        return dialog

    def _choose_for_customer(self, **values):
        customer = self.make_customer(**values)
        customer.invoice_sending_method = "nox_finans"
        return customer

    def _run_odoos_cron(self):
        with self.enter_registry_test_mode():
            self.env.ref("account.ir_cron_account_move_send").method_direct_trigger()

    # -------------------------------------------------------------------------
    # As a method
    # -------------------------------------------------------------------------

    def test_single(self):
        move = self.make_invoice()
        dialog = self._open(move)
        self.assertFalse(dialog.sending_method_checkboxes["nox_finans"]["checked"])
        dialog = self._open(move, ["nox_finans"])
        self.assertEqual(list(dialog.alerts), ["nox_finans_environment"])
        dialog.action_send_and_print()
        case = move.nox_finans_case_id
        self.assertEqual((case.state, case.user_id), ("queued", self.clerk))
        # The customer has got nothing from Odoo, and nothing holds the case up on its way.
        self.assertFalse(move.is_move_sent)
        self.assertFalse(move._get_nox_finans_rejections(ignore={"open_case"}))

    def test_customers_own_method_is_ticked_if_it_can_go(self):
        customer = self._choose_for_customer()
        dialog = self._open(self.make_invoice(partner_id=customer.id))
        self.assertEqual(dialog.sending_methods, ["nox_finans"])
        customer.zip = False
        dialog = self._open(self.make_invoice(partner_id=customer.id))
        self.assertFalse(dialog.sending_methods)
        self.assertEqual(dialog.alerts["nox_finans_blocked"]["level"], "warning")

    def test_single_red_says_why_and_sends_nothing(self):
        self.customer.zip = False
        move = self.make_invoice()
        dialog = self._open(move, ["nox_finans"])
        alert = dialog.alerts["nox_finans_blocked"]
        self.assertEqual(alert["level"], "danger")
        self.assertIn("address is incomplete", alert["message"])
        with self.assertRaisesRegex(UserError, "address is incomplete"):
            dialog.action_send_and_print()
        self.assertFalse(move.nox_finans_case_ids)

    def test_single_yellow_and_twice_are_warned_of(self):
        self.customer.company_registry = False
        dialog = self._open(self.make_invoice(), ["nox_finans", "email"])
        self.assertEqual(dialog.alerts["nox_finans_warning"]["level"], "warning")
        self.assertIn("organisation", dialog.alerts["nox_finans_warning"]["message"])
        self.assertIn("twice", dialog.alerts["nox_finans_twice"]["message"])
        dialog.action_send_and_print()
        move = dialog.move_id
        self.assertEqual(move.nox_finans_case_state, "queued")
        self.assertTrue(move.is_move_sent)
        self.assertIn(self.customer, move.message_ids.partner_ids)

    def test_without_connection_it_is_not_offered(self):
        self.company._get_nox_finans_connector().action_disconnect()
        move = self.make_invoice(partner_id=self._choose_for_customer().id)
        dialog = self._open(move)
        self.assertNotIn("nox_finans", dialog.sending_method_checkboxes)
        self.assertIn("not connected", dialog.alerts["nox_finans_blocked"]["message"])

    def test_batch(self):
        green = self.make_invoice(partner_id=self._choose_for_customer().id)
        yellow = self.make_invoice(partner_id=self._choose_for_customer(company_registry=False).id)
        red = self.make_invoice(partner_id=self._choose_for_customer(zip=False).id)
        mailed = self.make_invoice()
        dialog = self._open(green + yellow + red + mailed)
        self.assertEqual(dialog.summary_data["nox_finans"]["count"], 2)
        self.assertEqual(dialog.alerts["nox_finans_blocked"]["level"], "warning")
        self.assertIn(red.name, dialog.alerts["nox_finans_blocked"]["message"])
        self.assertIn(yellow.name, dialog.alerts["nox_finans_warning"]["message"])
        self.assertEqual(dialog.alerts["nox_finans_environment"]["level"], "info")
        dialog.action_send_and_print()
        self._run_odoos_cron()
        cases = (green + yellow).nox_finans_case_id
        self.assertEqual(cases.mapped("state"), ["queued", "queued"])
        self.assertEqual(cases.user_id, self.clerk)
        self.assertFalse(red.nox_finans_case_ids)
        self.assertIn("Not sent via Nox Finans", red.message_ids[0].body)
        self.assertTrue(mailed.is_move_sent)
        self.assertFalse((green + yellow + red + mailed).filtered("sending_data"))

    def test_who_may_not_send_is_told_in_the_background_too(self):
        move = self.make_invoice(partner_id=self._choose_for_customer().id)
        self._open(move + self.make_invoice()).action_send_and_print()
        self.clerk.group_ids = [Command.unlink(self.env.ref("account.group_account_invoice").id)]
        self._run_odoos_cron()
        self.assertFalse(move.nox_finans_case_ids)
        self.assertIn("Only those who invoice", move.message_ids[0].body)

    # -------------------------------------------------------------------------
    # Off while Nox Finans delivers
    # -------------------------------------------------------------------------

    def _make_delivered(self):
        move = self.make_invoice()
        self.send(move)
        return move

    def _count_mails(self, move):
        return len(move.message_ids.filtered("partner_ids"))

    def test_single_is_off(self):
        move = self._make_delivered()
        dialog = self._open(move, ["email"])
        self.assertEqual(dialog.alerts["nox_finans_delivers"]["level"], "danger")
        self.assertIn("gavel", dialog.alerts["nox_finans_delivers"]["message"])
        for sending in (
            dialog.action_send_and_print,
            lambda: move._generate_and_send(sending_methods=["email"]),
            lambda: self.env["account.move.send"]._generate_and_send_invoices(move),
        ):
            with self.assertRaisesRegex(UserError, "two OCR numbers"):
                sending()
        self.assertFalse(self._count_mails(move))

    def test_printing_for_oneself_stays_possible(self):
        move = self._make_delivered()
        self.assertTrue(move.action_print_pdf())
        dialog = self._open(move, [])
        self.assertFalse(dialog.alerts)
        dialog.action_send_and_print()
        printed = [("res_model", "=", move._name), ("res_id", "=", move.id)]
        self.assertTrue(self.env["ir.attachment"].search(printed))
        # It names Nox Finans: it is not kept as the invoice's own document.
        self.assertFalse(move.invoice_pdf_report_id)

    def test_batch_leaves_it_out(self):
        delivered, free = self._make_delivered(), self.make_invoice()
        dialog = self._open(delivered + free)
        alert = dialog.alerts["nox_finans_delivers"]
        self.assertEqual(alert["level"], "warning")
        self.assertIn(delivered.name, alert["message"])
        self.assertEqual(dialog.summary_data["email"]["count"], 1)
        dialog.action_send_and_print()
        self._run_odoos_cron()
        self.assertFalse(self._count_mails(delivered))
        self.assertIn("Not sent", delivered.message_ids[0].body)
        self.assertTrue(self._count_mails(free))
        self.assertFalse(delivered.sending_data or free.sending_data)

    def test_what_waits_for_odoos_cron_is_left_out_once_nox_finans_has_it(self):
        moves = self.make_invoice() + self.make_invoice()
        self._open(moves).action_send_and_print()
        self.send(moves[0])
        self._run_odoos_cron()
        self.assertEqual([bool(self._count_mails(move)) for move in moves], [False, True])

    def test_what_nox_finans_does_not_deliver_may_be_sent_and_is_told_how(self):
        move = self.make_invoice()
        move.nox_finans_channel = "none"
        dialog = self._open(move, ["nox_finans", "email"])
        self.assertNotIn("nox_finans_twice", dialog.alerts)
        self.assertIn("you bring it to the customer", dialog.alerts["nox_finans_leaves"]["message"])
        self.send(move)
        dialog = self._open(move, ["email"])
        self.assertNotIn("nox_finans_delivers", dialog.alerts)
        self.assertEqual(dialog.alerts["nox_finans_leaves"]["level"], "warning")
        self.assertIn("gavel > Document", dialog.alerts["nox_finans_leaves"]["message"])
        self.assertFalse(self._open(move, []).alerts, "printing for oneself")
        dialog.action_send_and_print()
        self.assertTrue(self._count_mails(move))

    def test_composer_template_and_share_are_off(self):
        move = self._make_delivered()
        template = self.env.ref("account.email_template_edi_invoice")
        composer = self.env["mail.compose.message"].with_context(
            default_model="account.move", default_res_ids=move.ids
        )
        share = self.env["portal.share"].with_context(
            active_model="account.move", active_id=move.id
        )
        for sending in (
            lambda: template.send_mail(move.id),
            lambda: composer.create({"template_id": template.id}).action_send_mail(),
            lambda: share.create(
                {"partner_ids": [Command.set(self.customer.ids)]}
            ).action_send_mail(),
        ):
            with self.assertRaisesRegex(UserError, "two OCR numbers"):
                sending()

    def test_the_reminder_service_and_closed_cases_leave_sending_on(self):
        reminder = self.make_invoice(
            invoice_payment_term_id=self.term_reminder.id,
            invoice_date="2026-01-02",
        )
        self.assertEqual(self.send(reminder)[0].service, "reminder")
        closed = self._make_delivered()
        closed.nox_finans_case_id.sudo().state = "closed"
        for move in (reminder, closed):
            dialog = self._open(move, ["email"])
            self.assertNotIn("nox_finans_delivers", dialog.alerts or {})
            dialog.action_send_and_print()
            self.assertTrue(self._count_mails(move))

    # -------------------------------------------------------------------------
    # Odoo's own follow-up
    # -------------------------------------------------------------------------

    def test_follow_up_is_off_meanwhile_and_given_back(self):
        for way, last in ((("accept",), "end"), ((), "refuse")):
            for before in (False, True):
                move = self.make_invoice()
                move.no_followup = before
                case = self.send(move)[0].sudo()
                self.assertTrue(move.no_followup)
                for event in way:
                    case._move(event)
                    self.assertTrue(move.no_followup)
                case._move(last)
                self.assertEqual(move.no_followup, before)

    def test_follow_up_is_off_again_when_sent_again_and_back_when_withdrawn(self):
        move = self.make_invoice()
        case = self.send(move)[0]
        case.sudo()._move("refuse")
        self.send(move)
        self.assertTrue(move.no_followup)
        case.with_user(self.clerk).action_withdraw()
        self.assertFalse(move.no_followup)
