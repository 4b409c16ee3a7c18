"""What is read of the service's answers, whatever they hold."""

from dataclasses import FrozenInstanceError
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from plain.api import payloads
from plain.exchange.status import (
    Company,
    Invoice,
    Status,
    read_company,
    read_invoice,
    read_status,
)
from strategies import BUSY, TEXTS

STATUS = {
    "Status": "OPEN",
    "NextEvent": "COLLECTION",
    "NextEventDate": "2026-03-01",
    "OCRNumber": "123455",
    "CurrentCapitalBalance": 100.5,
    "BalanceIncludeFees": 160.5,
    "InvoiceDocumentURL": "https://service.example/document",
}
INVOICE = {
    "DocumentNumber": 17,
    "Total": 125.0,
    "Balance": 25.0,
    "AccountingMethod": "ACCRUAL",
    "Booked": True,
    "Cancelled": False,
    "Sent": True,
    "NoxFinans": False,
    "ExternalInvoiceReference1": "INV/2026/1",
    "CreditInvoiceReference": "18",
}
ANYTHING = (
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS | st.sampled_from([[], {}, [1]])
)


def test_all_that_is_documented_is_read():
    assert read_status(STATUS) == Status(
        status="OPEN",
        next_event="COLLECTION",
        next_event_date=date(2026, 3, 1),
        ocr_number="123455",
        capital_balance=100.5,
        balance_with_fees=160.5,
        document_url="https://service.example/document",
    )
    assert read_invoice(INVOICE) == Invoice(
        number="17",
        total=125.0,
        balance=25.0,
        accounting_method="ACCRUAL",
        is_booked=True,
        is_cancelled=False,
        is_sent=True,
        is_handed_over=False,
        reference="INV/2026/1",
        has_reference=True,
        credit_number="18",
    )
    company = {"CompanyName": "Bolaget AB", "OrganizationNumber": "556000-4615"}
    assert read_company(company) == Company(name="Bolaget AB", number="556000-4615")


@pytest.mark.parametrize("answer", [None, {}, [], "no", 0])
def test_what_says_nothing(answer):
    assert read_status(answer) == Status() and read_invoice(answer) == Invoice()
    assert vars(read_company(answer)) == {"name": None, "number": None}
    assert set(vars(read_status(answer)).values()) == {None, False}
    assert set(vars(read_invoice(answer)).values()) == {None, False}


@BUSY
@given(
    st.fixed_dictionaries({}, optional=dict.fromkeys(STATUS, ANYTHING)),
    st.fixed_dictionaries({}, optional=dict.fromkeys(INVOICE, ANYTHING)),
)
def test_whatever_an_answer_holds_is_of_its_type_or_nothing(of_case, of_invoice):
    status, invoice = read_status(of_case), read_invoice(of_invoice)
    for value in (status.status, status.next_event, status.ocr_number, status.document_url):
        assert value is None or isinstance(value, str)
    for value in (status.capital_balance, invoice.total, invoice.balance):
        assert value is None or isinstance(value, float)
    for value in (invoice.is_booked, invoice.is_cancelled, invoice.is_sent, invoice.is_handed_over):
        assert value is None or isinstance(value, bool)


@pytest.mark.parametrize("value", [0, 1, "true", "", None, []])
def test_what_is_no_flag_says_nothing(value):
    assert read_invoice(INVOICE | {"Booked": value}).is_booked is None


def test_an_answer_cannot_be_changed():
    for value in (read_status(STATUS), read_invoice(INVOICE), read_company({})):
        for name in vars(value):
            with pytest.raises(FrozenInstanceError):
                setattr(value, name, "other")


@pytest.mark.parametrize(
    ("answer", "status", "is_over"),
    [
        # It says that nothing comes, not only nothing of what comes.
        ({"NextEvent": None}, "CLOSED", True),
        ({"NextEvent": None}, None, True),
        ({}, "CLOSED", False),
        ({"NextEvent": ""}, "CLOSED", False),
        ({"NextEvent": "COLLECTION"}, "CLOSED", False),
        # It goes on after the pause.
        ({"NextEvent": None}, payloads.STATUS_PAUSED, False),
    ],
)
def test_when_the_course_is_over(answer, status, is_over):
    assert read_status(answer).is_course_over(status) == is_over


@pytest.mark.parametrize(("number", "read"), [("18", "18"), (18, "18"), ("0", None), (0, None)])
def test_the_service_writes_zero_for_no_credit_note(number, read):
    assert read_invoice({"CreditInvoiceReference": number}).credit_number == read


def test_an_empty_reference_is_said_all_the_same():
    invoice = read_invoice({"ExternalInvoiceReference1": ""})
    assert invoice.has_reference and invoice.reference is None
