"""The invoice's rows in the words of the interface: what it adds up to is what the invoice says."""

from decimal import Decimal

from ..api import payloads
from ..api.errors import RefusedError
from .payload import read
from .payload_house_work import mark_other_costs, prepare_house_work

LINE_FIELDS = [
    "amount_currency",
    "collapse_composition",
    "collapse_prices",
    "discount",
    "display_type",
    "name",
    "price_subtotal",
    "price_total",
    "price_unit",
    "product_id",
    "product_uom_id",
    "quantity",
    "sequence",
    "tax_ids",
]
TAX_FIELDS = ["amount", "amount_type", "invoice_legal_notes", "price_include_override"]
SECTIONS = ("line_section", "line_subsection")
TEXT_LINES = ("line_note", *SECTIONS)


def read_lines(move):
    """Return all lines of the journal entry, with what is sent of them in memory."""
    lines = read(move.line_ids, LINE_FIELDS)
    lines.tax_ids.fetch(TAX_FIELDS)
    taxes = lines.tax_ids.flatten_taxes_hierarchy()
    taxes.fetch(TAX_FIELDS)
    taxes.repartition_line_ids.fetch(["document_type", "factor_percent", "repartition_type"])
    return lines


def add_rows(source, body, lines):
    """Return the body with the invoice's rows, and with what is left of its total.

    :raises RefusedError: more is left than roundings and a cash discount explain
    """
    move = source.move
    shown = lines.filtered(lambda line: line.display_type in ("product", *TEXT_LINES))
    rows = _prepare_rows(source, shown.sorted(lambda line: (line.sequence, line.id)))
    if less_vat := _get_vat_of_cash_discount(source, lines):
        rows += payloads.amount_rows(source.words["early_payment"], less_vat)
    body |= {"InvoiceRows": mark_other_costs(source, rows)}
    left = payloads.decimal(-move.direction_sign * move.amount_total) - payloads.total(body)
    _check_left(source, body, left - _sum_of(lines, "rounding"))
    return payloads.add_to_rounding(body, left) if left else body


def _check_left(source, body, unexplained):
    if abs(unexplained) > payloads.OERE * len(body["InvoiceRows"]):
        raise RefusedError(
            source.env._(
                "The rows with their VAT come to %.2f less than the invoice's total. "
                "Look at the invoice's rows and taxes.",
                unexplained,
            )
        )


def _sum_of(lines, display_type):
    """Return what lines of a kind add to the total, in kronor, as a Decimal."""
    lines = lines.filtered(lambda line: line.display_type == display_type)
    return sum((payloads.decimal(-line.amount_currency) for line in lines), Decimal(0))


def _prepare_rows(source, lines):
    """Return the rows in the invoice's order; what a section hides goes as its sums."""
    rows, sections = [], {}
    for line in lines:
        if line.display_type in SECTIONS:
            sections = _get_sections_at(sections, line)
        hiding = next((it for it in sections.values() if _hides(it)), None)
        if hiding and line == hiding:
            rows += _prepare_hidden_rows(source, line, _get_lines_of(line, lines))
        elif not hiding:
            rows += source.case._prepare_line(source, line)
    return rows


def _prepare_hidden_rows(source, section, lines):
    """Return one row for each VAT of a section's lines, and their texts where it shows them."""
    sums = {}
    for line in lines.filtered(lambda line: line.display_type == "product"):
        vat = _get_vat_percent(source, line)
        sums[vat] = sums.get(vat, 0) + payloads.decimal(line.price_subtotal)
    rows = []
    for vat, amount in sums.items():
        rows += payloads.amount_rows(section.name, amount, vat=vat)
    if not section.collapse_composition:
        for line in lines:
            rows += payloads.text_rows(line.name)
    return rows or payloads.text_rows(section.name)


def prepare_line(source, line):
    """Return the rows of one line: as it stands where that adds up, else as one piece.

    :raises RefusedError: its taxes cannot be said
    """
    text = line.name or line.product_id.display_name or ""
    if line.display_type in TEXT_LINES:
        return payloads.text_rows(text)
    vat = _get_vat_percent(source, line)
    others = prepare_house_work(source, line)
    sign = -source.move.direction_sign
    numbers_of_line = line.price_unit, line.quantity, line.discount
    if not payloads.adds_up(*numbers_of_line, line.price_subtotal):
        text = f"{text} ({_describe_amount(source, line)})"
        amount = payloads.decimal(line.price_subtotal)
        return payloads.amount_rows(text, amount, sign, vat=vat, **others)
    if unit := _get_unit_code(source, line):
        others["Unit"] = unit
    price, quantity, discount = map(payloads.decimal, numbers_of_line)
    return payloads.amount_rows(text, price, sign * quantity, discount, vat, **others)


def _get_unit_code(source, line):
    return line.product_uom_id and source.connector._get_unit_code(line.product_uom_id)


def _describe_amount(source, line):
    """Return in words what a row's amount is made of, where the service cannot say it."""
    language, words = source.language, source.words
    quantity = payloads.number_in_words(line.quantity, language)
    unit = _get_unit_code(source, line) or line.product_uom_id.name or ""
    price = payloads.number_in_words(line.price_unit, language, least_decimals=2)
    parts = [words["piece"].format(quantity=f"{quantity} {unit}".strip(), price=price)]
    if any(line.tax_ids.flatten_taxes_hierarchy().mapped("price_include")):
        parts.append(words["included"])
    if line.discount:
        discount = payloads.number_in_words(line.discount, language)
        parts.append(words["discount"].format(discount))
    return ", ".join(parts)


def _get_vat_percent(source, line):
    """Return the row's VAT in whole percent.

    A tax that is taken back by its own repartition, as that of triangular trade, asks nothing.

    :raises RefusedError: the row's taxes are none of the service's percentages of its amount
    """
    percent = line.tax_ids._get_nox_finans_percent()
    if percent is None:
        raise RefusedError(
            source.env._(
                "The taxes of the row “%(row)s” are no VAT of %(percents)s percent: Nox Finans "
                "knows no other.",
                row=line.name,
                percents=", ".join(map(str, payloads.VAT_PERCENTS)),
            )
        )
    return percent


def _get_vat_of_cash_discount(source, lines):
    """Return what of the VAT is not asked, since the invoice grants it for early payment."""
    lines = lines.filtered(lambda line: line.display_type == "epd" and line.tax_ids)
    vat = sum(
        payloads.decimal(-line.amount_currency) * _get_vat_percent(source, line) / 100
        for line in lines
    )
    return Decimal(vat).quantize(payloads.OERE)


def _get_sections_at(sections, line):
    """Return the sections that a line opens or stays in, the outer one first."""
    if line.display_type == "line_section":
        return {"line_section": line}
    outer = {kind: it for kind, it in sections.items() if kind == "line_section"}
    return outer | {"line_subsection": line}


def _hides(section):
    return section.collapse_composition or section.collapse_prices


def _get_lines_of(section, lines):
    """Return the lines that follow a section until one of its rank or above."""
    ends = SECTIONS if section.display_type == "line_subsection" else SECTIONS[:1]
    found = lines.browse()
    for line in lines[lines.ids.index(section.id) + 1 :]:
        if line.display_type in ends:
            break
        found += line
    return found
