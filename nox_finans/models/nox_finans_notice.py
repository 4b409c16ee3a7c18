from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date

from ..api import answers
from .nox_finans_criterion import CompanyRules

PAID, DISPUTED = "paid", "disputed"
KINDS = [(PAID, "Has paid"), (DISPUTED, "Disputes it")]
METHODS = [
    ("bankgiro", "Bankgiro or Plusgiro"),
    ("transfer", "Bank transfer"),
    ("swish", "Swish"),
    ("card", "Card"),
    ("other", "In another way"),
]
MAX_TEXT = 500
# What one invoice's debtor may say in a day: enough for a mistake and its correction.
MAX_NOTICES, NOTICE_PERIOD = 3, timedelta(days=1)
# Nobody has paid longer ago: Nox Finans takes no older invoice.
OLDEST_PAYMENT = timedelta(days=2 * 366)
PAID_ACTIVITY = "nox_finans.mail_activity_type_debtor_paid"


class NoticeLimitError(ValidationError):
    """More was said of the invoice than a day allows."""


class NoxFinansNotice(models.Model):
    """What a debtor has said on the portal of an invoice that Nox Finans has.

    Each is a row that stays: by them the rate is limited, whichever server process is asked.
    """

    _name = "nox.finans.notice"
    _description = "Nox Finans Debtor's Notice"
    _order = "id desc"
    _rec_name = "kind"

    move_id = fields.Many2one(
        comodel_name="account.move", required=True, readonly=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="move_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="move_id.currency_id")
    kind = fields.Selection(selection=KINDS, required=True, readonly=True)
    partner_id = fields.Many2one(
        comodel_name="res.partner",
        string="Signed in as",
        readonly=True,
        help="Empty: somebody who has the link to the invoice.",
    )
    payment_date = fields.Date(readonly=True)
    amount = fields.Monetary(readonly=True)
    method = fields.Selection(selection=METHODS, string="Paid by", readonly=True)
    text = fields.Char(readonly=True, help="The debtor's own words.")

    @api.model
    def _read_paid(self, move, values):
        """Return the values of a notice that the invoice is paid, out of a form.

        :raises ValidationError: they say no payment; names what is wrong
        """
        today = CompanyRules.of(move.company_id).today
        day = answers.day(values.get("payment_date"))
        if not day or not today - OLDEST_PAYMENT <= day <= today:
            raise ValidationError(self.env._("Please say on which day you have paid."))
        said = answers.text(values.get("amount")).replace(" ", "").replace(",", ".")
        amount = answers.amount(said)
        if not amount or amount <= 0:
            raise ValidationError(self.env._("Please say how much you have paid."))
        if values.get("method") not in dict(METHODS):
            raise ValidationError(self.env._("Please say how you have paid."))
        return {
            "payment_date": day,
            "amount": amount,
            "method": values["method"],
            "text": answers.text(values.get("text"), MAX_TEXT),
        }

    @api.model
    def _read_disputed(self, _move, values):
        """Return the values of a notice that the invoice is disputed, out of a form.

        :raises ValidationError: it does not say why
        """
        text = answers.text(values.get("text"), MAX_TEXT)
        if not text:
            raise ValidationError(self.env._("Please say what is wrong with the invoice."))
        return {"text": text}

    def _get_words(self):
        """Return what was said, in one line for the clerk."""
        self.ensure_one()
        if self.kind == DISPUTED:
            return self.env._("The customer disputes the invoice (portal): %s", self.text)
        methods = dict(self._fields["method"]._description_selection(self.env))
        return self.env._(
            "The customer says that %(amount)s was paid on %(day)s (%(method)s). %(text)s",
            amount=format_amount(self.env, self.amount, self.currency_id),
            day=format_date(self.env, self.payment_date),
            method=methods[self.method],
            text=self.text,
        ).strip()


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
