"""Each rule of `sandbox/RULES.md` is broken once, and answered with its own status and code."""

import importlib
import re
from datetime import date, timedelta
from email.utils import parsedate_to_datetime

import pytest
import requests
from days import today
from sandbox_server import ADDRESS, ROWS, Server, World, error_of

from dev.processes import stop
from dev.project import ROOT
from sandbox import cases, rules

RULE = re.compile(r"^\| ([a-z-]+) \| (.+) \| ([DRC ]+|our assumption) \|(.*)\| `([\w.]+)` \|$")
NO_CODE = 2000588


def read_rules():
    lines = (ROOT / "sandbox" / "RULES.md").read_text().splitlines()
    # The first of the table's lines names its columns.
    rows = [line for line in lines if line.startswith("| ") and not line.startswith("| id ")]
    matches = [(line, RULE.match(line)) for line in rows]
    assert not [line for line, match in matches if not match]
    return [match.groups() for _line, match in matches]


RULES = read_rules()


@pytest.fixture(scope="module")
def server():
    server = Server("--no-rate-limit", "--confirm-delay", "0")
    yield server
    stop(server.process)


@pytest.fixture
def world(server):
    yield World(server)
    server.post("settings", second_hand_over="refuse", rate_limit=False, credit_answer="debit")


def _other(**values):
    return ROWS[0] | {"HouseWork": False} | values


