"""A case's invoice as it stands at the service: whose it is, and its credit note there.

The service makes credit notes of their original, once for each, and then takes ours. Until it has
our own reference, nothing but the committed intent tells that one is ours.
"""

from ..api.errors import NotFoundError, RefusedError, UncertainError
from .status import read_invoice


def found(call, *arguments):
    """Return what the call answers, or None when the service does not know what it is about."""
    try:
        return call(*arguments)
    except NotFoundError:
        return None


def check_said(case, value, name):
    """Return a value of an answer.

    :param name: what the service calls it
    :raises UncertainError: the answer does not say it
    """
    if value is None:
        raise UncertainError(case.env._("The answer does not say “%s”.", name))
    return value


def get_invoice(case, client, number):
    """Return an invoice of the service that says whose it is and how far it has come.

    :param case: in whose language an error speaks
    :raises UncertainError: the answer does not say
    """
    invoice = read_invoice(client.get_invoice(number))
    if not invoice.has_reference:
        raise UncertainError(case.env._("The answer does not say whose invoice it is."))
    check_said(case, invoice.is_booked, "Booked")
    check_said(case, invoice.is_cancelled, "Cancelled")
    return invoice


def check_is_ours(case, invoice):
    """See that an invoice of the service is the case's before anything is done to it.

    :raises RefusedError: it is somebody else's, as after signing in to another company
    """
    if invoice.reference != case.reference:
        raise RefusedError(
            case.env._("Invoice %s at Fortnox is not the one that was sent.", case.remote_number)
        )


def get_credit_number(case, client):
    """Return the number of the credit note that a case's invoice has at the service, or None.

    :raises RefusedError: the service's invoice is not the case's
    """
    invoice = get_invoice(case, client, case.remote_number)
    check_is_ours(case, invoice)
    return invoice.credit_number


def find_credit(case, client):
    """Return the credit note at the service if it is the case's, else None."""
    number = get_credit_number(case._get_credited_case(), client)
    if not number:
        return None
    credit = get_invoice(case, client, number)
    is_begun = case.is_credit_begun and not credit.reference
    return credit if is_begun or credit.reference == case.reference else None


def make_credit(case, client, commit):
    """Let the service make the credit note of the original, which it does once for each.

    :return: the credit note as the service has it
    :raises RefusedError: the original has been credited there already, by somebody else
    """
    original = case._get_credited_case()
    credit = find_credit(case, client)
    if credit:
        return credit
    if get_credit_number(original, client):
        raise RefusedError(
            case.env._(
                "Invoice %s has been credited at Fortnox already; it takes one credit note for "
                "each invoice.",
                original.remote_number,
            )
        )
    case.is_credit_begun = True
    commit()
    client.credit_invoice(original.remote_number)
    return read_invoice(client.get_invoice(get_credit_number(original, client)))
