"""One of each kind of invoice that Odoo can make, sent to a service with hostile presets: what the
customer is asked, who is asked, and what is said is what Odoo's invoice says."""

# ruff: noqa: RUF001
# What looks like another character is what is tested.

from decimal import Decimal

import pytest
from days import today
from odoo.addons.nox_finans.api import payloads, texts

# Makes the invoices `kinds` in the demo company, and returns what Odoo has of each.
MAKE = """
from odoo import Command

connector = env["nox.finans.connector"].search([], limit=1)
connector._check_set_up()
company = connector.company_id
env = env(context={"allowed_company_ids": company.ids, "lang": "sv_SE"})
chart = env["account.chart.template"].with_company(company)
usual = {"name": "Kund AB", "is_company": True, "street": "Gatan 1", "zip": "111 22",
         "city": "Stockholm", "country_id": env.ref("base.se").id, "lang": "sv_SE"}
account = chart.ref("a3740")

def term(name, days=(30,), delay_type="days_after", **values):
    lines = [Command.create({"value": "percent", "value_amount": 100 / len(days),
                             "nb_days": count, "delay_type": delay_type}) for count in days]
    return env["account.payment.term"].create(
        {"name": name, "nox_finans_service": "invoice", "line_ids": lines} | values)

def rounding(strategy):
    return env["account.cash.rounding"].create({
        "name": strategy, "rounding": 1, "strategy": strategy,
        "profit_account_id": account.id, "loss_account_id": account.id})

terms = {
    "usual": term("Trettio", note="<p>Betala i tid.</p>"),
    "discount": term("Rabatt", early_discount=True, discount_percentage=2, discount_days=10,
                     early_pay_discount_computation="mixed"),
    # Of these Fortnox has none.
    "25": term("Tjugofem", [25]), "40": term("Fyrtio", [40]),
    "end of month": term("Månadens slut", [0], "days_after_end_of_month"),
    "instalments": term("Delbetalning", [10, 40]),
    "named": term("Konto", [37], nox_finans_code="K"),
}
usual["property_payment_term_id"] = term("Kundens", [37]).id
roundings = {strategy: rounding(strategy) for strategy in ("add_invoice_line", "biggest_tax")}
position = env["account.fiscal.position"].create(
    {"name": "Bygg", "note": "<p>Omvänd betalningsskyldighet.</p>"})
base = chart.ref("sale_tax_25_services")
taxes = {
    "25": base, "12": chart.ref("sale_tax_12_goods"), "6": chart.ref("sale_tax_6_goods"),
    "0": env["account.tax"].create({"name": "0", "amount": 0, "type_tax_use": "sale"}),
    "EU": chart.ref("sale_tax_services_EC"), "export": chart.ref("sale_tax_goods_NEC"),
    "included": base.copy({"name": "Inkl", "price_include_override": "tax_included"}),
    "triangular": chart.ref("triangular_tax_25_goods"),
}
taxes["group"] = env["account.tax"].create({
    "name": "Grupp", "amount_type": "group", "type_tax_use": "sale",
    "children_tax_ids": [Command.set(base.ids)]})
uoms = {"hour": env.ref("uom.product_uom_hour"), "unit": env.ref("uom.product_uom_unit")}
products = {
    "board": env["product.product"].create(
        {"name": 'Skiva 3/4" "Åre" • 2 st', "default_code": "ABC 12", "type": "consu"}),
    "work": env["product.product"].create({"name": "Arbete", "type": "service"}),
}

def make_line(number, values):
    values = dict(values)
    names = values.pop("taxes", ["25"])
    if "display_type" not in values:
        values["tax_ids"] = [Command.set([taxes[name].id for name in names])]
    if "product" in values:
        values["product_id"] = products[values.pop("product")].id
    if "uom" in values:
        values["product_uom_id"] = uoms[values.pop("uom")].id
    return Command.create(values | {"sequence": number})

def make_partner(values, contact):
    values = dict(values)
    country = values.pop("country", None)
    if country:
        values["country_id"] = env.ref("base." + country).id
    partner = env["res.partner"].create(usual | values)
    if contact:
        partner = env["res.partner"].create(
            usual | {"is_company": False, "type": "invoice", "parent_id": partner.id} | contact)
    return partner

def make_move(kind):
    values = dict(kind.get("values", {}))
    partner = make_partner(kind.get("partner", {}), kind.get("contact"))
    values["invoice_payment_term_id"] = terms[kind.get("term", "usual")].id
    if "rounding" in kind:
        values["invoice_cash_rounding_id"] = roundings[kind["rounding"]].id
    if kind.get("position"):
        values["fiscal_position_id"] = position.id
    if kind.get("by_system"):
        values["invoice_user_id"] = env.ref("base.user_root").id
    lines = [make_line(number, line) for number, line in enumerate(kind["lines"])]
    return env["account.move"].create({
        "move_type": "out_invoice", "company_id": company.id, "partner_id": partner.id,
        "invoice_date": day, "invoice_line_ids": lines, **values})

moves = {name: make_move(kind) for name, kind in kinds.items()}
for move in moves.values():
    move.action_post()
result = {
    name: {"id": move.id, "name": move.name, "total": move.amount_total, "due":
           move.invoice_date_due.isoformat(), "partner": move.partner_id.id,
           "texts": [line.name for line in move.invoice_line_ids if line.name],
           "lines": len(move.invoice_line_ids)}
    for name, move in moves.items()
}
"""
SEND_AGAIN = """
from odoo import Command
move = env["account.move"].browse(move_id)
env["res.partner"].browse(move.partner_id.id).write(values)
again = move.copy({"invoice_date": day})
again.action_post()
result = {"id": again.id, "name": again.name}
"""
# With English only, in a transaction that is taken back.
ENGLISH_ONLY = """
env["res.lang"]._activate_lang("en_US")
partners = env["res.partner"].with_context(active_test=False)
env["res.users"].with_context(active_test=False).search([]).lang = "en_US"
partners.search([]).lang = "en_US"
env["res.lang"].search([("code", "!=", "en_US")]).active = False
env.flush_all()
env.invalidate_all()
env = env(context={})
case = env["nox.finans.case"].search([("move_id", "=", move_id)])
result = {"customer": case._prepare_customer(), "invoice": case._prepare_invoice()}
env.cr.rollback()
env.registry.clear_all_caches()
"""


