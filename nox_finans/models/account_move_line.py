from odoo import api, models

# What a row says to the customer, and what its amount is made of.
GUARDED_FIELDS = {
    "discount",
    "display_type",
    "move_id",
    "name",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "tax_ids",
}


class AccountMoveLine(models.Model):
    _inherit = "account.move.line"

    @api.model_create_multi
    def create(self, vals_list):
        lines = super().create(vals_list)
        lines._get_nox_finans_rows().move_id._check_nox_finans_guard()
        return lines

    def write(self, vals):
        if guarded := GUARDED_FIELDS & vals.keys():
            move = self.env["account.move"]
            changed = self._get_nox_finans_rows().filtered(
                lambda line: any(move._field_will_change(line, vals, name) for name in guarded)
            )
            changed.move_id._check_nox_finans_guard()
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_nox_finans_case(self):
        self._get_nox_finans_rows().move_id._check_nox_finans_guard()

    def _get_nox_finans_rows(self):
        """Return the rows that are handed over with their invoice."""
        return self.filtered(lambda line: line.display_type == "product")
