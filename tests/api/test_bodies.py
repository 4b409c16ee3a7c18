"""What makes texts, numbers and bodies fit, whatever people have written."""

# ruff: noqa: RUF001
# What looks like another character is what is tested.

from decimal import Decimal

import pytest
from api import numbers, payloads, texts
from hypothesis import given
from hypothesis import strategies as st
from strategies import BUSY, LONG_TEXTS

from sandbox import models

AMOUNTS = st.decimals(-1000, 1000, places=2)


# -------------------------------------------------------------------------
# Texts
# -------------------------------------------------------------------------


@BUSY
@given(LONG_TEXTS, st.integers(1, 300))
def test_one_line_is_of_allowed_characters(text, length):
    line = texts.one_line(text, length)
    assert len(line) <= length and line == line.strip()
    assert all(map(texts.is_allowed, line)), line
    assert texts.one_line(line, length) == line


@BUSY
@given(LONG_TEXTS, st.integers(1, 300))
def test_many_lines_are_lines(text, length):
    lines = texts.many_lines(text, length)
    assert len(lines) <= length
    assert all(texts.is_allowed(character) for character in lines if character != "\n"), lines
    assert texts.many_lines(lines, length) == lines


@BUSY
@given(LONG_TEXTS.map(texts.one_line), st.integers(1, 300))
def test_pieces_are_the_text(text, length):
    pieces = texts.split(text, length)
    assert all(0 < len(piece) <= length for piece in pieces)
    assert "".join("".join(pieces).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ('[ABC 12] Skiva 3/4" "Åre" • 2 st', "(ABC 12) Skiva 3/4´ ´Åre´ * 2 st"),
        ("<b>a|b</b> {c} ~d", "(b)a/b(/b) (c) -d"),
        ("Müller’s “Größe” 3 × 4 ±1 → 5 🎉", "Müller’s ´Größe´ 3 x 4 +/-1 - 5"),
        ("½ m² ™ 5 € 10 %", "½ m² ™ 5 € 10 %"),
    ],
)
def test_as_people_write(text, sent):
    assert texts.one_line(text) == sent


# -------------------------------------------------------------------------
# Numbers
# -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("556677-8899", "556677-8899"),
        ("5566778899", "556677-8899"),
        ("16556677-8899", "556677-8899"),
        ("SE556677889901", "556677-8899"),
        ("SE 556677-8899 01", "556677-8899"),
        ("880320-0016", "880320-0016"),
        ("8803200016", "880320-0016"),
        ("198803200016", "19880320-0016"),
        # A coordination number: sixty is added to the day.
        ("880380-0013", "880380-0013"),
        ("198803800013", "19880380-0013"),
        # Over a hundred years old.
        ("120101+1234", "19120101-1234"),
        ("556677-8890", ""),
        ("000000-0000", ""),
        ("881332-0016", ""),
        ("99999999", ""),
        ("okänt", ""),
        ("0", ""),
        ("/", ""),
        (None, ""),
    ],
)
def test_organisation_number(text, sent):
    assert numbers.organisation_number(text) == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("anna@kund.se", "anna@kund.se"),
        (" Anna Ek <anna.ek+1@kund.se> ", "anna.ek+1@kund.se"),
        ("anna@åkeri.se", "anna@xn--keri-poa.se"),
        ("a@kund.se, b@kund.se", ""),
        ("a@kund.se;b@kund.se", ""),
        ("a@kund.se b@kund.se", ""),
        ("a..b@kund.se", ""),
        ("anna@kund", ""),
        ("anna", ""),
        (False, ""),
    ],
)
def test_email_address(text, sent):
    assert numbers.email_address(text) == sent


@pytest.mark.parametrize(
    ("text", "country", "sent"),
    [
        ("se 556677-8899 01", "SE", "SE556677889901"),
        ("556677889901", "SE", "SE556677889901"),
        ("556677889901", "", "SE556677889901"),
        ("DE 136 695 976", "", "DE136695976"),
        # Without the letters, as people write it beside the country.
        ("136695976", "DE", "DE136695976"),
        ("094259216", "GR", "EL094259216"),
        ("CHE-123.456.788", "CH", "CHE123456788"),
        ("923 609 016 MVA", "NO", "923609016MVA"),
        # A digit is wrong, a number of another country's, an organisation number, none at all.
        ("DE136695977", "DE", ""),
        ("136695976", "SE", ""),
        ("556677-8899", "SE", ""),
        ("SE1", "SE", ""),
        ("/", "DE", ""),
        ("okänt", "NO", ""),
        (None, "", ""),
    ],
)
def test_vat_number(text, country, sent):
    assert numbers.vat_number(text, country) == sent


