from odoo.addons.account_payment.controllers.payment import PaymentPortal
from odoo.exceptions import AccessError, MissingError, ValidationError
from odoo.http import request, route


class NoxFinansPaymentPortal(PaymentPortal):
    """The ways to pay online that a page from before the hand-over, or an old link, still knows."""

    @route()
    def invoice_transaction(self, invoice_id, access_token, **kwargs):
        try:
            invoice = self._document_check_access("account.move", invoice_id, access_token)
        except (AccessError, MissingError):
            # Odoo's own answer.
            return super().invoice_transaction(invoice_id, access_token, **kwargs)
        _check_paid_here(invoice)
        return super().invoice_transaction(invoice_id, access_token, **kwargs)

    def _get_extra_payment_form_values(self, invoice_id=None, access_token=None, **kwargs):
        # Odoo checks the token of the link on its way.
        values = super()._get_extra_payment_form_values(
            invoice_id=invoice_id, access_token=access_token, **kwargs
        )
        if invoice_id := self._cast_as_int(invoice_id):
            # The system looks only whether the invoice is paid here.
            _check_paid_here(request.env["account.move"].sudo().browse(invoice_id))
        return values


def _check_paid_here(invoice):
    """:raises ValidationError: the invoice is paid to Nox Finans"""
    if invoice._get_nox_finans_payee():
        raise ValidationError(invoice._get_nox_finans_online_payment_message())
