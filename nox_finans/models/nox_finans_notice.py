from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.tools import format_amount, format_date

from ..api import answers
from ..criteria import Rules
from . import account_move  # noqa: F401 - extended here, so it comes first

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
# Nobody has paid longer ago: Nox Finans takes no older invoice.
OLDEST_PAYMENT = timedelta(days=2 * 366)


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
        today = Rules(move.company_id).today
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
