from datetime import date, timedelta

from odoo import api, fields, models

from ..core.words import ACTIONS
from ..criteria import Rules
from ..exchange.actions import SERVICE_ACTIONS, Action
from ..models.nox_finans_gate import GROUP_SEND, gate

MAIL_TEMPLATE = "nox_finans.mail_template_stopped"


class NoxFinansAction(models.TransientModel):
    """Asks for one action on one or many cases, after saying what it does and what it costs."""

    _name = "nox.finans.action"
    _inherit = "nox.finans.dialog"
    _description = "Nox Finans Action"

    _subjects = ("case_ids", "ready_case_ids")

    case_ids = fields.Many2many(
        comodel_name="nox.finans.case", string="Cases", required=True, readonly=True
    )
    action = fields.Selection(selection=ACTIONS, required=True, readonly=True)
    ready_case_ids = fields.Many2many(
        comodel_name="nox.finans.case",
        relation="nox_finans_action_ready_rel",
        string="Concerned",
        compute="_compute_ready",
        compute_sudo=False,
        store=True,
    )
    count = fields.Integer(compute="_compute_ready", compute_sudo=False, store=True)
    left_out = fields.Text(compute="_compute_ready", compute_sudo=False, store=True)
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
        string="Paid Amount",
        compute="_compute_amount",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    takes_fees = fields.Boolean(
        string="We Pay the Fees",
        help="The fees that were added are your company's cost; else the customer owes them still.",
    )
    is_mailed = fields.Boolean(
        string="Write to the Customer",
        compute="_compute_mail",
        compute_sudo=False,
        store=True,
        readonly=False,
        help="Sent as soon as Nox Finans has confirmed the stop.",
    )
    mail_subject = fields.Char(
        string="Subject",
        compute="_compute_mail",
        compute_sudo=False,
        store=True,
        readonly=False,
    )
    mail_body = fields.Html(
        string="E-mail",
        compute="_compute_mail",
        compute_sudo=False,
        store=True,
        readonly=False,
        sanitize_style=True,
    )
    unreachable_count = fields.Integer(compute="_compute_mail", compute_sudo=False, store=True)

    def _get_action(self):
        """Return what is asked for; while none is chosen, an action that does nothing."""
        return SERVICE_ACTIONS.get(self.action, Action())

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
            left_out = {case: case.status_message for case in wizard.case_ids - ready}
            wizard.left_out = wizard._list_reasons(left_out)

    @api.depends("action")
    def _compute_explanation(self):
        for wizard in self:
            wizard.explanation = wizard._get_action().explain(wizard.env)

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
        action, parts = self._get_action(), []
        if action.pays_fees(self):
            parts.append(self.env._("the fees so far, %s", self._format(self.fees)))
        prices = [
            self.env["nox.finans.price"]._get_price_of(
                company, action.price_kind, Rules(company).today
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
        # The interface speaks of SEK only; the dialog's own field is for the page.
        return self.env.ref("base.SEK").format(amount)

    @api.depends("paused_until")
    def _compute_resumes_on(self):
        for wizard in self:
            # No date follows the last one there is.
            is_possible = wizard.paused_until and wizard.paused_until < date.max
            wizard.resumes_on = is_possible and wizard.paused_until + timedelta(days=1)

    @api.depends("ready_case_ids")
    def _compute_amount(self):
        for wizard in self:
            wizard.amount = wizard._get_unreported() or wizard.balance

    def _get_unreported(self):
        """Return what of the only case is known to be paid and not reported yet; 0 of many."""
        if not self._is_of_one():
            return 0
        case = self.ready_case_ids
        return case._get_unreported_payment() or case.unreported_credit

    @api.depends("ready_case_ids", "action")
    def _compute_mail(self):
        for wizard in self:
            cases = wizard.ready_case_ids
            reachable = cases.filtered("partner_id.email")
            wizard.unreachable_count = len(cases) - len(reachable)
            wizard.is_mailed = wizard._get_action().is_mailed and bool(reachable)
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

    @gate("write", GROUP_SEND, on="one")
    def action_confirm(self) -> dict:
        """Hand the requests to the connector; what has changed since the dialog was opened is left
        out.

        :raises UserError: the date or the amount is not possible, or nothing can be asked for
        """
        cases, left_out = self._hold_unchanged(self.ready_case_ids)
        cases, not_ready = self._split_ready(cases)
        left_out |= not_ready
        self._check_any_left(cases, left_out)
        action = self._get_action()
        action.check(self, cases)
        for case, values in action.prepare(self, cases).items():
            case._request(action.name, **values)
        if len(cases) == 1:
            message = self.env._("Asked for; it is done in a moment.")
        else:
            message = self.env._("Asked for, for %s cases; it is done in a moment.", len(cases))
        _cases, never_ready = self._split_ready(self.case_ids - self.ready_case_ids)
        return self._answer(message, left_out | never_ready)

    def _split_ready(self, cases):
        """Return the cases that are in a state for the action, and why each other one is not."""
        ready = cases.filtered(lambda case: self.action in case._get_allowed_actions())
        return ready, {case: case._get_refusal() for case in cases - ready}

    def _is_of_one(self):
        """Tell whether the dialog shows one case's amount and e-mail, to be changed."""
        return len(self.ready_case_ids) == 1

    def _get_mails(self, cases):
        """Return a dict from the cases whose customer is written to, to subject and body."""
        if not self.is_mailed:
            return {}
        reachable = cases.filtered("partner_id.email")
        if self._is_of_one():
            return dict.fromkeys(reachable, (self.mail_subject, self.mail_body))
        return self._prepare_mails(reachable)
