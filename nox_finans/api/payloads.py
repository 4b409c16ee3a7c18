"""The interface's value sets and lengths, and our words for them."""

from decimal import Decimal

from . import answers

SERVICE = {"invoice": "LEDGERBASE", "reminder": "REMINDER"}
SEND_METHOD = {"letter": "LETTER", "email": "EMAIL", "einvoice": "EINVOICE", "none": "NONE"}

STATUS_UNKNOWN = "UNKNOWN"
STATUS_NOT_AUTHORIZED = "NOT_AUTHORIZED"
STATUS_OPEN = "OPEN"
STATUS_PAUSED = "PAUSED"
STATUS_CLOSED = "CLOSED"

# Documented, in characters. What nothing is said of keeps to the customer's longest field.
LENGTHS = {
    "ExternalInvoiceReference1": 80,
    "ExternalInvoiceReference2": 80,
    "OrganisationNumber": 30,
    "OurReference": 50,
    "YourOrderNumber": 75,
    "ZipCode": 10,
}
MAX_LENGTH = 1024


def clean(values):
    """Return `values` without the empty ones, each text as one line and no longer than it may be.

    The interface takes an absent field as unchanged.
    """
    fit = {key: _fit(key, value) for key, value in values.items()}
    return {key: value for key, value in fit.items() if value not in (None, False, "")}


def _fit(key, value):
    return one_line(value, LENGTHS.get(key, MAX_LENGTH)) if isinstance(value, str) else value


def one_line(text, length=MAX_LENGTH):
    """Return `text` as one line of characters that can be printed, cut at `length`."""
    return answers.text(text or "", length).strip()


def quantity(value):
    """Return a quantity as the interface wants it: a string with a point, no needless zeros."""
    text = format(Decimal(str(value)).normalize(), "f")
    return text if text != "-0" else "0"


def payment(amount, takes_fees=False):
    """Return the body that reports a payment made to the company directly, in SEK.

    With `takes_fees` the company pays the fees that were added, else the customer does.

    Bankgiro and its account are the usual ones; the service's ledger books it, ours has it already.
    """
    return {
        "PaymentAmount": amount,
        "PaymentMethodCode": "BG",
        "PaymentMethodAccount": 1920,
        "ClientTakesFees": takes_fees,
        "BookkeepPaymentInFortnox": True,
        "ReportToFinance": True,
    }
