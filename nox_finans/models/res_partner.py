import re

from odoo import api, fields, models

from ..api import numbers, payloads
from ..core.words import CHANNELS, SERVICES
from . import nox_finans_system_fields  # noqa: F401 - inherited here, so it comes first
from .nox_finans_gate import GROUPS

# Spaces are taken out before; some write the country's letters first.
SWEDISH_ZIP = re.compile(r"(SE?-?)?\d{5}", re.IGNORECASE)
# What of an address is sent, and as what.
ADDRESS_FIELDS = {
    "city": "City",
    "name": "CustomerName",
    "street": "Address1",
    "street2": "Address2",
    "zip": "ZipCode",
}


class ResPartner(models.Model):
    _name = "res.partner"
    _inherit = ["nox.finans.system.fields", "res.partner"]

    # What is agreed with the customer counts where it stands on the commercial partner.
    nox_finans_service = fields.Selection(
        selection=SERVICES,
        company_dependent=True,
        groups=GROUPS,
        help="The service that this customer's invoices go to, if their payment terms are active "
        "in Nox Finans. Empty: the one of the payment terms.",
    )
    nox_finans_channel = fields.Selection(
        selection=CHANNELS,
        company_dependent=True,
        groups=GROUPS,
        help="How Nox Finans delivers this customer's invoices. "
        "Empty: as the payment terms or the company have it.",
    )
    nox_finans_opt_out = fields.Boolean(
        string="Never via Nox Finans",
        company_dependent=True,
        groups=GROUPS,
        help="This customer's invoices are never sent via Nox Finans.",
    )
    invoice_sending_method = fields.Selection(
        selection_add=[("nox_finans", "via Nox Finans")],
        ondelete={"nox_finans": "set null"},
    )
    # A domain cannot tell what an address or a number is; these say it once, for colour and search.
    nox_finans_has_name = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_has_address = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_has_email = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_has_id_number = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_has_vat_number = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_has_personal_number = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_is_too_long = fields.Boolean(
        compute="_compute_nox_finans_has_details", store=True, groups=GROUPS
    )
    nox_finans_credit_line_ids = fields.One2many(
        comodel_name="account.move.line",
        inverse_name="partner_id",
        domain=[
            ("parent_state", "=", "posted"),
            ("account_type", "=", "asset_receivable"),
            ("reconciled", "=", False),
            ("amount_residual", "<", 0),
        ],
        string="Unreconciled Credits",
        readonly=True,
        groups=GROUPS,
    )

    @api.depends(
        "city",
        "company_registry",
        "country_id",
        "email",
        "is_company",
        "name",
        "parent_id.name",
        "street",
        "street2",
        "vat",
        "zip",
    )
    def _compute_nox_finans_has_details(self):
        for partner in self:
            partner.nox_finans_has_name = _says_something(partner._get_nox_finans_name())
            partner.nox_finans_has_address = partner._is_nox_finans_address()
            partner.nox_finans_has_email = bool(numbers.email_address(partner.email))
            partner.nox_finans_has_id_number = bool(partner._get_nox_finans_id_number())
            partner.nox_finans_has_vat_number = bool(partner._get_nox_finans_vat_number())
            partner.nox_finans_has_personal_number = bool(partner._get_nox_finans_personal_number())
            partner.nox_finans_is_too_long = any(
                len((partner[name] or "").strip()) > payloads.LENGTHS[field]
                for name, field in ADDRESS_FIELDS.items()
            )

    def _get_nox_finans_name(self):
        """Return the name on the letter: the addressee's, or the company's it belongs to."""
        self.ensure_one()
        return (self.name or "").strip() or (self.parent_id.name or "").strip()

    def _is_nox_finans_address(self):
        """Tell whether a letter can go there: street, town, and a postal code of the country."""
        code = re.sub(r"\s", "", self.zip or "")
        is_code = SWEDISH_ZIP.fullmatch(code) if self._is_nox_finans_swedish() else code
        return bool(is_code) and all(map(_says_something, (self.street, code, self.city)))

    def _is_nox_finans_swedish(self):
        return self.country_id.code in (False, "SE")

    def _get_nox_finans_id_number(self):
        """Return the organisation or personal number in one form, or "" when there is none.

        A Swedish one must be right, a VAT number stands for the number in it; of another country's
        is told only that it is one. "/" is Odoo's way to write that there is no VAT number.
        """
        self.ensure_one()
        written = [(self.company_registry or "").strip(), (self.vat or "").strip()]
        if self._is_nox_finans_swedish():
            written = [numbers.organisation_number(number) for number in written]
        return next((number for number in written if re.search(r"\d", number)), "")

    def _get_nox_finans_personal_number(self):
        """Return the Swedish personal number of a person as it is sent, or "" when there is none.

        Who has one and lives abroad gets no tax reduction through the service.
        """
        self.ensure_one()
        if self.is_company or not self._is_nox_finans_swedish():
            return ""
        found = map(numbers.personal_number, (self.company_registry, self.vat))
        return next(filter(None, found), "")

    def _get_nox_finans_vat_number(self):
        """Return the VAT number as it is sent, or "" when it is none."""
        self.ensure_one()
        return numbers.vat_number(self.vat, self.country_id.code)


def _says_something(text):
    """Tell whether a text holds a letter or a digit."""
    return any(char.isalnum() for char in text or "")
