"""What may be done with a case, and what may be asked of the service: each stands here, once.

The gate, the dialog's text, the forecast of its price, the call and the words on the timeline read
the same object. Names and labels of what may be asked of the service are `core.words.ACTIONS`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from odoo import fields
from odoo.exceptions import UserError

from ..api import payloads
from ..criteria import Rules
from ..models.nox_finans_gate import GROUP_SEND

# What is known of a case for so long only needs not be asked for again before a report.
FRESH = timedelta(seconds=30)
# What tells whether a case is in another environment than its company works with.
ELSEWHERE = ("environment", "company_id.nox_finans_connector_ids.environment")


class Action:
    """Something that may be asked of the service while it has the invoice.

    Itself it is what a dialog asks in which none is chosen: it has no words and no call.
    """

    name = ""
    # Who may ask for it.
    group = GROUP_SEND
    # The fields of the case that `is_allowed` looks at.
    depends: tuple[str, ...] = ("state", "remote_status", "request_id", *ELSEWHERE)
    # In which of its statuses the service does it.
    statuses: tuple[str, ...] = (payloads.STATUS_OPEN, payloads.STATUS_PAUSED)
    # How long ago the case's status may have been fetched when the call is made; None: ever.
    max_age: timedelta | None = None
    # The case's field that remembers the request when it has ended.
    remembered_as: str | None = None
    # Whether the customer may be written to about it.
    is_mailed = False

    @property
    def price_kind(self) -> str:
        """For what it stands in the company's price list."""
        return self.name

    def is_allowed(self, case: Any) -> bool:
        """Tell whether the case is in a state for it: one thing is asked for at a time."""
        return (
            case.state == "accepted"
            and case.remote_status in self.statuses
            and not case.request_id
            and not case._is_elsewhere()
        )

    def explain(self, env: Any) -> str:
        """Return what it does, in words for the dialog."""
        return ""

    def pays_fees(self, dialog: Any) -> bool:
        """Tell whether the company pays the fees so far, which belong to what it costs."""
        return False

    def check(self, dialog: Any, cases: Any) -> None:
        """:raises UserError: what was entered in the dialog is not possible"""

    def prepare(self, dialog: Any, cases: Any) -> dict[Any, dict[str, Any]]:
        """Return by case what is asked for: values of its request."""
        return {case: {} for case in cases}

    def complete(self, case: Any) -> dict[str, Any]:
        """Return what the case itself adds to a request by a person."""
        return {}

    def describe(self, request: Any) -> str:
        """Return who has asked for what, in words for the timeline."""
        raise NotImplementedError

    def note_asked(self, case: Any) -> None:
        """Let the case know, with full rights, that a person has asked for it."""

    def call(self, client: Any, request: Any) -> Any:
        """Ask the service; return what it then says of the case.

        :raises NoxFinansError: refused, or no clear answer
        """
        raise NotImplementedError

    def note_refused(self, case: Any) -> None:
        """Let the case know that the service has said no."""


class Pause(Action):
    name = "pause"
    statuses = (payloads.STATUS_OPEN,)
    # Its date is shown, and looked at by disputes, as long as the pause lasts.
    remembered_as = "pause_id"
    # Documented: a manual pause is at most this long.
    MAX_DAYS = 60

    def explain(self, env: Any) -> str:
        return env._(
            "Nothing happens to the invoice until and including this day; then it goes on by "
            "itself. At most %s days.",
            self.MAX_DAYS,
        )

    @classmethod
    def get_last_day(cls, today: date) -> date:
        """Return the last day that a pause asked for `today` may have."""
        return today + timedelta(days=cls.MAX_DAYS)

    def check(self, dialog: Any, cases: Any) -> None:
        today = max(Rules(company).today for company in cases.company_id)
        last = self.get_last_day(today)
        if not dialog.paused_until or not today <= dialog.paused_until <= last:
            raise UserError(
                dialog.env._(
                    "The pause must end between today and %s.", fields.Date.to_string(last)
                )
            )

    def prepare(self, dialog: Any, cases: Any) -> dict[Any, dict[str, Any]]:
        return {case: {"until": dialog.paused_until} for case in cases}

    def describe(self, request: Any) -> str:
        return request.env._(
            "Asked for a pause until and including %s", fields.Date.to_string(request.until)
        )

    def note_asked(self, case: Any) -> None:
        # Now it is a person's pause, and stays when a dispute is over.
        case.is_dispute_pause = False

    def call(self, client: Any, request: Any) -> Any:
        return client.pause(request.case_id.remote_number, request.until)

    def note_refused(self, case: Any) -> None:
        # There is no pause of ours: not yet, or the one that it is paused by is the service's.
        case.pause_id = False


class Resume(Action):
    name = "unpause"
    depends = (*Action.depends, "is_disputed")
    statuses = (payloads.STATUS_PAUSED,)

    def is_allowed(self, case: Any) -> bool:
        # First the dispute is settled: else the case would be paused again within the hour.
        return super().is_allowed(case) and not case.is_disputed

    def explain(self, env: Any) -> str:
        return env._("The invoice goes on where it was paused.")

    def describe(self, request: Any) -> str:
        return request.env._("Asked to resume")

    def call(self, client: Any, request: Any) -> Any:
        return client.unpause(request.case_id.remote_number)

    def note_refused(self, case: Any) -> None:
        # As of a pause that was refused.
        case.pause_id = False


