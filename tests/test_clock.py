"""The clock of the service, which its answers tell, moves what Odoo asks for: it can be turned."""

from datetime import date, timedelta

import pytest
from cases import make_case
from conftest import wait_for
from days import today

# The connector's own runs that are planned for the next quarter of an hour.
WAKES = """
SELECT count(*) FROM ir_cron_trigger AS trigger
  JOIN ir_cron ON ir_cron.id = trigger.cron_id
  JOIN ir_act_server AS action ON action.id = ir_cron.ir_actions_server_id
 WHERE action.code = 'model._cron_exchange()'
   AND trigger.call_at - (now() at time zone 'utc') BETWEEN interval '0' AND interval '14 minutes'
"""
# The sandbox plays the service itself.
RUN_AS_PRODUCTION = """
from odoo.addons.nox_finans.models import nox_finans_connector
nox_finans_connector.PRODUCTION_URL = url
env["nox.finans.connector"]._cron_exchange()
"""
LIST = ("GET", "/3/invoices", 200)


@pytest.fixture(autouse=True)
def quiet(setting):
    """Only a test's own cases are asked for; the service's clock goes right again at the end."""
    setting.sql("UPDATE nox_finans_case SET state = 'closed', remote_status = 'CLOSED'")
    setting.sql("DELETE FROM ir_cron_trigger")
    yield
    there = date.fromisoformat(setting.sandbox.get("clock")["today"])
    setting.sandbox.post("clock", advance_days=(today() - there).days)
    use(setting, "sandbox")


def use(setting, environment):
    """Let the connection be one of that environment, where its access is known."""
    setting.sql(
        "UPDATE nox_finans_connector SET environment = %s, token_origin = %s",
        environment,
        f"{environment} {setting.sandbox.url}",
    )


def asked_for(case):
    return ("GET", f"/3/noxfinansinvoices/{case.number}", 200)


def run(setting, **order):
    """Let the list be due, and the cron run."""
    setting.sql("UPDATE nox_finans_connector SET list_try = NULL")
    return setting.calls_of_run(**order)


def turn(setting, days):
    setting.sandbox.post("clock", advance_days=days)


def test_what_has_come_by_the_services_clock_is_asked_for_at_once(setting):
    one, other, paused = (make_case(setting) for _number in range(3))
    paused.ask("pause", (today() + timedelta(days=40)).isoformat())
    run(setting)
    assert run(setting) == [LIST], "nothing is due"
    turn(setting, 7)
    assert run(setting) == [LIST, asked_for(paused)], "the events come in a month"
    turn(setting, 26)
    calls = run(setting)
    assert calls[0] == LIST
    assert sorted(calls[1:]) == sorted(map(asked_for, (one, other, paused)))
    assert one.read()["stage"] == other.read()["stage"] == "reminded"
    assert run(setting) == [LIST], "asked once"
    # The next event is waited for by that clock too.
    turn(setting, 8)
    assert asked_for(one) in run(setting)


def test_a_clock_of_ours_that_is_ahead_misses_no_change(setting):
    case = make_case(setting)
    run(setting)
    turn(setting, -2)
    run(setting)
    setting.sandbox.post("change", **case.payment(40))
    assert asked_for(case) in run(setting)


def get_wakes(setting):
    ((count,),) = setting.sql(WAKES)
    return count


def test_the_sandbox_is_asked_soon_again_while_a_case_is_open_and_only_then(setting):
    case = make_case(setting)
    run(setting)
    setting.sql("DELETE FROM ir_cron_trigger")
    assert run(setting, keep_pace=True) == [LIST]
    assert get_wakes(setting)
    ((seconds,),) = setting.sql(
        "SELECT extract(epoch FROM list_try - listed_until)::int FROM nox_finans_connector"
    )
    assert seconds <= 60
    setting.sql("UPDATE nox_finans_case SET state = 'closed' WHERE id = %s", case.id)
    setting.sql("DELETE FROM ir_cron_trigger")
    assert run(setting, keep_pace=True) == []
    assert not get_wakes(setting)


def test_production_is_not_woken_for_it(setting):
    make_case(setting)
    use(setting, "production")
    setting.sql("UPDATE nox_finans_connector SET list_try = NULL")
    setting.sql("UPDATE nox_finans_case SET environment = 'production'")
    setting.sql("DELETE FROM ir_cron_trigger")
    setting.worker.do("code", code=RUN_AS_PRODUCTION, url=setting.sandbox.url)
    assert not get_wakes(setting)
    ((minutes,),) = setting.sql(
        "SELECT extract(minute FROM list_try - listed_until)::int FROM nox_finans_connector"
    )
    assert minutes == 15


@pytest.fixture(scope="module")
def served(serve_own):
    """A demo with its sandbox and a server of its own, whose cron does the work."""
    return serve_own()


def test_the_demo_shows_by_itself_what_comes_of_turning_the_clock(
    odoo_server, sandbox, open_case, case_of
):
    assert case_of(open_case).stage == "sent"
    sandbox.post("clock", advance_days=33)

    def is_reminded():
        odoo_server.wake_crons()
        return case_of(open_case).stage == "reminded"

    wait_for(is_reminded, "the notice", pause=2)
