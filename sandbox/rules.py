"""What Fortnox refuses beyond the schema, one small check each; `RULES.md` lists them all.

A check raises :class:`ServiceError`. Where no code is known it is 2000588, and the words are ours.
"""

import re
import unicodedata

from . import countries
from .company_settings import settings_of
from .errors import ServiceError, unknown

BLANK = "API_BLANK"

MARKS = frozenset(
    "’\\–:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@ \u00a0\n\r\u030a0123456789"  # noqa: RUF001
)
VAT_PERCENTAGES = (25, 12, 6, 0)
MAX_ROWS = 500
EMAIL = re.compile(r"[^\s@,;()]+@[^\s@,;()]+\.[^\s@,;()]{2,}")
EMAILS_OF_CUSTOMER = ("Email", "EmailInvoice", "EmailInvoiceCC", "EmailInvoiceBCC")
NUMBER_OF_SWEDEN = re.compile(r"(?:16|18|19|20)?(\d{6})[-+]?(\d{4})")
REVERSED = ("SEREVERSEDVAT", "EUREVERSEDVAT")
# An invoice's dates that can be empty.
DATES = ("DeliveryDate", "OutboundDate")
WITHOUT_VAT = (*REVERSED, "EXPORT")


def check_characters(values):
    """Refuse a text that has a character which is not among the documented ones."""
    for value in values.values() if isinstance(values, dict) else values:
        if isinstance(value, str):
            if not all(map(_is_allowed, value)):
                raise ServiceError(f"Värdet innehåller ej tillåtna tecken. ({value})", 2000359)
        elif isinstance(value, dict | list):
            check_characters(value)


def _is_allowed(character):
    return character in MARKS or unicodedata.category(character)[0] == "L"


def check_email(value):
    if value and not EMAIL.fullmatch(value):
        raise ServiceError(f"Ogiltig e-postadress ({value}).")


def check_organisation_number(number, country_code):
    """Refuse what is no Swedish organisation, personal or coordination number.

    Nothing is known of foreign ones: they are taken as they are.
    """
    if number and country_code in (None, "", "SE") and not is_swedish_number(number):
        raise ServiceError(f"Ogiltigt organisationsnummer ({number}).")


def is_swedish_number(number):
    match = NUMBER_OF_SWEDEN.fullmatch(number)
    if not match:
        return False
    digits = "".join(match.groups())
    if check_digit(digits[:-1]) != digits[-1]:
        return False
    # From 20 on the third and fourth digit tell an organisation, below it the month of birth.
    is_organisation = digits[2] >= "2"
    day = int(digits[4:6])
    return is_organisation or (1 <= int(digits[2:4]) <= 12 and 1 <= day % 60 <= 31 and day <= 91)


def check_digit(digits):
    """Return the check digit of the Luhn algorithm, as OCR and organisation numbers have it."""
    total = 0
    for index, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if index % 2 == 0 else 1)
        total += value - 9 if value > 9 else value
    return str(-total % 10)


def check_country_code(code):
    if code and code not in countries.NAMES:
        raise ServiceError(f"Ogiltig landskod ({code}).")


def check_country_name(name):
    if name and not countries.is_name(name):
        raise ServiceError(f"Kan inte hitta landet ({name}).")


def check_terms(company, code):
    if code and code not in settings_of(company)["terms"]:
        raise unknown("terms")


def check_unit(company, code):
    if code and code not in settings_of(company)["units"]:
        raise unknown("unit")


def check_row_account(company, number):
    """Refuse an account that the chart does not have, with the documented words."""
    if number is not None and number not in settings_of(company)["accounts"]:
        raise ServiceError("Kunde inte hitta konto", 2001304)
    check_active_account(company, number)


def check_active_account(company, number):
    if number in settings_of(company)["inactive_accounts"]:
        raise ServiceError(f"Kontot {number} är inaktivt.")


def check_vat_percentage(percent):
    if percent is not None and percent not in VAT_PERCENTAGES:
        raise ServiceError(f"Momssatsen {percent} % finns inte.")


def check_row_count(rows):
    if len(rows) > MAX_ROWS:
        raise ServiceError(f"En faktura får ha högst {MAX_ROWS} rader.")


def check_vat_type(customer):
    if customer.get("VATType") in REVERSED and not customer.get("VATNumber"):
        raise ServiceError("VAT-nummer måste anges för kunder med omvänd skattskyldighet.")


def check_customer(company, customer):
    """Check a customer's card as it will be kept."""
    if not customer.get("Name"):
        raise ServiceError("Namn måste anges.", 2001392)
    for name in EMAILS_OF_CUSTOMER:
        check_email(customer.get(name))
    for name in ("CountryCode", "DeliveryCountryCode", "VisitingCountryCode"):
        check_country_code(customer.get(name))
    check_organisation_number(customer.get("OrganisationNumber"), customer.get("CountryCode"))
    check_vat_type(customer)
    check_terms(company, customer.get("TermsOfPayment"))


def check_invoice(company, invoice):
    """Check an invoice as it will be kept, but for house work."""
    check_email((invoice.get("EmailInformation") or {}).get("EmailAddressTo"))
    for name in ("Country", "DeliveryCountry"):
        check_country_name(invoice.get(name))
    check_terms(company, invoice.get("TermsOfPayment"))
    check_row_count(invoice["InvoiceRows"])
    for row in invoice["InvoiceRows"]:
        check_unit(company, row.get("Unit"))
        check_vat_percentage(row.get("VAT"))
        check_row_account(company, row.get("AccountNumber"))


def given(values):
    """Return the fields that say something: an absent one, `""` and null all keep what is there."""
    return {name: value for name, value in values.items() if value not in (None, "")}


def blanked_invoice(values):
    """Return what an invoice's body gives, emptied as :func:`blanked`; an emptied date is null."""
    invoice = blanked(given(values))
    return invoice | {name: invoice[name] or None for name in DATES if name in invoice}


def blanked(values):
    """Return the values with the word that empties a field carried out, also inside of fields."""
    if isinstance(values, dict):
        return {name: blanked(value) for name, value in values.items()}
    if isinstance(values, list):
        return [blanked(value) for value in values]
    return "" if values == BLANK else values
