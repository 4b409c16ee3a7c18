from markupsafe import Markup
from odoo import api, models

# By this class a text is known that says already whom to pay.
PAYEE_CLASS = "o_nox_finans_payee"


class MailRenderMixin(models.AbstractModel):
    """What is written to a customer about an invoice that Nox Finans has says whom to pay."""

    _inherit = "mail.render.mixin"

    @api.model
    def _render_template(
        self, template_src, model, res_ids, engine="inline_template", add_context=None, options=None
    ):
        moves = self.env["account.move"]
        if model == moves._name:
            moves = moves.browse(filter(None, res_ids)).exists()._filter_nox_finans_pays_elsewhere()
        with moves._hide_own_payment_data():
            rendered = super()._render_template(
                template_src,
                model,
                res_ids,
                engine=engine,
                add_context=add_context,
                options=options,
            )
        for move in moves:
            text = move._remove_own_payment_data(rendered[move.id])
            # All other engines render a line: a subject, an address.
            if engine != "inline_template" and text and PAYEE_CLASS not in text:
                text = self._render_nox_finans_payee(move) + Markup(text)
            rendered[move.id] = text
        return rendered

    def _render_nox_finans_payee(self, move):
        values = {"payee": move._get_nox_finans_payee()}
        return self.env["ir.qweb"]._render("nox_finans.payee_mail", values)
