"""Several people and several processes at the same invoice: one hand-over, and all are told."""

import threading

import pytest
from conftest import RpcError, wait_for
from workers import start_worker

from dev import odoo
from dev.project import LOGS


@pytest.fixture(scope="module")
def workers(stack, postgresql, odoo_server):
    """Two worker processes on the live server's database."""
    configuration = odoo.write_configuration(
        postgresql, f"{odoo_server.database}_workers", logfile=str(LOGS / "workers.log")
    )
    return [start_worker(stack, configuration, odoo_server.database) for _index in range(2)]


@pytest.fixture
def slow(sandbox):
    """Each call takes long enough for somebody to come in between."""
    sandbox.post("settings", latency=0.3)
    yield
    sandbox.post("settings", latency=0)


def press_send(rpc, invoice, barrier, answers):
    action = rpc.call("account.move", "action_nox_finans_open_send", [invoice.id])
    barrier.wait()
    try:
        answers.append(rpc.call("nox.finans.send", "action_send", [action["res_id"]]))
    except RpcError as error:
        answers.append(str(error))


@pytest.mark.parametrize("_round", range(5))
def test_two_clerks_press_send_at_the_same_moment(
    odoo_server, no_cron_of_the_server, make_invoice, _round
):
    invoice, answers, barrier = make_invoice(), [], threading.Barrier(2)
    threads = [
        threading.Thread(
            target=press_send, args=(odoo_server.rpc(login), invoice, barrier, answers)
        )
        for login in ("clerk", "manager")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    done = [answer for answer in answers if isinstance(answer, dict)]
    (other,) = [answer for answer in answers if isinstance(answer, str)]
    assert len(done) == 1
    assert "already been sent" in other or "Somebody else" in other, other
    cases = odoo_server.sql("SELECT state FROM nox_finans_case WHERE move_id = %s", invoice.id)
    assert cases == [("queued",)]


def test_two_cron_workers_start_together(
    odoo_server, no_cron_of_the_server, workers, slow, make_invoice, send, ledger_of
):
    invoices = [make_invoice() for _index in range(4)]
    send(*invoices)
    for worker in workers:
        worker.give("cron")
    for worker in workers:
        assert "result" in worker.take()
    for invoice in invoices:
        (row,) = ledger_of(invoice)
        assert (row["received"], row["accepted"]) == (1, 1)


RENEW = """
from odoo.addons.nox_finans.exchange.tokens import AccessToken
result = AccessToken(env["nox.finans.connector"].search([], limit=1)).get(renew=False)
"""


def test_two_processes_never_refresh_at_the_same_time(
    odoo_server, sandbox, no_cron_of_the_server, workers, slow
):
    odoo_server.sql("UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")
    before = len(sandbox.get("requests"))
    for worker in workers:
        worker.give("code", code=RENEW)
    tokens = {worker.take()["result"] for worker in workers}
    assert len(tokens) == 1
    paths = [row["path"] for row in sandbox.get("requests")[before:]]
    assert paths.count("/oauth-v1/token") == 1


# Two clients of one connection, to whom the service says no at the same time.
RENEW_ONE_AFTER_THE_OTHER = """
from odoo.addons.nox_finans.exchange.tokens import AccessToken
connector = env["nox.finans.connector"].search([], limit=1)
access = [AccessToken(connector) for _index in range(2)]
result = [[each.get(renew) for each in access] for renew in (False, True)]
"""


def test_what_another_has_renewed_is_not_renewed_again(
    odoo_server, sandbox, no_cron_of_the_server, workers
):
    before = len(sandbox.get("requests"))
    workers[0].give("code", code=RENEW_ONE_AFTER_THE_OTHER)
    (first, second), renewed = workers[0].take()["result"]
    assert first == second
    assert renewed[0] == renewed[1] != first
    paths = [row["path"] for row in sandbox.get("requests")[before:]]
    assert paths == ["/oauth-v1/token"]


def test_while_it_is_being_sent_it_cannot_be_cancelled_and_payment_is_told(
    odoo_server, sandbox, clerk, no_cron_of_the_server, workers, slow, make_invoice, send, ledger_of
):
    invoice = make_invoice()
    send(invoice)
    sandbox.post("settings", latency=2)
    workers[0].give("cron", keep_pace=True)

    def is_being_sent():
        rows = odoo_server.sql("SELECT step FROM nox_finans_case WHERE move_id = %s", invoice.id)
        # The last check before the hand-over is behind it: from here on it goes.
        return rows == [("bookkept",)]

    wait_for(is_being_sent, "the invoice is being sent", pause=0.02)
    with pytest.raises(RpcError, match="being sent"):
        clerk.call("account.move", "button_cancel", [invoice.id])
    with pytest.raises(RpcError, match="being sent"):
        clerk.call("account.move", "button_draft", [invoice.id])
    pay(clerk, invoice)
    assert "result" in workers[0].take()
    (row,) = ledger_of(invoice)
    assert (row["received"], row["accepted"]) == (1, 1)
    messages = odoo_server.sql(
        "SELECT body FROM mail_message WHERE model = 'account.move' AND res_id = %s", invoice.id
    )
    assert "betalades medan" in str(messages)


def test_paid_before_the_last_step_it_is_not_handed_over_and_the_sender_is_told(
    odoo_server, clerk, no_cron_of_the_server, workers, make_invoice, send, case_of, ledger_of
):
    invoice = make_invoice()
    send(invoice)
    pay(clerk, invoice)
    assert "result" in workers[0].order("cron")
    case = case_of(invoice)
    assert case.state == "refused" and "Saldot är 0" in case.error_message
    assert not ledger_of(invoice)
    told = odoo_server.sql("SELECT message FROM bus_bus WHERE message LIKE %s", f"%{invoice.name}%")
    assert [row for row in told if "simple_notification" in row[0]]


def pay(clerk, invoice):
    context = {"active_model": "account.move", "active_ids": [invoice.id]}
    wizard = clerk.call("account.payment.register", "create", {}, context=context)
    clerk.call("account.payment.register", "action_create_payments", [wizard], context=context)
