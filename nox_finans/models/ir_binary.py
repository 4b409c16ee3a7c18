from odoo import models
from odoo.exceptions import MissingError

# What an invoice is made into, each naming the account to pay to.
DOCUMENT_TYPES = ("application/pdf", "application/xml", "text/xml")
DOCUMENT_FIELDS = ("invoice_pdf_report_file", "ubl_cii_xml_file")


class IrBinary(models.AbstractModel):
    """A document that tells to pay the company is not handed out while Nox Finans is to be paid."""

    _inherit = "ir.binary"

    def _find_record(
        self,
        xmlid=None,
        res_model="ir.attachment",
        res_id=None,
        access_token=None,
        field=None,
    ):
        record = super()._find_record(
            xmlid=xmlid, res_model=res_model, res_id=res_id, access_token=access_token, field=field
        )
        if not self.env.user._is_internal() and self._is_nox_finans_outdated(record, field):
            raise MissingError(self.env._("This document is not available at present."))
        return record

    def _is_nox_finans_outdated(self, record, field):
        if record._name == "account.move":
            return field in DOCUMENT_FIELDS and bool(record._get_nox_finans_payee())
        if record._name != "ir.attachment":
            return False
        move = record._get_nox_finans_move()
        return bool(record._filter_nox_finans_outdated(move))


class IrAttachment(models.Model):
    _inherit = "ir.attachment"

    def _get_nox_finans_move(self):
        """Return the invoice that the document belongs to, if it is paid to Nox Finans."""
        if self.res_model == "mail.message":
            # Full rights, here and below: only whether the document may be shown is looked at.
            return self.env["mail.message"].sudo().browse(self.res_id)._get_nox_finans_move()
        moves = self.env["account.move"].sudo()
        if self.res_model != moves._name or not self.res_id:
            return moves
        return moves.browse(self.res_id).exists()._filter_nox_finans_pays_elsewhere()

    def _filter_nox_finans_outdated(self, move):
        """Return the documents of an invoice that may tell to pay the company.

        None, if the company is to be paid. Else every PDF and every XML file but those of Nox
        Finans: what is in them nobody has looked at, and one too few does less harm.
        """
        if not move:
            return self.browse()
        return self.filtered(
            lambda attachment: (
                attachment.mimetype in DOCUMENT_TYPES and not attachment._is_of_nox_finans(move)
            )
        )

    def _is_of_nox_finans(self, move):
        # A copy that was sent is another attachment with the same content.
        kept = move.nox_finans_case_ids.document_id.mapped("checksum")
        return self.checksum in kept
