from odoo import models

# Odoo's own templates that bring the customer the invoice.
INVOICE_TEMPLATES = (
    "account.email_template_edi_invoice",
    "account.email_template_edi_credit_note",
)


class MailTemplate(models.Model):
    _inherit = "mail.template"

    def _generate_template(self, res_ids, render_fields, **options):
        """Composer, automations and `send_mail` come by here.

        :raises UserError: the invoice would be mailed while Nox Finans delivers it
        """
        if self._brings_nox_finans_invoice():
            self.env["account.move"].browse(res_ids)._check_nox_finans_does_not_deliver()
        return super()._generate_template(res_ids, render_fields, **options)

    def _brings_nox_finans_invoice(self):
        return self.model == "account.move" and bool(
            any(self == self.env.ref(name, raise_if_not_found=False) for name in INVOICE_TEMPLATES)
            # Full rights: which reports a template attaches is no secret of the reports.
            or self.sudo().report_template_ids.filtered("is_invoice_report")
        )
