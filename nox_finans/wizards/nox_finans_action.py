from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.nox_finans_case import ACTIONS, MAX_PAUSE_DAYS
from ..models.nox_finans_criterion import CompanyRules


class NoxFinansAction(models.TransientModel):
    """Asks for one action on one case, after saying what it does."""

    _name = "nox.finans.action"
    _description = "Nox Finans Action"

    case_id = fields.Many2one(comodel_name="nox.finans.case", required=True, readonly=True)
    action = fields.Selection(selection=ACTIONS, required=True, readonly=True)
    explanation = fields.Char(compute="_compute_explanation")
    currency_id = fields.Many2one(related="case_id.company_currency_id")
    balance = fields.Monetary(related="case_id.capital_balance")
    fees = fields.Monetary(related="case_id.fees")
    paused_until = fields.Date(
        default=lambda self: fields.Date.context_today(self) + timedelta(days=14)
    )
    amount = fields.Monetary(string="Paid Amount")

    def _get_action_labels(self):
        return self._fields["action"]._description_selection(self.env)

    @api.depends("action")
    def _compute_explanation(self):
        texts = {
            "pause": self.env._(
                "Nothing happens to the invoice until and including this day; then it goes on by "
                "itself. At most %s days.",
                MAX_PAUSE_DAYS,
            ),
            "unpause": self.env._("The invoice goes on where it was paused."),
            "report_payment": self.env._(
                "The customer has paid you directly, all or part: Nox Finans collects only what is "
                "left. Register the payment in Odoo as well."
            ),
            "take_fees": self.env._(
                "The customer need not pay the fees that were added: your company pays them."
            ),
            "stop": self.env._(
                "Nox Finans does nothing more with the invoice. It costs a fee by your price list, "
                "and cannot be undone."
            ),
        }
        for wizard in self:
            wizard.explanation = texts[wizard.action]

    def action_confirm(self):
        """Hand the request to the connector.

        :raises UserError: the date or the amount is not possible; says what is
        """
        self.ensure_one()
        date, amount = False, 0
        if self.action == "pause":
            date = self._check_date()
        if self.action == "report_payment":
            amount = self._check_amount()
        self.case_id._request(self.action, date, amount)
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "success",
                "title": "Nox Finans",
                "message": self.env._("Asked for; it is done in a moment."),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_date(self):
        today = CompanyRules.of(self.case_id.company_id).today
        last = today + timedelta(days=MAX_PAUSE_DAYS)
        if not self.paused_until or not today <= self.paused_until <= last:
            raise UserError(
                self.env._("The pause must end between today and %s.", fields.Date.to_string(last))
            )
        return self.paused_until

    def _check_amount(self):
        if not 0 < self.amount <= self.case_id.balance_with_fees:
            raise UserError(
                self.env._(
                    "The amount must be above 0 and not above the balance with fees (%s).",
                    self.case_id.balance_with_fees,
                )
            )
        return self.amount
