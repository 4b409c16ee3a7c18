from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.fields import Domain
from odoo.tools import SQL, html2plaintext

from ..api import payloads, texts
from ..core.words import CHANNELS, NOT_DELIVERED, SERVICES
from .account_tax import ABROAD, DOMESTIC, EU, get_vat_type
from .nox_finans_criterion import (
    APPROVED,
    COUNTING,
    REJECTED,
    WARNING,
    failing_criteria,
    failing_domain,
    is_blocking,
    is_red,
    is_yellow,
)
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

# What the selection shows: a company's own documents to its customers.
MOVE_TYPES = ("out_invoice", "out_refund", "out_receipt")
# How many invoices are named in an answer, each with its reason; the rest are counted.
NAMED_IN_ANSWER = 10
STATUSES = [(APPROVED, "Approved"), (WARNING, "Approved with warning"), (REJECTED, "Rejected")]


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["nox.finans.system.fields", "nox.finans.questions", "account.move"]

    nox_finans_status = fields.Selection(
        selection=STATUSES,
        string="Nox Finans",
        compute="_compute_nox_finans_status",
        search="_search_nox_finans_status",
        # No groups here: rows take their colour from it, and a list cannot be limited to groups.
        # Those who may not see the reasons find it empty.
        help="Green: can be sent. Yellow: can be sent, but completing it is wise. "
        "Red: cannot be sent.",
    )
    nox_finans_reasons = fields.Text(
        string="Reason", compute="_compute_nox_finans_status", groups=GROUPS
    )
    nox_finans_blocking_reasons = fields.Text(
        compute="_compute_nox_finans_blocking_reasons",
        groups=GROUPS,
        help="Why the invoice cannot be sent now, the connection included. Empty: it can.",
    )
    nox_finans_reason_links = fields.Json(compute="_compute_nox_finans_status", groups=GROUPS)
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
        # The same chain as `CompanyRules.service_is` and `channel_is` give as domains.
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
    # Green, yellow, red
    # -------------------------------------------------------------------------

    @api.depends(
        "amount_residual",
        "amount_tax",
        "commercial_partner_id",
        "currency_id",
        "invoice_date",
        "invoice_date_due",
        "invoice_payment_term_id",
        "is_move_sent",
        "nox_finans_case_ids.close_reason",
        "nox_finans_case_ids.is_undo_due",
        "nox_finans_case_ids.state",
        "nox_finans_channel",
        "nox_finans_chosen_service",
        "nox_finans_invoice_type",
        "nox_finans_is_disputed",
        "nox_finans_not_ready",
        "nox_finans_property_designation",
        "nox_finans_tax_reduction",
        "nox_finans_tax_reduction_type",
        "partner_id",
        "payment_state",
        "reversed_entry_id",
        "state",
    )
    @api.depends_context("lang", "uid")
    def _compute_nox_finans_status(self):
        candidates = self.browse()
        if self._may_see_nox_finans():
            candidates = self.filtered(lambda move: move.move_type in MOVE_TYPES)
        others = self - candidates
        others.nox_finans_status = others.nox_finans_reasons = others.nox_finans_reason_links = (
            False
        )
        failed = failing_criteria(candidates)
        for move in candidates:
            criteria = failed[move._ids[0]]
            move.nox_finans_status = _get_status(criteria)
            move.nox_finans_reasons = "\n".join(
                criterion.get_message(move) for criterion in criteria
            )
            move.nox_finans_reason_links = [
                {
                    "code": criterion.code,
                    "severity": criterion.severity,
                    "message": criterion.get_message(move),
                    "field": criterion.field,
                }
                for criterion in criteria
            ]

    @api.depends("nox_finans_status")
    @api.depends_context("lang", "uid")
    def _compute_nox_finans_blocking_reasons(self):
        candidates = self.filtered(lambda move: move.move_type in MOVE_TYPES)
        (self - candidates).nox_finans_blocking_reasons = self.env._(
            "Only what a company sends its customers goes via Nox Finans."
        )
        failed = failing_criteria(candidates)
        for company, moves in candidates.grouped("company_id").items():
            # Full rights: whether there is a connection is for all to know who send.
            obstacle = company.sudo()._get_nox_finans_connector()._get_obstacle()
            for move in moves:
                reasons = [
                    criterion.get_message(move)
                    for criterion in failed[move._ids[0]]
                    if criterion.is_blocking
                ]
                reasons += [obstacle] if obstacle else []
                move.nox_finans_blocking_reasons = " ".join(reasons)

    def _may_see_nox_finans(self):
        return self._has_field_access(self._fields["nox_finans_reasons"], "read")

    def _search_nox_finans_status(self, operator, value):
        self._check_field_access(self._fields["nox_finans_reasons"], "read")
        if operator != "in":
            return NotImplemented
        domains = self._get_nox_finans_status_domains()
        found = Domain.OR(domains[status] for status in value if status in domains)
        is_candidate = Domain("move_type", "in", MOVE_TYPES)
        if False in value:
            return ~is_candidate | (is_candidate & found)
        return is_candidate & found

    def _get_nox_finans_status_domains(self):
        """Return a dict from each status to the domain of the customer documents that have it."""
        companies = self._get_nox_finans_companies()
        red = failing_domain(companies, is_red)
        yellow = failing_domain(companies, is_yellow)
        return {REJECTED: red, WARNING: ~red & yellow, APPROVED: ~red & ~yellow}

    def _filter_nox_finans_blocked(self):
        """Return those of the invoices that would be left out of a sending."""
        blocked = failing_domain(self._get_nox_finans_move_companies(), is_blocking)
        return self.search(Domain("id", "in", self.ids) & blocked)

    def _get_nox_finans_move_companies(self):
        """Return the companies of the invoices, of however many, by one query."""
        groups = self._read_group([("id", "in", self.ids)], ["company_id"])
        return self.env["res.company"].union(*(company for (company,) in groups))

    def _get_nox_finans_companies(self):
        """Return the companies whose invoices a search can meet."""
        if self.env.su:
            # A database has few companies, and each has rules of its own.
            return self.env["res.company"].search([])  # pylint: disable=no-search-all
        return self.env.companies

    def _field_to_sql(self, alias, field_expr, query=None):
        # Lets lists group and count by colour in the database.
        if field_expr != "nox_finans_status":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields["nox_finans_reasons"], "read")
        companies = self._get_nox_finans_companies()
        red, yellow = (
            failing_domain(companies, chosen).optimize_full(self)._to_sql(self, alias, query)
            for chosen in (is_red, is_yellow)
        )
        return SQL(
            "CASE WHEN %(alias)s.move_type NOT IN %(types)s THEN NULL"
            " WHEN %(red)s THEN %(rejected)s WHEN %(yellow)s THEN %(warning)s"
            " ELSE %(approved)s END",
            alias=SQL.identifier(alias),
            types=MOVE_TYPES,
            red=red,
            yellow=yellow,
            rejected=REJECTED,
            warning=WARNING,
            approved=APPROVED,
        )

    def _get_nox_finans_rejections(self, ignore=frozenset()):
        """Return the reasons, in words, why the invoice cannot be sent."""
        self.ensure_one()
        return [
            criterion.get_message(self)
            for criterion in failing_criteria(self)[self.id]
            if criterion.is_blocking and criterion.code not in ignore
        ]

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
    def action_nox_finans_send(self):
        """Open the selection: on the marked invoices, or on all that are not sent yet."""
        action = self.env["ir.actions.act_window"]._for_xml_id("nox_finans.action_selection")
        if self:
            # Those sent already stay in view: red, with the reason.
            action["domain"] = [("id", "in", self.ids)]
            action["context"] = {}
        return action

    @gate("write", GROUP_SEND)
    def action_nox_finans_open_send(self):
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
    def action_nox_finans_hide(self):
        self.nox_finans_hidden = True

    @gate("write", GROUP_SEND)
    def action_nox_finans_unhide(self):
        self.nox_finans_hidden = False

    @gate("read", GROUPS, on="one")
    def action_open_nox_finans_case(self):
        """:raises UserError: the invoice has not been sent"""
        if not self.nox_finans_case_id:
            raise UserError(self.env._("The invoice has not been sent via Nox Finans."))
        return self.nox_finans_case_id._get_records_action()

    # -------------------------------------------------------------------------
    # Sending
    # -------------------------------------------------------------------------

    def _nox_finans_queue(self):
        """Put the invoices into the queue that can go; the only way into it.

        :return: the cases, and a dict from each invoice that was left out to the reason in words
        :raises AccessError: the user may not invoice
        :raises UserError: a company is not connected
        """
        if not self.env.user.has_group(GROUP_SEND):
            raise AccessError(self.env._("Only those who invoice may send via Nox Finans."))
        self.check_access("write")
        # Of thousands only a few fields are read: not all that a form would show.
        moves = self.with_context(prefetch_fields=False)
        for company in moves._get_nox_finans_move_companies():
            # Full rights: whether there is a connection is for all to know who send.
            company.sudo()._get_nox_finans_connector()._check_ready_to_send()
        free = moves.try_lock_for_update(allow_referencing=True)
        left_out = dict.fromkeys(
            self - free, self.env._("Somebody else is changing the invoice right now.")
        )
        # The page may have been open for hours: what counts is what is there now.
        free.invalidate_recordset()
        blocked = free._filter_nox_finans_blocked().with_env(self.env)
        for move in blocked:
            left_out[move] = " ".join(move._get_nox_finans_rejections())
        return (free - blocked)._create_nox_finans_cases().with_env(self.env), left_out

    def _describe_nox_finans_sending(self, count, left_out):
        """Return what came of a sending, for who has sent.

        :param count: how many are in the queue now
        :param left_out: a dict from each invoice that is not to the reason in words
        """
        sentences = []
        if count == 1:
            sentences.append(self.env._("1 invoice is on its way to Nox Finans."))
        elif count:
            sentences.append(self.env._("%s invoices are on their way to Nox Finans.", count))
        if count:
            sentences.append(self.env._("You get a message when they are approved."))
        message = " ".join(sentences)
        if left_out:
            message += "\n" + self.env._("Left out: %s.", len(left_out))
            message += "\n" + self._list_nox_finans_reasons(left_out)
        return message.strip()

    def _list_nox_finans_reasons(self, reasons):
        """Return a line for each invoice, up to a number, from a dict from invoices to reasons."""
        lines = [
            f"{move.name or self.env._('Draft')}: {reason}"
            for move, reason in list(reasons.items())[:NAMED_IN_ANSWER]
        ]
        if len(reasons) > NAMED_IN_ANSWER:
            lines.append(self.env._("… and %s more.", len(reasons) - NAMED_IN_ANSWER))
        return "\n".join(lines)

    def _create_nox_finans_cases(self):
        # Full rights: nobody may create or change cases but through `_nox_finans_queue`, and where
        # they go to is for all to know who send.
        moves = self.sudo()
        refused = moves.env["nox.finans.case"].search(
            [("move_id", "in", moves.ids), ("state", "=", "refused")]
        )
        # The latest, and what another environment has got is nothing to go on with here.
        latest = [of_move[0] for of_move in refused.grouped("move_id").values()]
        cases = refused.browse().concat(*latest)
        cases = cases.filtered(lambda case: not case._is_elsewhere())
        for case in cases:
            move = case.move_id
            case._requeue(move.nox_finans_service, move.nox_finans_used_channel)
        cases += cases._insert(moves - cases.move_id)
        if cases:
            self.env["nox.finans.connector"]._trigger_exchange()
        return cases


def _get_status(criteria):
    severities = {criterion.severity for criterion in criteria}
    if REJECTED in severities:
        return REJECTED
    return WARNING if WARNING in severities else APPROVED
