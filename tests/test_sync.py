"""Status sync and turns: who is asked, how often, and in which order, against the real sandbox."""

from datetime import datetime, timedelta

import pytest
from days import today
from workers import SEND_SOME

from dev.seed import seed_cases

OPEN, CHANGED = 10_000, 50

SECOND_COMPANY = """
# Without a country: with one, Odoo goes on to install Peppol, in the middle of this.
company = env["res.company"].create({
    "name": "Lilla Bolaget AB", "currency_id": env.ref("base.SEK").id,
})
env["account.chart.template"].try_loading("se", company, install_demo=False)
clerk = env["res.users"].search([("login", "=", "clerk")])
clerk.company_ids += company
company._get_nox_finans_connector()._connect(credentials)
result = company.id
"""


@pytest.fixture
def many_open_cases(setting):
    """10,000 open cases, none of which is due by itself; return the first one's number."""
    # What the demo company has sent is not looked at here, and the made invoices have no rows to
    # register payments on.
    setting.sql("DELETE FROM nox_finans_case")
    setting.sql("UPDATE nox_finans_connector SET payment_journal_id = NULL")
    (company,) = setting.sandbox.get("companies")
    due = today() + timedelta(days=20)
    seeded = setting.sandbox.post(
        "seed", company_id=company["company_id"], count=OPEN, due_date=due.isoformat()
    )
    first = int(seeded["first_number"])
    connection = setting.server.connect(setting.database)
    event, next_try = due + timedelta(days=2), datetime.now() + timedelta(days=5)
    seed_cases(connection, first, OPEN, event, next_try)
    connection.close()
    setting.sandbox.post("settings", rate_limit=False)
    yield first
    setting.sandbox.post("settings", rate_limit=True)
    setting.sql("DELETE FROM nox_finans_case")


def let_list_be_due(setting):
    setting.sql("UPDATE nox_finans_connector SET list_try = NULL")


def test_only_what_changed_is_asked_for(setting, many_open_cases):
    assert setting.calls_of_run() == [("GET", "/3/invoices", 200)], "the first list"
    assert setting.calls_of_run() == [], "nothing is due"
    (company,) = setting.sandbox.get("companies")
    numbers = [str(many_open_cases + 100 * index) for index in range(CHANGED)]
    setting.sandbox.post("change", company_id=company["company_id"], numbers=numbers, amount=10)
    let_list_be_due(setting)
    calls = setting.calls_of_run()
    assert len(calls) <= CHANGED + 50
    assert {path for _method, path, _status in calls} == {"/3/invoices"} | {
        f"/3/noxfinansinvoices/{number}" for number in numbers
    }
    rows = setting.sql("SELECT remote_number FROM nox_finans_case WHERE capital_balance = 990")
    assert {number for (number,) in rows} == set(numbers)
    # Listed once more, since the lists overlap, and recognised.
    let_list_be_due(setting)
    assert setting.calls_of_run() == [("GET", "/3/invoices", 200)]


def test_a_payment_that_closes_a_case_is_seen(setting, many_open_cases):
    setting.calls_of_run()
    (company,) = setting.sandbox.get("companies")
    number = str(many_open_cases + 7)
    setting.sandbox.post("change", company_id=company["company_id"], numbers=[number], amount=1000)
    let_list_be_due(setting)
    setting.calls_of_run()
    rows = setting.sql("SELECT state FROM nox_finans_case WHERE remote_number = %s", number)
    assert rows == [("closed",)]


YIELD = """
import time
from odoo import fields
started = fields.Datetime.now()
cron, progress = env.ref("nox_finans.ir_cron_exchange")._add_progress()
connectors = env["nox.finans.connector"].with_context(
    cron_id=cron.id, ir_cron_progress_id=progress.id, cron_end_time=time.monotonic() + seconds
)
connectors._cron_exchange()
woken = env["ir.cron.trigger"].search_count([
    ("cron_id", "=", cron.id), ("call_at", ">=", started), ("call_at", "<=", cron.env.cr.now()),
])
result = [
    progress.remaining, bool(woken),
    env["nox.finans.case"].search_count([("state", "=", "queued")]),
]
"""


