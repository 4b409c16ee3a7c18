from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..api import payloads, texts
from ..core.words import CHANNELS, SERVICES
from .nox_finans_gate import GROUPS


def is_code(text):
    """Tell whether `text` can be a code in one of Fortnox's registers."""
    return (
        bool(text)
        # No code in one of Fortnox's registers is longer.
        and len(text) <= payloads.LENGTHS["TermsOfPayment"]
        and text == text.strip()
        and all(texts.is_allowed(char) for char in text)
    )


class AccountPaymentTerm(models.Model):
    _inherit = "account.payment.term"

    nox_finans_service = fields.Selection(
        selection=SERVICES,
        company_dependent=True,
        groups=GROUPS,
        help="The service that invoices with these payment terms go to. "
        "Empty: these terms are not active in Nox Finans.",
    )
    nox_finans_channel = fields.Selection(
        selection=CHANNELS,
        company_dependent=True,
        groups=GROUPS,
        help="How Nox Finans delivers invoices with these payment terms. "
        "Empty: as the company has it.",
    )
    nox_finans_code = fields.Char(
        string="Code at Fortnox",
        company_dependent=True,
        groups=GROUPS,
        help="The code of the same terms in Fortnox's own register of payment terms. "
        "Empty: the number of days, if Fortnox has terms called so.",
    )

    @api.constrains("nox_finans_code")
    def _check_nox_finans_code(self):
        for term in self:
            if term.nox_finans_code and not is_code(term.nox_finans_code):
                raise ValidationError(
                    self.env._("This cannot be a code at Fortnox: %s", term.nox_finans_code)
                )

    def _get_nox_finans_days(self):
        """Return after how many days the whole invoice is due, or None: it is not that simple."""
        self.ensure_one()
        line = self.line_ids
        if len(line) != 1 or line.delay_type != "days_after":
            return None
        return line.nb_days

    def _get_nox_finans_code(self):
        """Return the code that Fortnox knows these terms by, or None: it knows none."""
        days = self._get_nox_finans_days()
        return self.nox_finans_code or (None if days is None else str(days))
