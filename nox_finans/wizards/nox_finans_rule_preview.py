from typing import Self

from odoo import api, fields, models
from odoo.fields import Domain

# More rows than a person reads; the counts tell of all.
SHOWN = 500


class NoxFinansRulePreview(models.TransientModel):
    """What a rule would take today and what that costs, and why it leaves the others alone.

    It asks the rule itself, as the daily run does.
    """

    _name = "nox.finans.rule.preview"
    _inherit = "nox.finans.wizard"
    _description = "Preview of an Automatic Reminder"

    _subjects = ("rule_id",)

    rule_id = fields.Many2one(
        comodel_name="nox.finans.rule", required=True, readonly=True, ondelete="cascade"
    )
    is_on = fields.Boolean(related="rule_id.is_on")
    is_automatic = fields.Boolean(related="rule_id.is_automatic")
    obstacle = fields.Char(compute="_compute_connection")
    environment = fields.Char(compute="_compute_connection")
    is_sandbox = fields.Boolean(compute="_compute_connection")
    taken_move_ids = fields.Many2many(
        comodel_name="account.move", compute="_compute_taken", string="Would Be Sent"
    )
    taken_count = fields.Integer(compute="_compute_taken")
    currency_id = fields.Many2one(comodel_name="res.currency", compute="_compute_taken")
    cost = fields.Monetary(compute="_compute_taken")
    unpriced_count = fields.Integer(compute="_compute_taken")
    line_ids = fields.One2many(
        comodel_name="nox.finans.rule.preview.line",
        inverse_name="preview_id",
        string="Left Alone",
        readonly=True,
    )
    left_count = fields.Integer(readonly=True)
    summary = fields.Text(readonly=True)

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        previews = super().create(vals_list)
        for preview in previews:
            preview._fill_in()
        return previews

    @api.depends("rule_id")
    def _compute_connection(self):
        self.obstacle = self.environment = self.is_sandbox = False
        for preview in self.filtered("rule_id"):
            # Full rights: whether there is a connection is for all to know who send.
            connector = preview.rule_id.company_id.sudo()._get_nox_finans_connector()
            preview.obstacle = connector._get_obstacle()
            preview.environment = connector._get_environment_label()
            preview.is_sandbox = connector.environment == "sandbox"

    @api.depends("rule_id")
    def _compute_taken(self):
        self.currency_id = self.env.ref("base.SEK")
        for preview in self:
            moves = preview._get_taken()
            preview.taken_move_ids = moves
            preview.taken_count = len(moves)
            preview.cost, preview.unpriced_count = self.env["nox.finans.price"]._forecast(moves)

    def _get_taken(self):
        rule = self.rule_id
        if not rule:
            return self.env["account.move"]
        moves = rule._choose(rule._choose_before()).with_env(self.env)
        # It takes what its own user may see; shown is what the one who looks may see too.
        return moves._filtered_access("read")

    def _fill_in(self):
        """Keep what the rule leaves alone, as far as the user may see it."""
        values, counts = self._sort_out()
        # Full rights: nobody writes a preview but the system. All of it was found with the user's
        # own rights, and the rule is the user's to see.
        self.sudo().write(
            {
                "line_ids": [fields.Command.create(line) for line in values],
                "left_count": sum(counts.values()),
                "summary": "\n".join(
                    f"{count}: {reason}" for reason, count in counts.items() if count
                ),
            }
        )

    def _sort_out(self):
        """Return rows (invoice and reason) up to a number, and the count of each reason.

        Each invoice has the first reason that holds, in the order in which the rule asks.
        """
        rule = self.rule_id
        Move = rule._get_moves()
        before = rule._choose_before()
        taken = rule._choose(before)
        left = rule._get_candidates() & Domain("id", "not in", taken.ids)
        values, counts = [], {}
        reasons = [
            *rule._get_reasons(),
            (self.env._("Another rule takes it first."), Domain("id", "in", before.ids)),
            (self.env._("The day's limit is reached."), Domain.TRUE),
        ]
        for words, domain in reasons:
            found = left & domain
            label = words or self.env._("Not green.")
            counts[label] = Move.search_count(found)
            room = SHOWN - len(values)
            if room and counts[label]:
                moves = Move.search(found, order="invoice_date_due, id", limit=room)
                moves = moves.with_env(self.env)._filtered_access("read")
                values += [
                    {"move_id": move.id, "reason": words or move.nox_finans_reasons}
                    for move in moves
                ]
            left &= ~domain
        return values, counts


class NoxFinansRulePreviewLine(models.TransientModel):
    """One invoice that a rule leaves alone, and why."""

    _name = "nox.finans.rule.preview.line"
    _inherit = "nox.finans.wizard"
    _description = "Invoice Left Alone by an Automatic Reminder"

    _subjects = ("preview_id", "move_id")

    preview_id = fields.Many2one(
        comodel_name="nox.finans.rule.preview", required=True, ondelete="cascade", index=True
    )
    move_id = fields.Many2one(
        comodel_name="account.move", string="Invoice", required=True, ondelete="cascade"
    )
    partner_id = fields.Many2one(
        related="move_id.partner_id", related_sudo=False, string="Customer"
    )
    currency_id = fields.Many2one(related="move_id.currency_id", related_sudo=False)
    invoice_date_due = fields.Date(related="move_id.invoice_date_due", related_sudo=False)
    amount_residual = fields.Monetary(
        related="move_id.amount_residual", related_sudo=False, string="Balance"
    )
    reason = fields.Text(required=True)
