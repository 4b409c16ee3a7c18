"""The customer in the words of the interface: its card, and the address on the invoice."""

from ..api import countries, numbers, payloads
from ..api.errors import RefusedError
from .payload import Source, get_first

# A Peppol address of this kind is a GLN.
PEPPOL_GLN = "0088"


def prepare_customer(case):
    """Return the customer's card, without its number.

    :raises RefusedError: something does not fit into it
    """
    source = Source(case)
    customer = source.customer
    email = numbers.email_address(customer.email)
    body = {
        "Name": customer._get_nox_finans_name(),
        "Type": "COMPANY" if customer.is_company else "PRIVATE",
        "OrganisationNumber": _get_organisation_number(customer),
        "VATNumber": customer._get_nox_finans_vat_number(),
        "VATType": _get_vat_type(source),
        "Address1": customer.street,
        "Address2": customer.street2,
        "ZipCode": customer.zip,
        "City": customer.city,
        "CountryCode": countries.code(customer.country_id.code),
        "Email": email,
        "EmailInvoice": email,
        "Phone1": customer.phone,
        "GLN": _get_gln(customer),
        "Currency": "SEK",
        "TermsOfPayment": _get_usual_terms(source),
        "ShowPriceVATIncluded": False,
        # Texts, in this object only.
        "InvoiceAdministrationFee": "0",
        "InvoiceFreight": "0",
        "InvoiceDiscount": 0,
        **dict.fromkeys(payloads.NOT_OURS_ON_CARD),
    }
    return source.check_lengths(payloads.fit(body))


def prepare_addressee(source):
    """Return who owes, and where the letter goes: the company first, then who reads it."""
    partner, contact = source.partner, source.contact
    second = [source.words["attention"].format(contact) if contact else "", partner.street2]
    return {
        "CustomerName": source.customer._get_nox_finans_name() or partner._get_nox_finans_name(),
        "Address1": partner.street,
        "Address2": ", ".join(filter(None, second)),
        "ZipCode": partner.zip,
        "City": partner.city,
        "Country": _get_country_name(partner),
        "EmailInformation": {
            "EmailAddressTo": numbers.email_address(partner.email),
            "EmailAddressCC": "",
            "EmailAddressBCC": "",
        },
    }


def _get_vat_type(source):
    vat_type = source.move._get_nox_finans_vat_type()
    if not vat_type:
        raise RefusedError(
            source.env._("The invoice's taxes fit none of the kinds of VAT that Nox Finans knows.")
        )
    return vat_type


def _get_usual_terms(source):
    """Return the code that the settings give the customer's own terms, or "".

    Each invoice says its terms itself: on the card a guess would only be a cause of refusal.
    """
    customer = source.customer.with_company(source.case.company_id)
    return source.read_term(customer.property_payment_term_id).nox_finans_code


def _get_country_name(partner):
    code = countries.code(partner.country_id.code)
    return countries.NAMES.get(code) or partner.country_id.name


def _get_organisation_number(customer):
    """Return the Swedish number of the customer; that of another country may look like one."""
    if countries.code(customer.country_id.code) != countries.SWEDEN:
        return ""
    found = map(numbers.organisation_number, (customer.company_registry, customer.vat))
    return next(filter(None, found), "")


def _get_gln(customer):
    candidates = [get_first(customer, ["global_location_number"])]
    if get_first(customer, ["peppol_eas"]) == PEPPOL_GLN:
        candidates.append(get_first(customer, ["peppol_endpoint"]))
    return next(filter(None, map(numbers.global_location_number, candidates)), "")
