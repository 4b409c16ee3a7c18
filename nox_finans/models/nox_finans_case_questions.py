from odoo import models

from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND

MONEY_ACTIVITY = "nox_finans.mail_activity_type_money"


class NoxFinansCase(models.Model):
    """Who is asked about a case, and the questions about its money."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    def _get_responsible(self):
        """Return who looks after the case: who sent it, or the connection's responsible.

        Hook: other add-ons may have others asked.
        """
        sender = self.user_id
        if sender.active and sender.has_group(GROUP_SEND):
            return sender
        return self.company_id._get_nox_finans_connector()._get_administrator()

    def _for_responsible(self):
        """Return the case in the language of the one who looks after it."""
        return self.with_context(lang=self._get_responsible().lang or self.env.lang)

    def _ask_responsible(self, activity_type, text, deadline=None):
        """Give the responsible one activity of this type on the case, with the newest text."""
        user = self._get_responsible() or self.env.user
        self._ask(activity_type, text, user, deadline=deadline)

    # -------------------------------------------------------------------------
    # Money
    # -------------------------------------------------------------------------

    def _ask_about_money(self, text):
        self._ask_responsible(MONEY_ACTIVITY, text)

    def _close_money_questions(self):
        self._close_questions([MONEY_ACTIVITY])

    def _ask_about_report(self, text):
        """Leave it to a person; nothing is reported by itself until the amount changes."""
        self.asked_amount = self.unreported_amount
        self._ask_about_money(text)

    def _review_money_questions(self):
        """Close the questions about money whose reason is gone; the others say what holds now."""
        # What is not to be reported any more is asked about anew when it comes back.
        self.filtered(lambda case: case.asked_amount and not case.unreported_amount).write(
            {"asked_amount": 0}
        )
        activities = self.activity_search([MONEY_ACTIVITY])
        for case in self.browse(activities.mapped("res_id")):
            if case.unbooked_amount and case.money_message:
                case._ask_about_money(case._get_booking_question())
            elif case.unreported_amount:
                case._renew_report_question()
            elif not (case.state == "closed" and case.unclear_since):
                case._close_money_questions()
