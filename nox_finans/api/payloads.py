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

# In characters: documented, or known from refusals (rows, postal code). Wire and criteria keep to it.
LENGTHS = {
    "Address1": 1024,
    "Address2": 1024,
    "City": 1024,
    "Country": 1024,
    "CountryCode": 2,
    "CustomerName": 1024,
    "Description": 255,
    "Email": 1024,
    "EmailAddressTo": 1024,
    "EmailInvoice": 1024,
    "ExternalInvoiceReference1": 80,
    "ExternalInvoiceReference2": 80,
    "GLN": 13,
    "Name": 1024,
    "OrganisationNumber": 30,
    "OurReference": 50,
    "Phone1": 1024,
    "PropertyDesignation": 1024,
    "Remarks": 1024,
    "TermsOfPayment": 30,
    "VATNumber": 30,
    "YourOrderNumber": 75,
    "YourReference": 50,
    "ZipCode": 10,
}
MAX_ROWS = 500
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


def payment(amount, method_code, method_account, takes_fees=False, is_bookkept=True):
    """Return the body that reports a payment made to the company directly, in SEK.

    :param method_code: of a payment method in the service's ledger, such as BG
    :param method_account: the account in that ledger, which has to exist there
    :param takes_fees: the company pays the fees that were added, else the customer does
    :param is_bookkept: the service's ledger books it; ours has it already
    """
    return {
        "PaymentAmount": amount,
        "PaymentMethodCode": method_code,
        "PaymentMethodAccount": method_account,
        "ClientTakesFees": takes_fees,
        "BookkeepPaymentInFortnox": is_bookkept,
        "ReportToFinance": True,
    }
