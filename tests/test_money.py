"""Both ledgers in step: what comes in at the service is booked, what is paid here is reported."""

from datetime import timedelta

import pytest
from cases import make_case, set_up
from days import today
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st


@pytest.fixture(autouse=True)
def booked(setting):
    """Let the company book into its bank journal, and report by itself."""
    set_up(setting, journal=True, mode="auto")


def test_paid_in_two_parts_at_the_service(case):
    case.pay(40)
    money = case.money()
    assert (money.payments, money.residual) == ([40], money.total - 40)
    for _repeated in range(3):
        case.sync()
    assert case.money().payments == [40], "booked once"
    seen = case.pay(money.residual)
    money = case.money()
    assert (seen["state"], seen["reason"]) == ("closed", "paid")
    assert money.residual == 0 and sum(money.payments) == money.total
    assert money.reported_amount == 0 and money.there.paid == money.total, "nothing reported back"
    assert "PBNK" in case.chatter()


def test_fees_are_not_the_invoices_money(case):
    case.advance(60)
    money = case.money()
    assert money.there.fees == 240
    case.pay(money.total)
    money = case.money()
    assert sum(money.payments) == money.total and money.residual == 0


def test_paid_in_odoo_is_reported_once(case):
    case.pay_in_odoo(30)
    case.sync()
    money = case.money()
    assert (money.there.reported, money.reported_amount, money.unreported_amount) == (30, 30, 0)
    assert money.payments == [], "not booked as come from there"
    for _repeated in range(3):
        case.sync()
    assert case.money().there.reported == 30
    case.pay_in_odoo(money.residual)
    case.sync()
    money = case.money()
    assert (money.state, money.close_reason) == ("closed", "paid")
    assert money.there.reported == money.total and money.payments == []


def test_a_credit_note_is_reported(case):
    total = case.money().total
    case.credit_in_odoo(total)
    case.sync()
    money = case.money()
    assert (money.state, money.close_reason, money.reported_amount) == ("closed", "credited", total)
    assert money.payments == [] and money.residual == 0


def test_both_at_the_same_time(case):
    case.pay_in_odoo(20)
    case.pay(30)
    case.sync()
    money = case.money()
    assert (money.payments, money.reported_amount) == ([30], 20)
    assert money.residual == money.capital_balance == money.total - 50
    assert money.difference == 0


@pytest.mark.parametrize(("requested", "paid"), [(20, 30), (30, 20)])
def test_a_lost_report_is_not_taken_for_a_payment_that_came_meanwhile(case, requested, paid):
    case.pay_in_odoo(requested)
    case.sync(**{"break": {"method": "PUT", "path": "report-payment", "when": "before"}})
    case.pay(paid)
    money = case.money()
    assert (money.there.reported, money.reported_amount, money.payments) == (0, 0, [])
    assert (money.unbooked_amount, money.activities) == (paid, 1)
    case.code("case.with_user(case.user_id).action_book()")
    case.sync()
    money = case.money()
    assert (money.payments, money.reported_amount, money.there.reported) == (
        [paid],
        requested,
        requested,
    )
    assert money.residual == money.capital_balance == money.total - requested - paid


def test_a_report_that_arrived_with_a_payment_is_told_apart_by_a_person(case):
    case.pay_in_odoo(20)
    case.sync(**{"break": {"method": "PUT", "path": "report-payment", "when": "processed"}})
    case.pay(10)
    money = case.money()
    assert (money.payments, money.unbooked_amount, money.activities) == ([], 30, 1)
    case.pay_in_odoo(10)
    case.code("case.with_user(case.user_id).action_mark_booked()")
    case.sync()
    money = case.money()
    assert (money.there.reported, money.unreported_amount, money.unbooked_amount) == (20, 0, 0)
    assert money.residual == money.capital_balance == money.total - 30


