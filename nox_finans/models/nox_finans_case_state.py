import logging

from odoo import fields, models
from odoo.tools import SQL

from ..core import states
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first

_logger = logging.getLogger(__name__)


class NoxFinansCase(models.Model):
    """The state of a case, and what hangs on it: who chases the customer.

    Nox Finans while it has the invoice, else Odoo as before.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    was_no_followup = fields.Boolean(
        readonly=True,
        help="Whether the invoice was left out of Odoo's follow-up before Nox Finans had it.",
    )

    def _move(self, event, **values):
        """Let an event happen to the cases: the only place where their state is written.

        :param event: one of `core.states.TRANSITIONS`
        :param values: what is written together with the state
        :raises TransitionError: it cannot happen in the state that a case is in
        """
        try:
            ends = {state: states.move(state, event) for state in set(self.mapped("state"))}
        except states.TransitionError as error:
            _logger.error("Nox Finans cases %s: %s", self.ids, error)
            raise
        were_open = self._filter_open()
        for start, cases in self.grouped("state").items():
            cases.write({**values, "state": ends[start]})
        are_open = self._filter_open()
        (are_open - were_open)._stop_followup()
        (were_open - are_open)._resume_followup()

    def unlink(self) -> bool:
        self._filter_open()._resume_followup()
        return super().unlink()

    # -------------------------------------------------------------------------
    # Odoo's follow-up
    # -------------------------------------------------------------------------

    def _filter_open(self):
        return self.filtered(lambda case: states.is_open(case.state))

    def _stop_followup(self):
        """From the queue on: a customer must not be chased for what Nox Finans is about to have."""
        if not self:
            return
        left_out = self._get_moves_left_out()
        self.flush_model(["move_id", "was_no_followup"])
        self.env.cr.execute(
            SQL(
                "UPDATE nox_finans_case SET was_no_followup = move_id = ANY(%s)"
                " WHERE id = ANY(%s) AND was_no_followup IS DISTINCT FROM (move_id = ANY(%s))",
                left_out,
                self.ids,
                left_out,
            )
        )
        self.invalidate_model(["was_no_followup"])
        self._set_no_followup(self, True)

    def _resume_followup(self):
        self._set_no_followup(self.filtered(lambda case: not case.was_no_followup), False)

    def _get_moves_left_out(self):
        """Return the ids of the invoices that are left out of Odoo's follow-up now, as a list."""
        lines = self.env["account.move.line"]
        lines.flush_model(["account_id", "move_id", "no_followup"])
        self.env.cr.execute(
            SQL(
                "SELECT DISTINCT line.move_id FROM account_move_line AS line"
                " JOIN account_account AS account ON account.id = line.account_id"
                " WHERE line.move_id = ANY(%s) AND line.no_followup"
                " AND account.account_type IN ('asset_receivable', 'liability_payable')",
                self.move_id.ids,
            )
        )
        return [move_id for (move_id,) in self.env.cr.fetchall()]

    def _set_no_followup(self, cases, value):
        """Mark the invoices' rows, in one statement for all of them.

        Through the invoices it takes ten seconds for a thousand: each write of a journal entry
        checks what cannot change here. Nothing that is stored depends on the mark.
        """
        if not cases:
            return
        lines = self.env["account.move.line"]
        lines.flush_model(["account_id", "move_id", "no_followup"])
        self.env.cr.execute(
            SQL(
                "UPDATE account_move_line AS line SET no_followup = %s"
                "  FROM account_account AS account"
                " WHERE account.id = line.account_id AND line.move_id = ANY(%s)"
                " AND line.no_followup IS DISTINCT FROM %s"
                " AND account.account_type IN ('asset_receivable', 'liability_payable')",
                value,
                cases.move_id.ids,
                value,
            )
        )
        lines.invalidate_model(["no_followup"])
        self.env["account.move"].invalidate_model(["no_followup"])
