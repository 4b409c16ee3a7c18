from odoo import models
from odoo.exceptions import AccessError

from ..core.text import list_some
from . import account_move_status  # noqa: F401 - what it says decides what goes
from .nox_finans_gate import GROUP_SEND


class AccountMove(models.Model):
    """The way into the queue to Nox Finans."""

    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _nox_finans_queue(self):
        """Put the invoices into the queue that can go; the only way into it.

        :return: the cases, and a dict from each invoice that was left out to the reason in words
        :raises AccessError: the user may not invoice
        :raises UserError: a company is not connected
        """
        if not self.env.user.has_group(GROUP_SEND):
            raise AccessError(self.env._("Only those who invoice may send via Nox Finans."))
        self.check_access("write")
        # Of thousands only a few fields are read: not all that a form would show.
        moves = self.with_context(prefetch_fields=False)
        for company in moves._get_nox_finans_move_companies():
            # Full rights: whether there is a connection is for all to know who send.
            company.sudo()._get_nox_finans_connector()._check_ready_to_send()
        free = moves.try_lock_for_update(allow_referencing=True)
        left_out = dict.fromkeys(
            self - free, self.env._("Somebody else is changing the invoice right now.")
        )
        # The page may have been open for hours: what counts is what is there now.
        free.invalidate_recordset()
        blocked = free._filter_nox_finans_blocked().with_env(self.env)
        for move in blocked:
            left_out[move] = " ".join(move._get_nox_finans_rejections())
        return (free - blocked)._create_nox_finans_cases().with_env(self.env), left_out

    def _describe_nox_finans_sending(self, count, left_out):
        """Return what came of a sending, for who has sent.

        :param count: how many are in the queue now
        :param left_out: a dict from each invoice that is not to the reason in words
        """
        sentences = []
        if count == 1:
            sentences.append(self.env._("1 invoice is on its way to Nox Finans."))
        elif count:
            sentences.append(self.env._("%s invoices are on their way to Nox Finans.", count))
        if count:
            sentences.append(self.env._("You get a message when they are approved."))
        message = " ".join(sentences)
        if left_out:
            message += "\n" + self.env._("Left out: %s.", len(left_out))
            message += "\n" + self._list_nox_finans_reasons(left_out)
        return message.strip()

    def _list_nox_finans_reasons(self, reasons):
        """Return a line for each invoice, up to a number, from a dict from invoices to reasons."""

        def describe(left_out):
            move, reason = left_out
            return f"{move.name or self.env._('Draft')}: {reason}"

        return "\n".join(list_some(self.env, list(reasons.items()), describe))

    def _create_nox_finans_cases(self):
        # Full rights: nobody may create or change cases but through `_nox_finans_queue`, and where
        # they go to is for all to know who send.
        moves = self.sudo()
        refused = moves.env["nox.finans.case"].search(
            [("move_id", "in", moves.ids), ("state", "=", "refused")]
        )
        # The latest, and what another environment has got is nothing to go on with here.
        latest = [of_move[0] for of_move in refused.grouped("move_id").values()]
        cases = refused.browse().concat(*latest)
        cases = cases.filtered(lambda case: not case._is_elsewhere())
        for case in cases:
            move = case.move_id
            case._requeue(move.nox_finans_service, move.nox_finans_used_channel)
        cases += cases._insert(moves - cases.move_id)
        if cases:
            self.env["nox.finans.connector"]._trigger_exchange()
        return cases