def line(name="Arbete", price=1000, quantity=1, **values):
    return {"name": name, "price_unit": price, "quantity": quantity, **values}


def text_line(kind, name, **values):
    return {"display_type": f"line_{kind}", "name": name, **values}


LONG = "Arbetet omfattar rivning, bortforsling och återställning enligt anbud. " * 11
EU = {"name": "Kunde GmbH", "country": "de", "vat": "DE136695976", "zip": "10115", "city": "Berlin"}
KINDS = {
    "25 %": {"lines": [line()]},
    "12 %": {"lines": [line(price=99.95, quantity=3, taxes=["12"])]},
    "6 %": {"lines": [line(price=49.5, taxes=["6"])]},
    "0 %": {"lines": [line(taxes=["0"])]},
    "no tax": {"lines": [line(taxes=[])]},
    "all at once": {"lines": [line(taxes=[vat]) for vat in ("25", "12", "6", "0")]},
    "tax group": {"lines": [line(taxes=["group"])]},
    "EU": {"partner": EU, "lines": [line(taxes=["EU"])]},
    "EU without letters": {"partner": EU | {"vat": "136695976"}, "lines": [line(taxes=["EU"])]},
    "triangular": {"partner": EU, "lines": [line(taxes=["triangular"])]},
    "export": {
        "partner": {"name": "Kunde AS", "country": "no", "zip": "0150", "city": "Oslo"},
        "lines": [line(taxes=["export"])],
    },
    "reverse charge": {
        "partner": {"vat": "SE556677889901"},
        "position": True,
        "lines": [
            line(taxes=["0"]),
            text_line("note", "Omvänd betalningsskyldighet för byggtjänster gäller."),
        ],
    },
    "tax in price": {"lines": [line(price=125, taxes=["included"])]},
    "tax in many prices": {
        "lines": [line(price=9.99, quantity=number, taxes=["included"]) for number in range(1, 9)]
    },
    "discounts": {
        "lines": [line(price=79.96, quantity=3, discount=33.33), line(discount=12.5, price=99.99)]
    },
    "negative row": {"lines": [line(), line("Avgår", price=-100)]},
    "down payment": {"lines": [line(), line("Förskott", price=300, quantity=-1)]},
    "free of charge": {"lines": [line(), line("Bjuder vi på", price=0)]},
    "cash rounding row": {"rounding": "add_invoice_line", "lines": [line(price=99.71)]},
    "cash rounding of tax": {"rounding": "biggest_tax", "lines": [line(price=99.71)]},
    "many decimals": {"lines": [line(price=1.125, quantity=8), line(price=0.005)]},
    "hours": {"lines": [line(price=99.987, quantity=3.5, uom="hour")]},
    "many small rows": {"lines": [line(price=0.1) for _number in range(40)]},
    "120 rows": {"lines": [line(f"Rad {number}", price=10.01) for number in range(120)]},
    "long text": {"lines": [line(LONG), text_line("note", LONG)]},
    "strange texts": {
        "values": {"ref": "Best <4711> [B]", "narration": "<p>Hej “du”!</p><p>Rad 2 • slut</p>"},
        "lines": [{"product": "board", "quantity": 2, "price_unit": 10.5, "uom": "unit"}],
    },
    "long remarks": {"values": {"narration": f"<p>{LONG * 3}</p>"}, "lines": [line()]},
    "sections": {
        "lines": [
            text_line("section", "Kök"),
            line("Bänkskiva"),
            text_line("subsection", "El"),
            line("Uttag"),
            text_line("note", "Ring före."),
            text_line("section", "Bad", collapse_composition=True),
            line("Kakel", price=10),
            line("Fog", price=5, taxes=["12"]),
            text_line("section", "Tak", collapse_prices=True),
            line("Plåt", price=7),
        ]
    },
    "early payment discount": {"term": "discount", "lines": [line(price=5000)]},
    "terms of 25 days": {"term": "25", "lines": [line()]},
    "terms of 40 days": {"term": "40", "lines": [line()]},
    "end of month": {"term": "end of month", "lines": [line()]},
    "instalments": {"term": "instalments", "lines": [line()]},
    "terms with a code": {"term": "named", "lines": [line()]},
    "c/o": {"partner": {"street2": "c/o Nilsson"}, "lines": [line()]},
    "contact": {
        "partner": {"name": "Storbolaget AB", "street": "Kontoret 1"},
        "contact": {"name": "Ekonomiavdelningen", "street2": "c/o Nilsson"},
        "lines": [line()],
    },
    "person": {
        "partner": {"name": "Anna Ek", "is_company": False, "company_registry": "8803200016"},
        "lines": [line()],
    },
    "English": {"partner": {"lang": "en_US"}, "lines": [line("Work", price=1.125, quantity=8)]},
    "VAT number only": {"partner": {"vat": "SE556677889901"}, "lines": [line()]},
    "by the system": {"by_system": True, "lines": [line()]},
    "no valid e-mail": {"partner": {"email": "a@kund.se, b@kund.se"}, "lines": [line()]},
    "house work": {
        "partner": {"name": "Anna Ek", "is_company": False, "company_registry": "8803200016"},
        "values": {"nox_finans_tax_reduction": 300.9, "nox_finans_property_designation": "X 1:2"},
        "lines": [
            line(product="work", quantity=2.5),
            line("Skiva", product="board", price=99.71),
            text_line("note", "Inkl. spill"),
        ],
    },
}


