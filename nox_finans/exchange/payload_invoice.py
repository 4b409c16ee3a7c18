"""The invoice in the words of the interface."""

from odoo import SUPERUSER_ID
from odoo.tools import html2plaintext

from ..api import payloads, texts
from ..api.errors import RefusedError
from .payload import BUYER_REFERENCES, ORDER_NUMBERS, Source, get_first, read
from .payload_house_work import check_house_work, get_reduction_type, mark_other_costs
from .payload_rows import add_rows, read_lines

# What the letter cannot do without.
ADDRESS = ("CustomerName", "Address1", "ZipCode", "City")


def prepare_invoice(case):
    """Return the invoice, without the customer's number.

    What the service will come to is what the invoice says, to the öre.

    :raises RefusedError: something does not fit into it
    """
    source = Source(case)
    lines = read_lines(source.move)
    remarks, rest = _prepare_remarks(source)
    body = payloads.fit(
        {
            **_prepare_head(source),
            "Remarks": remarks,
            **case._prepare_addressee(source),
            **dict.fromkeys(payloads.NOT_OURS_ON_INVOICE),
            "TaxReductionType": get_reduction_type(source),
        }
    )
    source.check_lengths(body)
    _check_address(source, body)
    body = add_rows(source, body, lines)
    rows = [*body["InvoiceRows"], *mark_other_costs(source, payloads.text_rows(rest))]
    _check_row_count(source, rows)
    check_house_work(source, rows)
    return body | {"InvoiceRows": rows}


def _prepare_head(source):
    move = source.move
    return {
        "ExternalInvoiceReference1": source.case.reference,
        "ExternalInvoiceReference2": move.name,
        "InvoiceDate": move.invoice_date.isoformat(),
        "DueDate": move.invoice_date_due.isoformat(),
        "DeliveryDate": move.delivery_date.isoformat() if move.delivery_date else "",
        "Currency": move.currency_id.name,
        "InvoiceType": "INVOICE",
        "Language": source.language,
        "VATIncluded": False,
        "AdministrationFee": 0,
        "Freight": 0,
        "TermsOfPayment": _get_terms(source),
        "OurReference": _get_our_reference(source),
        "YourReference": get_first(move, BUYER_REFERENCES) or source.contact,
        "YourOrderNumber": get_first(move, ORDER_NUMBERS),
    }


def _check_address(source, body):
    if payloads.BLANK in [body[name] for name in ADDRESS]:
        raise RefusedError(
            source.env._("The customer needs a name, a street, a postal code and a town.")
        )


def _check_row_count(source, rows):
    if len(rows) > payloads.MAX_ROWS:
        raise RefusedError(
            source.env._(
                "The invoice takes %(count)s rows with its texts, Nox Finans takes %(most)s.",
                count=len(rows),
                most=payloads.MAX_ROWS,
            )
        )


def _prepare_remarks(source):
    """Return what is said beside the rows, and what of it has no place there."""
    move = source.move
    kind = "refund" if move.move_type == "out_refund" else "invoice"
    position = read(move.fiscal_position_id, ["note"])
    term = source.read_term(move.invoice_payment_term_id)
    notes = [move.narration, position.note, move.taxes_legal_notes, term.note]
    parts = [texts.one_line(source.words[kind].format(move.name))]
    for note in notes:
        text = texts.many_lines(html2plaintext(note or "", include_references=False))
        if text and text not in parts:
            parts.append(text)
    return texts.cut("\n".join(parts), payloads.LENGTHS["Remarks"])


def _get_terms(source):
    """Return the service's code of the terms, or "": it has none, and the due date tells.

    What the settings say, else the days, if Fortnox is known to have terms of that name: others
    are refused there.
    """
    move = source.move
    term = source.read_term(move.invoice_payment_term_id)
    if term.nox_finans_code:
        return term.nox_finans_code
    if term:
        read(term.line_ids, ["delay_type", "nb_days"])
        code = term._get_nox_finans_code()
    else:
        code = str(max((move.invoice_date_due - move.invoice_date).days, 0))
    # The codes that Fortnox had when its register of payment terms was last read.
    known = (source.connector.terms_at_fortnox or "").split(", ")
    return code if code in known else ""


def _get_our_reference(source):
    """Return whom the customer may ask: who sold, or who sent it; the system is nobody."""
    users = [source.move.invoice_user_id, source.case.user_id]
    return next((user.name for user in users if user and user.id != SUPERUSER_ID), "")
