"""The check of the set-up: what it says of each item, by hand and by itself."""

from datetime import timedelta

import pytest
from consent import sign_in
from days import today

pytest_plugins = "consent"


def year(until=None):
    """Return a financial year at Fortnox, until so many days from now or long after today."""
    end = f"{today().year + 1}-12-31" if until is None else str(today() + timedelta(days=until))
    return {"from_date": f"{today().year - 1}-01-01", "to_date": end}


def get_settings():
    """Return what is chosen at Fortnox, and what the check says then of which item."""
    return [
        ({"financial_years": []}, "financial_year", "mend"),
        # The year ends soon, and the next one is not there.
        ({"financial_years": [year(16)]}, "financial_year", "mend"),
        ({"financial_years": [year(17)]}, "financial_year", "good"),
        ({"locked_until": str(today())}, "locked_period", "mend"),
        ({"locked_until": str(today() - timedelta(days=1))}, "locked_period", "good"),
        ({"accounting_method": "CASH"}, "accounting_method", "good"),
        ({"terms": ["10"]}, "terms", "mend"),
        ({"units": []}, "units", "mend"),
        ({"payment_methods": [{"code": "PG", "account": 1920}]}, "payment_method", "mend"),
        ({"accounts": [1510]}, "payment_account", "mend"),
    ]


@pytest.fixture
def in_order(odoo_server, sandbox, company, connector_id, manager):
    """A connection with all rights and a set-up where nothing is to be mended; put back after."""
    usual = sandbox.get("company-settings", company_id=company["company_id"])
    choose(sandbox, company, financial_years=[year()])
    sign_in(manager, sandbox, connector_id, company)
    (hours,) = odoo_server.sql(
        "SELECT res_id FROM ir_model_data WHERE module = 'uom' AND name = 'product_uom_hour'"
    )[0]
    unit = manager.call(
        "nox.finans.unit",
        "create",
        [{"connector_id": connector_id, "uom_id": hours, "code": "tim"}],
    )
    yield
    manager.call("nox.finans.unit", "unlink", unit)
    sandbox.clear_faults()
    choose(sandbox, company, financial_years=usual["financial_years"])
    sign_in(manager, sandbox, connector_id, company)


def choose(sandbox, company, **settings):
    sandbox.post("company-settings", **settings, company_id=company["company_id"])


def check(browser, connector_id):
    """Press *Test the connection*; return the kind of message and the rows by their code."""
    answer = browser.call("nox.finans.connector", "action_test", [connector_id])
    return answer["params"]["type"], read_rows(browser, connector_id)


def read_rows(browser, connector_id):
    names = ["code", "result", "message", "advice"]
    rows = browser.call(
        "nox.finans.check", "search_read", [["connector_id", "=", connector_id]], names
    )
    return {row["code"]: row for row in rows}


def not_good(rows):
    return {code: row["result"] for code, row in rows.items() if row["result"] != "good"}


def test_all_is_in_order(in_order, manager, connector_id, company):
    kind, rows = check(manager, connector_id)
    assert not_good(rows) == {}
    assert kind == "success"
    assert company["name"] in rows["company"]["message"]
    assert len(rows) == 13
    # Another test writes over the rows.
    ids = {row["id"] for row in rows.values()}
    assert {row["id"] for row in check(manager, connector_id)[1].values()} == ids


def test_says_of_each_item_what_is_to_be_mended(in_order, sandbox, manager, connector_id, company):
    usual = sandbox.get("company-settings", company_id=company["company_id"])
    for settings, code, result in get_settings():
        choose(sandbox, company, **settings)
        kind, rows = check(manager, connector_id)
        assert not_good(rows) == ({code: result} if result != "good" else {}), settings
        assert kind == ("danger" if result == "mend" else "success")
        assert result == "good" or rows[code]["advice"], settings
        choose(sandbox, company, **{name: usual[name] for name in settings})


def test_a_fault_of_one_item_does_not_stop_the_others(in_order, sandbox, manager, connector_id):
    sandbox.post("faults", kind="status", code=500, path="^/3/settings/lockedperiod$")
    sandbox.post("faults", kind="garbage", path="^/3/units$")
    sandbox.post("faults", kind="cut", path="^/3/accounts/1930$")
    kind, rows = check(manager, connector_id)
    assert not_good(rows) == {
        "locked_period": "unknown",
        "units": "unknown",
        "payment_account": "unknown",
    }
    assert kind == "warning"


