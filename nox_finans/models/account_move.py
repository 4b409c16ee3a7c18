from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.tools import html2plaintext

from ..api import payloads, texts
from ..core.vat import ABROAD, DOMESTIC, EU, get_vat_type
from ..core.words import CHANNELS, NOT_DELIVERED, OPEN_STATES, SERVICES
from ..criteria import COUNTING
from . import (
    nox_finans_questions,  # noqa: F401 - extended here, so it comes first
    nox_finans_system_fields,  # noqa: F401 - inherited here, so it comes first
)
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

# What the selection shows: a company's own documents to its customers.
MOVE_TYPES = ("out_invoice", "out_refund", "out_receipt")


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["nox.finans.system.fields", "nox.finans.questions", "account.move"]

    nox_finans_hidden = fields.Boolean(
        string="Hidden in Nox Finans", copy=False, groups=GROUPS, index="btree_not_null"
    )
    nox_finans_not_ready = fields.Boolean(
        string="Not Ready",
        copy=False,
        groups=GROUPS,
        help="Marked invoices are not sent via Nox Finans.",
    )
    nox_finans_invoice_type = fields.Selection(
        selection=[
            ("standard", "Invoice"),
            ("cash", "Cash invoice"),
            ("interest", "Interest invoice"),
        ],
        string="Invoice Type",
        default="standard",
        groups=GROUPS,
    )
    nox_finans_tax_reduction = fields.Monetary(
        string="Tax Reduction (ROT/RUT)",
        groups=GROUPS,
        help="The part of a house-work invoice that the Tax Agency pays: "
        "Nox Finans collects only the rest.",
    )
    nox_finans_tax_reduction_type = fields.Selection(
        selection=[("rot", "ROT"), ("rut", "RUT"), ("green", "Green technology")],
        string="Kind of Tax Reduction",
        default="rot",
        groups=GROUPS,
    )
    nox_finans_property_designation = fields.Char(string="Property Designation", groups=GROUPS)
    # A domain compares a field with a value, not two fields: these hold the comparison.
    nox_finans_amount_to_collect = fields.Monetary(
        string="Amount to Collect",
        compute="_compute_nox_finans_amount_to_collect",
        store=True,
        groups=GROUPS,
    )
    nox_finans_credit_covered = fields.Boolean(
        compute="_compute_nox_finans_credit_covered", store=True, groups=GROUPS
    )
    nox_finans_has_too_many_rows = fields.Boolean(
        compute="_compute_nox_finans_has_too_many_rows", store=True, groups=GROUPS
    )
    nox_finans_has_unfit_taxes = fields.Boolean(
        compute="_compute_nox_finans_has_unfit_taxes",
        store=True,
        groups=GROUPS,
        help="A row has several taxes, which together are none that Fortnox knows.",
    )
    nox_finans_channel = fields.Selection(
        selection=CHANNELS,
        copy=False,
        groups=GROUPS,
        help="How Nox Finans delivers this invoice. "
        "Empty: as the customer, the payment terms or the company have it.",
    )
    nox_finans_chosen_service = fields.Selection(
        selection=SERVICES,
        string="Service on This Invoice",
        copy=False,
        groups=GROUPS,
        help="The service that this invoice goes to, if its payment terms are active in Nox "
        "Finans. Empty: as the customer, the payment terms or the company have it.",
    )
    nox_finans_service = fields.Selection(
        selection=SERVICES,
        string="Service",
        compute="_compute_nox_finans_choice",
        groups=GROUPS,
    )
    nox_finans_used_channel = fields.Selection(
        selection=CHANNELS,
        string="Channel",
        compute="_compute_nox_finans_choice",
        groups=GROUPS,
    )
    nox_finans_choice_reason = fields.Char(
        string="Why", compute="_compute_nox_finans_choice", groups=GROUPS
    )
    nox_finans_case_ids = fields.One2many(
        comodel_name="nox.finans.case",
        inverse_name="move_id",
        string="Nox Finans Cases",
        readonly=True,
        groups=GROUPS,
    )
    nox_finans_case_id = fields.Many2one(
        comodel_name="nox.finans.case",
        compute="_compute_nox_finans_case_id",
        store=True,
        index="btree_not_null",
        copy=False,
        groups=GROUPS,
        help="For showing it: what may be done is judged by the cases themselves.",
    )
    nox_finans_case_state = fields.Selection(
        related="nox_finans_case_id.state", string="Nox Finans State", groups=GROUPS
    )
    nox_finans_gavel = fields.Selection(
        related="nox_finans_case_id.gavel", string="Gavel", groups=GROUPS
    )
    nox_finans_case_message = fields.Char(
        related="nox_finans_case_id.status_message", groups=GROUPS
    )

    @api.depends("amount_residual", "nox_finans_tax_reduction")
    def _compute_nox_finans_amount_to_collect(self):
        for move in self:
            move.nox_finans_amount_to_collect = move.amount_residual - move.nox_finans_tax_reduction

    @api.depends("move_type", "amount_residual", "reversed_entry_id.amount_residual")
    def _compute_nox_finans_credit_covered(self):
        for move in self:
            debit = move.reversed_entry_id
            move.nox_finans_credit_covered = (
                move.move_type == "out_refund"
                and bool(debit)
                and move.currency_id.compare_amounts(debit.amount_residual, move.amount_residual)
                >= 0
            )

    @api.depends("invoice_line_ids.name", "narration")
    def _compute_nox_finans_has_too_many_rows(self):
        for move in self:
            rows = sum(map(payloads.count_rows, move.invoice_line_ids.mapped("name")))
            rows += move._count_nox_finans_rows_of_narration()
            move.nox_finans_has_too_many_rows = rows > payloads.MAX_ROWS

    def _count_nox_finans_rows_of_narration(self):
        """Return how many rows the terms take that have no place beside the rows."""
        if len(self.narration or "") <= payloads.LENGTHS["Remarks"]:
            return 0
        text = texts.many_lines(html2plaintext(self.narration, include_references=False))
        _remarks, rest = texts.cut(text, payloads.LENGTHS["Remarks"])
        return len(payloads.text_rows(rest))

    @api.depends("invoice_line_ids.tax_ids")
    def _compute_nox_finans_has_unfit_taxes(self):
        for move in self:
            # One by itself is judged by its kind.
            rows = move.invoice_line_ids.filtered(lambda line: len(line.tax_ids) > 1)
            move.nox_finans_has_unfit_taxes = any(
                row.tax_ids._get_nox_finans_percent() is None for row in rows
            )

    @api.depends("nox_finans_case_ids.close_reason", "nox_finans_case_ids.is_undo_due")
    def _compute_nox_finans_case_id(self):
        for move in self:
            # The open case, or else the latest: a new one is only made when none is open.
            cases = move.nox_finans_case_ids.filtered_domain(COUNTING)
            move.nox_finans_case_id = max(cases, key=lambda case: case.id, default=False)

    @api.depends_context("company", "lang")
    @api.depends(
        "commercial_partner_id.nox_finans_channel",
        "commercial_partner_id.nox_finans_service",
        "invoice_payment_term_id.nox_finans_channel",
        "invoice_payment_term_id.nox_finans_service",
        "nox_finans_channel",
        "nox_finans_chosen_service",
        "partner_id.nox_finans_has_email",
    )
    def _compute_nox_finans_choice(self):
        # The same chain as `Rules.service_is` and `channel_is` give as domains.
        for move in self:
            settings = move._get_nox_finans_settings()
            service, service_reason = move._get_nox_finans_service(*settings)
            channel, channel_reason = move._get_nox_finans_channel(*settings)
            move.nox_finans_service = service
            move.nox_finans_used_channel = channel
            move.nox_finans_choice_reason = f"{service_reason} {channel_reason}"

    def _get_nox_finans_settings(self):
        """Return customer, payment terms and connector as the invoice's company has them.

        Full rights: the same answer for everyone who may see the invoice.
        """
        move = self.sudo().with_company(self.company_id)
        connector = move.company_id._get_nox_finans_connector()
        return move.commercial_partner_id, move.invoice_payment_term_id, connector

    def _get_nox_finans_service(self, customer, term, connector):
        """Return the service that the invoice goes to or False, and why in words."""
        default = term.nox_finans_service if term else connector.default_service
        if not default:
            return False, self.env._("Service: none, the payment terms are not active.")
        if self.nox_finans_chosen_service:
            return self.nox_finans_chosen_service, self.env._("Service: chosen on the invoice.")
        if customer.nox_finans_service:
            return customer.nox_finans_service, self.env._("Service: the customer's.")
        if term:
            return default, self.env._("Service: the payment terms'.")
        return default, self.env._("Service: the company's default.")

    def _get_nox_finans_channel(self, customer, term, connector):
        """Return the channel that the invoice goes by, and why in words."""
        if self.nox_finans_channel:
            channel, reason = self.nox_finans_channel, self.env._("Channel: chosen on the invoice.")
        elif customer.nox_finans_channel:
            channel, reason = customer.nox_finans_channel, self.env._("Channel: the customer's.")
        elif term.nox_finans_channel:
            channel, reason = term.nox_finans_channel, self.env._("Channel: the payment terms'.")
        else:
            channel = connector.default_channel or "letter"
            reason = self.env._("Channel: the company's default.")
        # Full rights, as above: it is the addressee who gets the e-mail.
        if channel == "email" and not self.sudo().partner_id.nox_finans_has_email:
            return "letter", self.env._("Channel: letter, there is no e-mail address.")
        return channel, reason

    def _get_nox_finans_open_cases(self):
        """Return the cases by which Nox Finans has the invoices, or is just getting them.

        Full rights: whoever may change invoices is told, also who may not see cases. Of all cases,
        not of the one that an invoice shows.
        """
        moves = self.sudo().filtered(lambda move: move.move_type in MOVE_TYPES)
        return moves.nox_finans_case_ids.filtered(lambda case: case.state in OPEN_STATES)

    def _get_nox_finans_move_companies(self):
        """Return the companies of the invoices, of however many, by one query."""
        groups = self._read_group([("id", "in", self.ids)], ["company_id"])
        return self.env["res.company"].union(*(company for (company,) in groups))

    # -------------------------------------------------------------------------
    # Who brings it to the customer
    # -------------------------------------------------------------------------

    def _filter_nox_finans_delivers(self):
        """Return the invoices that Nox Finans brings to the customer: Odoo must not bring them too.

        The customer would get two OCR numbers, and pay by the one that Nox Finans does not see.
        """
        return self._filter_nox_finans_issues(lambda channel: channel != NOT_DELIVERED)

    def _filter_nox_finans_leaves(self):
        """Return the invoices that Nox Finans has and leaves to us to bring to the customer."""
        return self._filter_nox_finans_issues(lambda channel: channel == NOT_DELIVERED)

    def _filter_nox_finans_issues(self, is_channel):
        cases = self._get_nox_finans_open_cases().filtered(
            lambda case: case.service == "invoice" and is_channel(case.channel)
        )
        return self.filtered(lambda move: move in cases.move_id)

    def _get_nox_finans_leaves_message(self):
        return self.env._(
            "Nox Finans does not deliver %s: you bring it to the customer. Send the document from "
            "Nox Finans if you can (gavel > Document): its OCR number is the one that Nox Finans "
            "sees. What is paid by Odoo's own payment reference comes to your own account and has "
            "to be reported to Nox Finans.",
            ", ".join(move.name for move in self),
        )

    def _get_nox_finans_delivers_message(self):
        return self.env._(
            "Nox Finans delivers %s to the customer (the gavel on the invoice shows the case). "
            "It is not sent from Odoo too: the customer must not get two OCR numbers.",
            ", ".join(move.name for move in self),
        )

    def _check_nox_finans_does_not_deliver(self):
        """:raises UserError: Odoo would bring the customer what Nox Finans brings"""
        if delivered := self._filter_nox_finans_delivers():
            raise UserError(delivered._get_nox_finans_delivers_message())

    # -------------------------------------------------------------------------
    # VAT
    # -------------------------------------------------------------------------

    def _get_nox_finans_vat_type(self):
        """Return the interface's kind of VAT of the invoice, or None when none fits.

        SEVAT, SEREVERSEDVAT, EUVAT, EUREVERSEDVAT or EXPORT: from the taxes of the rows and the
        customer's country. The criteria keep an invoice back for which it is None.
        """
        self.ensure_one()
        # Full rights: the same answer for everyone who may send the invoice.
        move = self.sudo()
        kinds = set(move._get_nox_finans_lines().tax_ids.mapped("nox_finans_vat_kind"))
        kinds = {kind or "unfit" for kind in kinds} - {"taxed"}
        if move.amount_tax:
            # A tax on nothing says nothing.
            kinds.add("taxed")
        return get_vat_type(kinds, move._get_nox_finans_zone())

    def _get_nox_finans_zone(self):
        """Return where the customer is, as far as VAT goes."""
        country = self.commercial_partner_id.country_id
        if not country or country.code == "SE":
            return DOMESTIC
        # Unlike `base.europe`, this is the union of VAT.
        group = self.env.ref("account.europe_vat", raise_if_not_found=False)
        return EU if group and country in group.country_ids else ABROAD

    def _get_nox_finans_lines(self):
        """Return the rows that carry an amount: no sections, no notes."""
        return self.invoice_line_ids._get_nox_finans_rows()

    # -------------------------------------------------------------------------
    # Buttons
    # -------------------------------------------------------------------------

    @gate("read", GROUPS, on="any")
    def action_nox_finans_send(self) -> dict:
        """Open the selection: on the marked invoices, or on all that are not sent yet."""
        action = self.env["ir.actions.act_window"]._for_xml_id("nox_finans.action_selection")
        if self:
            # Those sent already stay in view: red, with the reason.
            action["domain"] = [("id", "in", self.ids)]
            action["context"] = {}
        return action

    @gate("write", GROUP_SEND)
    def action_nox_finans_open_send(self) -> dict:
        """Open the send wizard on these invoices."""
        # Of thousands only the access is checked here: what is shown is read when it is shown.
        wizards = self.env["nox.finans.send"].with_context(prefetch_fields=False)
        wizard = wizards.create({"move_ids": [(6, 0, self.ids)]})
        return {
            **wizard._get_records_action(name=self.env._("Send via Nox Finans")),
            "target": "new",
            "context": {"dialog_size": "extra-large"},
        }

    @gate("write", GROUP_SEND)
    def action_nox_finans_hide(self) -> None:
        self.nox_finans_hidden = True

    @gate("write", GROUP_SEND)
    def action_nox_finans_unhide(self) -> None:
        self.nox_finans_hidden = False

    @gate("read", GROUPS, on="one")
    def action_open_nox_finans_case(self) -> dict:
        """:raises UserError: the invoice has not been sent"""
        if not self.nox_finans_case_id:
            raise UserError(self.env._("The invoice has not been sent via Nox Finans."))
        return self.nox_finans_case_id._get_records_action()