def test_a_lost_report_is_seen_in_the_balance_that_it_pays_off(case):
    total = case.money().total
    case.advance(45)
    case.code(
        "case.with_user(case.user_id)._request('report_payment', amount=amount)",
        amount=total + 60,
    )
    case.sync(**{"break": {"method": "PUT", "path": "report-payment", "when": "processed"}})
    case.sync()
    money = case.money()
    assert (money.state, money.reported_amount, money.payments) == ("closed", total, [])
    assert (money.unbooked_amount, money.activities) == (0, 0)


def test_a_lost_report_is_not_forgotten_when_the_balance_is_not_told(case):
    case.pay_in_odoo(20)
    case.sync(**{"break": {"method": "PUT", "path": "report-payment", "when": "processed"}})
    case.forge("GET", "/noxfinansinvoices/{}", {"NoxFinansInvoice": {"Status": "OPEN"}})
    case.sync()
    case.pay(5)
    money = case.money()
    assert (money.payments, money.unbooked_amount, money.activities) == ([], 25, 1)


def test_asked_first(setting, case):
    set_up(setting, journal=True, mode="ask")
    case.pay_in_odoo(30)
    case.sync()
    money = case.money()
    assert (money.there.reported, money.unreported_amount, money.activities) == (0, 30, 1)
    assert money.difference == 30
    case.sync()
    assert case.money().activities == 1, "asked once"
    case.code("case.with_user(case.user_id).action_report_outside()")
    assert case.money().activities == 0
    case.sync()
    money = case.money()
    assert (money.there.reported, money.unreported_amount, money.difference) == (30, 0, 0)


@pytest.mark.parametrize(("mode", "reported"), [("ask", 40), ("auto", 50)])
def test_what_was_paid_before_the_hand_over_is_reported_at_once(setting, mode, reported):
    set_up(setting, journal=True, mode=mode)
    case = make_case(setting, paid_before=40)
    case.sync()
    money = case.money()
    assert (money.there.reported, money.reported_amount, money.activities) == (40, 40, 0)
    assert money.residual == money.capital_balance == money.total - 40
    case.pay_in_odoo(10)
    case.sync()
    money = case.money()
    assert (money.there.reported, money.unreported_amount) == (reported, 50 - reported)
    assert money.activities == (mode == "ask")


def test_need_not_be_reported(setting, case):
    set_up(setting, journal=True, mode="ask")
    case.pay_in_odoo(30)
    case.sync()
    case.code("case.with_user(case.user_id).action_ignore_outside()")
    case.sync()
    money = case.money()
    assert (money.there.reported, money.activities, money.difference) == (0, 0, 30)


def test_without_a_journal_it_waits_for_one(setting, case):
    set_up(setting, journal=False, mode="ask")
    case.pay(40)
    money = case.money()
    assert (money.payments, money.unbooked_amount, money.activities) == ([], 40, 0)
    set_up(setting, journal=True, mode="ask")
    setting.worker.do("cron")
    assert case.money().payments == [40]


def test_a_locked_period_asks_and_is_booked_later(case):
    case.code(LOCK, day=(today() + timedelta(days=40)).isoformat())
    case.pay(40)
    money = case.money()
    case.code(LOCK, day=False)
    assert (money.payments, money.unbooked_amount, money.activities) == ([], 40, 1)
    assert money.money_message
    assert money.capital_balance == money.total - 40, "the status is kept"
    case.code("case.with_user(case.user_id).action_book()")
    money = case.money()
    assert (money.payments, money.unbooked_amount, money.activities) == ([40], 0, 0)


LOCK = """
case.company_id.sudo().fiscalyear_lock_date = day
"""


def test_paid_already_asks(case):
    total = case.money().total
    case.code(CLOSE_EYES)
    case.pay_in_odoo(total)
    case.pay(total)
    money = case.money()
    assert (money.state, money.residual, money.unbooked_amount) == ("closed", 0, total)
    assert money.payments == [] and money.activities == 1
    case.code("case.with_user(case.user_id).action_mark_booked()")
    money = case.money()
    assert (money.unbooked_amount, money.activities, money.payments) == (0, 0, [])


