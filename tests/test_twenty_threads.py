"""Twenty people press the same button at the same moment: it is done once, and all are told."""

import threading

import pytest
from callers import POLITE

pytest_plugins = "dialogs"

THREADS = 20


@pytest.fixture
def switch(odoo_server):
    """Switch the exchange on or off."""

    def switch(is_on):
        crons = "UPDATE ir_cron SET active = %s WHERE cron_name LIKE 'Nox Finans%%'"
        odoo_server.sql(crons, is_on)

    return switch


@pytest.fixture(autouse=True)
def no_cron(switch):
    """What was asked for is not done by the way, but when the test says so."""
    switch(False)
    yield
    switch(True)


@pytest.fixture
def at_once(klara, maria):
    """Call something in all threads at the same moment, half of them Klara's, half Maria's; return
    the one answer that is no refusal."""

    def press(call):
        barrier, answers = threading.Barrier(THREADS), []

        def run(number):
            person = (klara, maria)[number % 2]
            barrier.wait()
            answers.append(call(person, number))

        threads = [threading.Thread(target=run, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(answers) == THREADS
        assert {answer.error for answer in answers} <= POLITE | {None}, answers
        done = [answer for answer in answers if not answer.error]
        assert len(done) == 1, [answer.message for answer in answers]
        return done[0]

    return press


@pytest.fixture
def confirmed(switch, make_invoice, send, until):
    """An invoice whose case the service has confirmed."""

    def confirm():
        invoice = make_invoice()
        send(invoice)
        switch(True)
        until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
        switch(False)
        return invoice

    return confirm


def test_the_same_invoices_are_sent_once(
    odoo_server, klara, maria, at_once, make_invoice, until, ledger_of
):
    invoices = [make_invoice() for _number in range(3)]
    dialogs = [(klara, maria)[number % 2].open_send(*invoices) for number in range(THREADS)]
    at_once(lambda person, number: person.send(dialogs[number]))
    for invoice in invoices:
        ((count,),) = odoo_server.sql(
            "SELECT count(*) FROM nox_finans_case WHERE move_id = %s", invoice.id
        )
        assert count == 1


@pytest.mark.parametrize("is_shared", [True, False], ids=["one dialog each person", "own dialogs"])
def test_a_payment_is_reported_once(
    switch, klara, maria, at_once, confirmed, case_of, until, ledger_of, is_shared
):
    invoice = confirmed()
    case = case_of(invoice)
    dialogs = []
    for number in range(2 if is_shared else THREADS):
        person = (klara, maria)[number % 2]
        dialogs.append(person.open("report_payment", case))
        person.fill_in(dialogs[-1], amount=100)
    at_once(lambda person, number: person.confirm(dialogs[number % len(dialogs)]))
    switch(True)
    until(invoice, lambda case: not case.requested_action, "done")
    (row,) = ledger_of(invoice)
    assert row["reported"] == 100
    # And once it is done, nobody's dialog does it again.
    for number, dialog in enumerate(dialogs):
        assert (klara, maria)[number % 2].confirm(dialog).error in POLITE


@pytest.mark.parametrize("action", ["pause", "stop"])
def test_an_action_is_asked_for_once(
    odoo_server, klara, maria, at_once, confirmed, case_of, action
):
    case = case_of(confirmed())
    dialogs = [(klara, maria)[number % 2].open(action, case) for number in range(THREADS)]
    at_once(lambda person, number: person.confirm(dialogs[number]))
    ((count, events),) = odoo_server.sql(
        "SELECT request_count, (SELECT count(*) FROM nox_finans_event"
        "  WHERE case_id = nox_finans_case.id AND kind = 'request')"
        " FROM nox_finans_case WHERE id = %s",
        case.id,
    )
    assert (count, events) == (1, 1)


def test_a_dispute_is_noted_and_settled_once(odoo_server, klara, maria, at_once, make_invoice):
    invoice = make_invoice()
    pages = [(klara, maria)[number % 2].open_dispute(invoice) for number in range(THREADS)]
    at_once(lambda person, number: person.note_dispute(pages[number]))
    at_once(
        lambda person, _number: person.ask(
            "account.move", "action_nox_finans_settle_dispute", [invoice.id]
        )
    )
    ((count,),) = odoo_server.sql(
        "SELECT nox_finans_dispute_count FROM account_move WHERE id = %s", invoice.id
    )
    assert count == 2


def test_it_is_taken_out_of_the_queue_once(klara, at_once, make_invoice, case_of):
    invoice = make_invoice()
    assert not klara.send(klara.open_send(invoice)).error
    case = case_of(invoice)
    at_once(lambda person, _number: person.ask("nox.finans.case", "action_withdraw", [case.id]))
    assert not case_of(invoice)
