"""Money of one case: single rules, and whole courses against a world that knows what happened."""

import dataclasses
import os

import pytest
from core.ledger import (
    OERE,
    SMALL_REST,
    Account,
    Reported,
    count_report,
    get_ledger_capital,
    to_kronor,
    to_oere,
)
from hypothesis import example, given, settings
from hypothesis import strategies as st

INVOICE = Account(total=100_00, owed=100_00, handed_over=100_00, capital=100_00)
# 30 % of the total is asked of the Tax Agency, with some öre.
HOUSE_WORK = Account(
    total=100_00, owed=100_00, reduction=30_40, handed_over=69_60, capital=69_60
)  # fmt: skip


def change(account, **values):
    return dataclasses.replace(account, **values)


def test_kronor_and_oere():
    assert to_oere(0.1 + 0.2) == 30 and to_oere(1234.565) in (123456, 123457)
    assert to_kronor(123_45) == 123.45
    assert OERE == 100 and SMALL_REST == 100


@given(st.integers(-(10**14), 10**14))
def test_no_oere_is_lost_on_the_way(oere):
    assert to_oere(to_kronor(oere)) == oere


def test_amounts_are_not_changed_but_counted_anew():
    for value in (Account(), count_report(0, 0, 0, True)):
        for field in dataclasses.fields(value):
            with pytest.raises(dataclasses.FrozenInstanceError):
                setattr(value, field.name, 1)


def test_an_amount_that_is_not_given_is_none():
    assert {*vars(Account()).values(), *vars(Reported()).values()} == {0, ()}


@pytest.mark.parametrize("account", [Account(), INVOICE, HOUSE_WORK])
def test_nothing_has_happened(account):
    assert (account.to_book, account.to_report, account.to_report_as_credit) == (0, 0, 0)
    assert account.difference == 0
    assert not account.has_agency_paid


@pytest.mark.parametrize(
    ("known", "to_book"),
    [
        ({}, 40_00),
        ({"booked": 40_00}, 0),
        ({"booked": 10_00}, 30_00),
        ({"reported": 15_00}, 25_00),
        ({"credited_there": 15_00}, 25_00),
        ({"booked": 41_00}, 0),
    ],
)
def test_what_came_in_there_is_booked_once(known, to_book):
    account = change(INVOICE, received=40_00, capital=60_00, owed=60_00, **known)
    assert account.to_book == to_book


@pytest.mark.parametrize(
    ("values", "to_report"),
    [
        ({"owed": 60_00}, 40_00),
        ({"owed": 0}, 100_00),
        ({"owed": 60_00, "reported": 40_00, "capital": 60_00}, 0),
        # It has not fallen there, whatever was reported: the rest is reported.
        ({"owed": 60_00, "reported": 10_00, "capital": 90_00}, 30_00),
        ({"owed": 60_00, "booked": 40_00, "capital": 60_00}, 0),
        ({"owed": 60_00, "credited_there": 40_00, "capital": 60_00}, 0),
        # Nor does it matter that an answer is old, and the balance has not fallen yet.
        ({"owed": 50_00, "reported": 40_00}, 10_00),
        ({"owed": 50_00, "booked": 40_00}, 10_00),
        ({"owed": 50_00, "credited_there": 40_00}, 10_00),
        # Never more than the service still asks for beyond what is owed here.
        ({"owed": 60_00, "capital": 70_00}, 10_00),
        ({"owed": 60_00, "capital": 50_00}, 0),
    ],
)
def test_what_was_paid_here_is_reported_once(values, to_report):
    assert change(INVOICE, **values).to_report == to_report


def test_credits_are_reported_apart():
    account = change(INVOICE, owed=40_00, credited_here=25_00)
    assert (account.to_report, account.to_report_as_credit) == (60_00, 25_00)
    account = change(account, reported=10_00, reported_credit=10_00, capital=90_00)
    assert (account.to_report, account.to_report_as_credit) == (50_00, 15_00)
    # Credited beyond what is to be reported.
    assert change(INVOICE, owed=90_00, credited_here=25_00).to_report_as_credit == 10_00
    assert change(account, reported_credit=30_00).to_report_as_credit == 0


@pytest.mark.parametrize(("paid", "is_agency"), [(30_40, True), (30_00, True), (30_41, False),
                                                 (29_00, False), (31_00, False)])  # fmt: skip
def test_the_agency_pays_all_of_it_or_whole_kronor(paid, is_agency):
    account = change(HOUSE_WORK, owed=HOUSE_WORK.owed - paid, entries=(1_00, paid))
    assert account.has_agency_paid == is_agency
    assert not change(INVOICE, entries=(0, 100_00)).has_agency_paid