CLOSE_EYES = "env['nox.finans.connector'].search([]).report_mode = 'ask'"


LEDGER = "/invoices/{}"


def test_closed_before_it_is_booked_there_it_is_asked_again(case):
    total = case.money().total
    case.forge("GET", LEDGER, {"Invoice": {"Balance": total}}, times=2)
    for _not_booked_yet in range(2):
        case.sync() if case.money().there.paid else case.pay(total)
        money = case.money()
        assert (money.state, money.payments, money.activities) == ("accepted", [], 0)
    case.sync()
    money = case.money()
    assert (money.state, money.close_reason) == ("closed", "paid")
    assert (money.payments, money.residual, money.activities) == ([total], 0, 0)


def test_closed_and_never_booked_there_a_person_is_asked(case):
    total = case.money().total
    case.forge("GET", LEDGER, {"Invoice": {"Balance": total}}, times=9)
    case.pay(total)
    case.setting.sql(
        "UPDATE nox_finans_case SET unclear_since = unclear_since - interval '6 days'"
        " WHERE id = %s",
        case.id,
    )
    case.sync()
    case.setting.sandbox.clear_faults()
    money = case.money()
    assert (money.state, money.payments, money.activities) == ("closed", [], 1)


def test_closed_as_paid_and_open_in_odoo_is_a_difference(case):
    total = case.money().total
    case.code("case.with_user(case.user_id)._request('report_payment', amount=a)", a=total)
    case.sync()
    money = case.money()
    assert (money.close_reason, money.residual, money.difference) == ("paid", total, -total)
    assert money.is_listed
    case.pay_in_odoo(total)
    money = case.money()
    assert (money.difference, money.is_listed) == (0, False)


def test_a_booked_payment_that_is_taken_back_is_a_difference(case):
    total = case.money().total
    case.pay(total)
    assert not case.money().is_listed
    case.code("case.payment_ids.move_id.line_ids.remove_move_reconcile()")
    assert case.money().difference == -total


def test_unbooked_money_is_listed_although_the_balances_agree(setting, case):
    set_up(setting, journal=True, mode="ask")
    case.pay_in_odoo(40)
    case.pay(40)
    money = case.money()
    assert (money.unbooked_amount, money.difference, money.is_listed) == (40, 0, True)
    case.code("case.with_user(case.user_id).action_mark_booked()")
    assert not case.money().is_listed


def test_a_stopped_case_books_nothing(case):
    case.ask("stop")
    money = case.money()
    assert (money.state, money.close_reason) == ("closed", "stopped")
    assert (money.payments, money.residual) == ([], money.total)


STOP = "case.with_user(case.user_id)._request('stop', mail=('Stoppad', 'Betala till oss'))"
MAILS = "result = len(move.message_ids.filtered(lambda mail: mail.subject == 'Stoppad'))"


def test_a_stop_that_takes_effect_later_is_still_a_stop(case):
    case.code(STOP)
    case.forge("PUT", "/noxfinansinvoices/{}/stop", {"NoxFinansInvoice": {"Status": "OPEN"}})
    case.sync()
    assert (case.money().state, case.code(MAILS)) == ("accepted", 0)
    # Something else that is asked for meanwhile does not take its place.
    case.ask("report_payment")
    for _repeated in range(2):
        case.sync()
        assert (case.money().close_reason, case.code(MAILS)) == ("stopped", 1)


@pytest.mark.parametrize("when", ["before", "processed"])
def test_who_pays_while_the_answer_to_a_stop_is_lost_is_not_asked_to_pay(case, when):
    case.code(STOP)
    case.sync(**{"break": {"method": "PUT", "path": "/stop", "when": when}})
    case.pay(case.money().total)
    money = case.money()
    assert (money.close_reason, case.code(MAILS)) == ("paid", 0)
    assert (money.residual, len(money.payments)) == (0, 1)


