"""The interface's value sets and lengths, our words for them, and what makes a body fit."""

from collections.abc import Iterable, Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, cast

from . import texts

SERVICE = {"invoice": "LEDGERBASE", "reminder": "REMINDER"}
SEND_METHOD = {"letter": "LETTER", "email": "EMAIL", "einvoice": "EINVOICE", "none": "NONE"}

STATUS_UNKNOWN = "UNKNOWN"
STATUS_NOT_AUTHORIZED = "NOT_AUTHORIZED"
STATUS_OPEN = "OPEN"
STATUS_PAUSED = "PAUSED"
STATUS_CLOSED = "CLOSED"

# In characters: documented, or known from refusals (rows, postal code).
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
# A text that is cut may mislead the postman: what is too long here must not be sent.
UNCUT = ("Name", "CustomerName", "Address1", "Address2", "ZipCode", "City", "Country")
MANY_LINES = ("Remarks",)
# An absent field keeps, or is filled with, another value, and so do "" and null: this word empties.
BLANK = "API_BLANK"
# What Odoo has none of is emptied: else a card that somebody has filled there would send copies to
# strangers, or say another address.
NOT_OURS_ON_INVOICE = (
    *("DeliveryName", "DeliveryAddress1", "DeliveryAddress2", "DeliveryZipCode", "DeliveryCity"),
    "DeliveryCountry",
)
NOT_OURS_ON_CARD = (
    *("DeliveryName", "DeliveryAddress1", "DeliveryAddress2", "DeliveryZipCode", "DeliveryCity"),
    *("DeliveryCountryCode", "EmailInvoiceCC", "EmailInvoiceBCC"),
)
# What Fortnox knows unless a company has added others.
VAT_PERCENTS = (25, 12, 6, 0)
OERE = Decimal("0.01")

SWEDISH, ENGLISH = "SV", "EN"
# What we say to the customer ourselves. Not Odoo's translations: a database need not have Swedish.
WORDS = {
    SWEDISH: {
        "attention": "Att: {}",
        "discount": "rabatt {} %",
        "early_payment": "Moms beräknad på belopp efter kassarabatt",
        "included": "inkl. moms",
        "invoice": "Avser vår faktura {}",
        "piece": "{quantity} à {price}",
        "refund": "Avser vår kreditfaktura {}",
        "rounding": "Öresutjämning",
    },
    ENGLISH: {
        "attention": "Att: {}",
        "discount": "discount {} %",
        "early_payment": "VAT calculated on the amount after cash discount",
        "included": "incl. VAT",
        "invoice": "Refers to our invoice {}",
        "piece": "{quantity} at {price}",
        "refund": "Refers to our credit note {}",
        "rounding": "Rounding",
    },
}
NO_REDUCTION = "none"
OTHER_COSTS = "OTHERCOSTS"
# The kind of work that is reported where nobody has said which.
USUAL_WORK = {"rot": "CONSTRUCTION", "rut": "CLEANING", "green": "SOLARCELLS"}
# For work on a property, which has to be named.
PROPERTY_KINDS = ("rot", "green")
MAX_HOURS = 999

# A JSON object to be sent, or one in it.
Body = dict[str, Any]


def fit(values: Mapping[str, Any]) -> Body:
    """Return a body as the interface takes it: each text clean and of its length, none left out.

    What is empty becomes :data:`BLANK`; false and 0 are values, and stay. :data:`UNCUT` keeps its
    length, see :func:`list_too_long`.
    """
    return {key: _fit(key, value) for key, value in values.items()}


def _fit(key: str, value: Any) -> Any:
    if isinstance(value, dict):
        return fit(value)
    if key in LENGTHS:
        clean = texts.many_lines if key in MANY_LINES else texts.one_line
        value = clean(value or "", None if key in UNCUT else LENGTHS[key])
    return BLANK if value is None or value == "" else value


def list_too_long(values: Mapping[str, Any]) -> list[str]:
    """Return the names of the texts in a body that are longer than the service takes."""
    return [key for key in UNCUT if len(values.get(key) or "") > LENGTHS[key]]


def decimal(value: float) -> Decimal:
    """Return a number of Odoo's as a decimal, without what floats add to it."""
    return Decimal(str(round(value, 6)))


def quantity(value: float) -> str:
    """Return a quantity as the interface wants it: a string with a point, no needless zeros."""
    text = format(Decimal(str(value)).normalize(), "f")
    return text if text != "-0" else "0"