def close_all(setting):
    """Leave nothing to do of the tests before; their calls still count for the pace."""
    setting.sql("UPDATE nox_finans_case SET state = 'closed', remote_status = 'CLOSED'")


def test_the_cron_yields_when_its_time_is_up_and_goes_on_in_the_next_run(setting):
    ((company,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    close_all(setting)
    day = today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=company, count=3, day=day)
    assert setting.worker.do("code", code=YIELD, seconds=0) == [0, True, 2]
    remaining, _woken, queued = setting.worker.do("code", code=YIELD, seconds=60)
    assert (remaining, queued) == (0, 0)


def test_one_bad_invoice_does_not_stop_the_queue_and_the_run_is_one_line(setting):
    ((company,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    close_all(setting)
    day = today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=company, count=3, day=day)
    setting.sql(
        "UPDATE account_move_line SET price_unit = 'NaN' WHERE display_type = 'product'"
        " AND move_id = (SELECT min(move_id) FROM nox_finans_case WHERE state = 'queued')"
    )
    start = setting.log.stat().st_size
    setting.worker.do("cron")
    states = setting.sql(
        "SELECT state FROM nox_finans_case WHERE state != 'closed' ORDER BY move_id"
    )
    assert [state for (state,) in states[1:]] == ["accepted", "accepted"]
    # Nothing of it was begun: it is tried again.
    assert states[0][0] == "queued"
    log = setting.log.read_text()[start:]
    (line,) = [line for line in log.splitlines() if "Nox Finans, company" in line]
    assert "'accepted': 2" in line and " INFO " in line


def test_a_long_queue_does_not_hold_up_a_short_one(setting):
    """Both companies keep their own rate limit, so the pauses of one are the other's time."""
    ((big,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    close_all(setting)
    new = setting.sandbox.post("companies", name="Lilla Bolaget AB")
    names = ("client_id", "client_secret", "access_token", "refresh_token", "expires_in", "scope")
    credentials = {name: new[name] for name in names}
    small = setting.worker.do("code", code=SECOND_COMPANY, credentials=credentials)
    day = today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=big, count=12, day=day)
    setting.worker.do("code", code=SEND_SOME, company_id=small, count=2, day=day)
    calls = setting.calls_of_run(keep_pace=True)
    assert not [call for call in calls if call[2] == 429]
    accepted = setting.sql(
        "SELECT company_id FROM nox_finans_case WHERE state = 'accepted' ORDER BY accepted_date, id"
    )
    order = [company for (company,) in accepted]
    assert (order.count(big), order.count(small)) == (12, 2)
    assert big in order[order.index(small) + 2 :], "the small one was done before the big one"


def test_one_broken_connection_does_not_stop_another_company(setting):
    """Goes on with the two companies of the test before."""
    (big,), (small,) = setting.sql("SELECT company_id FROM nox_finans_connector ORDER BY id")
    day = today().isoformat()
    for company in (big, small):
        setting.worker.do("code", code=SEND_SOME, company_id=company, count=1, day=day)
    setting.sql(
        "UPDATE nox_finans_connector SET client_secret = 'wrong', token_expiry = '2020-01-01',"
        " last_run = '2020-01-01' WHERE company_id = %s",
        big,
    )
    setting.worker.do("cron")
    states = dict(
        setting.sql(
            "SELECT company_id, state FROM nox_finans_case WHERE id IN"
            " (SELECT max(id) FROM nox_finans_case GROUP BY company_id)"
        )
    )
    assert states == {big: "queued", small: "accepted"}
    connections = dict(setting.sql("SELECT company_id, state FROM nox_finans_connector"))
    assert connections == {big: "sign_in", small: "connected"}