@pytest.mark.parametrize(
    ("text", "sent"),
    [
        ("640823-3234", "640823-3234"),
        ("701063-2391", "701063-2391"),
        ("640823+3234", "18640823-3234"),
        ("19640823-3234", "19640823-3234"),
        ("SE640823323401", "640823-3234"),
        ("556677-8899", ""),
        ("640823-3235", ""),
        ("", ""),
    ],
)
def test_personal_number(text, sent):
    assert numbers.personal_number(text) == sent


def test_global_location_number():
    assert numbers.global_location_number("7350 0500 0000 4") == "7350050000004"
    assert numbers.global_location_number("7300010000001") == "7300010000001"
    assert numbers.global_location_number("7300010000002") == ""


# -------------------------------------------------------------------------
# Bodies
# -------------------------------------------------------------------------


def test_nothing_is_dropped():
    body = payloads.fit({"Address2": False, "City": " ", "Freight": 0, "VATIncluded": False})
    assert body == {
        "Address2": "API_BLANK",
        "City": "API_BLANK",
        "Freight": 0,
        "VATIncluded": False,
    }
    assert payloads.fit({"EmailInformation": {"EmailAddressTo": ""}}) == {
        "EmailInformation": {"EmailAddressTo": "API_BLANK"}
    }


@BUSY
@given(LONG_TEXTS)
def test_every_text_fits(text):
    body = payloads.fit(dict.fromkeys(payloads.LENGTHS, text))
    too_long = payloads.list_too_long(body)
    for name, value in body.items():
        assert name in too_long or len(value) <= max(payloads.LENGTHS[name], len(payloads.BLANK))
    assert set(too_long) <= set(payloads.UNCUT)


def body_of(*amounts, **values):
    rows = [row for amount in amounts for row in payloads.amount_rows("Arbete", amount, vat=25)]
    return {"Language": "SV", "InvoiceRows": rows, **values}


@BUSY
@given(st.lists(AMOUNTS, min_size=1, max_size=5), st.lists(AMOUNTS, max_size=3))
def test_rounding_adds_up(amounts, differences):
    body = body_of(*amounts)
    expected = payloads.total(body) + sum(differences)
    for difference in differences:
        body = payloads.add_to_rounding(body, difference)
    assert payloads.total(body) == expected
    assert len(body["InvoiceRows"]) - len(amounts) == bool(sum(differences))


def test_rounding_among_house_work():
    body = payloads.add_to_rounding(body_of(100, TaxReductionType="rot"), Decimal("-0.36"))
    row = body["InvoiceRows"][-1]
    assert (row["Description"], row["Price"], row["VAT"]) == ("Öresutjämning", -0.36, 0)
    assert (row["HouseWork"], row["HouseWorkType"]) == (False, "OTHERCOSTS")


def test_total_rounds_rows_and_their_vat():
    # 99.71 + 24.93, and three times 0.25 * 0.50 = 0.13, with 0.03 of VAT each.
    rows = payloads.amount_rows("Tak", 0.25, Decimal("0.5"), vat=25)
    assert payloads.total(body_of(99.71)) == Decimal("124.64")
    assert payloads.total({"InvoiceRows": rows * 3}) == Decimal("0.48")
    assert payloads.total({"InvoiceRows": payloads.text_rows("Ring före.")}) == 0


@pytest.mark.parametrize(
    ("price", "quantity", "discount", "subtotal", "adds_up"),
    [
        (99.99, 3.5, 0, 349.97, True),
        (79.96000000000001, 1, 0, 79.96, True),
        (100, 3, 33.33, 200.01, True),
        # More decimals than are kept there, tax in the price, a discount that is a surcharge.
        (1.125, 8, 0, 9, False),
        (8, 1.125, 0, 9, False),
        (125, 1, 0, 100, False),
        (100, 1, -10, 110, False),
    ],
)
def test_rows_that_add_up(price, quantity, discount, subtotal, adds_up):
    assert payloads.adds_up(price, quantity, discount, subtotal) == adds_up


def test_long_texts_go_on():
    text = "Skiva på åtta meter. " * 40
    first, *more = payloads.amount_rows(text, 10)
    assert all(set(row) == {"Description"} for row in more)
    said = " ".join(row["Description"] for row in (first, *more))
    assert said == text.strip()
    assert max(len(row["Description"]) for row in (first, *more)) <= 255


def test_payment():
    models.ReportedPayment(**payloads.payment(100.5, "BG", 1930))
    assert payloads.payment(1, "PG", 1920, is_bookkept=False)["BookkeepPaymentInFortnox"] is False