def test_until_the_agency_has_paid_the_customer_may_owe_less():
    assert (HOUSE_WORK.least, HOUSE_WORK.most) == (69_60, 69_60)
    # Somebody has paid 20, nobody knows who.
    account = change(HOUSE_WORK, owed=80_00)
    assert (account.least, account.most) == (49_60, 69_60)
    assert account.difference == 0
    assert change(account, capital=70_00).difference == 40
    assert change(account, capital=49_00).difference == -60
    agency = change(HOUSE_WORK, owed=70_00, entries=(30_00,))
    assert (agency.least, agency.most) == (69_60, 69_60)


def test_the_agencys_money_is_not_reported():
    account = change(HOUSE_WORK, owed=69_60)
    assert account.to_report == 0
    assert change(account, owed=70_00).to_report == 0
    # The customer has paid as well.
    assert change(account, owed=0, entries=(30_40,)).to_report == 69_60
    # Paid by the customer, not by the agency.
    assert change(HOUSE_WORK, owed=79_60).to_report == 20_40
    # All is paid: whoever paid it, the customer owes nothing.
    assert change(HOUSE_WORK, owed=0, booked=39_20, capital=30_40).to_report == 30_40
    # As long as anything is open, it may be the agency's.
    assert change(HOUSE_WORK, owed=1, booked=39_20, capital=30_40).to_report == 0
    # As it is when more than all is paid.
    assert change(HOUSE_WORK, owed=-5_00, booked=39_20, capital=30_40).to_report == 30_40


def test_what_is_missing_here_once_the_service_has_closed():
    account = change(INVOICE, received=100_00, capital=0, booked=100_00, owed=20_00)
    assert account.get_left_open(is_settled=True) == -20_00
    assert account.get_left_open(is_settled=False) == 0
    assert change(account, booked=70_00).get_left_open(True) == -30_00
    assert change(account, booked=70_00).get_left_open(False) == -30_00


def test_money_that_somebody_has_registered_in_another_way():
    account = change(INVOICE, received=40_00, capital=60_00)
    assert not account.is_booked_otherwise
    assert change(account, owed=60_00).is_booked_otherwise
    assert not change(account, owed=60_01).is_booked_otherwise
    assert not change(account, owed=59_99).is_booked_otherwise
    assert not change(account, owed=50_00, booked=10_00).is_booked_otherwise
    assert change(account, owed=60_00, booked=10_00, reported=5_00).to_book == 25_00
    assert change(account, owed=60_00, booked=10_00, reported=5_00).is_booked_otherwise
    account = change(account, credited_there=15_00)
    assert change(account, owed=60_00).to_book == 25_00
    assert change(account, owed=60_00).is_booked_otherwise
    house_work = change(HOUSE_WORK, received=40_00, capital=29_60, owed=29_60)
    assert house_work.is_booked_otherwise
    assert change(house_work, owed=60_00).is_booked_otherwise
    assert not change(house_work, owed=59_99).is_booked_otherwise


@pytest.mark.parametrize(
    ("ledger", "capital", "credit", "left"),
    [(80, 80, 20, 80), (80, 60, 20, 60), (80, 80, 0, 80), (10, 60, 20, 0)],
)
def test_the_services_ledger_does_not_book_our_credits(ledger, capital, credit, left):
    assert get_ledger_capital(ledger, capital, credit) == left


@pytest.mark.parametrize(
    ("asked", "before", "now", "is_clear", "counted", "unclear"),
    [
        (40, 100, 60, True, 40, 0),
        (40, 100, None, True, 40, 0),
        (140, 100, 0, True, 100, 0),
        (40, 100, 60, False, 40, 0),
        (40, 100, 100, False, 0, 0),
        (40, 100, 70, False, 0, 40),
        # It has risen: what came back there, or a fee, may hide the report.
        (40, 100, 120, False, 0, 40),
        (40, 100, None, False, 0, 40),
        (140, 100, 0, False, 100, 0),
    ],
)
def test_a_report_counts_once_it_is_certain(asked, before, now, is_clear, counted, unclear):
    reported = count_report(asked, before, now, is_clear)
    assert (reported.counted, reported.unclear) == (counted, unclear)


