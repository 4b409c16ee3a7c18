import pytest
from core.vat import ABROAD, DOMESTIC, EU, SPECIAL_KINDS, VAT_KINDS, VAT_TYPES, ZONES, get_vat_type


@pytest.mark.parametrize(
    ("kinds", "zone", "vat_type"),
    [
        ([], DOMESTIC, "SEVAT"),
        (["zero"], EU, "EUREVERSEDVAT"),
        (["taxed", "zero"], EU, "EUVAT"),
        (["reversed"], DOMESTIC, "SEREVERSEDVAT"),
        (["reversed"], ABROAD, "EXPORT"),
        (["reversed", "export"], ABROAD, "EXPORT"),
        (["reversed", "export"], EU, None),
        (["taxed", "se_reversed"], DOMESTIC, None),
        (["unfit"], DOMESTIC, None),
    ],
)
def test_the_kind_of_customer(kinds, zone, vat_type):
    assert get_vat_type(kinds, zone) == vat_type


def test_each_kind_but_the_unfit_one_has_a_type_everywhere():
    kinds = {kind for kind, _label in VAT_KINDS} - {"unfit"}
    assert set(VAT_TYPES) == kinds == {"taxed", "zero", *SPECIAL_KINDS}
    assert all(set(types) == set(ZONES) for types in VAT_TYPES.values())
