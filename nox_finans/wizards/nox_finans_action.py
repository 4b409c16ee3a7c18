from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.nox_finans_case import ACTIONS, MAX_PAUSE_DAYS
from ..models.nox_finans_criterion import CompanyRules

# How many of those left out are named; the rest are counted.
NAMED = 10
MAIL_TEMPLATE = "nox_finans.mail_template_stopped"


class NoxFinansAction(models.TransientModel):
    """Asks for one action on one or many cases, after saying what it does and what it costs."""

    _name = "nox.finans.action"
    _description = "Nox Finans Action"

    case_ids = fields.Many2many(
        comodel_name="nox.finans.case", string="Cases", required=True, readonly=True
    )
    action = fields.Selection(selection=ACTIONS, required=True, readonly=True)
    ready_case_ids = fields.Many2many(
        comodel_name="nox.finans.case",
        relation="nox_finans_action_ready_rel",
        string="Concerned",
        compute="_compute_ready",
        store=True,
    )
    count = fields.Integer(compute="_compute_ready", store=True)
    left_out = fields.Text(compute="_compute_ready", store=True)
    explanation = fields.Char(compute="_compute_explanation")
    currency_id = fields.Many2one(
        comodel_name="res.currency", default=lambda self: self.env.ref("base.SEK")
    )
    balance = fields.Monetary(compute="_compute_amounts")
    fees = fields.Monetary(string="Fees So Far", compute="_compute_amounts")
    cost = fields.Char(string="What It Costs", compute="_compute_cost")
    paused_until = fields.Date(
        default=lambda self: fields.Date.context_today(self) + timedelta(days=14),
        help="This day included.",
    )
    resumes_on = fields.Date(string="Goes On", compute="_compute_resumes_on")
    amount = fields.Monetary(
        string="Paid Amount", compute="_compute_amount", store=True, readonly=False
    )
    takes_fees = fields.Boolean(
        string="We Pay the Fees",
        help="The fees that were added are your company's cost; else the customer owes them still.",
    )
    is_mailed = fields.Boolean(
        string="Write to the Customer",
        compute="_compute_mail",
        store=True,
        readonly=False,
        help="Sent as soon as Nox Finans has confirmed the stop.",
    )
    mail_subject = fields.Char(
        string="Subject", compute="_compute_mail", store=True, readonly=False
    )
    mail_body = fields.Html(
        string="E-mail",
        compute="_compute_mail",
        store=True,
        readonly=False,
        sanitize_style=True,
    )
    unreachable_count = fields.Integer(compute="_compute_mail", store=True)

    def _get_action_labels(self):
        return self._fields["action"]._description_selection(self.env)

    @api.depends("case_ids", "action")
    def _compute_ready(self):
        for wizard in self:
            ready = wizard.case_ids.filtered(
                lambda case, action=wizard.action: action in case._get_allowed_actions()
            )
            wizard.ready_case_ids = ready
            wizard.count = len(ready)
            wizard.left_out = wizard._list_left_out(wizard.case_ids - ready)

    def _list_left_out(self, cases):
        lines = [f"{case.move_id.name}: {case.status_message}" for case in cases[:NAMED]]
        if len(cases) > NAMED:
            lines.append(self.env._("… and %s more.", len(cases) - NAMED))
        return "\n".join(lines)

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
                "Nox Finans does nothing more with the invoice: no reminder, no debt collection. "
                "This cannot be undone, and the customer's payment to Nox Finans is no longer "
                "watched for."
            ),
        }
        for wizard in self:
            wizard.explanation = texts[wizard.action]

    @api.depends("ready_case_ids")
    def _compute_amounts(self):
        for wizard in self:
            wizard.balance = sum(wizard.ready_case_ids.mapped("capital_balance"))
            wizard.fees = sum(wizard.ready_case_ids.mapped("fees"))

    @api.depends("ready_case_ids", "takes_fees")
    def _compute_cost(self):
        for wizard in self:
            wizard.cost = wizard._get_cost()

    def _get_cost(self):
        """Return in words what the action costs: the fees taken over, and what the price list says.

        The service's own price may hold more (a commission, say): the list is the company's.
        """
        parts = []
        if self.action == "take_fees" or self.takes_fees:
            parts.append(self.env._("the fees so far, %s", self._format(self.fees)))
        prices = [
            self.env["nox.finans.price"]._get_price_of(
                company, self.action, CompanyRules.of(company).today
            )
            for company in self.ready_case_ids.mapped("company_id")
        ]
        if prices and None not in prices:
            counts = [len(cases) for cases in self.ready_case_ids.grouped("company_id").values()]
            total = sum(price * count for price, count in zip(prices, counts, strict=True))
            parts.append(self.env._("%s by your price list", self._format(total)))
        else:
            parts.append(self.env._("no price is known in your price list"))
        return self.env._("; ").join(parts)

    def _format(self, amount):
        return self.currency_id.format(amount)

    @api.depends("paused_until")
    def _compute_resumes_on(self):
        for wizard in self:
            wizard.resumes_on = wizard.paused_until and wizard.paused_until + timedelta(days=1)

    @api.depends("ready_case_ids")
    def _compute_amount(self):
        for wizard in self:
            # Of what is known to be paid, this much is not reported yet.
            case = wizard.ready_case_ids if wizard.count == 1 else wizard.ready_case_ids.browse()
            unreported = case._get_unreported_payment() or case.unreported_credit
            wizard.amount = unreported or wizard.balance

    @api.depends("ready_case_ids", "action")
    def _compute_mail(self):
        for wizard in self:
            cases = wizard.ready_case_ids
            reachable = cases.filtered("partner_id.email")
            wizard.unreachable_count = len(cases) - len(reachable)
            wizard.is_mailed = wizard.action == "stop" and bool(reachable)
            # Of many, each customer gets its own; shown is one of them.
            shown = reachable[:1] if wizard.is_mailed else reachable.browse()
            subject, body = wizard._prepare_mails(shown).get(shown, (False, False))
            wizard.mail_subject, wizard.mail_body = subject, body

    def _prepare_mails(self, cases):
        """Return a dict from each case to subject and body in its customer's language."""
        template = self.env.ref(MAIL_TEMPLATE)
        written = template._generate_template(cases.ids, ["subject", "body_html"])
        return {
            case: (written[case.id]["subject"], written[case.id]["body_html"]) for case in cases
        }

    def action_confirm(self):
        """Hand the requests to the connector.

        :raises UserError: the date or the amount is not possible, or no case is ready any more
        """
        self.ensure_one()
        date = self._check_date() if self.action == "pause" else False
        if self.action == "report_payment" and self.count == 1:
            self._check_amount()
        free = self.ready_case_ids.try_lock_for_update()
        free.invalidate_recordset()
        cases = free.filtered(lambda case: self.action in case._get_allowed_actions())
        if not cases and len(self.case_ids) == 1:
            # Says why.
            self.case_ids._hold(self.action)
        if not cases:
            raise UserError(self.env._("None of the cases is in a state for this any more."))
        mails = self._get_mails(cases)
        for case in cases:
            amount = 0
            if self.action == "report_payment":
                amount = self.amount if self.count == 1 else case.capital_balance
            case._request(
                self.action,
                date=date,
                amount=amount,
                takes_fees=self.action == "report_payment" and self.takes_fees,
                mail=mails.get(case),
            )
        return self._get_answer(cases)

    def _get_mails(self, cases):
        reachable = cases.filtered("partner_id.email")
        if self.action != "stop" or not self.is_mailed:
            return {}
        if self.count == 1:
            return dict.fromkeys(reachable, (self.mail_subject, self.mail_body))
        return self._prepare_mails(reachable)

    def _get_answer(self, cases):
        left_out = self._list_left_out(self.case_ids - cases)
        if len(cases) == 1:
            message = self.env._("Asked for; it is done in a moment.")
        else:
            message = self.env._("Asked for, for %s cases; it is done in a moment.", len(cases))
        if left_out:
            message += "\n" + self.env._("Left out:") + "\n" + left_out
        return {
            "type": "ir.actions.client",
            "tag": "display_notification",
            "params": {
                "type": "warning" if left_out else "success",
                "title": "Nox Finans",
                "message": message,
                "sticky": bool(left_out),
                "next": {"type": "ir.actions.client", "tag": "soft_reload"},
            },
        }

    def _check_date(self):
        today = max(CompanyRules.of(company).today for company in self.ready_case_ids.company_id)
        last = today + timedelta(days=MAX_PAUSE_DAYS)
        if not self.paused_until or not today <= self.paused_until <= last:
            raise UserError(
                self.env._("The pause must end between today and %s.", fields.Date.to_string(last))
            )
        return self.paused_until

    def _check_amount(self):
        case = self.ready_case_ids
        if not 0 < self.amount <= case.balance_with_fees:
            raise UserError(
                self.env._(
                    "The amount must be above 0 and not above the balance with fees (%s).",
                    self._format(case.balance_with_fees),
                )
            )
