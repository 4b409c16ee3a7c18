"""The interface's value sets and lengths, and our words for them."""

from decimal import Decimal

SERVICE = {"invoice": "LEDGERBASE", "reminder": "REMINDER"}
SEND_METHOD = {"letter": "LETTER", "email": "EMAIL", "einvoice": "EINVOICE", "none": "NONE"}

STATUS_UNKNOWN = "UNKNOWN"
STATUS_NOT_AUTHORIZED = "NOT_AUTHORIZED"
STATUS_OPEN = "OPEN"
STATUS_PAUSED = "PAUSED"
STATUS_CLOSED = "CLOSED"

MAX_REFERENCE = 80
MAX_PERSON = 50
MAX_ORDER_NUMBER = 75
MAX_REMARKS = 1024
MAX_ZIP = 10


def clean(values):
    """Return `values` without the empty ones: the interface takes an absent field as unchanged."""
    return {key: value for key, value in values.items() if value not in (None, False, "")}


def quantity(value):
    """Return a quantity as the interface wants it: a string with a point, no needless zeros."""
    text = format(Decimal(str(value)).normalize(), "f")
    return text if text != "-0" else "0"


def payment(amount):
    """Return the body that reports a payment made to the company directly, in SEK.

    Bankgiro and its account are the usual ones; the service's ledger books it, ours has it already.
    """
    return {
        "PaymentAmount": amount,
        "PaymentMethodCode": "BG",
        "PaymentMethodAccount": 1920,
        "ClientTakesFees": False,
        "BookkeepPaymentInFortnox": True,
        "ReportToFinance": True,
    }
