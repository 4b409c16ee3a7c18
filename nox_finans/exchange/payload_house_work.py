"""House work in the words of the interface: on the rows, and the application for the reduction."""

import math

from ..api import payloads
from ..api.errors import RefusedError
from .payload import Source


def get_reduction_type(source):
    """Return the interface's kind of tax reduction.

    :raises RefusedError: nobody has chosen it
    """
    if not source.move.nox_finans_tax_reduction:
        return payloads.NO_REDUCTION
    if not source.move.nox_finans_tax_reduction_type:
        raise RefusedError(source.env._("Choose the kind of tax reduction."))
    return source.move.nox_finans_tax_reduction_type


def prepare_house_work(source, line):
    """Return what a row says of work at somebody's home."""
    if not source.move.nox_finans_tax_reduction or line.product_id.type not in (False, "service"):
        return {}
    hours = math.ceil(abs(line.quantity))
    return {
        "HouseWork": True,
        "HouseWorkType": payloads.USUAL_WORK[get_reduction_type(source)],
        "HouseWorkHoursToReport": min(max(hours, 1), payloads.MAX_HOURS),
    }


def mark_other_costs(source, rows):
    """Return the rows, each that is no work so marked where the invoice is for house work."""
    return payloads.other_costs(rows) if source.move.nox_finans_tax_reduction else rows


def get_asked_reduction(move):
    """Return the tax reduction to ask for: in whole kronor, the öre are dropped by law."""
    return int(payloads.decimal(move.nox_finans_tax_reduction))


def check_house_work(source, rows):
    """:raises RefusedError: an invoice with a tax reduction whose rows hold no work"""
    if source.move.nox_finans_tax_reduction and not any(row.get("HouseWork") for row in rows):
        raise RefusedError(
            source.env._(
                "No row is work: a row without a product, or with a service, is. What a "
                "section hides is none."
            )
        )


def prepare_tax_reduction(case):
    """Return the body of the application for the customer's tax reduction.

    :raises RefusedError: it lacks what the agency asks for
    """
    source = Source(case)
    move, customer = source.move, source.customer
    kind = get_reduction_type(source)
    asked = get_asked_reduction(move)
    body = {
        "ReferenceDocumentType": "INVOICE",
        "ReferenceNumber": case.remote_number,
        "CustomerName": customer._get_nox_finans_name(),
        "SocialSecurityNumber": customer._get_nox_finans_personal_number(),
        "AskedAmount": asked,
    }
    # A new object, which nothing fills: there is nothing to empty.
    if move.nox_finans_property_designation:
        body["PropertyDesignation"] = move.nox_finans_property_designation
    if kind == "green":
        work = payloads.USUAL_WORK["green"]
        body["TaxReductionAmounts"] = [{"AskedAmount": asked, "WorkType": work}]
    return _check_tax_reduction(source, kind, payloads.fit(body))


def _check_tax_reduction(source, kind, body):
    if body["SocialSecurityNumber"] == payloads.BLANK:
        raise RefusedError(
            source.env._("The tax reduction needs a person with a Swedish personal number.")
        )
    designation = body.get("PropertyDesignation", payloads.BLANK)
    if kind in payloads.PROPERTY_KINDS and designation == payloads.BLANK:
        raise RefusedError(source.env._("The tax reduction needs the property's designation."))
    return body
