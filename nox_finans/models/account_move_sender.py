from typing import Self

from odoo import SUPERUSER_ID, api, models
from odoo.exceptions import UserError

from . import account_move_guard  # noqa: F401 - its `write` comes first


class AccountMove(models.Model):
    """Who sends an invoice in the background: the one who has pressed the button, nobody else.

    Odoo notes it in `sending_data`, which whoever invoices may write, and its cron sends in that
    name: the sender of a case, and the author of an e-mail.
    """

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        return super().create([self._sign_sending_data(vals) for vals in vals_list])

    def write(self, vals: dict) -> bool:
        return super().write(self._sign_sending_data(vals))

    def _sign_sending_data(self, vals):
        """Return the values with the current user as the sender, where they say that it is sent.

        :raises UserError: what is said is not of Odoo's form
        """
        data = vals.get("sending_data")
        if not data or self.env.uid == SUPERUSER_ID:
            # The system itself presses no button: what it writes is what a module has reckoned.
            return vals
        if not isinstance(data, dict):
            raise UserError(self.env._("An invoice is sent with the button Send."))
        user = self.env.user
        signature = {"author_user_id": user.id, "author_partner_id": user.partner_id.id}
        return {**vals, "sending_data": {**data, **signature}}