class World:
    """What happened on both sides, and what the add-on knows of it: told apart on purpose."""

    def __init__(self, total, reduction):
        self.account = Account(
            total=total,
            owed=total,
            reduction=reduction,
            handed_over=total - reduction,
            capital=total - reduction,
        )
        # What the service asks for by now; the account has it as of the last answer.
        self.capital = total - reduction
        self.paid_there = self.paid_here = self.credited = self.credited_there = 0

    def set(self, **values):
        # What `dataclasses.replace` does, in a third of the time: it is done 100,000 times.
        self.account = Account(**(vars(self.account) | values))

    def pay_there(self, amount):
        amount = min(amount, self.capital)
        self.capital -= amount
        self.paid_there += amount

    def pay_here(self, amount):
        amount = min(amount, self.account.owed)
        self.paid_here += amount
        self.set(owed=self.account.owed - amount, entries=(*self.account.entries, amount))

    def credit_here(self, amount):
        amount = min(amount, self.account.owed)
        self.credited += amount
        self.set(owed=self.account.owed - amount, credited_here=self.account.credited_here + amount)

    def credit_there(self, amount):
        """A credit note that is sent to the service as well."""
        amount = min(amount, self.account.owed, self.capital)
        self.capital -= amount
        self.credited_there += amount
        self.set(
            owed=self.account.owed - amount, credited_there=self.account.credited_there + amount
        )

    def pay_as_agency(self, _amount):
        reduction = self.account.reduction
        paid = reduction - reduction % OERE
        if reduction and not self.account.has_agency_paid and self.account.owed >= paid:
            self.set(owed=self.account.owed - paid, entries=(*self.account.entries, paid))

    def sync(self, _amount=0):
        """Ask the service, and book what has come in; asked again, it changes nothing."""
        account = self.account
        self.set(capital=self.capital, received=account.handed_over - self.capital)
        self.book()

    def book(self):
        amount = self.account.to_book
        # More than is open, or just what was paid here, is for a person.
        if 0 < amount <= self.account.owed and not self.account.is_booked_otherwise:
            self.set(booked=self.account.booked + amount, owed=self.account.owed - amount)

    def report(self, _amount=0, is_lost=False, is_done=True, paid_meanwhile=0):
        self.sync()
        account = self.account
        to_report = account.to_report
        if not to_report:
            return None
        credit = account.to_report_as_credit
        asked = to_report - credit or credit
        is_credit = to_report == credit
        before = self.capital
        if is_done:
            self.capital -= min(asked, self.capital)
        self.pay_there(paid_meanwhile)
        told = count_report(asked, before, self.capital, not is_lost)
        self.set(
            reported=account.reported + told.counted,
            reported_credit=account.reported_credit + (told.counted if is_credit else 0),
            capital=self.capital,
        )
        return told

    def lose_answer(self, _amount):
        self.report(is_lost=True)

    def lose_report(self, _amount):
        self.report(is_lost=True, is_done=False)

    def check(self):
        """Whatever has happened: no money from nowhere, and none twice."""
        account = self.account
        to_report = account.to_report
        assert account.to_book >= 0 and 0 <= account.to_report_as_credit <= to_report
        assert account.booked <= self.paid_there, "booked what has not come in"
        assert account.reported <= self.paid_here + self.credited, "reported what was not paid"
        assert account.reported_credit <= self.credited
        assert to_report <= account.capital


# What changes nothing comes first: hypothesis shrinks to it.
EVENTS = (
    World.sync,
    World.pay_there,
    World.pay_here,
    World.credit_here,
    World.credit_there,
    World.report,
    World.lose_answer,
    World.lose_report,
)
AGENCY = (*EVENTS, World.pay_as_agency)
# How many courses are tried. `make mutants` does with fewer: it tries them hundreds of times.
COUNT = int(os.environ.get("NOX_COURSES") or 10_000)
# What happens, and how much, seven times. Bytes of one length, since thousands of courses are to be
# drawn in seconds.
COURSES = st.binary(min_size=14, max_size=14)


def run_course(world, course, events):
    for what, amount in zip(course[::2], course[1::2], strict=True):
        # Odd öre on purpose; small amounts beside such as pay all.
        events[what % len(events)](world, amount * 53 + 1)
        world.check()


@settings(max_examples=COUNT, deadline=None)
@given(COURSES)
@example(bytes([1, 90, 0, 0, 0, 0, 2, 30, 5, 0, 7, 0, 6, 0]))
def test_courses_of_money_end_with_both_sides_agreeing(course):
    world = World(100_00, 0)
    run_course(world, course, EVENTS)
    for _time in range(3):
        world.report()
        world.check()
    account = world.account
    assert account.to_report == 0
    # What is left to a person: the customer has paid on both sides, or just the same amount.
    is_for_a_person = account.to_book > account.owed or account.is_booked_otherwise
    assert account.to_book == 0 or is_for_a_person
    if not account.to_book:
        assert account.difference == 0
        paid = world.paid_there + world.paid_here + world.credited + world.credited_there
        assert account.owed == account.total - paid == world.capital


@settings(max_examples=COUNT // 10, deadline=None)
@given(COURSES, st.integers(1, 99_00))
def test_courses_of_house_work_take_no_money_from_nowhere(course, reduction):
    world = World(100_00, reduction)
    run_course(world, course, AGENCY)
    for _time in range(3):
        world.report()
        world.check()


def test_money_that_comes_in_while_a_report_is_lost_is_for_a_person():
    world = World(100_00, 0)
    world.pay_here(40_00)
    told = world.report(is_lost=True, is_done=True, paid_meanwhile=7_00)
    assert (told.counted, told.unclear) == (0, 40_00)