class Sent:
    """An invoice as Odoo has it, and the document that the service made of it."""

    def __init__(self, odoo, document, card):
        self.odoo, self.document, self.card = odoo, document, card

    @property
    def rows(self):
        return self.document["InvoiceRows"]

    @property
    def descriptions(self):
        return [row["Description"] for row in self.rows]


def send(setting, *moves):
    setting.worker.do("cron", queue=list(moves))
    bad = setting.sql(
        "SELECT m.name, c.state, c.error_message FROM nox_finans_case c"
        " JOIN account_move m ON m.id = c.move_id"
        " WHERE c.move_id IN %s AND c.state NOT IN ('accepted', 'closed')",
        tuple(moves),
    )
    return bad


def document_of(setting, name):
    (document,) = setting.sandbox.get("invoices", our_number=name)
    return document


@pytest.fixture(scope="module")
def sent(setting):
    """Send one of each kind."""
    setting.sandbox.post("settings", rate_limit=False)
    made = setting.worker.do("code", code=MAKE, kinds=KINDS, day=today().isoformat())
    bad = send(setting, *(odoo["id"] for odoo in made.values()))
    assert not bad, bad
    cards = dict(
        setting.sql(
            "SELECT move_id, snapshot->'customer' FROM nox_finans_case WHERE move_id IN %s",
            tuple(odoo["id"] for odoo in made.values()),
        )
    )
    return {
        name: Sent(odoo, document_of(setting, odoo["name"]), cards[odoo["id"]])
        for name, odoo in made.items()
    }


