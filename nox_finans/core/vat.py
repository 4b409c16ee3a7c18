"""Of which kind VAT is at Fortnox: told from the kinds of the taxes and where the customer is."""

from collections.abc import Iterable

# Where the customer is, as far as VAT goes.
DOMESTIC, EU, ABROAD = ZONES = ("domestic", "eu", "abroad")
VAT_KINDS = [
    ("taxed", "Swedish VAT"),
    ("zero", "0 %"),
    ("se_reversed", "Reverse charge in Sweden"),
    ("eu_reversed", "Sale to a company in the EU"),
    ("export", "Export"),
    ("reversed", "Reverse charge"),
    ("unfit", "None that Fortnox knows"),
]
# What says more of the customer than that there is no VAT.
SPECIAL_KINDS = ("se_reversed", "eu_reversed", "export", "reversed")
# From a kind to the interface's kind of customer, where the customer is at home, in the EU, abroad.
VAT_TYPES = {
    kind: dict(zip(ZONES, types, strict=True))
    for kind, types in {
        # Work on a building here is taxed here, wherever the customer is.
        "taxed": ("SEVAT", "EUVAT", "SEVAT"),
        "zero": ("SEVAT", "EUREVERSEDVAT", "EXPORT"),
        "se_reversed": ("SEREVERSEDVAT",) * 3,
        "eu_reversed": ("EUREVERSEDVAT",) * 3,
        "export": ("EXPORT",) * 3,
        "reversed": ("SEREVERSEDVAT", "EUREVERSEDVAT", "EXPORT"),
    }.items()
}
# The interface asks for the customer's VAT number with these.
REVERSED_TYPES = ("SEREVERSEDVAT", "EUREVERSEDVAT")


def get_vat_type(kinds: Iterable[str], zone: str) -> str | None:
    """Return the interface's kind of customer for an invoice, or None when none fits.

    :param kinds: the kinds of its taxes; 0 % counts only when there is no other
    :param zone: where the customer is
    """
    if "unfit" in kinds:
        return None
    types = {VAT_TYPES[kind][zone] for kind in set(kinds) - {"zero"} or {"zero"}}
    return types.pop() if len(types) == 1 else None
