"""The client of the interface, without Odoo, against the real sandbox."""

import itertools
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from api import errors
from api.client import NoxFinansClient
from api.rate_limit import SlidingWindow
from api.sign_in import TokenClient
from conftest import start_sandbox

CUSTOMER = {"CustomerNumber": "K1", "Name": "Åsa & Öberg (§ 1)", "City": "Malmö"}


@pytest.fixture(scope="module")
def sandbox(stack):
    """One that keeps the service's rate limit, and needs no database."""
    return start_sandbox(stack)


@pytest.fixture
def company(sandbox):
    yield sandbox.post("companies", name="Klient AB", organisation_number="556700-0111")
    sandbox.clear_faults()


@pytest.fixture
def exchanges():
    return []


@pytest.fixture
def client(sandbox, company, exchanges):
    return NoxFinansClient(
        sandbox.url, lambda _renew: company["access_token"], SlidingWindow(), exchanges.append
    )


def test_round_trip_and_log_without_secrets(client, company, exchanges):
    client.create_customer(CUSTOMER)
    assert client.get_customer("K1")["Name"] == CUSTOMER["Name"]
    assert [exchange.status_code for exchange in exchanges] == [201, 200]
    assert company["access_token"] not in repr(exchanges)
    assert "Öberg" not in repr(exchanges)


def test_refusal_has_words_and_code(client):
    with pytest.raises(errors.RefusedError, match="Name") as caught:
        client.create_customer({"CustomerNumber": "K2"})
    assert caught.value.code == 2001392
    with pytest.raises(errors.NotFoundError):
        client.get_case("4711")


def test_unknown_reference_finds_nothing(client):
    assert client.find_invoice("NOX-unknown") is None


FAULTS = {
    "429": ({"kind": "status", "code": 429, "headers": {"Retry-After": "77"}}, "RateLimitedError"),
    "500": ({"kind": "status", "code": 500}, "UncertainError"),
    "301": ({"kind": "status", "code": 301, "headers": {"Location": "/x"}}, "UncertainError"),
    "401": ({"kind": "status", "code": 401, "times": 2}, "SignInError"),
    "403": ({"kind": "status", "code": 403}, "RefusedError"),
    "cut": ({"kind": "cut"}, "UncertainError"),
    "garbage": ({"kind": "garbage"}, "UncertainError"),
    "no wrapper": ({"kind": "status", "code": 200, "body": {"Other": 1}}, "UncertainError"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_faults_become_what_the_caller_has_to_do(sandbox, client, name):
    fault, error = FAULTS[name]
    sandbox.post("faults", **fault)
    with pytest.raises(errors.NoxFinansError) as caught:
        client.get_company()
    assert type(caught.value).__name__ == error
    if name == "429":
        assert caught.value.retry_after == 77


def test_after_a_429_the_call_is_repeated_as_the_service_asks(sandbox, client, exchanges):
    sandbox.post("faults", kind="status", code=429, headers={"Retry-After": "1"}, times=2)
    assert client.get_company()["CompanyName"] == "Klient AB"
    assert [exchange.status_code for exchange in exchanges] == [429, 429, 200]
    pauses = [
        (later.date - earlier.date).total_seconds()
        for earlier, later in itertools.pairwise(exchanges)
    ]
    assert all(pause >= 1 for pause in pauses)


def test_retry_after_may_be_a_date(sandbox, client, exchanges):
    when = format_datetime(datetime.now(UTC) + timedelta(seconds=2), usegmt=True)
    sandbox.post("faults", kind="status", code=429, headers={"Retry-After": when})
    client.get_company()
    assert len(exchanges) == 2


def test_the_services_clock_is_told_by_its_answers(sandbox, client):
    assert client.clock_ahead is None
    sandbox.post("clock", advance_days=7)
    try:
        client.get_company()
    finally:
        sandbox.post("clock", advance_days=-7)
    assert client.clock_ahead.total_seconds() == pytest.approx(7 * 24 * 3600, abs=3600)


def test_a_missing_scope_is_the_connections_trouble(sandbox):
    company = sandbox.post("companies", name="Utan AB", scope="companyinformation")
    client = NoxFinansClient(sandbox.url, lambda _renew: company["access_token"], SlidingWindow())
    assert client.get_company()["CompanyName"] == "Utan AB"
    with pytest.raises(errors.AccessDeniedError) as caught:
        client.get_customer("1")
    assert caught.value.code == 2000663


def test_a_list_that_proves_nothing_is_no_no(sandbox, client):
    """Only an empty list says that our invoice is not there; else it would be made twice."""
    for fault in ({"kind": "missing_fields", "when": "after"}, {"body": {"Invoices": [{}]}}):
        sandbox.post("faults", **{"kind": "status", "code": 200, **fault})
        with pytest.raises(errors.UncertainError):
            client.find_invoice("NOX-1")


def test_changed_invoices_come_page_by_page(sandbox, company, client, monkeypatch):
    seeded = sandbox.post("seed", company_id=company["company_id"], count=7, due_date="2026-01-31")
    first = int(seeded["first_number"])
    numbers = [str(first + index) for index in range(5)]
    since = datetime.now(UTC) - timedelta(minutes=5)
    assert list(client.list_changed_invoices(since)) == []
    sandbox.post("change", company_id=company["company_id"], numbers=numbers, amount=10)
    monkeypatch.setattr("api.client.PAGE_SIZE", 2)
    rows = list(client.list_changed_invoices(since))
    assert [row["DocumentNumber"] for row in rows] == numbers
    assert {row["Balance"] for row in rows} == {990}


def test_an_endless_answer_is_not_read(sandbox, client):
    sandbox.post("faults", kind="status", code=200, body={"CompanyInformation": "x" * 6_000_000})
    with pytest.raises(errors.UncertainError, match="larger"):
        client.get_company()


def test_a_redirect_is_not_followed(sandbox, client):
    headers = {"Location": f"{sandbox.url}/sandbox/health"}
    sandbox.post("faults", kind="status", code=302, headers=headers)
    with pytest.raises(errors.UncertainError):
        client.get_company()


def test_expired_token_is_renewed_once_and_the_call_repeated(sandbox, company):
    asked = []

    def get_access_token(renew):
        asked.append(renew)
        return company["access_token"] if renew else "expired"

    client = NoxFinansClient(sandbox.url, get_access_token, SlidingWindow())
    assert client.get_company()["CompanyName"] == "Klient AB"
    assert asked == [False, True]


def test_nothing_listening_was_not_reached(company):
    client = NoxFinansClient("http://127.0.0.1:9", lambda _renew: "x", SlidingWindow())
    with pytest.raises(errors.NotReachedError):
        client.get_company()


def test_refresh_token_is_single_use(sandbox, company):
    tokens = TokenClient(sandbox.url, company["client_id"], company["client_secret"])
    fresh = tokens.refresh(company["refresh_token"])
    assert fresh.expires_in == 3600
    with pytest.raises(errors.SignInError):
        tokens.refresh(company["refresh_token"])
    assert tokens.refresh(fresh.refresh_token).access_token != fresh.access_token


def test_wrong_secret_needs_a_new_sign_in(sandbox, company):
    tokens = TokenClient(sandbox.url, company["client_id"], "wrong")
    with pytest.raises(errors.SignInError):
        tokens.refresh(company["refresh_token"])


def test_client_keeps_the_rate_limit_by_itself(client, exchanges):
    for _index in range(30):
        client.get_company()
    assert {exchange.status_code for exchange in exchanges} == {200}
