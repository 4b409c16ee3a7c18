"""What an invoice comes to: rows kept to two decimals, each amount rounded, then the total."""

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

from .errors import ServiceError

ORE, KRONA = Decimal("0.01"), Decimal("1")
# Our assumption: fees carry the usual percentage.
FEE_VAT = 25
FEES = ("AdministrationFee", "Freight")


def rounded(value, unit=ORE):
    return value.quantize(unit, ROUND_HALF_UP)


def number(value):
    """Return a body's number, or a text with one, as a Decimal."""
    try:
        result = Decimal(str(value or 0))
    except InvalidOperation as error:
        raise _no_number(value) from error
    if not result.is_finite() or abs(result) >= 10**12:
        raise _no_number(value)
    return result


def _no_number(value):
    return ServiceError(f"Värdet måste vara numeriskt ({value})", 2000108)


def row_amount(row):
    """Return a row's amount, in the prices that it has, after its discount."""
    amount = rounded(number(row.get("DeliveredQuantity"))) * rounded(number(row.get("Price")))
    discount = number(row.get("Discount"))
    if row.get("DiscountType") == "AMOUNT":
        amount -= discount
    else:
        amount *= 1 - discount / 100
    return rounded(amount)


def split_vat(amount, percent, vat_included):
    """Return an amount's net and VAT."""
    if vat_included:
        net = rounded(amount * 100 / (100 + percent))
        return net, amount - net
    return amount, rounded(amount * percent / 100)


def kept_row(row, vat_included):
    """Return a row as it is kept: two decimals for price and quantity, its amounts beside them."""
    price, amount, percent = rounded(number(row.get("Price"))), row_amount(row), row.get("VAT") or 0
    net, vat = split_vat(amount, percent, vat_included)
    return row | {
        "DeliveredQuantity": _short(rounded(number(row.get("DeliveredQuantity")))),
        "Price": float(price),
        "PriceExcludingVAT": float(split_vat(price, percent, vat_included)[0]),
        "VAT": percent,
        "Total": float(net + vat if vat_included else net),
        "TotalExcludingVAT": float(net),
    }


def _short(value):
    text = format(value.normalize(), "f")
    return "0" if text == "-0" else text


def has_vat(invoice):
    # One of an older ledger does not say.
    return invoice.get("has_vat", True)


def totals(invoice, settings):
    """Return the amounts of an invoice as Fortnox shows them, in its own currency.

    `Gross` is before discounts, `Net` after them and with fees, both without VAT.
    """
    included = invoice.get("VATIncluded")
    rows = invoice["InvoiceRows"]
    parts = [(row_amount(row), row.get("VAT") or 0) for row in rows]
    fee_percent = FEE_VAT if has_vat(invoice) else 0
    fees = {name: rounded(number(invoice.get(name))) for name in FEES}
    parts += [(fee, fee_percent) for fee in fees.values()]
    net, vat = _sum_by_rate(parts, included) if _is_per_invoice(settings) else _sum(parts, included)
    exact = net + vat
    total = rounded(exact, KRONA) if settings["round_to_kronor"] else exact
    gross = sum(split_vat(_undiscounted(row), row.get("VAT") or 0, included)[0] for row in rows)
    fee_vat = {
        f"{name}VAT": float(split_vat(fee, fee_percent, included)[1]) for name, fee in fees.items()
    }
    return fee_vat | {
        "Gross": float(gross),
        "Net": float(net),
        "TotalVAT": float(vat),
        "RoundOff": float(total - exact),
        "Total": float(total),
    }


def _is_per_invoice(settings):
    return settings["vat_rounding"] == "invoice"


def _undiscounted(row):
    return row_amount({**row, "Discount": 0})


def _sum(parts, included):
    split = [split_vat(amount, percent, included) for amount, percent in parts]
    return sum(net for net, _vat in split) + Decimal(0), sum(vat for _net, vat in split)


def _sum_by_rate(parts, included):
    amounts = defaultdict(Decimal)
    for amount, percent in parts:
        amounts[percent] += amount
    return _sum([(amount, percent) for percent, amount in amounts.items()], included)
