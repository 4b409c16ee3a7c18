from odoo import api, fields, models

from .nox_finans_case import OPEN_STATES


class NoxFinansCase(models.Model):
    """Who chases the customer: Nox Finans while it has the invoice, else Odoo as before."""

    # One file per concern: the courses, the payloads and this are parts of the case.
    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    was_no_followup = fields.Boolean(
        readonly=True,
        help="Whether the invoice was left out of Odoo's follow-up before Nox Finans had it.",
    )

    @api.model_create_multi
    def create(self, vals_list):
        cases = super().create(vals_list)
        cases._filter_open()._stop_followup()
        return cases

    def write(self, vals):
        if "state" not in vals:
            return super().write(vals)
        were_open = self._filter_open()
        result = super().write(vals)
        are_open = self._filter_open()
        (are_open - were_open)._stop_followup()
        (were_open - are_open)._resume_followup()
        return result

    def unlink(self):
        self._filter_open()._resume_followup()
        return super().unlink()

    def _filter_open(self):
        return self.filtered(lambda case: case.state in OPEN_STATES)

    def _stop_followup(self):
        """From the queue on: a customer must not be chased for what Nox Finans is about to have."""
        for case in self:
            case.was_no_followup = case.move_id.no_followup
            case.move_id.no_followup = True

    def _resume_followup(self):
        for case in self:
            case.move_id.no_followup = case.was_no_followup
