from odoo import models


class MailMessage(models.Model):
    """What was written of an invoice before Nox Finans had it is not read as if it still held."""

    _inherit = "mail.message"

    def _portal_message_format(self, properties_names, options=None):
        values_list = super()._portal_message_format(properties_names, options=options)
        if self.env.user._is_internal():
            return values_list
        for message, values in zip(self, values_list, strict=True):
            move = message._get_nox_finans_move()
            if not move:
                continue
            markup, body = values["body"]
            values["body"] = [markup, move._remove_own_payment_data(body)]
            attachments = values.get("attachment_ids") or []
            hidden = (
                # Full rights: only what is shown of the message anyway is looked at.
                self.env["ir.attachment"].sudo().browse(item["id"] for item in attachments)
            )._filter_nox_finans_outdated(move)
            values["attachment_ids"] = [
                item for item in attachments if item["id"] not in hidden.ids
            ]
        return values_list

    def _get_nox_finans_move(self):
        """Return the invoice that the message is about, if it is paid to Nox Finans."""
        moves = self.env["account.move"]
        if self.model != moves._name or not self.res_id:
            return moves
        # Full rights: whoever reads the message is told of the invoice whom to pay, and no more.
        return moves.sudo().browse(self.res_id).exists()._filter_nox_finans_pays_elsewhere()
