from odoo import api, models

from . import account_move_send  # noqa: F401 - extended here, so it comes first

# Ways that bring the invoice as a file, with an account to pay to in it.
FILE_METHODS = ("peppol",)


class AccountMoveSend(models.AbstractModel):
    """Odoo's own Send while the debtor pays to Nox Finans: the reminder service's invoices, and
    those that Nox Finans leaves to us to deliver."""

    # Each concern of the sending has a file of its own.
    _inherit = "account.move.send"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _is_applicable_to_move(self, method, move, **move_data):
        if method in FILE_METHODS and move._get_nox_finans_payee():
            return False
        return super()._is_applicable_to_move(method, move, **move_data)

    @api.model
    def _get_alerts(self, moves, moves_data):
        alerts = super()._get_alerts(moves, moves_data)
        files = moves.filtered(
            lambda move: set(FILE_METHODS) & set(moves_data[move]["sending_methods"])
        )._filter_nox_finans_pays_elsewhere()
        if files:
            alerts["nox_finans_no_file"] = {
                "level": "warning" if len(moves) > 1 else "danger",
                "message": files._get_nox_finans_no_file_message(),
                **self._get_nox_finans_alert_action(files),
            }
        return alerts

    @api.model
    def _get_default_sending_settings(self, move, from_cron=False, **custom_settings):
        if move._get_nox_finans_payee():
            custom_settings["invoice_edi_format"] = False
        return super()._get_default_sending_settings(move, from_cron=from_cron, **custom_settings)

    @api.model
    def _get_invoice_extra_attachments(self, move):
        # What is kept was made when the company itself was paid.
        if move._get_nox_finans_payee():
            return self.env["ir.attachment"]
        return super()._get_invoice_extra_attachments(move)

    @api.model
    def _generate_invoice_documents(self, invoices_data, allow_fallback_pdf=False):
        """Make those anew that are paid to Nox Finans: they are sent, and not kept as the invoice's
        document, since the company may be paid again."""
        paid_there = {
            move: data for move, data in invoices_data.items() if move._get_nox_finans_payee()
        }
        for move, data in paid_there.items():
            document = move._get_nox_finans_pdf(data["pdf_report"])
            # The name that Odoo has for a document that is sent and not kept.
            data["proforma_pdf_attachment"] = self.env["ir.attachment"].create(
                {
                    "name": document["filename"],
                    "raw": document["content"],
                    "mimetype": "application/pdf",
                    "res_model": move._name,
                    "res_id": move.id,
                }
            )
            move.is_move_sent = True
        others = {move: data for move, data in invoices_data.items() if move not in paid_there}
        if not others:
            return None
        return super()._generate_invoice_documents(others, allow_fallback_pdf=allow_fallback_pdf)

    @api.model
    def _get_placeholder_mail_attachments_data(
        self, move, invoice_edi_format=None, extra_edis=None, pdf_report=None
    ):
        if move._get_nox_finans_payee():
            filename = move._get_invoice_report_filename(report=pdf_report)
            return [
                {
                    "id": f"placeholder_{filename}",
                    "name": filename,
                    "mimetype": "application/pdf",
                    "placeholder": True,
                }
            ]
        return super()._get_placeholder_mail_attachments_data(
            move,
            invoice_edi_format=invoice_edi_format,
            extra_edis=extra_edis,
            pdf_report=pdf_report,
        )
