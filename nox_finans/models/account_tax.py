import re

from odoo import api, fields, models
from odoo.fields import Domain

from ..api import payloads
from ..core.vat import VAT_KINDS
from . import nox_finans_system_fields  # noqa: F401 - inherited here, so it comes first

# What adds a share to the price: of the price without the tax, or of that with it.
RATE_TYPES = ("percent", "division")
# The boxes of the Swedish VAT return in which a sale without VAT is told.
BOX_KINDS = {"41": "se_reversed", "35": "eu_reversed", "38": "eu_reversed", "39": "eu_reversed"} | {
    "36": "export",
    "40": "export",
}
REVERSED_WORDS = re.compile(r"omvänd|reverse[ -]?charge", re.IGNORECASE)


class AccountTax(models.Model):
    _name = "account.tax"
    _inherit = ["nox.finans.system.fields", "account.tax"]

    # Stored: the criteria ask for the few taxes that are not usual before each sending.
    nox_finans_vat_kind = fields.Selection(
        selection=VAT_KINDS,
        string="Kind of VAT at Fortnox",
        compute="_compute_nox_finans_vat_kind",
        store=True,
        recursive=True,
        help="What the tax is at Fortnox, told from its rate, its fiscal positions, its boxes in "
        "the VAT return and its texts.",
    )

    @api.depends(
        "amount",
        "amount_type",
        "children_tax_ids.nox_finans_vat_kind",
        "description",
        "fiscal_position_ids.auto_apply",
        "fiscal_position_ids.country_group_id",
        "fiscal_position_ids.country_id",
        "fiscal_position_ids.vat_required",
        "invoice_label",
        "invoice_legal_notes",
        "name",
        "repartition_line_ids.factor_percent",
        "repartition_line_ids.tag_ids",
    )
    def _compute_nox_finans_vat_kind(self):
        for tax in self:
            tax.nox_finans_vat_kind = tax._get_nox_finans_vat_kind()

    def _get_nox_finans_vat_kind(self):
        """Return what the tax is at Fortnox: one of `VAT_KINDS`."""
        if self.amount_type == "group":
            kinds = set(self.children_tax_ids.mapped("nox_finans_vat_kind"))
            return kinds.pop() if len(self.children_tax_ids) == 1 else "unfit"
        if self.amount_type not in RATE_TYPES:
            return "unfit"
        if rate := self._get_nox_finans_rate():
            return "taxed" if rate in payloads.VAT_PERCENTS else "unfit"
        boxes = self._get_nox_finans_boxes()
        # A reverse charge in Sweden often has a fiscal position without any country.
        if boxes == {"41"}:
            return "se_reversed"
        of_box = {BOX_KINDS[box] for box in boxes & BOX_KINDS.keys()}
        return (
            self._get_nox_finans_kind_of_positions()
            or (of_box.pop() if len(of_box) == 1 else None)
            or ("reversed" if self._has_nox_finans_reversed_words() else "zero")
        )

    def _get_nox_finans_rate(self):
        """Return what the tax adds to the price without it, in percent.

        What it sets off itself, as that of triangular trade does, is not asked of the customer.
        """
        parts = self.invoice_repartition_line_ids.filtered(
            lambda line: line.repartition_type == "tax"
        )
        percent = self.amount
        if self.amount_type == "division" and percent < 100:
            # 20 % of the price with VAT are 25 % of the price without. Odoo keeps four decimals.
            percent = round(percent / (100 - percent) * 100, 3)
        return round(percent * sum(parts.mapped("factor_percent")) / 100, 6)

    def _get_nox_finans_percent(self):
        """Return what the taxes of one row add together, in whole percent, or None.

        None: it is none of the service's percentages of the row's amount.
        """
        taxes = self.flatten_taxes_hierarchy()
        if any(tax.amount_type not in RATE_TYPES for tax in taxes):
            return None
        percent = sum(tax._get_nox_finans_rate() for tax in taxes)
        return int(percent) if percent in payloads.VAT_PERCENTS else None

    def _get_nox_finans_boxes(self):
        """Return the boxes of the Swedish VAT return that a sale with the tax is told in."""
        names = self.invoice_repartition_line_ids.tag_ids.with_context(lang=None).mapped("name")
        return {found[1] for name in names if (found := re.search(r"se_(\d+)$", name or ""))}

    def _get_nox_finans_kind_of_positions(self):
        """Return the kind when the tax is used for sales to other countries only, else None."""
        kinds = set()
        for position in self.fiscal_position_ids:
            is_of_sweden = position.country_id.code == "SE"
            if position.vat_required and not is_of_sweden:
                kinds.add("eu_reversed")
            elif position.auto_apply and not (position.country_id or position.country_group_id):
                kinds.add("export")
            else:
                return None
        return kinds.pop() if len(kinds) == 1 else None

    def _has_nox_finans_reversed_words(self):
        for name in ("name", "description", "invoice_label", "invoice_legal_notes"):
            # In whichever language somebody has written it.
            texts = self._fields[name]._get_stored_translations(self) or {}
            if any(REVERSED_WORDS.search(text) for text in [*texts.values(), self[name] or ""]):
                return True
        return False

    @api.model
    def _get_nox_finans_unusual(self, company):
        """Return the ids of a company's sales taxes by kind, without Swedish VAT and plain 0 %."""
        taxes = self.with_context(active_test=False).search_fetch(
            Domain(self._check_company_domain(company))
            & Domain("type_tax_use", "!=", "purchase")
            & Domain("nox_finans_vat_kind", "not in", ["taxed", "zero"]),
            ["nox_finans_vat_kind"],
        )
        # Without a kind: not classified, so nothing is known to fit.
        return {
            kind or "unfit": of_kind.ids
            for kind, of_kind in taxes.grouped("nox_finans_vat_kind").items()
        }
