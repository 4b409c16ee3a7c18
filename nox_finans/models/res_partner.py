from odoo import api, fields, models

from .nox_finans_case import CHANNELS, GROUPS, SERVICES


class ResPartner(models.Model):
    _inherit = "res.partner"

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
    # A domain cannot tell blanks from a text; these say it once, for colour and search alike.
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
        groups=GROUPS,
    )

    @api.depends(
        "name", "parent_id.name", "street", "zip", "city", "email", "vat", "company_registry"
    )
    def _compute_nox_finans_has_details(self):
        for partner in self:
            partner.nox_finans_has_name = bool(partner._get_nox_finans_name())
            partner.nox_finans_has_address = all(
                (part or "").strip() for part in (partner.street, partner.zip, partner.city)
            )
            partner.nox_finans_has_email = bool((partner.email or "").strip())
            partner.nox_finans_has_id_number = bool(partner._get_nox_finans_id_number())

    def _get_nox_finans_name(self):
        """Return the name on the letter: the addressee's, or the company's it belongs to."""
        self.ensure_one()
        return (self.name or "").strip() or (self.parent_id.name or "").strip()

    def _get_nox_finans_id_number(self):
        """Return the organisation or personal number as the user wrote it, or "".

        "/" is Odoo's way to write that there is no VAT number.
        """
        self.ensure_one()
        return (self.company_registry or "").strip() or (self.vat or "").strip().strip("/")
