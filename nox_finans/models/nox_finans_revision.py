from odoo import fields, models
from odoo.tools import format_datetime, format_time

from ..core.words import OPEN_STATES
from . import account_move, nox_finans_case, nox_finans_event  # noqa: F401 - extended here

# The newest of what has happened since a dialog was opened.
NEWS = 3


class NoxFinansCase(models.Model):
    """What a dialog on a case rests on: where it is another when the dialog is confirmed than it
    was when it was opened, nothing is done.

    What an answer of the service leaves as it was does not count: a run of the connector does not
    make every open dialog stale.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    request_count = fields.Integer(
        readonly=True,
        copy=False,
        aggregator=None,
        help="How often something was asked of the service, done or not.",
    )

    def _get_nox_finans_revision(self):
        """Return what must stay as it `is` (amounts in SEK), and the newest event, which may be
        followed by others, to be kept as JSON."""
        self.ensure_one()
        return {
            "event": max(self.event_ids.ids, default=0),
            "is": [
                self.request_count,
                self.state,
                self.remote_status,
                self.capital_balance,
                self.balance_with_fees,
                self.is_disputed,
            ],
        }

    def _describe_nox_finans_news(self, seen):
        """Return in words what has happened to the case since it had the revision `seen`."""
        news = self.event_ids.filtered(lambda event: event.id > seen.get("event", 0))
        if not news:
            return self.env._(
                "It has changed since the dialog was opened: %(status)s Balance %(balance)s.",
                status=self.status_message or "",
                balance=self._format(self.balance_with_fees),
            )
        return self.env._(
            "It has changed since the dialog was opened: %s.",
            "; ".join(event._describe() for event in news.sorted("id")[-NEWS:]),
        )


class NoxFinansEvent(models.Model):
    _inherit = "nox.finans.event"  # pylint: disable=consider-merging-classes-inherited

    def _describe(self):
        """Return who did what, and when."""
        return f"{describe_who(self.env, self.user_id, self.date)}: {self.text.rstrip('.')}"


class AccountMove(models.Model):
    """What the dialogs on invoices rest on: disputes, and what was sent."""

    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    def _get_nox_finans_revision(self):
        """Return what must stay as it `is` of the invoice's dispute, to be kept as JSON."""
        self.ensure_one()
        return {
            "is": [
                self.nox_finans_dispute_count,
                self.nox_finans_is_disputed,
                self.nox_finans_dispute_reason,
            ]
        }

    def _describe_nox_finans_news(self, _seen):
        """Return in words what has happened to the invoice's dispute."""
        who = describe_who(self.env, self.nox_finans_dispute_by, self.nox_finans_dispute_date)
        if self.nox_finans_is_disputed:
            return self.env._(
                "Somebody has noted a dispute since the dialog was opened (%(who)s: %(reason)s).",
                who=who,
                reason=self.nox_finans_dispute_reason,
            )
        return self.env._("Somebody has settled the dispute since the dialog was opened (%s).", who)

    def _get_nox_finans_sent(self):
        """Return a dict from the ids of the invoices that were sent before to what must stay so.

        Each open case, whatever it is at, keeps its invoice from being sent; of the others counts
        which is the newest and when it was put into the queue.
        """
        # Full rights: who may see the invoice, which the caller has checked, may know of its case.
        cases = self.env["nox.finans.case"].sudo()
        cases = cases.search_fetch(
            [("move_id", "in", self.ids)], ["move_id", "state", "queued_date"], order="id"
        )
        return {
            case.move_id.id: {
                "case": case.id,
                "is": [
                    case.id,
                    "open" if case.state in OPEN_STATES else case.state,
                    fields.Datetime.to_string(case.queued_date),
                ],
            }
            for case in cases
        }

    def _describe_nox_finans_sending_news(self, seen):
        """Return in words what has happened to the invoice's sending since it was `seen` so."""
        # Full rights, as above.
        case = self.sudo().nox_finans_case_ids.sorted("id")[-1:]
        if case.state in OPEN_STATES or case.id != seen.get("case"):
            return self.env._(
                "The invoice has already been sent via Nox Finans since the dialog was opened "
                "(%s).",
                describe_who(self.env, case.user_id, case.queued_date),
            )
        return case._describe_nox_finans_news({})


def describe_who(env, user, date):
    """Return who it was, and when: the time, and the day if it was not today."""
    name = user.name or env._("Nox Finans")
    if not date:
        return name
    here, now = (
        fields.Datetime.context_timestamp(env.user, moment)
        for moment in (date, fields.Datetime.now())
    )
    if here.date() == now.date():
        return f"{name}, {format_time(env, here.time(), time_format='short')}"
    return f"{name}, {format_datetime(env, date, dt_format='short')}"