def number_in_words(value: float, language: str, least_decimals: int = 0) -> str:
    """Return a number as the customer reads it: `99,99` in Swedish."""
    number = decimal(value).normalize()
    if -cast(int, number.as_tuple().exponent) < least_decimals:
        number = number.quantize(Decimal(1).scaleb(-least_decimals))
    text = format(number, "f")
    return text.replace(".", ",") if language == SWEDISH else text


def text_rows(text: str) -> list[Body]:
    """Return `text` as rows that say something and cost nothing."""
    pieces = texts.split(texts.one_line(text), LENGTHS["Description"])
    return [{"Description": piece} for piece in pieces]


def count_rows(text: str) -> int:
    """Return how many rows the invoice's row with `text` takes with what its text goes on."""
    is_short = len(text or "") <= LENGTHS["Description"]
    return 1 if is_short else max(len(text_rows(text)), 1)


def amount_rows(
    text: str,
    price: float | Decimal,
    amount: float = 1,
    discount: float = 0,
    vat: int = 0,
    **others: Any,
) -> list[Body]:
    """Return a row with an amount, and the rows on which its text goes on where it is long.

    :param amount: the quantity
    :param discount: in percent
    :param vat: in whole percent
    :param others: further fields of the row
    """
    first, *more = text_rows(text) or [{"Description": "-"}]
    row = first | {
        "DeliveredQuantity": quantity(amount),
        "Price": float(price),
        "Discount": float(discount),
        "DiscountType": "PERCENT",
        "VAT": vat,
        "HouseWork": False,
    }
    return [row | others, *more]


def adds_up(price: float, amount: float, discount: float, subtotal: float) -> bool:
    """Tell whether the service comes to the same amount for a row: it keeps two decimals."""
    numbers = [decimal(number) for number in (price, amount, discount)]
    is_short = all(number == number.quantize(OERE) for number in numbers)
    return is_short and 0 <= discount <= 100 and _net(*numbers) == decimal(subtotal)


def total(values: Mapping[str, Any]) -> Decimal:
    """Return what the service comes to for an invoice's body, a Decimal in kronor.

    Each row's net amount is rounded, and its VAT too.
    """
    return sum(map(_gross, values["InvoiceRows"]), Decimal(0))


def add_to_rounding(values: Body, difference: float) -> Body:
    """Return an invoice's body with its rounding row raised by `difference`, in kronor.

    A new last row without VAT, where there is none; none that says 0.
    """
    rows, words = values["InvoiceRows"], WORDS[values["Language"]]
    index = max(
        (number for number, row in enumerate(rows) if _is_rounding(row, words)), default=len(rows)
    )
    before = [Decimal(str(row["Price"])) for row in rows[index : index + 1]]
    price = sum(before, Decimal(str(difference)))
    row = amount_rows(words["rounding"], price) if price else []
    if values.get("TaxReductionType", NO_REDUCTION) != NO_REDUCTION:
        row = other_costs(row)
    return values | {"InvoiceRows": [*rows[:index], *row, *rows[index + 1 :]]}


def other_costs(rows: Iterable[Body]) -> list[Body]:
    """Return the rows of a house-work invoice, each that is no work as other costs."""
    return [{"HouseWork": False, "HouseWorkType": OTHER_COSTS} | row for row in rows]


def _is_rounding(row: Body, words: Mapping[str, str]) -> bool:
    return (
        row["Description"] == words["rounding"]
        and row.get("DeliveredQuantity") == "1"
        and row.get("VAT") == row.get("Discount") == 0
    )


def _net(price: Decimal, amount: Decimal, discount: Decimal) -> Decimal:
    return (price * amount * (1 - discount / 100)).quantize(OERE, ROUND_HALF_UP)


def _gross(row: Body) -> Decimal:
    if "Price" not in row:
        return Decimal(0)
    numbers = [Decimal(str(row[key])) for key in ("Price", "DeliveredQuantity", "Discount")]
    net, vat = _net(*numbers), Decimal(row["VAT"])
    return net + (net * vat / 100).quantize(OERE, ROUND_HALF_UP)


def payment(
    amount: float,
    method_code: str,
    method_account: str,
    takes_fees: bool = False,
    is_bookkept: bool = True,
) -> Body:
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