class ReportPayment(Action):
    """Of a payment, or of a credit, which the service must not book."""

    name = "report_payment"
    # What the balance was just before tells afterwards what the report did.
    max_age = FRESH

    def explain(self, env: Any) -> str:
        return env._(
            "The customer has paid you directly, all or part: Nox Finans collects only what is "
            "left. Register the payment in Odoo as well."
        )

    def pays_fees(self, dialog: Any) -> bool:
        return dialog.takes_fees

    def check(self, dialog: Any, cases: Any) -> None:
        if dialog._is_of_one() and not 0 < dialog.amount <= cases.balance_with_fees:
            raise UserError(
                dialog.env._(
                    "The amount must be above 0 and not above the balance with fees (%s).",
                    dialog._format(cases.balance_with_fees),
                )
            )

    def prepare(self, dialog: Any, cases: Any) -> dict[Any, dict[str, Any]]:
        return {
            case: {
                "amount": dialog.amount if dialog._is_of_one() else case.capital_balance,
                "takes_fees": dialog.takes_fees,
            }
            for case in cases
        }

    def complete(self, case: Any) -> dict[str, Any]:
        is_credit = case.unreported_credit and not case._get_unreported_payment()
        return {"is_credit": bool(is_credit)}

    def describe(self, request: Any) -> str:
        return request.env._("Reported a payment of %s", request.case_id._format(request.amount))

    def note_asked(self, case: Any) -> None:
        if case.unreported_amount:
            case._close_money_questions()

    def call(self, client: Any, request: Any) -> Any:
        return client.report_payment(request.case_id.remote_number, self.get_body(request))

    def get_body(self, request: Any) -> Any:
        """Return what the service is told, by the settings of the case's company."""
        connector = request.company_id._get_nox_finans_connector()
        return payloads.payment(
            request.amount,
            connector.payment_method_code,
            connector.payment_method_account,
            takes_fees=request.takes_fees,
            is_bookkept=not request.is_credit,
        )


class TakeFees(Action):
    name = "take_fees"
    depends = (*Action.depends, "fees")

    def is_allowed(self, case: Any) -> bool:
        return super().is_allowed(case) and case.fees > 0

    def explain(self, env: Any) -> str:
        return env._("The customer need not pay the fees that were added: your company pays them.")

    def pays_fees(self, dialog: Any) -> bool:
        return True

    def describe(self, request: Any) -> str:
        return request.env._("Asked to take over the fees")

    def call(self, client: Any, request: Any) -> Any:
        return client.take_fees(request.case_id.remote_number)


class Stop(Action):
    name = "stop"
    # An earlier one, or the customer, may have ended the case just now.
    max_age = timedelta()
    # Until the case is closed: the answer may be lost, or come before its effect.
    remembered_as = "stop_id"
    is_mailed = True

    def explain(self, env: Any) -> str:
        return env._(
            "Nox Finans does nothing more with the invoice: no reminder, no debt collection. "
            "This cannot be undone, and the customer's payment to Nox Finans is no longer "
            "watched for."
        )

    def prepare(self, dialog: Any, cases: Any) -> dict[Any, dict[str, Any]]:
        mails = dialog._get_mails(cases)
        values = super().prepare(dialog, cases)
        for case, (subject, body) in mails.items():
            values[case] = {"mail_subject": subject, "mail_body": body}
        return values

    def describe(self, request: Any) -> str:
        return request.env._("Asked to stop")

    def call(self, client: Any, request: Any) -> Any:
        return client.stop(request.case_id.remote_number)

    def note_refused(self, case: Any) -> None:
        if case.remote_status != payloads.STATUS_CLOSED:
            case._end_stop()


# By name, in the order of `core.words.ACTIONS`.
SERVICE_ACTIONS: dict[str, Action] = {
    action.name: action for action in (Pause(), Resume(), ReportPayment(), TakeFees(), Stop())
}


@dataclass(frozen=True)
class Choice:
    """Something else that a person may do with a case while it is in a state for it."""

    name: str
    is_allowed: Callable[[Any], bool]
    # The fields of the case that `is_allowed` looks at.
    depends: tuple[str, ...]
    group: str = GROUP_SEND


def _may_try_now(case: Any) -> bool:
    return case.state in ("queued", "uncertain") and bool(case.next_try or case.is_stuck)


def _may_withdraw(case: Any) -> bool:
    return bool((case.state == "queued" and not case.step) or case._is_of_sandbox_only())


def _may_report_outside(case: Any) -> bool:
    return case.unreported_amount > 0 and SERVICE_ACTIONS["report_payment"].is_allowed(case)


def _may_report_customer(case: Any) -> bool:
    return bool(case.state == "accepted" and case.confirmed_date and not case.is_customer_due)


# All that a person may do with a case.
CHOICES: tuple[Action | Choice, ...] = (
    *SERVICE_ACTIONS.values(),
    Choice("send_again", lambda case: case.state == "refused", ("state",)),
    Choice("give_up", lambda case: case.state == "refused", ("state",)),
    Choice("try_now", _may_try_now, ("state", "next_try", "is_stuck")),
    Choice("withdraw", _may_withdraw, ("state", "step", *ELSEWHERE)),
    Choice("book", lambda case: case.unbooked_amount > 0, ("unbooked_amount",)),
    Choice("report_outside", _may_report_outside, ("unreported_amount", *Action.depends)),
    Choice(
        "let_run",
        lambda case: case.state == "accepted" and case.is_collection_near,
        ("state", "is_collection_near"),
    ),
    Choice("report_customer", _may_report_customer, ("state", "confirmed_date", "is_customer_due")),
    Choice(
        "forget",
        lambda case: case._may_forget(),
        ("state", "is_undo_due", "is_disputed", "forgotten_date"),
        "account.group_account_manager",
    ),
)
# The fields of the case that say what may be done with it.
DEPENDS = sorted({name for choice in CHOICES for name in choice.depends})
