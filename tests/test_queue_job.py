"""The glue to the job engine: real jobs in a real server with several workers."""

import os
import signal
from datetime import datetime
from types import SimpleNamespace

import pytest
from conftest import start_sandbox, wait_for
from workers import start_worker

from dev import databases, odoo
from dev.processes import child, free_port, wait_until_answers
from dev.project import LOGS

MAKE_COMPANY = """
from dev.companies import make_company
env["ir.config_parameter"].set_param("nox_finans.sandbox_url", url)
company = make_company(env, credentials["name"])
company._get_nox_finans_connector()._connect(credentials)
result = company.id
"""
QUEUE = """
from dev.companies import queue_invoices
for company in env["res.company"].browse(companies):
    queue_invoices(company, count)
"""
SHORT_JOB = """
from odoo.addons.nox_finans.exchange import run
run.TURN = 0
connector = env["nox.finans.connector"].search([("company_id", "=", company)])
result = connector._exchange(seconds=0.001)
"""
LATENCY = 0.3


@pytest.fixture(scope="module")
def place(stack, new_database, postgresql):
    """A database with the glue, two connected companies, their sandbox, and a worker process."""
    sandbox = start_sandbox(stack)
    name = new_database()
    databases.install_into(postgresql, name, "nox_finans_queue_job")
    configuration = odoo.write_configuration(
        postgresql, f"{name}_worker", logfile=str(LOGS / f"{name}_worker.log")
    )
    worker = start_worker(stack, configuration, name)
    companies = {}
    for number in range(2):
        credentials = sandbox.post("companies", name=f"Bolag {number}")
        company = worker.do("code", code=MAKE_COMPANY, url=sandbox.url, credentials=credentials)
        companies[company] = credentials["company_id"]

    def sql(statement, *values):
        return postgresql.query(name, statement, *values)

    return SimpleNamespace(
        name=name, sandbox=sandbox, worker=worker, companies=companies, sql=sql, server=postgresql
    )


@pytest.fixture(scope="module")
def running(place):
    """The server: three workers, of which two may work for companies at once."""
    port, log = free_port(), LOGS / f"{place.name}_server.log"
    configuration = odoo.write_configuration(
        place.server,
        place.name,
        http_port=port,
        gevent_port=free_port(),
        workers=3,
        max_cron_threads=1,
        server_wide_modules="base,rpc,web,queue_job",
    )
    environment = {**os.environ, "ODOO_QUEUE_JOB_CHANNELS": "root:3,root.nox_finans:2"}
    command = odoo.prefork_command(configuration, "-d", place.name)
    with child(command, log, env=environment) as process:
        wait_until_answers(f"http://127.0.0.1:{port}/web/login", process, log)
        wait_for(lambda: "queue job runner ready" in log.read_text(), "the runner is ready")
        yield place


@pytest.fixture
def slow(running):
    """Each call takes long enough for others to come in between."""
    running.sandbox.post("settings", latency=LATENCY)
    yield
    running.sandbox.post("settings", latency=0)


def queue(place, companies, count):
    place.worker.do("code", code=QUEUE, companies=list(companies), count=count)


def states(place, companies):
    rows = place.sql(
        "SELECT DISTINCT state FROM nox_finans_case WHERE company_id = ANY (%s)", list(companies)
    )
    return {state for (state,) in rows}


def wait_until_accepted(place, companies):
    wait_for(lambda: states(place, companies) == {"accepted"}, "all are accepted")


def check_ledger(place):
    """Each invoice that is accepted here was handed over there, once, and none else."""
    accepted = place.sql("SELECT count(*) FROM nox_finans_case WHERE state = 'accepted'")
    rows = place.sandbox.get("ledger")
    assert [(row["received"], row["accepted"]) for row in rows] == [(1, 1)] * accepted[0][0]
    assert not [row for row in place.sandbox.get("requests") if row["status"] == 429]


def test_the_cron_queues_one_job_for_each_company_that_has_work(place):
    """Also when it comes twice. No server runs yet, so they wait."""
    company, _idle = place.companies
    queue(place, [company], 1)
    for _time in range(2):
        place.worker.do("cron")
    (job,) = place.sql("SELECT channel, company_id, state FROM queue_job")
    assert job == (f"root.nox_finans.company_{company}", company, "pending")
    assert not place.sandbox.get("ledger")


def test_what_a_job_has_no_time_for_is_the_next_one_s(place):
    _company, company = place.companies
    queue(place, [company], 2)
    assert not place.worker.do("code", code=SHORT_JOB, company=company)
    assert states(place, [company]) == {"accepted", "queued"}
    assert place.sql("SELECT state FROM queue_job WHERE company_id = %s", company) == [("pending",)]


def test_companies_work_at_the_same_time_and_hand_over_once(running, slow):
    before = len(running.sandbox.get("requests"))
    queue(running, running.companies, 5)
    wait_until_accepted(running, running.companies)
    check_ledger(running)
    times = {remote: [] for remote in running.companies.values()}
    for row in running.sandbox.get("requests")[before:]:
        if row["company_id"] in times:
            times[row["company_id"]].append(datetime.fromisoformat(row["time"]))
    assert max(map(min, times.values())) < min(map(max, times.values())), "one after the other"


def test_the_rate_limit_holds_from_one_job_to_the_next(running):
    """In whichever process the next one runs."""
    company, _other = running.companies
    for _time in range(3):
        queue(running, [company], 5)
        wait_until_accepted(running, [company])
    check_ledger(running)


def test_a_killed_job_is_recovered(running, slow):
    company, _other = running.companies
    queue(running, [company], 3)
    started = "SELECT uuid, worker_pid FROM queue_job WHERE state = 'started' AND company_id = %s"

    def is_sending():
        return "sending" in states(running, [company]) and running.sql(started, company)

    ((job, pid),) = wait_for(is_sending, "the job works", pause=0.02)
    os.kill(pid, signal.SIGKILL)

    def is_over():
        # The engine looks for dead jobs whenever it is woken, and by itself once a minute.
        running.sql("SELECT pg_notify('queue_job', '')")
        return running.sql("SELECT retry FROM queue_job WHERE state = 'done' AND uuid = %s", job)

    ((tries,),) = wait_for(is_over, "the killed job is done", pause=1)
    assert tries > 1
    wait_until_accepted(running, [company])
    check_ledger(running)


def test_a_broken_company_does_not_stop_the_others(running):
    broken, other = running.companies
    running.sql(
        "UPDATE nox_finans_connector SET client_secret = 'wrong', token_expiry = '2020-01-01'"
        " WHERE company_id = %s",
        broken,
    )
    queue(running, running.companies, 2)
    wait_until_accepted(running, [other])
    is_told = "SELECT 1 FROM nox_finans_connector WHERE company_id = %s AND state = 'sign_in'"
    wait_for(lambda: running.sql(is_told, broken), "the broken one asks for a sign-in")
    assert states(running, [broken]) == {"accepted", "queued"}
    check_ledger(running)
