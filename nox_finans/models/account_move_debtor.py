import re
from contextlib import contextmanager

from odoo import api, models

from ..api import answers
from . import account_move  # noqa: F401 - extended here, so it comes first

# What a debtor is asked to pay. Nobody pays a credit note.
PAID_TYPES = ("out_invoice", "out_receipt")
# What Odoo's and other modules' templates, codes and files read to tell how to pay.
PAYMENT_FIELDS = ("partner_bank_id", "payment_reference")
# Shorter ones are no account and no reference, but would be found everywhere.
SHORTEST_ACCOUNT, SHORTEST_REFERENCE = 6, 4
# What stands in place of the company's own account or reference.
NOTHING = "–"
_TAG = re.compile(r"(<[^>]*>)")


class AccountMove(models.Model):
    """Whom the debtor is to pay, and what he is shown of it."""

    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _get_nox_finans_payee(self):
        """Return what tells the debtor to pay to Nox Finans; None when he pays the company.

        The one place that decides it, for portal, PDF, e-mail and codes alike. From the moment
        that somebody has pressed Send: what a debtor reads while the invoice waits in the queue he
        pays days later, when Nox Finans has it. What was only tried out in the sandbox, by a
        company that has left it since, nobody but the company collects.

        :return: a dict of `ocr` (empty until the service has told it) and `document_url` (or
            None). The interface tells no account to pay to: that stands in the document.
        """
        self.ensure_one()
        if self.move_type not in PAID_TYPES or self.currency_id.is_zero(self.amount_residual):
            return None
        # Whoever may see the invoice is told whom to pay, and no more of the case.
        cases = self._get_nox_finans_open_cases()
        case = cases.filtered(lambda case: not case._is_of_sandbox_only())[:1]
        if not case:
            return None
        return {"ocr": case.ocr_number or "", "document_url": self._get_nox_finans_link(case)}

    def _get_nox_finans_link(self, case):
        """Return where the debtor finds the service's document: our copy first, if there is one."""
        if case.document_id:
            return self.get_base_url() + self.get_portal_url(suffix="/nox_finans_document")
        return answers.link(case.document_url)

    def _filter_nox_finans_pays_elsewhere(self):
        """Return the invoices that the debtor pays to Nox Finans."""
        return self.filtered(lambda move: move._get_nox_finans_payee())

    # -------------------------------------------------------------------------
    # What is not shown meanwhile
    # -------------------------------------------------------------------------

    @contextmanager
    def _hide_own_payment_data(self):
        """Let what is rendered meanwhile find neither an account nor a reference of our own.

        Templates of all kinds read them, those of other modules and the user's own too: so they
        are hidden where they are read from, the cache, and not in each template. The database
        keeps them.
        """
        self.flush_recordset(PAYMENT_FIELDS)
        for name in PAYMENT_FIELDS:
            self._fields[name]._update_cache(self, None)
        try:
            yield
        finally:
            self.invalidate_recordset(PAYMENT_FIELDS, flush=False)

    def _remove_own_payment_data(self, text):
        """Return a text or HTML without the company's own accounts and references.

        For what people have written themselves: a page's footer, terms, notes, earlier e-mails.
        """
        pattern = self._get_own_payment_pattern()
        if not pattern or not text:
            return text
        parts = _TAG.split(str(text))
        # Every second one is a tag, with addresses that must stay whole.
        parts[::2] = [pattern.sub(NOTHING, part) for part in parts[::2]]
        return type(text)("".join(parts))

    def _get_own_payment_pattern(self):
        # Full rights: what is looked for is taken away from who may see the invoice.
        moves = self.sudo()
        companies = moves.company_id | moves.company_id.parent_ids
        accounts = (
            moves.partner_bank_id | companies.partner_id.with_context(active_test=False).bank_ids
        )
        words = [_spread(account.acc_number or "") for account in accounts]
        words += [
            re.escape(move.payment_reference)
            for move in moves
            # The invoice's own number says which invoice it is.
            if move.payment_reference not in (False, move.name, move.ref)
            and len(move.payment_reference) >= SHORTEST_REFERENCE
        ]
        words = sorted({word for word in words if word}, key=len, reverse=True)
        if not words:
            return None
        # A whole word, and no part of an amount.
        return re.compile(rf"(?<![\w.,/-])(?:{'|'.join(words)})(?![\w/-]|[.,]\d)", re.IGNORECASE)

    @api.depends("nox_finans_case_ids.state", "amount_residual")
    def _compute_display_qr_code(self):
        result = super()._compute_display_qr_code()
        self._filter_nox_finans_pays_elsewhere().display_qr_code = False
        return result

    @api.depends("nox_finans_case_ids.state", "amount_residual")
    def _compute_display_link_qr_code(self):
        result = super()._compute_display_link_qr_code()
        self._filter_nox_finans_pays_elsewhere().display_link_qr_code = False
        return result

    # -------------------------------------------------------------------------
    # Documents
    # -------------------------------------------------------------------------

    def _get_invoice_legal_documents(self, filetype, allow_fallback=False):
        # What is kept was made when the company itself was paid, and is again.
        is_wanted = allow_fallback or self.invoice_pdf_report_id
        if filetype == "pdf" and is_wanted and self._get_nox_finans_payee():
            return self._get_nox_finans_pdf()
        return super()._get_invoice_legal_documents(filetype, allow_fallback=allow_fallback)

    def _get_invoice_legal_documents_all(self, allow_fallback=False):
        is_wanted = allow_fallback or self.invoice_pdf_report_id
        if is_wanted and self._get_nox_finans_payee():
            return [self._get_nox_finans_pdf()]
        return super()._get_invoice_legal_documents_all(allow_fallback=allow_fallback)

    def _get_nox_finans_pdf(self, report=None):
        """Return the invoice as it reads now, as one of Odoo's legal documents; nothing is kept."""
        report = report or self.env.ref("account.account_invoices")
        Report = self.env["ir.actions.report"].with_company(self.company_id)
        content, kind = Report._pre_render_qweb_pdf(report.report_name, self.ids)
        content_by_id = Report._get_splitted_report(report.report_name, content, kind)
        return {
            "filename": self._get_invoice_report_filename(report=report),
            "filetype": "pdf",
            "content": content_by_id[self.id],
        }

    def _get_nox_finans_no_file_message(self):
        return self.env._(
            "Nox Finans has %s: no electronic file is made of it meanwhile, since it would "
            "name the company's own account. The account to pay to stands only in the document "
            "from Nox Finans.",
            ", ".join(move.name for move in self),
        )


def _spread(account):
    """Return a pattern for an account's number, with or without spaces and dashes in it."""
    characters = re.sub(r"\W|_", "", account)
    if len(characters) < SHORTEST_ACCOUNT:
        return None
    return r"[\s.–-]?".join(map(re.escape, characters))
