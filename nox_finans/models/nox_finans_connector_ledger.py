from datetime import timedelta

from odoo import api, fields, models

from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first

DIFFERENCE_ACTIVITY = "nox_finans.mail_activity_type_difference"
# A difference is told when it has outlived a round of questions to the service.
PATIENCE = timedelta(hours=20)


class NoxFinansConnector(models.Model):
    """The daily comparison of both ledgers."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    def _get_differences(self):
        """Return the domain of the company's cases whose ledgers differ."""
        return fields.Domain("company_id", "in", self.company_id.ids) & fields.Domain(
            "difference_since", "!=", False
        )

    @api.model
    def _cron_compare_ledgers(self):
        """Compare what Nox Finans asks for with what is open in Odoo, once a day.

        Cases that differ are asked for again at once. What still differs after a day is told to the
        connection's responsible: one activity, until the ledgers agree.
        """
        self._for_each("_compare_ledgers")

    def _compare_ledgers(self):
        Case = self.env["nox.finans.case"]
        cases = Case.search(self._get_differences())
        cases.filtered(lambda case: case.state == "accepted").next_try = False
        # What kept it from being booked may be over: a period unlocked, an invoice opened again.
        cases.filtered("unbooked_amount").money_message = False
        lasting = cases.filtered(
            lambda case: case.difference_since <= fields.Datetime.now() - PATIENCE
        )
        self._tell_differences(lasting)
        if cases:
            self._trigger_exchange()

    def _tell_differences(self, cases):
        if not cases:
            self._withdraw_questions([DIFFERENCE_ACTIVITY])
            return
        user = self._get_administrator()
        env = self.with_context(lang=user.lang).env
        differences = cases.mapped("difference")
        # Apart: what is asked for too much does not make up for what is asked for too little.
        more = sum(amount for amount in differences if amount > 0)
        less = -sum(amount for amount in differences if amount < 0)
        text = env._(
            "%(count)s cases: Nox Finans asks for %(more)s more than is open in Odoo, and for "
            "%(less)s less, or money is not booked. See Customers > Nox Finans > Differences.",
            count=len(cases),
            more=cases.company_currency_id.format(more),
            less=cases.company_currency_id.format(less),
        )
        self._ask(DIFFERENCE_ACTIVITY, text, user)
