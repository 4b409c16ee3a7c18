from odoo import http
from odoo.addons.account.controllers.download_docs import AccountDocumentDownloadController
from odoo.addons.account.controllers.portal import PortalAccount
from odoo.exceptions import AccessError, LockError, MissingError, UserError, ValidationError
from odoo.fields import Domain
from odoo.http import request

from ..core.words import OPEN_STATES
from ..models.nox_finans_notice import DISPUTED, PAID

# Forms of this size say more than anybody needs to.
MAX_FORM_BYTES = 20_000
# The page's forms, and what is said by each.
FORMS = {"nox_finans_paid": PAID, "nox_finans_dispute": DISPUTED}
# What has become of a message is shown once, on the page that follows it.
ANSWER = "nox_finans_answer"


class NoxFinansPortal(PortalAccount):
    """The debtor's pages of an invoice that Nox Finans has."""

    def _invoice_get_page_view_values(self, invoice, access_token, **kwargs):
        values = super()._invoice_get_page_view_values(invoice, access_token, **kwargs)
        answer = request.session.pop(f"{ANSWER}_{invoice.id}", None)
        return values | {
            "nox_finans_payee": invoice._get_nox_finans_payee(),
            "nox_finans_notices": invoice._get_nox_finans_notices(),
            "nox_finans_methods": request.env["nox.finans.notice"]
            ._fields["method"]
            ._description_selection(request.env),
            "nox_finans_answer": answer,
            "nox_finans_token": access_token,
        }

    def _get_overdue_invoices_domain(self, partner_id=None):
        """Leave out what is paid to Nox Finans: neither counted as to be paid nor paid here."""
        domain = Domain(super()._get_overdue_invoices_domain(partner_id))
        # Full rights: which of his own invoices Nox Finans has is for the debtor to know.
        cases = request.env["nox.finans.case"].sudo()
        partner = partner_id or request.env.user.partner_id.id
        open_cases = cases.search(
            [("move_id.partner_id", "=", partner), ("state", "in", OPEN_STATES)]
        )
        elsewhere = open_cases.move_id._filter_nox_finans_pays_elsewhere()
        return domain & Domain("id", "not in", elsewhere.ids)

    @http.route(
        "/my/invoices/<int:invoice_id>/nox_finans_document",
        type="http",
        auth="public",
        methods=["GET"],
        website=True,
        sitemap=False,
    )
    def nox_finans_document(self, invoice_id, access_token=None, **_other):
        """Hand out the document of Nox Finans, for as long as the debtor is to pay by it."""
        try:
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        case = invoice._get_nox_finans_open_cases()[:1]
        if not (invoice._get_nox_finans_payee() and case.document_id):
            return request.redirect(invoice.get_portal_url())
        stream = request.env["ir.binary"]._get_stream_from(case.document_id)
        return stream.get_response(as_attachment=False)

    @http.route(
        f"/my/invoices/<int:invoice_id>/<any({','.join(FORMS)}):form>",
        type="http",
        auth="public",
        methods=["POST"],
        website=True,
        sitemap=False,
        max_content_length=MAX_FORM_BYTES,
    )
    def nox_finans_notice(self, invoice_id, form, access_token=None, **values):
        """Let the system note what the debtor says, once he has shown that he may see the invoice.

        A wrong token learns what Odoo's own page of the invoice tells: nothing.
        """
        try:
            # The system's own rights come of it, for this one invoice.
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            return request.redirect("/my")
        user = request.env.user
        partner = user.partner_id if not user._is_public() else user.partner_id.browse()
        try:
            with request.env.cr.savepoint():
                invoice._take_nox_finans_notice(FORMS[form], values, partner)
            answer = {"level": "success", "text": request.env._("Thank you. We will look into it.")}
        except LockError:
            text = request.env._("Somebody is changing the invoice right now. Please try again.")
            answer = {"level": "warning", "text": text}
        except ValidationError as problem:
            answer = {"level": "warning", "text": str(problem)}
        request.session[f"{ANSWER}_{invoice.id}"] = answer
        return request.redirect(invoice.get_portal_url(anchor="nox_finans"))


class NoxFinansDownload(AccountDocumentDownloadController):
    """No electronic file is handed out that names the company's own account meanwhile."""

    @http.route()
    def download_invoice_documents_filetype(self, invoices, filetype, allow_fallback=True):
        invoices.check_access("read")
        if filetype not in ("all", "pdf"):
            elsewhere = invoices._filter_nox_finans_pays_elsewhere()
            if elsewhere:
                raise UserError(elsewhere._get_nox_finans_no_file_message())
        return super().download_invoice_documents_filetype(
            invoices, filetype, allow_fallback=allow_fallback
        )
