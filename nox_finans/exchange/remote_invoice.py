"""A case's invoice as it stands at the service: whose it is, and its credit note there.

The service makes credit notes of their original, once for each, and then takes ours. Until it has
our own reference, nothing but the committed intent tells that one is ours.
"""

from ..api import answers
from ..api.errors import NotFoundError, RefusedError, UncertainError


def found(call, *arguments):
    """Return what the call answers, or None when the service does not know what it is about."""
    try:
        return call(*arguments)
    except NotFoundError:
        return None


def read_invoice(case, answer):
    """Return an invoice of the service that says whose it is and how far it has come.

    :raises UncertainError: the answer does not say
    """
    invoice = answers.mapping(answer)
    if "ExternalInvoiceReference1" not in invoice:
        raise UncertainError(case.env._("The answer does not say whose invoice it is."))
    for name in ("Booked", "Cancelled"):
        read_flag(case, invoice, name)
    return invoice


def read_flag(case, answer, name):
    """Return one of an invoice's yes-or-no fields.

    :raises UncertainError: the answer does not say
    """
    value = answers.mapping(answer).get(name)
    if not isinstance(value, bool):
        raise UncertainError(case.env._("The answer does not say “%s”.", name))
    return value


def check_is_ours(case, invoice):
    """See that an invoice of the service is the case's before anything is done to it.

    :raises RefusedError: it is somebody else's, as after signing in to another company
    """
    if answers.word(invoice["ExternalInvoiceReference1"]) != case.reference:
        raise RefusedError(
            case.env._("Invoice %s at Fortnox is not the one that was sent.", case.remote_number)
        )


def get_credit_reference(invoice):
    """Return the number of the credit note that the service's invoice names, or None."""
    number = answers.word(invoice.get("CreditInvoiceReference"))
    return number if number not in (None, "0") else None


def get_credit_number(case, client):
    """Return the number of the credit note that a case's invoice has at the service, or None.

    :raises RefusedError: the service's invoice is not the case's
    """
    invoice = read_invoice(case, client.get_invoice(case.remote_number))
    check_is_ours(case, invoice)
    return get_credit_reference(invoice)


def find_credit(case, client):
    """Return the credit note at the service if it is the case's, else None."""
    number = get_credit_number(case._get_credited_case(), client)
    if not number:
        return None
    credit = read_invoice(case, client.get_invoice(number))
    reference = answers.word(credit["ExternalInvoiceReference1"])
    is_ours = reference == case.reference or (case.is_credit_begun and not reference)
    return credit if is_ours else None


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
    return client.get_invoice(get_credit_number(original, client))