# Of each rule that refuses: the request that breaks it, the status of the answer, and its code or,
# where no code is known, what its words say.
REFUSED = {
    "characters": (lambda w: w.row(Description='Skiva 3/4" [A]'), 400, 2000359),
    "unit": (lambda w: w.row(Unit="Enheter"), 400, 2000432),
    "row-text": (lambda w: w.row(Description="a" * 256), 400, "Description"),
    "lengths": (lambda w: w.send(YourReference="a" * 51), 400, "YourReference"),
    "row-count": (lambda w: w.send(InvoiceRows=ROWS * 501), 400, "500 rader"),
    "vat-percentage": (lambda w: w.row(VAT=20), 400, "Momssatsen 20"),
    "row-account": (lambda w: w.row(AccountNumber=9999), 400, 2001304),
    "email": (lambda w: w.customer(Email="a@b.se, c@d.se"), 400, "e-postadress"),
    "organisation-number": (
        lambda w: w.customer(OrganisationNumber="556677-8890"),
        400,
        "organisationsnummer",
    ),
    "vat-number-apart": (
        lambda w: w.customer(OrganisationNumber="SE556677889901"),
        400,
        "organisationsnummer",
    ),
    "vat-type": (lambda w: w.customer(VATType="SEREVERSEDVAT"), 400, "VAT-nummer"),
    "country-code": (lambda w: w.customer(CountryCode="QQ"), 400, "landskod"),
    "country-name": (lambda w: w.send(Country="Sweden"), 400, "landet"),
    "terms": (lambda w: w.send(TermsOfPayment="31"), 400, 2000429),
    "own-number": (lambda w: w.send(DocumentNumber=w.number()), 400, "Fakturanummer"),
    "house-work-kind": (lambda w: w.house_work("none"), 400, "utan angiven"),
    "house-work-type": (lambda w: w.house_work(more=[_other()]), 400, "alla rader"),
    "house-work-other": (lambda w: w.house_work(HouseWorkType="OTHERCOSTS"), 400, 2002980),
    "house-work-material": (
        lambda w: w.house_work(more=[_other(HouseWorkType="MASONRY")]),
        400,
        "OTHERCOSTS",
    ),
    "house-work-mixed": (lambda w: w.house_work("rut"), 400, 2004021),
    "house-work-ended": (lambda w: w.house_work("rut", HouseWorkType="COOKING"), 400, 2003157),
    "house-work-some": (
        lambda w: w.house_work(HouseWork=False, HouseWorkType="OTHERCOSTS"),
        400,
        "Minst en rad",
    ),
    "house-work-currency": (
        lambda w: w.send(TaxReductionType="rot", Currency="EUR"),
        400,
        "SEK",
    ),
    "house-work-hours": (lambda w: w.house_work(HouseWorkHoursToReport=1000), 400, "timmar"),
    "reduction-person": (lambda w: w.reduce(SocialSecurityNumber="811218987"), 400, "10 till 13"),
    "reduction-negative": (lambda w: w.reduce(AskedAmount=-1), 400, 2004217),
    "reduction-whole": (lambda w: w.reduce(AskedAmount=10.5), 400, 2004218),
    "reduction-green": (lambda w: w.reduce_green([]), 400, 2004262),
    "reduction-green-kind": (lambda w: w.reduce_green([{"AskedAmount": 5}]), 400, 2004263),
    "credit-unbooked": (lambda w: w.do(w.number(), "credit"), 400, "makuleras i stället"),
    "cancel-unbooked": (lambda w: w.do(w.bookkept(), "cancel"), 400, "bokförd faktura"),
    "cancel-handed-over": (
        lambda w: w.do(w.handed_over(w.number()), "cancel"),
        400,
        "skickad till Nox",
    ),
    "hand-over-balance": (lambda w: w.hand_over(w.bookkept(InvoiceRows=[{}])), 400, "inget saldo"),
    "payment-booked": (lambda w: w.report(w.handed_over(w.number())), 400, "inte bokförd"),
    "payment-method": (
        lambda w: w.report(w.handed_over(w.bookkept()), PaymentMethodCode="X"),
        400,
        "betalningssättet",
    ),
    "payment-account": (
        lambda w: w.report(w.handed_over(w.bookkept()), PaymentMethodAccount=9999),
        400,
        2000423,
    ),
    "not-found-invoice": (lambda w: w.call("GET", "invoices/123456789"), 404, 2000434),
    "not-found-customer": (lambda w: w.call("GET", "customers/123456789"), 404, 2000433),
    "filter": (lambda w: w.call("GET", "invoices", filter="doesntexist"), 400, 2000587),
    "parameter": (lambda w: w.call("GET", "invoices", colour="red"), 400, 2000588),
    "no-case": (lambda w: w.call("GET", "noxfinansinvoices/1"), 404, 2000729),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(world, name):
    send, status, said = REFUSED[name]
    answer = send(world)
    assert answer.status_code == status, answer.text
    error = error_of(answer)
    if isinstance(said, int):
        assert error["code"] == said and error["message"]
    else:
        assert error["code"] == NO_CODE and said in error["message"]
    assert ("Code" in answer.json()["ErrorInformation"]) == (status == 404)


GOOD_NUMBERS = ("556677-8899", "5566778899", "165566778899", "19811218-9876", "811218+9876")
GOOD_NUMBERS += ("701063-2391",)
BAD_NUMBERS = ("", "0", "000000-0001", "okänt", "556677-8898", "811318-9875", "SE556677889901")


def test_which_numbers_are_swedish():
    assert [number for number in GOOD_NUMBERS if not rules.is_swedish_number(number)] == []
    assert [number for number in BAD_NUMBERS if rules.is_swedish_number(number)] == []


def rule_decimals(w):
    row = w.row(DeliveredQuantity="1.125", Price=1.125).json()["Invoice"]["InvoiceRows"][0]
    assert (row["DeliveredQuantity"], row["Price"]) == ("1.13", 1.13)


def rule_amounts(w):
    row = {"DeliveredQuantity": "3", "Price": 0.33, "Discount": 5, "VAT": 25}
    invoice = w.invoice(InvoiceRows=[row] * 3)
    # 0.9405 is rounded before its VAT is, 0.235.
    assert [row["Total"] for row in invoice["InvoiceRows"]] == [0.94] * 3
    assert (invoice["Net"], invoice["TotalVAT"], invoice["Total"]) == (2.82, 0.72, 3.54)
    w.choose(vat_rounding="invoice")
    assert w.invoice(InvoiceRows=[row] * 3)["TotalVAT"] == 0.71


def rule_no_quantity(w):
    assert w.invoice(InvoiceRows=[{"Description": "Text", "Price": 100}])["Total"] == 0


def rule_company_presets(w):
    invoice = w.send(VATIncluded=None, AdministrationFee=None, Freight=None).json()["Invoice"]
    assert invoice["VATIncluded"] is True
    names = ("AdministrationFee", "Freight", "TermsOfPayment")
    assert [invoice[name] for name in names] == [29, 49, "30"]
    assert invoice["Total"] == 200 + 29 + 49
    w.choose(presets="friendly")
    card = w.card(ShowPriceVATIncluded=False)
    plain = w.call("POST", "invoices", {"Invoice": {"CustomerNumber": card, "InvoiceRows": ROWS}})
    assert plain.json()["Invoice"]["Total"] == 250


def rule_card_presets(w):
    card = w.customer(**ADDRESS, CountryCode="SE", EmailInvoice="a@b.se", TermsOfPayment="10")
    invoice = w.invoice(card=card.json()["Customer"]["CustomerNumber"])
    names = ("Address1", "Address2", "ZipCode", "City", "Country", "TermsOfPayment")
    shown = [invoice[name] for name in names]
    assert shown == ["Gatan 1", "c/o Gamla Adressen", "111 22", "Ort", "Sverige", "10"]
    assert invoice["EmailInformation"]["EmailAddressTo"] == "a@b.se"
    assert invoice["DueDate"] == str(today() + timedelta(days=10))


DELIVERY = {
    "DeliveryName": "Lager",
    "DeliveryAddress1": "Hamnen 1",
    "DeliveryAddress2": "Port 2",
    "DeliveryZipCode": "222 33",
    "DeliveryCity": "Hamnstad",
}
MORE = {
    **DELIVERY,
    "Phone1": "08-1",
    "Phone2": "08-2",
    "TermsOfDelivery": "FVL",
    "WayOfDelivery": "P",
    "YourReference": "Kim",
    "OurReference": "Bo",
    "CostCenter": "K1",
    "Project": "P1",
}
COPIES = {"EmailInvoiceCC": "cc@b.se", "EmailInvoiceBCC": "bcc@b.se"}


def rule_card_presets_more(w):
    card = w.card(**MORE, **COPIES, DeliveryCountryCode="NO", InvoiceRemark="Tack")
    filled = MORE | {"DeliveryCountry": "Norge", "Remarks": "Tack"}
    blank = dict.fromkeys(filled, "API_BLANK")
    invoice = w.invoice(card=card)
    assert {name: invoice[name] for name in filled} == filled
    copies = {"EmailAddressCC": "cc@b.se", "EmailAddressBCC": "bcc@b.se"}
    assert copies.items() <= invoice["EmailInformation"].items()
    blank_copies = dict.fromkeys(copies, "API_BLANK")
    emptied = w.invoice(card=card, **blank, EmailInformation=blank_copies)
    assert not any(emptied[name] for name in filled)
    assert not any(emptied["EmailInformation"][name] for name in copies)
    blank = dict.fromkeys([*MORE, *COPIES, "DeliveryCountryCode", "InvoiceRemark"], "API_BLANK")
    w.call("PUT", f"customers/{card}", {"Customer": blank})
    invoice = w.invoice(card=card)
    assert not any(invoice[name] for name in filled)
    assert not any(invoice["EmailInformation"][name] for name in copies)


def rule_card_discount(w):
    card = w.card(InvoiceDiscount=10)
    number = w.number(card=card)
    assert w.get(number)["Total"] == 225
    nought = [ROWS[0] | {"Discount": 0}]
    assert w.change(number, InvoiceRows=nought).json()["Invoice"]["Total"] == 250
    assert w.change(number, InvoiceRows=ROWS).json()["Invoice"]["Total"] == 225
    w.call("PUT", f"customers/{card}", {"Customer": {"InvoiceDiscount": "API_BLANK"}})
    assert w.invoice(card=card)["Total"] == 250


def rule_false_and_nought(w):
    assert w.invoice()["Total"] == 250


def rule_absent_keeps(w):
    number = w.number(Remarks="Kvar", YourReference="Kim")
    assert w.change(number, YourReference="Bo").json()["Invoice"]["Remarks"] == "Kvar"


def rule_empty_keeps(w):
    number = w.number(Comments="Kvar")
    for empty in ("", None):
        assert w.change(number, Comments=empty).json()["Invoice"]["Comments"] == "Kvar"


def rule_api_blank(w):
    card = w.customer(**ADDRESS, Phone1="08-1").json()["Customer"]["CustomerNumber"]
    invoice = w.invoice(card=card, Address2="API_BLANK")
    assert invoice["Address2"] == ""
    changed = w.change(invoice["DocumentNumber"], City="API_BLANK").json()["Invoice"]
    assert (changed["City"], changed["Address1"]) == ("", "Gatan 1")
    body = {"Customer": {"Phone1": "API_BLANK"}}
    assert w.call("PUT", f"customers/{card}", body).json()["Customer"]["Phone1"] == ""


def rule_dates_kept(w):
    number = w.number()
    for name in ("InvoiceDate", "DueDate"):
        assert w.send(**{name: "API_BLANK"}).status_code == 400
        assert w.change(number, **{name: "API_BLANK"}).status_code == 400


def rule_api_blank_date(w):
    day, blank = str(today()), "API_BLANK"
    kept = {"DeliveryDate": day, "OutboundDate": day, "TermsOfPayment": "10"}
    emptied = {"DeliveryDate": None, "OutboundDate": None, "TermsOfPayment": ""}
    number = w.number(**kept)
    invoice = w.change(number, **dict.fromkeys(kept)).json()["Invoice"]
    assert {name: invoice[name] for name in kept} == kept
    for answer in (w.change(number, **dict.fromkeys(kept, blank)), w.send(TermsOfPayment=blank)):
        invoice = answer.json()["Invoice"]
        assert {name: invoice[name] for name in kept} == emptied
        assert invoice["DueDate"]


def rule_number_reserved(w):
    for _again in range(2):
        answer = w.customer(CustomerNumber="K-1")
    assert (answer.status_code, error_of(answer)["code"]) == (400, 2000637)
    assert w.call("DELETE", "customers/K-1").status_code == 204
    assert w.call("GET", "customers/K-1").status_code == 404
    answer = w.customer(CustomerNumber="K-1")
    assert (answer.status_code, error_of(answer)["code"]) == (400, 2000637)
    assert "raderat" in error_of(answer)["message"]


def rule_reduction_twice(w):
    number = w.house_work().json()["Invoice"]["DocumentNumber"]
    assert w.reduce(number).status_code == 201
    again = w.reduce(number, SocialSecurityNumber="8112189876")
    assert (again.status_code, error_of(again)["code"]) == (400, 2000600)
    assert w.reduce(number, SocialSecurityNumber="19640823-3234").status_code == 201
    invoice = w.get(number)
    assert (invoice["TaxReduction"], invoice["TotalToPay"], invoice["Balance"]) == (100, 150, 150)


def rule_reduction_list(w):
    number = w.house_work().json()["Invoice"]["DocumentNumber"]
    w.reduce(number), w.reduce()
    url = w.get(number)["@urlTaxReductionList"]
    assert f"filter=invoices&referencenumber={number}" in url
    listed = w.call("GET", "taxreductions", filter="invoices", referencenumber=number).json()
    assert [row["ReferenceNumber"] for row in listed["TaxReductions"]] == [number]


def rule_reduction_property(w):
    solar = [{"WorkType": "SOLARCELLS", "AskedAmount": 5}]
    number = w.house_work("green", HouseWorkType="SOLARCELLS").json()["Invoice"]["DocumentNumber"]
    refused = [w.reduce(PropertyDesignation=said) for said in (None, " ", "API_BLANK")]
    refused.append(w.reduce(PropertyDesignation=None, ResidenceAssociationOrganisationNumber="1"))
    refused.append(w.reduce(number, PropertyDesignation=None, TaxReductionAmounts=solar))
    for answer in refused:
        assert answer.status_code == 400
        assert "Fastighetsbeteckning" in error_of(answer)["message"]
    assert w.reduce(number, TaxReductionAmounts=solar).status_code == 201
    number = w.house_work("rut", HouseWorkType="CLEANING").json()["Invoice"]["DocumentNumber"]
    assert w.reduce(number, PropertyDesignation=None).status_code == 201


def rule_reduction_frozen(w):
    number = w.house_work().json()["Invoice"]["DocumentNumber"]
    w.do(number, "bookkeep")
    assert w.reduce(number).status_code == 400


def rule_frozen(w):
    number = w.bookkept()
    for values in ({"Address1": "Gatan 2"}, {"InvoiceRows": ROWS}, {"Comments": "x"}):
        assert w.change(number, **values).status_code == 400
    assert w.do(number, "externalprint").json()["Invoice"]["Sent"]


def rule_accounting_method(w):
    w.choose(accounting_method="CASH")
    invoice = w.invoice()
    assert invoice["AccountingMethod"] == "CASH"
    assert w.do(invoice["DocumentNumber"], "bookkeep").status_code == 400
    number = w.handed_over(invoice["DocumentNumber"])
    assert w.report(number).status_code == 200
    assert w.get(number)["Balance"] == 200


def rule_financial_year(w):
    w.choose(financial_years=[{"from_date": "2020-01-01", "to_date": "2020-12-31"}])
    number = w.number()
    assert w.do(number, "bookkeep").status_code == 400
    w.change(number, InvoiceDate="2020-12-31")
    assert w.do(number, "bookkeep").status_code == 200
    assert not w.call("GET", "financialyears", date=str(today())).json()["FinancialYears"]


def rule_locked_period(w):
    w.choose(locked_until=str(today()))
    number = w.number()
    assert w.do(number, "bookkeep").status_code == 400
    ended = w.call("GET", "settings/lockedperiod").json()["LockedPeriod"]["EndDate"]
    assert ended == str(today())
    w.change(number, InvoiceDate=str(today() + timedelta(days=1)))
    assert w.do(number, "bookkeep").status_code == 200


def refused_as_inactive(answer):
    return answer.status_code == 400 and "inaktivt" in error_of(answer)["message"]


def rule_posting_accounts(w):
    number = w.number(InvoiceRows=[ROWS[0] | {"AccountNumber": 3105}])
    w.choose(inactive_accounts=[3105])
    assert refused_as_inactive(w.do(number, "bookkeep"))
    assert refused_as_inactive(w.row(AccountNumber=3105))
    assert w.call("GET", "accounts/3105").json()["Account"]["Active"] is False
    assert w.call("GET", "accounts/1930").json()["Account"]["Active"] is True
    listed = {row["Number"]: row["Active"] for row in w.call("GET", "accounts").json()["Accounts"]}
    assert (listed[3105], listed[1930]) == (False, True)
    w.choose(inactive_accounts=[])
    assert w.do(number, "bookkeep").status_code == 200


def rule_usual_accounts(w):
    numbers = {}
    for percent in (25, 12, 6, 0):
        numbers[percent] = w.number(InvoiceRows=[ROWS[0] | {"VAT": percent}])
    for percent, account in ((25, 2611), (12, 3002), (6, 2631), (0, 1510)):
        w.choose(inactive_accounts=[account])
        assert refused_as_inactive(w.do(numbers[percent], "bookkeep"))


def rule_payment_account_active(w):
    number = w.handed_over(w.bookkept())
    w.choose(inactive_accounts=[1930])
    assert refused_as_inactive(w.report(number))
    assert w.get(number)["Balance"] == 250


def mandatory(w, setting, field):
    w.choose(**{setting: True})
    assert w.do(w.number(), "bookkeep").status_code == 400
    number = w.bookkept(**{field: "P1"})
    assert w.do(w.credited(number), "bookkeep").status_code == 200
    number = w.number(InvoiceRows=[ROWS[0] | {field: "P1"}, *ROWS])
    assert w.do(number, "bookkeep").status_code == 400


def rule_mandatory_project(w):
    mandatory(w, "mandatory_project", "Project")


def rule_mandatory_cost_center(w):
    mandatory(w, "mandatory_cost_center", "CostCenter")


def rule_credit_once(w):
    number = w.bookkept()
    credit = w.get(w.credited(number))
    assert (credit["Total"], credit["Credit"], credit["Booked"]) == (-250, "true", False)
    assert w.do(number, "credit").status_code == 400


def rule_credit_reference(w):
    number = w.bookkept()
    rows = [ROWS[0] | {"DeliveredQuantity": "-1"}]
    invoice = w.invoice(InvoiceRows=rows, CreditInvoiceReference=number)
    assert (invoice["CreditInvoiceReference"], w.get(number)["Balance"]) == ("0", 250)


def rule_credit_answer(w):
    number = w.bookkept()
    debit = w.do(number, "credit").json()["Invoice"]
    assert debit["DocumentNumber"] == number
    w.server.post("settings", credit_answer="credit")
    credit = w.do(w.bookkept(), "credit").json()["Invoice"]
    assert credit["Total"] == -250


def rule_credit_cancelled(w):
    number = w.bookkept()
    first = w.credited(number)
    assert w.do(first, "cancel").status_code == 200
    assert w.credited(number) not in ("0", first)


def rule_credit_house_work(w):
    number = w.house_work().json()["Invoice"]["DocumentNumber"]
    w.do(number, "bookkeep")
    credit = w.get(w.credited(number))
    assert (credit["TaxReductionType"], credit["HouseWork"]) == ("none", False)


def rule_credit_settled(w):
    number = w.bookkept()
    w.do(w.credited(number), "bookkeep")
    assert w.get(number)["Balance"] == 0
    number = w.handed_over(w.bookkept())
    credit = w.credited(number)
    w.change(credit, InvoiceRows=[ROWS[0] | {"DeliveredQuantity": "-1"}])
    w.do(credit, "bookkeep")
    assert w.get(number)["Balance"] == 250
    assert w.hand_over(credit).status_code == 201
    assert (w.get(number)["Balance"], w.case(number)["CurrentCapitalBalance"]) == (125, 125)
    assert (w.case(number)["Status"], w.case(credit)["Status"]) == ("OPEN", "CLOSED")


def rule_hand_over_unbooked(w):
    assert w.hand_over(w.number()).status_code == 201


def rule_hand_over_age(w):
    oldest = cases.oldest_day(date.fromisoformat(w.server.get("clock")["today"]))
    older = w.hand_over(w.number(InvoiceDate=str(oldest - timedelta(days=1))))
    assert older.status_code == 400 and "två år" in error_of(older)["message"]
    assert w.hand_over(w.number(InvoiceDate=str(oldest))).status_code == 201


def test_two_years_before_a_leap_day():
    days = {date(2028, 2, 29): date(2026, 2, 28), date(2028, 3, 1): date(2026, 3, 1)}
    assert {day: cases.oldest_day(day) for day in days} == days


def rule_hand_over_credit(w):
    number = w.handed_over(w.bookkept())
    credit = w.credited(number)
    assert w.report(number, PaymentAmount=100).status_code == 200
    assert w.hand_over(credit).status_code == 400
    rows = [ROWS[0] | {"DeliveredQuantity": "-1"}]
    assert w.hand_over(w.number(InvoiceRows=rows)).status_code == 400
    w.change(credit, InvoiceRows=rows)
    assert w.hand_over(credit).status_code == 201


def rule_hand_over_service(w):
    w.choose(services={"LEDGERBASE": False})
    assert w.hand_over(w.bookkept()).status_code == 400


def rule_pause_length(w):
    path = f"noxfinansinvoices/{w.handed_over(w.bookkept())}/pause"
    # Other tests turn the clock.
    day = today() + timedelta(days=100)
    answer = w.call("PUT", path, {"NoxFinansInvoice": {"PausedUntilDate": str(day)}})
    assert answer.status_code == 400


def rule_unauthorized(w):
    for headers in ({}, {"Authorization": "Bearer no"}):
        answer = requests.get(f"{w.server.url}/3/invoices", headers=headers, timeout=10)
        assert (answer.status_code, answer.json()) == (401, {"message": "unauthorized"})


def rule_scope(w):
    answer = World(w.server, scope="customer").call("GET", "invoices")
    assert (answer.status_code, error_of(answer)["code"]) == (403, 2000663)


def rule_rate(w):
    w.server.post("settings", rate_limit=True)
    codes = [w.call("GET", "customers").status_code for _index in range(26)]
    assert codes == [200] * 25 + [429]


def rule_refresh_once(w):
    fresh = w.server.refresh(w.company).json()
    assert w.server.refresh(w.company).json()["error"] == "invalid_grant"
    w.server.post("expire-tokens", company_id=w.company["company_id"], refresh=True)
    assert w.server.refresh(w.company | fresh).json()["error"] == "invalid_grant"


def rule_account_type(w):
    query = {"client_id": w.company["client_id"], "redirect_uri": "https://odoo.example/"}
    url = f"{w.server.url}/oauth-v1/auth"
    page = requests.get(url, params=query | {"account_type": "service"}, timeout=10)
    assert page.status_code == 200 and "service account" in page.text
    assert "service account" not in requests.get(url, params=query, timeout=10).text
    refused = requests.get(url, params=query | {"account_type": "robot"}, timeout=10)
    assert refused.status_code == 400


def rule_contains(w):
    numbers = {w.number(ExternalInvoiceReference1=f"NOX-{name}") for name in ("1", "12", "2")}
    found = w.call("GET", "invoices", externalinvoicereference1="nox-1").json()["Invoices"]
    references = [row["ExternalInvoiceReference1"] for row in found]
    assert sorted(references) == ["NOX-1", "NOX-12"] and len(numbers) == 3
    w.customer(OrganisationNumber="556677-8899")
    found = w.call("GET", "customers", organisationnumber="6677").json()["Customers"]
    assert [row["OrganisationNumber"] for row in found] == ["556677-8899"]


def rule_short_rows(w):
    w.number()
    (row,) = w.call("GET", "invoices").json()["Invoices"]
    assert {"DocumentNumber", "Balance", "Booked", "NoxFinans", "OCR", "Total"} <= set(row)
    assert not {"InvoiceRows", "Address1", "Net"} & set(row)
    w.call("PUT", "customers/1", {"Customer": {"ExternalReference": "R"}})
    (row,) = w.call("GET", "customers").json()["Customers"]
    assert "OrganisationNumber" in row and "ExternalReference" not in row
    assert w.call("GET", "customers/1").json()["Customer"]["ExternalReference"] == "R"


FULL = (
    "AccountingMethod AdministrationFee AdministrationFeeVAT Freight FreightVAT Gross Net RoundOff"
)
FULL += " TaxReduction TermsOfPayment TotalToPay TotalVAT VoucherNumber VoucherSeries VoucherYear"


def rule_full_invoice(w):
    invoice = w.invoice()
    assert not set(FULL.split()) - set(invoice)
    assert (invoice["YourReference"], invoice["VoucherNumber"]) == ("", None)
    booked = w.do(invoice["DocumentNumber"], "bookkeep").json()["Invoice"]
    assert booked["VoucherNumber"] and booked["VoucherSeries"] and booked["VoucherYear"]


def rule_second_hand_over(w):
    number = w.handed_over(w.bookkept())
    assert w.hand_over(number).status_code == 400
    w.server.post("settings", second_hand_over="accept")
    assert w.hand_over(number).status_code == 201


def rule_no_agreement(w):
    w.choose(services={"LEDGERBASE": False, "REMINDER": False})
    assert w.call("GET", "noxfinansinvoices/1").status_code == 403


def rule_vat_less(w):
    for kind, number in (("SEREVERSEDVAT", "SE556677889901"), ("EXPORT", None)):
        card = w.card(VATType=kind, VATNumber=number)
        assert w.invoice(card=card)["Total"] == 200


def rule_customer_changed(w):
    other = w.card(VATType="EXPORT", OrganisationNumber="556677-8899", YourReference="Bo")
    number = w.number(YourReference="Kim")
    assert error_of(w.change(number, CustomerNumber="unknown"))["code"] == 2000433
    changed = w.change(number, CustomerNumber=other).json()["Invoice"]
    names = ("CustomerNumber", "OrganisationNumber", "YourReference", "Total")
    assert [changed[name] for name in names] == [other, "556677-8899", "Kim", 200]
    named = w.change(number, CustomerNumber=other, CustomerName="Kim").json()["Invoice"]
    assert named["CustomerName"] == "Kim"
    assert w.change(w.bookkept(), CustomerNumber=other).status_code == 400


def rule_vat_kept(w):
    card = w.card()
    number = w.number(card=card)
    w.call("PUT", f"customers/{card}", {"Customer": {"VATType": "EXPORT"}})
    assert w.change(number, Comments="x").json()["Invoice"]["Total"] == 250
    assert w.change(number, CustomerNumber=card).json()["Invoice"]["Total"] == 200


def rule_fee_vat(w):
    fees = {"AdministrationFee": 40, "Freight": 60}
    assert w.invoice(**fees)["Total"] == 250 + 125
    included = w.invoice(**fees, VATIncluded=True)
    assert (included["Total"], included["FreightVAT"]) == (300, 12)


def rule_whole_kronor(w):
    w.choose(round_to_kronor=True)
    rows = [{"DeliveredQuantity": "1", "Price": 99.71, "VAT": 25}]
    invoice = w.invoice(InvoiceRows=rows)
    assert (invoice["Total"], invoice["RoundOff"], invoice["Balance"]) == (125, 0.36, 125)
    w.choose(round_to_kronor=False)
    booked = w.do(invoice["DocumentNumber"], "bookkeep").json()["Invoice"]
    assert booked["Total"] == 125, "what was made stays"


def rule_foreign_number(w):
    assert w.customer(OrganisationNumber="HRB 123", CountryCode="DE").status_code == 201


def rule_unbooked_payment(w):
    number = w.handed_over(w.bookkept())
    assert w.report(number, BookkeepPaymentInFortnox=False).status_code == 200
    assert (w.get(number)["Balance"], w.case(number)["CurrentCapitalBalance"]) == (250, 200)
    assert w.report(number).status_code == 200
    assert (w.get(number)["Balance"], w.case(number)["CurrentCapitalBalance"]) == (200, 150)
    (payment,) = w.call("GET", "invoicepayments", invoicenumber=number).json()["InvoicePayments"]
    assert (payment["Amount"], payment["InvoiceNumber"]) == (50, int(number))


def rule_course(w):
    number = w.handed_over(w.bookkept(DueDate=str(today() + timedelta(days=1))))
    w.server.post("clock", advance_days=14)
    since = w.server.get("clock")["now"][:10]
    assert w.case(number)["NextEvent"] == "COLLECTION"
    assert not w.call("GET", "invoices", lastmodified=f"{since} 00:00").json()["Invoices"]
    w.server.post("clock", advance_days=-14)


KEPT = {
    name.removeprefix("rule_").replace("_", "-"): case
    for name, case in list(globals().items())
    if name.startswith("rule_")
}


@pytest.mark.parametrize("name", KEPT)
def test_what_is_kept(world, name):
    KEPT[name](world)


def test_each_rule_has_its_case_and_each_case_its_rule():
    names = [rule[0] for rule in RULES]
    assert len(names) == len(set(names))
    assert not set(REFUSED) & set(KEPT)
    assert set(names) == set(REFUSED) | set(KEPT)


@pytest.mark.parametrize("enforced_by", sorted({rule[4] for rule in RULES}))
def test_what_enforces_a_rule_exists(enforced_by):
    module, *names = enforced_by.split(".")
    found = importlib.import_module(f"sandbox.{module}")
    for name in names:
        found = getattr(found, name)


def test_an_assumption_has_no_source_and_all_else_has_one():
    assert not [rule[0] for rule in RULES if (rule[2] == "our assumption") == bool(rule[3].strip())]


def test_the_date_of_an_answer_is_the_sandboxs(world):
    world.server.post("clock", advance_days=40)
    shown = parsedate_to_datetime(world.call("GET", "customers").headers["Date"])
    assert abs((shown.date() - today()).days - 40) <= 1
    world.server.post("clock", advance_days=-40)
