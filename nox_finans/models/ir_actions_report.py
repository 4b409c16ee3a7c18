from collections import OrderedDict

from odoo import api, models


class IrActionsReport(models.Model):
    """An invoice that Nox Finans has tells nobody to pay the company, whichever report it is."""

    _inherit = "ir.actions.report"

    def _filter_nox_finans_moves(self, report_ref, ids):
        """Return the invoices among what is rendered that are paid to Nox Finans."""
        moves = self.env["account.move"]
        if self._get_report(report_ref).model != moves._name:
            return moves
        return moves.browse(ids or [])._filter_nox_finans_pays_elsewhere()

    @api.model
    def _render_qweb_html(self, report_ref, docids, data=None):
        moves = self._filter_nox_finans_moves(report_ref, _as_list(docids))
        if not moves:
            return super()._render_qweb_html(report_ref, docids, data=data)
        with moves._hide_own_payment_data():
            html, kind = super()._render_qweb_html(report_ref, docids, data=data)
        return moves._remove_own_payment_data(html.decode()).encode(), kind

    @api.model
    def _render_qweb_text(self, report_ref, docids, data=None):
        moves = self._filter_nox_finans_moves(report_ref, _as_list(docids))
        if not moves:
            return super()._render_qweb_text(report_ref, docids, data=data)
        with moves._hide_own_payment_data():
            text, kind = super()._render_qweb_text(report_ref, docids, data=data)
        return moves._remove_own_payment_data(text.decode()).encode(), kind

    def _get_rendering_context(self, report, docids, data):
        data = super()._get_rendering_context(report, docids, data)
        # Odoo calls proforma what it has not sent itself: it is the real invoice all the same.
        if data.get("proforma") and self._filter_nox_finans_moves(report.report_name, docids):
            data["proforma"] = False
        return data

    def _render_qweb_pdf_prepare_streams(self, report_ref, data, res_ids=None):
        """Print those apart that are paid to Nox Finans: what is removed there stays elsewhere."""
        moves = self._filter_nox_finans_moves(report_ref, res_ids)
        rest = [res_id for res_id in res_ids or [] if res_id not in moves.ids]
        if not (moves and rest):
            return super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=res_ids)
        streams = {}
        for res_id in moves.ids:
            streams |= super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=[res_id])
        streams |= super()._render_qweb_pdf_prepare_streams(report_ref, data, res_ids=rest)
        ordered = [res_id for res_id in [*res_ids, False] if res_id in streams]
        return OrderedDict((res_id, streams[res_id]) for res_id in ordered)

    def retrieve_attachment(self, record: models.BaseModel) -> models.BaseModel | None:
        # What a report has kept was made when the company itself was paid.
        if record._name == "account.move" and record._get_nox_finans_payee():
            return self.env["ir.attachment"]
        return super().retrieve_attachment(record)

    def _prepare_pdf_report_attachment_vals_list(self, report, streams):
        # Nor is kept what will not be true when Nox Finans no longer has the invoice.
        moves = self._filter_nox_finans_moves(report.report_name, list(filter(None, streams)))
        streams = {res_id: stream for res_id, stream in streams.items() if res_id not in moves.ids}
        return super()._prepare_pdf_report_attachment_vals_list(report, streams)


def _as_list(ids):
    return [ids] if isinstance(ids, int) else list(ids or [])
