"""Organisation and VAT numbers, e-mail addresses: what is one, and the form it is sent in."""

import re
from datetime import date
from email.utils import getaddresses

from stdnum import ean, luhn
from stdnum.eu import vat as eu_vat
from stdnum.se import vat

from .countries import SWEDEN

_SEPARATORS = re.compile(r"[\s.:\-\u2010-\u2015]")
# As Odoo's own `single_email_re`, and no empty part between dots.
_EMAIL = re.compile(
    r"[a-z0-9_%+-]+(\.[a-z0-9_%+-]+)*@([a-z0-9-]+\.)+([a-z]{2,63}|xn--[a-z0-9-]+)", re.IGNORECASE
)
# A coordination number has 60 added to its day.
_COORDINATION = 60
# Where the letters of VAT numbers are not those of the country.
_VAT_LETTERS = {"GR": "EL"}
# Some registers write organisation numbers with a century of their own.
_CENTURY_OF_COMPANIES = "16"


def organisation_number(text: str) -> str:
    """Return a Swedish organisation or personal number as it is sent, or "" when it is none.

    `NNNNNN-NNNN`, and `YYYYMMDD-NNNN` where the century is said (twelve digits, or a `+`). A
    Swedish VAT number stands for the organisation number in it. Check digit and date must be
    right.
    """
    number = _SEPARATORS.sub("", text or "").upper()
    is_old = len(number) == 11 and number[6] == "+"
    number = number[:6] + number[7:] if is_old else number
    if number.startswith("SE"):
        number = _of_vat_number(number)
    if not re.fullmatch("[0-9]{10}|[0-9]{12}", number) or not luhn.is_valid(number[-10:]):
        return _dashed(_of_vat_number(number))
    if len(number) == 12:
        return _of_twelve_digits(number)
    if is_old:
        return _of_twelve_digits(f"{_century(number) - 1}{number}")
    if number[0] != "0" and number[2] >= "2":
        return _dashed(number)
    return _dashed(number) if _is_day(f"{_century(number)}{number}") else ""


def personal_number(text: str) -> str:
    """Return a Swedish personal or coordination number as it is sent, or "" when it is none."""
    number = organisation_number(text)
    # In an organisation number these two are 20 or more, so that it is never taken for a month.
    return number if number and int(number[-9:-7]) <= 12 else ""


def email_address(text: str) -> str:
    """Return the one e-mail address in `text` as it is sent, or "" when it is not exactly one."""
    found = [address for _name, address in getaddresses([(text or "").strip()])]
    if len(found) != 1:
        return ""
    local, _at, domain = found[0].rpartition("@")
    try:
        domain = domain.encode("idna").decode().lower()
    except UnicodeError:
        return ""
    address = f"{local}@{domain}"
    return address if _EMAIL.fullmatch(address) else ""


def vat_number(text: str, country: str = "") -> str:
    """Return a VAT number as it is sent, or "" when it is none.

    Within the EU it is a right one with its country's letters, whether or not they are written;
    elsewhere whatever holds a digit.

    :param country: the two letters of the customer's country, as of ISO 3166; Sweden if there is
        none
    """
    number = _SEPARATORS.sub("", text or "").upper()
    country = (country or SWEDEN).upper()
    if country == SWEDEN and (digits := _of_vat_number(number)):
        return f"{SWEDEN}{digits}01"
    for written in (number, f"{_VAT_LETTERS.get(country, country)}{number}"):
        if eu_vat.is_valid(written):
            return written
    is_in_eu = country.lower() in eu_vat.MEMBER_STATES
    return number if not is_in_eu and re.search("[0-9]", number) else ""


def global_location_number(text: str) -> str:
    """Return a GLN of thirteen digits, or "" when it is none."""
    number = _SEPARATORS.sub("", text or "")
    return number if len(number) == 13 and ean.is_valid(number) else ""


def _of_vat_number(number: str) -> str:
    """Return the ten digits in a Swedish VAT number, or "" when it is none."""
    digits = vat.compact(number)
    return digits[:10] if re.fullmatch("[0-9]{12}", digits) and vat.is_valid(digits) else ""


def _of_twelve_digits(number: str) -> str:
    if number.startswith(_CENTURY_OF_COMPANIES):
        return organisation_number(number[2:])
    if _is_day(number):
        return f"{number[:8]}-{number[8:]}"
    return organisation_number(_of_vat_number(number))


def _dashed(number: str) -> str:
    return f"{number[:6]}-{number[6:]}" if number else ""


def _century(number: str) -> int:
    """Return the first two digits of the year of birth that a personal number without `+` means."""
    this_year = date.today().year
    return this_year // 100 - (int(number[:2]) > this_year % 100)


def _is_day(number: str) -> bool:
    """Tell whether twelve digits begin with a day that was, also of a coordination number."""
    day = int(number[6:8])
    day -= _COORDINATION if day > _COORDINATION else 0
    try:
        return date(1850, 1, 1) < date(int(number[:4]), int(number[4:6]), day) <= date.today()
    except ValueError:
        return False
