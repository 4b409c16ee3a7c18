"""What Nox Finans has of an invoice, or is just getting, stays as it was handed over."""

from odoo import api, models
from odoo.addons.account.models.account_move import BYPASS_LOCK_CHECK
from odoo.exceptions import UserError
from odoo.tools import SQL, ormcache

from ..exchange.payload import BUYER_REFERENCES, ORDER_NUMBERS
from . import account_move_owed  # noqa: F401 - its `write` comes first
from .account_move import MOVE_TYPES
from .nox_finans_system_fields import ADDON, is_of_modules

# Of the fields that accounting and this add-on give an invoice, those that may change meanwhile:
# neither handed over, nor seen by the customer, nor what the open balance is made of. The rows
# have a guard of their own. What other add-ons add is theirs, but for what is handed over.
FREE_FIELDS = {
    "attachment_ids",
    "auto_post",
    "auto_post_origin_id",
    "auto_post_until",
    "checked",
    "inalterable_hash",
    "invoice_line_ids",
    "invoice_pdf_report_file",
    "invoice_pdf_report_id",
    "is_being_sent",
    "is_manually_modified",
    "is_move_sent",
    "journal_line_ids",
    "line_ids",
    "made_sequence_gap",
    "matched_payment_ids",
    "no_followup",
    "nox_finans_hidden",
    "nox_finans_not_ready",
    # A person blocks the payment in Odoo, or lifts the block.
    "payment_state",
    "posted_before",
    "preferred_payment_method_line_id",
    "secure_sequence_number",
    "secured",
    "sending_data",
    "tax_cash_basis_origin_move_id",
    "tax_cash_basis_rec_id",
}
JUDGED_MODULES = ("account", ADDON)
# Where a customer becomes a contact of another, Odoo puts all its entries on that one.
CUSTOMER_FIELDS = {"commercial_partner_id", "partner_id"}


class AccountMove(models.Model):
    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    @ormcache()
    def _get_nox_finans_guarded_fields(self):
        """Return the names of what may not change while Nox Finans has the invoice."""
        others = {*BUYER_REFERENCES, *ORDER_NUMBERS}
        free = FREE_FIELDS | self._get_nox_finans_system_fields()
        return frozenset(
            name
            for name, field in self._fields.items()
            if is_kept(field)
            and name not in free
            and (is_of_modules(field, *JUDGED_MODULES) or name in others)
        )

    def write(self, vals: dict) -> bool:
        """:raises UserError: what was handed over would be changed; names the next step"""
        if guarded := find_guarded(self, vals):
            self._check_nox_finans_guard(
                lambda move: any(will_change(move, name, vals[name]) for name in guarded)
            )
        return super().write(vals)

    @api.ondelete(at_uninstall=False)
    def _unlink_except_nox_finans_case(self):
        # Full rights: whoever may delete invoices is told, also who may not see cases.
        if self.sudo().nox_finans_case_ids:
            raise UserError(
                self.env._(
                    "An invoice that was sent via Nox Finans cannot be deleted: "
                    "its case refers to it. Cancel it instead."
                )
            )

    def _check_nox_finans_guard(self, is_changed=lambda move: True):
        """:raises UserError: an invoice that is under way would be changed; names the next step"""
        for case in self._get_nox_finans_open_cases():
            if is_changed(case.move_id):
                raise UserError(
                    self.env._(
                        "Invoice %(invoice)s was sent via Nox Finans: it cannot be reset, "
                        "cancelled or changed in what was handed over. %(next_step)s",
                        invoice=case.move_id.name,
                        next_step=case._get_next_step_for_user(),
                    )
                )

    def _check_nox_finans_rows(self):
        """Make sure that rows may change, and that nobody sends the invoices meanwhile.

        :raises UserError: as above
        """
        self._check_nox_finans_guard()
        if judged := self._filter_nox_finans_judged():
            # Whoever is just sending them is waited for: then it is tried again with what is so.
            self.env.cr.execute(
                SQL("SELECT FROM account_move WHERE id IN %s FOR NO KEY UPDATE", tuple(judged.ids))
            )

    def _filter_nox_finans_judged(self):
        """Return the invoices whose rows may not change, or not while somebody sends them.

        Of drafts the rows change all the time, and nobody sends them.
        """
        held = self._get_nox_finans_open_cases().move_id
        return self.filtered(
            lambda move: move in held or (move.move_type in MOVE_TYPES and move.state == "posted")
        )


def find_guarded(records, vals):
    """Return the names of the values that may not change, for invoices or for their rows."""
    guarded = records._get_nox_finans_guarded_fields() & vals.keys()
    # Nobody can give this mark from outside: it is an object of Odoo's own.
    if records.env.context.get("bypass_lock_check") is BYPASS_LOCK_CHECK:
        guarded -= CUSTOMER_FIELDS
    return guarded


def will_change(record, name, value):
    """Tell whether a field of `record` is another with `value`, as `write` takes it."""
    field = record._fields[name]
    if field.type in ("one2many", "many2many"):
        return record.env["account.move"]._field_will_change(record, {name: value}, name)
    before, after = (field.convert_to_cache(it, record) for it in (record[name], value))
    return (before or None) != (after or None)


def is_kept(field):
    """Tell whether what is written to `field` stays: Odoo writes to others while it computes."""
    return bool(field.store or field.inverse)
