"""The service's answers as frozen values: the names of its JSON keys stand here.

What is absent from an answer, or of another type than is documented, is None.
"""

from dataclasses import dataclass
from datetime import date

from ..api import answers, payloads

# What the service writes where there is no such document.
NO_NUMBER = "0"


@dataclass(frozen=True)
class Status:
    """What the service says of a case. Amounts are in kronor."""

    status: str | None = None
    next_event: str | None = None
    next_event_date: date | None = None
    # Said to be none, not only unsaid.
    has_no_next_event: bool = False
    ocr_number: str | None = None
    capital_balance: float | None = None
    balance_with_fees: float | None = None
    document_url: str | None = None

    def is_course_over(self, status: str | None) -> bool:
        """Tell whether the course has come to its end, in a case that is in `status`.

        While it is paused, it has not.
        """
        return self.has_no_next_event and status != payloads.STATUS_PAUSED


def read_status(answer: object) -> Status:
    """Return what an answer says of a case."""
    answer = answers.mapping(answer)
    return Status(
        status=answers.word(answer.get("Status")),
        next_event=answers.word(answer.get("NextEvent")),
        next_event_date=answers.day(answer.get("NextEventDate")),
        has_no_next_event=answer.get("NextEvent", "") is None,
        ocr_number=answers.word(answer.get("OCRNumber")),
        capital_balance=answers.amount(answer.get("CurrentCapitalBalance")),
        balance_with_fees=answers.amount(answer.get("BalanceIncludeFees")),
        document_url=answers.link(answer.get("InvoiceDocumentURL")),
    )


@dataclass(frozen=True)
class Invoice:
    """What the service says of an invoice in its ledger. Amounts are in kronor."""

    number: str | None = None
    total: float | None = None
    balance: float | None = None
    accounting_method: str | None = None
    is_booked: bool | None = None
    is_cancelled: bool | None = None
    is_sent: bool | None = None
    is_handed_over: bool | None = None
    # Our own reference, and whether the answer says anything of it.
    reference: str | None = None
    has_reference: bool = False
    # The number of the credit note that credits it.
    credit_number: str | None = None


def read_invoice(answer: object) -> Invoice:
    """Return what an answer says of an invoice."""
    answer = answers.mapping(answer)
    credit_number = answers.word(answer.get("CreditInvoiceReference"))
    return Invoice(
        number=answers.word(answer.get("DocumentNumber")),
        total=answers.amount(answer.get("Total")),
        balance=answers.amount(answer.get("Balance")),
        accounting_method=answers.word(answer.get("AccountingMethod")),
        is_booked=_flag(answer.get("Booked")),
        is_cancelled=_flag(answer.get("Cancelled")),
        is_sent=_flag(answer.get("Sent")),
        is_handed_over=_flag(answer.get("NoxFinans")),
        reference=answers.word(answer.get("ExternalInvoiceReference1")),
        has_reference="ExternalInvoiceReference1" in answer,
        credit_number=None if credit_number == NO_NUMBER else credit_number,
    )


@dataclass(frozen=True)
class Company:
    """What the service says of the company that is signed in."""

    name: str | None = None
    # As it is written there, with or without a hyphen.
    number: str | None = None


def read_company(answer: object) -> Company:
    """Return what an answer says of the company."""
    answer = answers.mapping(answer)
    return Company(
        name=answers.word(answer.get("CompanyName")),
        number=answers.word(answer.get("OrganizationNumber")),
    )


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None
