from datetime import datetime, time

import pytz
from markupsafe import Markup
from odoo import api, fields, models
from odoo.exceptions import ValidationError
from odoo.fields import Domain

from ..core.text import list_some
from ..criteria import Rules, failing_domain, has_case, has_open_balance
from . import nox_finans_limits, nox_finans_system_fields  # noqa: F401 - inherited here
from .nox_finans_gate import GROUP_SEND, gate

REMINDER = "reminder"
# How many invoices a digest names; the rest are counted.
NAMED_IN_DIGEST = 20


class NoxFinansRule(models.Model):
    """Which overdue invoices go to the reminder service by themselves, each day.

    Only green ones that were never sent via Nox Finans, through the same gate as the button.
    """

    _name = "nox.finans.rule"
    _inherit = ["nox.finans.limits", "nox.finans.system.fields", "mail.thread"]
    _description = "Nox Finans Automatic Reminder"
    _order = "sequence, id"
    _check_company_auto = True

    name = fields.Char(required=True)
    sequence = fields.Integer(default=10)
    company_id = fields.Many2one(
        comodel_name="res.company",
        required=True,
        index=True,
        default=lambda self: self.env.company,
    )
    currency_id = fields.Many2one(related="company_id.currency_id")
    # A copy is there to be changed before it sends anything.
    is_on = fields.Boolean(string="On", tracking=True, copy=False)
    is_automatic = fields.Boolean(compute="_compute_is_automatic")
    days_overdue = fields.Integer(
        default=5,
        tracking=True,
        help="Invoices are taken when they have been overdue for at least so many days.",
    )
    least_amount = fields.Monetary(
        tracking=True, help="Invoices with a smaller open balance are left alone."
    )
    category_ids = fields.Many2many(
        comodel_name="res.partner.category",
        string="Customer Tags",
        help="Only customers with one of these tags. Empty: all customers.",
    )
    max_per_day = fields.Integer(
        string="At Most a Day", default=50, tracking=True, help="The oldest are taken first."
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="In the Name of",
        required=True,
        default=lambda self: self.env.user,
        tracking=True,
        help="Counts as the sender, and gets the digest of what was done.",
    )
    error_message = fields.Char(string="Why It Did Not Run", readonly=True, copy=False)
    # With the rule, not the connection or the cases: the exchange writes those all the time, and
    # whoever is second there loses the digest.
    told_case = fields.Integer(
        readonly=True, copy=False, help="The id of the latest case that a digest has told of."
    )
    case_ids = fields.One2many(
        comodel_name="nox.finans.case", inverse_name="rule_id", string="Cases", readonly=True
    )

    _days_positive = models.Constraint(
        "CHECK(days_overdue >= 1)",
        "A rule takes what has been overdue for at least 1 day.",
    )
    _max_positive = models.Constraint(
        "CHECK(max_per_day >= 1)",
        "A rule takes at least 1 invoice a day: or switch it off.",
    )
    _amount_not_negative = models.Constraint(
        "CHECK(least_amount >= 0)", "The least amount cannot be negative."
    )

    @api.depends("company_id")
    def _compute_is_automatic(self):
        for rule in self:
            # Full rights: whether anything is sent by itself is for all to know who see the rule.
            connector = rule.company_id.sudo()._get_nox_finans_connector()
            rule.is_automatic = connector.is_automatic

    @api.constrains("user_id", "company_id")
    def _check_user(self):
        for rule in self:
            user = rule.user_id
            is_able = user.active and user.has_group(GROUP_SEND)
            if not is_able or rule.company_id not in user.company_ids:
                raise ValidationError(
                    self.env._(
                        "%(user)s may not invoice in %(company)s: choose somebody else in whose "
                        "name the rule works.",
                        user=user.name,
                        company=rule.company_id.name,
                    )
                )

    def copy_data(self, default: dict | None = None) -> list[dict]:
        values = super().copy_data(default=default)
        if "name" in (default or {}):
            return values
        return [
            {**of_copy, "name": self.env._("%s (copy)", rule.name)}
            for rule, of_copy in zip(self, values, strict=True)
        ]

    # -------------------------------------------------------------------------
    # What it takes, and what not
    # -------------------------------------------------------------------------

    def _get_moves(self):
        """Return the model of invoices as the rule's user sees them in the rule's company."""
        return (
            self.env["account.move"]
            .with_user(self.user_id)
            .with_context(allowed_company_ids=self.company_id.ids)
        )

    def _get_candidates(self):
        """Return the domain of all overdue invoices that a rule could be asked about."""
        return (
            Domain(
                [
                    ("company_id", "=", self.company_id.id),
                    ("move_type", "=", "out_invoice"),
                    ("state", "=", "posted"),
                    ("invoice_date_due", "<", Rules(self.company_id).today),
                ]
            )
            & has_open_balance()
        )

    def _get_reasons(self):
        """Return why invoices are left alone: words, each with the domain of these invoices.

        None for words: the invoice's own reasons tell.
        """
        rules = Rules(self.company_id)
        is_receivable = Domain("display_type", "=", "payment_term")
        return [
            (self.env._("Sent via Nox Finans before."), has_case()),
            (self.env._("Does not go to the reminder service."), ~rules.service_is(REMINDER)),
            (self.env._("Hidden by somebody."), Domain("nox_finans_hidden", "=", True)),
            (
                # Our own marks are on what was sent before, and taken back when it comes home.
                self.env._("Left out of Odoo's follow-up by somebody."),
                Domain("line_ids", "any", is_receivable & Domain("no_followup", "=", True)),
            ),
            *self._get_own_reasons(rules),
            (None, failing_domain(self.company_id, lambda criterion: True)),
        ]

    def _get_own_reasons(self, rules):
        """Return the reasons that lie in what this rule takes, with their domains."""
        last_due = fields.Date.subtract(rules.today, days=self.days_overdue)
        reasons = [
            (
                self.env._("Overdue for less than %s days.", self.days_overdue),
                Domain("invoice_date_due", ">", last_due),
            ),
            (
                self.env._("The open balance is too small."),
                Domain("amount_residual", "<", self.least_amount),
            ),
        ]
        if self.category_ids:
            tagged = Domain("category_id", "in", self.category_ids.ids)
            reasons.append(
                (
                    self.env._("The customer has none of the tags."),
                    ~(Domain("partner_id", "any!", tagged) | rules.customer(tagged)),
                )
            )
        return reasons

    def _choose(self, taken):
        """Return what the rule takes now, oldest due first, beside what is `taken` already."""
        left_today = self._get_left_today()
        if not left_today:
            return self._get_moves()
        return self._get_moves().search(
            self._get_wanted() & Domain("id", "not in", taken.ids),
            order="invoice_date_due, id",
            limit=left_today,
        )

    def _get_wanted(self):
        """Return the domain of what the rule would take, were it not for the day's limit."""
        left_alone = Domain.OR(domain for _words, domain in self._get_reasons())
        return self._get_candidates() & ~left_alone

    def _choose_before(self):
        """Return what the rules take that come before this one."""
        taken = self.env["account.move"]
        earlier = self.search([("company_id", "=", self.company_id.id), ("is_on", "=", True)])
        for rule in earlier:
            if (rule.sequence, rule.id) < (self.sequence, self.id):
                taken += rule._choose(taken).with_env(self.env)
        return taken

    def _get_left_today(self):
        return max(self.max_per_day - len(self._get_cases_of_today()), 0)

    def _get_cases_of_today(self):
        # Full rights: counted is what the rules have done, whoever looks.
        return (
            self.env["nox.finans.case"]
            .sudo()
            .search([("rule_id", "in", self.ids), ("queued_date", ">=", self._get_midnight())])
        )

    def _get_untold_cases(self):
        """Return what was queued since the latest digest, on whichever day. The ids of one rule's
        cases rise: only one run at a time is at a rule."""
        untold = Domain.OR(
            Domain("rule_id", "=", rule.id) & Domain("id", ">", rule.told_case) for rule in self
        )
        # Full rights: told is what the rules have done, to the one in whose name they did.
        return self.env["nox.finans.case"].sudo().search(untold)

    def _note_told(self, cases):
        for rule, of_rule in cases.grouped("rule_id").items():
            rule.told_case = max(of_rule.ids)

    def _get_midnight(self):
        """Return when the day began for the rules' company, in UTC."""
        rules = Rules(self.company_id)
        midnight = rules.timezone.localize(datetime.combine(rules.today, time()))
        return midnight.astimezone(pytz.utc).replace(tzinfo=None)

    # -------------------------------------------------------------------------
    # The daily run
    # -------------------------------------------------------------------------

    def _run(self):
        """Queue what the rule takes today.

        Two runs at the same time take no more together than one.

        :raises LockError: another run is at the rule
        :raises UserError, AccessError: its user may not send, or there is no connection
        """
        self.lock_for_update()
        self.invalidate_recordset()
        self._check_user()
        moves = self._choose(self.env["account.move"])
        cases = moves._nox_finans_queue()[0] if moves else self.env["nox.finans.case"]
        # Full rights: nobody writes cases but the system; what was queued says by which rule.
        cases.sudo().rule_id = self
        self.error_message = False
        return cases

    def _note_failure(self, error):
        """Let the rule and the connection's responsible know why it did not run."""
        if self.error_message == str(error):
            return
        self.error_message = str(error)
        user = self.company_id._get_nox_finans_connector()._get_administrator()
        env = self.with_context(lang=user.lang).env
        self.message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("Automatic reminders: “%s” did not run", self.name),
            body=str(error),
        )

    def _write_digest(self, cases):
        """Tell the rules' user what was done, in one message for all of the user's rules."""
        user = self.user_id
        env = self.with_context(lang=user.lang).env
        moves = cases.move_id
        cost, unpriced = env["nox.finans.price"]._forecast(moves)
        lines = [
            env._(
                "%(count)s invoices for %(amount)s in all went to the reminder service.",
                count=len(moves),
                amount=self.currency_id.format(sum(moves.mapped("amount_residual"))),
            ),
            env._("Cost by the price list: %s.", env.ref("base.SEK").format(cost)),
        ]
        if unpriced:
            lines.append(env._("No price is known for %s of them.", unpriced))
        named = list_some(
            env, moves, lambda move: f"{move.name}, {move.partner_id.display_name}", NAMED_IN_DIGEST
        )
        waiting = sum(rule._count_waiting() for rule in self)
        if waiting:
            lines.append(env._("%s more wait for tomorrow: the day's limit is reached.", waiting))
        self[:1].message_notify(
            partner_ids=user.partner_id.ids,
            subject=env._("Automatic reminders: %s invoices today", len(moves)),
            body=Markup("<p>%s</p><ul>%s</ul>")
            % (Markup("<br/>").join(lines), Markup("<li>%s</li>") * len(named) % tuple(named)),
        )

    def _count_waiting(self):
        """Return how many the rule would take too, were it not for the day's limit."""
        return 0 if self._get_left_today() else self._get_moves().search_count(self._get_wanted())

    @gate("read", GROUP_SEND, on="one")
    def action_preview(self) -> dict:
        """Show what today's run would take, and why it would leave the others alone."""
        preview = self.env["nox.finans.rule.preview"].create({"rule_id": self.id})
        return {
            **preview._get_records_action(name=self.env._("Preview: %s", self.name)),
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }
