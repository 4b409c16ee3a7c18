"""Countries as Fortnox names them: by code on a customer, by the Swedish name on an invoice.

The names are those of the Unicode locale data for Swedish; that Fortnox has the very same for the
less usual countries is our assumption.
"""

from babel import Locale

NAMES = {
    code: name
    for code, name in Locale("sv").territories.items()
    if len(code) == 2 and code.isalpha() and code not in ("EU", "EZ", "UN", "ZZ", "QO", "XA", "XB")
}
_KNOWN = {name.casefold() for name in NAMES.values()}


def is_name(name):
    return name.casefold() in _KNOWN