@pytest.mark.parametrize("kind", KINDS)
def test_the_customer_is_asked_what_the_invoice_says(sent, kind):
    it = sent[kind]
    assert Decimal(str(it.document["Total"])) == Decimal(str(it.odoo["total"]))
    assert it.document["DueDate"] == it.odoo["due"]
    assert it.document["VATIncluded"] is False
    assert not it.document["AdministrationFee"] and not it.document["Freight"]
    term = KINDS[kind].get("term", "usual")
    code = {"usual": "30", "discount": "30", "named": "K"}.get(term, "")
    assert it.document["TermsOfPayment"] == code
    assert it.card["TermsOfPayment"] == payloads.BLANK


@pytest.mark.parametrize("kind", KINDS)
def test_every_text_reaches_the_customer(sent, kind):
    it = sent[kind]
    said = " ".join(it.descriptions)
    hidden = {"Kakel", "Fog"}
    for text in it.odoo["texts"]:
        assert texts.one_line(text) in said or text in hidden, text
    assert it.odoo["name"] in it.document["Remarks"].splitlines()[0]
    has_note = KINDS[kind].get("term", "usual") == "usual"
    assert ("Betala i tid." in said + it.document["Remarks"]) == has_note
    for row in it.rows:
        assert len(row["Description"]) <= payloads.LENGTHS["Description"]


@pytest.mark.parametrize("kind", KINDS)
def test_the_customer_is_named(sent, kind):
    it, values = sent[kind], KINDS[kind].get("partner", {})
    assert it.document["CustomerName"] == it.card["Name"] == values.get("name", "Kund AB")
    assert it.document["Address1"] == "Gatan 1"
    assert it.document["ZipCode"] == values.get("zip", "111 22")
    assert it.document["City"] == values.get("city", "Stockholm")
    country = {"de": "Tyskland", "no": "Norge"}.get(values.get("country"), "Sverige")
    assert it.document["Country"] == country
    contact = "Att: Ekonomiavdelningen, c/o Nilsson"
    expected = {"c/o": "c/o Nilsson", "contact": contact}.get(kind, "")
    assert (it.document["Address2"] or "") == expected


def test_rows_stand_in_the_invoices_order(sent):
    assert sent["sections"].descriptions == [
        *("Kök", "Bänkskiva", "El", "Uttag", "Ring före."),
        # One row for each VAT of what the section hides.
        *("Bad", "Bad", "Tak", "Plåt"),
    ]
    prices = [row.get("Price") for row in sent["sections"].rows]
    assert prices[5:8] == [10, 5, 7]
    *rows, rounding = sent["120 rows"].rows
    assert [row["Description"] for row in rows] == [f"Rad {number}" for number in range(120)]
    # Each row's VAT is rounded there, in Odoo only their sum.
    assert (rounding["Description"], rounding["Price"]) == ("Öresutjämning", 0.3)


def test_what_is_rounded_is_seen(sent):
    for kind in ("cash rounding row", "cash rounding of tax"):
        row = sent[kind].rows[-1]
        assert (row["Description"], row["Price"], row["VAT"]) == ("Öresutjämning", 0.36, 0)
        assert sent[kind].document["Total"] == 125
    discounted = sent["early payment discount"]
    assert discounted.document["Total"] == 6225
    row = discounted.rows[-1]
    assert row["Description"] == "Moms beräknad på belopp efter kassarabatt"
    assert row["Price"] == -25


