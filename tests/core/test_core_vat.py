import pytest
from core.vat import (
    ABROAD,
    DOMESTIC,
    EU,
    REVERSED_TYPES,
    SPECIAL_KINDS,
    VAT_KINDS,
    VAT_TYPES,
    ZONES,
    get_vat_type,
)


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


def test_what_is_taxed_here_is_neither_reversed_nor_exported():
    types = [get_vat_type(["taxed"], zone) for zone in (DOMESTIC, EU, ABROAD)]
    assert types == ["SEVAT", "EUVAT", "SEVAT"]


def test_without_vat_it_depends_on_where_the_customer_is():
    for kind in ("zero", "reversed"):
        assert get_vat_type([kind], EU) == "EUREVERSEDVAT"
        assert get_vat_type([kind], ABROAD) == "EXPORT"


@pytest.mark.parametrize("zone", ZONES)
def test_a_kind_that_says_where_the_customer_is_holds_wherever_that_is(zone):
    assert get_vat_type(["se_reversed"], zone) == "SEREVERSEDVAT"
    assert get_vat_type(["eu_reversed"], zone) == "EUREVERSEDVAT"
    assert get_vat_type(["export"], zone) == "EXPORT"


def test_each_reverse_charge_asks_for_the_customers_number():
    types = {name for types in VAT_TYPES.values() for name in types.values()}
    assert set(REVERSED_TYPES) == {name for name in types if "REVERSED" in name}
