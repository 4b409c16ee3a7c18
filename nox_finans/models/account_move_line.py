from typing import Self

from odoo import api, models
from odoo.models import MAGIC_COLUMNS
from odoo.tools import ormcache

from .account_move_guard import find_guarded, is_kept, will_change

# What may change of any row of an invoice that Nox Finans has: what the company keeps for itself,
# and what payments do. Whoever adds to it extends `_get_nox_finans_free_fields`.
FREE_FIELDS = {
    "analytic_distribution",
    "analytic_line_ids",
    "matching_number",
    "no_followup",
    # Odoo's own, where they are installed: of the follow-up, and of the sales order.
    "blocked",
    "expected_pay_date",
    "followup_line_id",
    "last_followup_date",
    "next_action_date",
    "sale_line_ids",
}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model
    def _get_nox_finans_free_fields(self):
        """Return the names of what may change while Nox Finans has the invoice."""
        return FREE_FIELDS | set(MAGIC_COLUMNS)

    @api.model
    @ormcache()
    def _get_nox_finans_guarded_fields(self):
        """Return the names of what may not change while Nox Finans has the invoice: the rest."""
        free = self._get_nox_finans_free_fields()
        return frozenset(
            name for name, field in self._fields.items() if is_kept(field) and name not in free
        )

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        lines = super().create(vals_list)
        lines.move_id._check_nox_finans_rows()
        return lines

    def write(self, vals: dict) -> bool:
        if guarded := find_guarded(self, vals):
            judged = self.move_id._filter_nox_finans_judged()
            moves = self.filtered(
                lambda line: (
                    line.move_id in judged
                    and any(will_change(line, name, vals[name]) for name in guarded)
                )
            ).move_id
            if "move_id" in guarded:
                # Moved to another, it is that one's too.
                moves |= moves.browse(vals["move_id"])
            moves._check_nox_finans_rows()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_nox_finans_case(self):
        self.move_id._check_nox_finans_rows()

    def _get_nox_finans_rows(self):
        """Return the rows that are handed over with an amount: no sections, no notes."""
        return self.filtered(lambda line: line.display_type == "product")
