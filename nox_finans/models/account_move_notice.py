from datetime import timedelta

from odoo import fields, models
from odoo.exceptions import ValidationError

from .nox_finans_notice import DISPUTED, PAID

# What one invoice's debtor may say in a day: enough for a mistake and its correction.
MAX_NOTICES, NOTICE_PERIOD = 3, timedelta(days=1)
PAID_ACTIVITY = "nox_finans.mail_activity_type_debtor_paid"


class NoticeLimitError(ValidationError):
    """More was said of the invoice than a day allows."""


class AccountMove(models.Model):
    """What a debtor says of his invoice on the portal."""

    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _get_nox_finans_notices(self):
        """Return what the debtor has said of the invoice since Nox Finans has it, newest first."""
        self.ensure_one()
        # Full rights: whoever may see the invoice sees what was said of it on its own page.
        notices = self.env["nox.finans.notice"].sudo()
        case = self._get_nox_finans_open_cases()[:1]
        if not case:
            return notices
        return notices.search([("move_id", "=", self.id), ("create_date", ">=", case.create_date)])

    def _take_nox_finans_notice(self, kind, values, partner):
        """Note what the debtor says, and ask the responsible person.

        For the system, which acts for a debtor whose access to the invoice was checked before.

        :param partner: as whom he is signed in; empty for one who has the link
        :raises ValidationError: it is incomplete, or more than a day allows; or Nox Finans does not
            have the invoice
        :raises LockError: the invoice is being changed right now
        """
        self.ensure_one()
        # One after the other, or the limit would not hold.
        self.lock_for_update(allow_referencing=True)
        if not self._get_nox_finans_payee():
            raise ValidationError(
                self.env._("Nox Finans does not handle this invoice. Please contact us.")
            )
        Notice = self.env["nox.finans.notice"]
        since = fields.Datetime.now() - NOTICE_PERIOD
        said = [("move_id", "=", self.id), ("create_date", ">=", since)]
        if Notice.search_count(said, limit=MAX_NOTICES) >= MAX_NOTICES:
            raise NoticeLimitError(
                self.env._("We have got your messages and are looking at them. Please wait a day.")
            )
        read = {PAID: Notice._read_paid, DISPUTED: Notice._read_disputed}[kind]
        notice = Notice.create(
            {**read(self, values), "move_id": self.id, "kind": kind, "partner_id": partner.id}
        )
        self._pass_on_nox_finans_notice(notice)

    def _pass_on_nox_finans_notice(self, notice):
        """Tell the one who looks after the case, in his language."""
        case = self._get_nox_finans_open_cases()
        user = case._get_responsible()
        move = self.with_context(lang=user.lang or self.env.lang)
        words = notice.with_env(move.env)._get_words()
        if notice.kind == DISPUTED and not move.nox_finans_is_disputed:
            move._nox_finans_note_dispute(words, user)
            return
        move.message_post(body=words, subtype_xmlid="mail.mt_note")
        if notice.kind == PAID:
            move._ask(PAID_ACTIVITY, words, user)