def test_what_does_not_add_up_there_goes_as_one_piece_and_says_so(sent):
    assert sent["many decimals"].descriptions == [
        "Arbete (8 à 1,125)",
        "Arbete (1 à 0,005)",
    ]
    (row,) = sent["tax in price"].rows
    assert (row["Description"], row["Price"]) == ("Arbete (1 à 125,00, inkl. moms)", 100)
    assert sent["English"].descriptions == ["Work (8 at 1.125)"]
    (row,) = sent["hours"].rows
    assert row["Description"].startswith("Arbete (3,5 ") and "à 99,987" in row["Description"]


def test_strange_texts(sent):
    it = sent["strange texts"]
    assert it.descriptions[0].startswith("(ABC 12) Skiva 3/4´ ´Åre´ * 2 st")
    assert not it.rows[0].get("Unit")
    assert it.document["YourOrderNumber"] == "Best (4711) (B)"
    assert "Hej ´du´!\nRad 2 * slut" in it.document["Remarks"]


def test_legal_texts(sent):
    it = sent["reverse charge"]
    assert "Omvänd betalningsskyldighet." in it.document["Remarks"]
    assert "Omvänd betalningsskyldighet för byggtjänster gäller." in it.descriptions
    assert "2006/112/EC" in sent["EU"].document["Remarks"]
    assert sent["25 %"].document["Remarks"].startswith("Avser vår faktura ")
    assert sent["English"].document["Remarks"].startswith("Refers to our invoice ")


def test_remarks_go_on_as_rows(sent):
    it = sent["long remarks"]
    said = " ".join([*it.document["Remarks"].split(), *it.descriptions])
    assert said.count("bortforsling") == 33
    assert "Betala i tid." in it.descriptions[-1]


def test_who_may_be_asked(sent):
    contact = sent["contact"]
    assert contact.document["YourReference"] == "Ekonomiavdelningen"
    assert contact.card["Address1"] == "Kontoret 1"
    assert sent["by the system"].document["OurReference"] == "Klara Klerk"
    assert sent["25 %"].document["OurReference"] not in ("", "OdooBot")


def test_numbers_of_the_customer(sent):
    card = sent["VAT number only"].card
    assert card["OrganisationNumber"] == "556677-8899"
    assert card["VATNumber"] == "SE556677889901"
    assert sent["person"].card["OrganisationNumber"] == "880320-0016"
    assert sent["EU"].card["OrganisationNumber"] == payloads.BLANK
    for kind in ("EU", "EU without letters"):
        assert sent[kind].card["VATNumber"] == "DE136695976"
    assert sent["no valid e-mail"].card["Email"] == payloads.BLANK
    assert not sent["no valid e-mail"].document["EmailInformation"]["EmailAddressTo"]


def test_house_work(sent):
    work, material, note = sent["house work"].rows
    assert (work["HouseWork"], work["HouseWorkType"]) == (True, "CONSTRUCTION")
    assert work["HouseWorkHoursToReport"] == 3
    for row in (material, note):
        assert (row["HouseWork"], row["HouseWorkType"]) == (False, "OTHERCOSTS")
    asked = sent["house work"].document["Total"] - sent["house work"].document["TotalToPay"]
    assert round(asked, 2) == 300


def test_a_line_that_was_emptied_is_empty_there(setting, sent):
    """The customer's card has been filled meanwhile, and fills what an invoice does not say."""
    again = setting.worker.do(
        "code",
        code=SEND_AGAIN,
        move_id=sent["c/o"].odoo["id"],
        values={"street2": False},
        day=today().isoformat(),
    )
    assert not send(setting, again["id"])
    assert not document_of(setting, again["name"])["Address2"]


def test_a_database_without_swedish(setting, sent):
    it = sent["contact"]
    bodies = setting.worker.do("code", code=ENGLISH_ONLY, move_id=it.odoo["id"])
    assert bodies["invoice"]["Country"] == "Sverige"
    assert bodies["invoice"]["Language"] == "SV"
    assert bodies["invoice"]["Remarks"].startswith("Avser vår faktura ")
    assert bodies["customer"]["CountryCode"] == "SE"