@pytest.mark.parametrize(
    ("status", "code", "result"),
    [(400, 2000588, "unknown"), (404, None, "good"), (403, 1, "mend"), (400, 2001101, "mend")],
)
def test_only_a_closed_door_means_that_the_agreement_is_missing(
    in_order, sandbox, manager, connector_id, status, code, result
):
    sandbox.post(
        "faults", kind="status", code=status, path="^/3/noxfinansinvoices/0$",
        body={"ErrorInformation": {"error": 1, "message": "Nej.", "code": code}},
    )  # fmt: skip
    _kind, rows = check(manager, connector_id)
    assert rows["agreement"]["result"] == result


def test_without_the_check_s_rights_it_is_not_allowed_to_look_and_all_is_sent(
    in_order, sandbox, manager, connector_id, company
):
    scope = "companyinformation customer invoice noxfinansinvoice payment"
    sign_in(manager, sandbox, connector_id, company, scope=scope)
    kind, rows = check(manager, connector_id)
    assert kind == "success"
    denied = not_good(rows)
    assert set(denied.values()) == {"denied"}
    assert {"rights", "financial_year", "terms", "payment_account"} <= set(denied)
    (row,) = manager.call("nox.finans.connector", "read", [connector_id], ["state"])
    assert row["state"] == "connected"


def test_codes_are_fetched_and_proposed(in_order, odoo_server, manager, connector_id):
    answer = manager.call("nox.finans.connector", "action_fetch_codes", [connector_id])
    assert answer["params"]["type"] == "success"
    (row,) = manager.call(
        "nox.finans.connector",
        "read",
        [connector_id],
        ["terms_at_fortnox", "units_at_fortnox", "unit_ids", "active_term_ids"],
    )
    assert "30" in row["terms_at_fortnox"] and "tim" in row["units_at_fortnox"]
    terms = manager.call(
        "account.payment.term", "read", row["active_term_ids"], ["name", "nox_finans_code"]
    )
    assert {"name": "30 dagar", "nox_finans_code": "30"} in [
        {name: term[name] for name in ("name", "nox_finans_code")} for term in terms
    ]
    units = manager.call("nox.finans.unit", "read", row["unit_ids"], ["code"])
    assert {"st", "tim"} <= {unit["code"] for unit in units}
    added = [unit["id"] for unit in units if unit["code"] != "tim"]
    manager.call("nox.finans.unit", "unlink", added)


def test_once_a_week_by_itself_and_the_responsible_is_asked_once(
    in_order, odoo_server, sandbox, manager, connector_id, company
):
    check(manager, connector_id)
    choose(sandbox, company, locked_until=str(today()))
    renewed = "SELECT token_renewed, refresh_token FROM nox_finans_connector"
    (before,) = odoo_server.sql(renewed)
    run_daily(odoo_server)
    assert odoo_server.sql(renewed) == [before]
    for _week in range(2):
        let_a_week_pass(odoo_server)
        run_daily(odoo_server)
    ((renewed_date, token),) = odoo_server.sql(renewed)
    assert renewed_date >= before[0] and token != before[1]
    assert activities(odoo_server, "set_up") == 1
    assert activities(odoo_server, "access") == 0
    choose(sandbox, company, locked_until=None)
    let_a_week_pass(odoo_server)
    run_daily(odoo_server)
    assert activities(odoo_server, "set_up") == 0


def test_an_access_that_could_not_be_renewed_is_told_of_in_time(
    in_order, odoo_server, sandbox, manager, connector_id
):
    odoo_server.sql("UPDATE nox_finans_connector SET token_renewed = now() - INTERVAL '18 days',"
                    " token_expiry = '2020-01-01'")  # fmt: skip
    sandbox.post("faults", kind="status", code=500, path="^/oauth-v1/token$", times=2)
    run_daily(odoo_server)
    assert activities(odoo_server, "access") == 1
    sandbox.clear_faults()
    run_daily(odoo_server)
    assert activities(odoo_server, "access") == 0


def run_daily(odoo_server):
    admin = odoo_server.rpc("admin")
    (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._cron_check_set_up()"]])
    admin.call("ir.cron", "method_direct_trigger", [cron])


def let_a_week_pass(odoo_server):
    odoo_server.sql("UPDATE nox_finans_check SET date = date - INTERVAL '7 days'")
    odoo_server.sql("UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")


def activities(odoo_server, kind):
    ((count,),) = odoo_server.sql(
        "SELECT count(*) FROM mail_activity WHERE activity_type_id = ("
        "SELECT res_id FROM ir_model_data WHERE module = 'nox_finans' AND name = %s)",
        f"mail_activity_type_{kind}",
    )
    return count