def test_a_stop_whose_answer_is_lost_and_that_is_asked_for_again(case):
    case.code(STOP)
    case.sync(**{"break": {"method": "PUT", "path": "/stop", "when": "processed"}})
    not_yet = {"Status": "OPEN", "CurrentCapitalBalance": case.money().total}
    case.forge("GET", "/noxfinansinvoices/{}", {"NoxFinansInvoice": not_yet})
    case.sync()
    assert (case.money().state, case.code(MAILS)) == ("accepted", 0)
    case.code(STOP)
    case.sync()
    assert (case.money().close_reason, case.code(MAILS)) == ("stopped", 1)


def test_a_refused_stop_is_forgotten(case):
    case.code(STOP)
    case.setting.sandbox.post("faults", path="/stop$", kind="status", code=400)
    case.sync()
    assert case.code("result = (case.state, bool(case.stop_asked_by), case.stop_mail_body)") == [
        "accepted",
        False,
        False,
    ]


def test_the_daily_check_lists_what_lasts(setting, case):
    set_up(setting, journal=True, mode="ask")
    case.pay_in_odoo(30)
    case.sync()
    setting.sql("UPDATE nox_finans_case SET difference_since = NULL WHERE id <> %s", case.id)
    compare = "env['nox.finans.connector']._cron_compare_ledgers()"
    count = """
result = env["nox.finans.connector"].search([]).activity_search(
    ["nox_finans.mail_activity_type_difference"]).mapped("note")
"""
    case.code(compare)
    assert case.code(count) == [], "not before it has lasted a day"
    setting.sql(
        "UPDATE nox_finans_case SET difference_since = now() - interval '2 days'"
        " WHERE difference_since IS NOT NULL"
    )
    case.code(compare)
    (note,) = case.code(count)
    assert "1 " in note
    case.code("case.with_user(case.user_id).action_report_outside()")
    case.sync()
    case.code(compare)
    assert case.code(count) == []


# Different sums: the same twice on both sides is asked about, not booked.
SUMS = st.lists(st.integers(1, 30), min_size=1, max_size=5, unique=True)
EVENTS = st.sampled_from(
    ["paid there", "paid here", "credited here", "days pass", "asked", "killed", "lost"]
)
BREAKS = st.fixed_dictionaries(
    {
        "method": st.sampled_from(["GET", "PUT"]),
        "path": st.sampled_from(["noxfinansinvoices", "/invoices", "report-payment"]),
        "when": st.sampled_from(["before", "processed", "read"]),
    }
)


@settings(
    max_examples=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=st.data())
def test_what_is_booked_is_what_was_paid(setting, steps):
    """Whatever happens in whatever order, and wherever the connector's process dies."""
    case = make_case(setting)
    for amount in steps.draw(SUMS):
        happen(case, amount, steps)
    for _healing in range(3):
        setting.sandbox.clear_faults()
        case.sync()
    money = case.money()
    paid_there = min(money.there.paid, money.total)
    assert sum(money.payments) == money.booked_amount
    assert money.booked_amount + money.unbooked_amount == paid_there
    if not money.activities:
        assert (money.unbooked_amount, money.unreported_amount) == (0, 0)
        assert money.residual == money.capital_balance
    setting.sandbox.post("clock", advance_days=-case.days)


def happen(case, amount, steps):
    event = steps.draw(EVENTS)
    if event == "paid there":
        case.setting.sandbox.post("change", **case.payment(amount))
    elif event == "paid here":
        case.pay_in_odoo(amount)
    elif event == "credited here":
        case.credit_in_odoo(amount)
    elif event == "days pass":
        case.advance(amount)
    elif event == "asked":
        case.sync()
    elif event == "killed":
        case.sync(**{"break": steps.draw(BREAKS)})
    else:
        fault = {
            "kind": steps.draw(st.sampled_from(["cut", "status", "garbage", "missing_fields"])),
            "when": steps.draw(st.sampled_from(["before", "after"])),
        }
        case.setting.sandbox.post("faults", path="report-payment", **fault)
        case.sync()
