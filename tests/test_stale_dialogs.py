"""A dialog belongs to what was true when it was opened: what a colleague has done meanwhile is not
done again, and the person is told who did what."""

import pytest
from dialogs import assert_left_out, assert_refused
from playwright.sync_api import expect

pytest_plugins = "dialogs"

AGAIN = "Open the dialog again"


@pytest.fixture
def asked(sandbox, case_of):
    """Return how often the service was asked for an action on an invoice's case."""

    def count(invoice, action):
        path = f"/{case_of(invoice).remote_number}/{action}"
        return sum(row["path"].endswith(path) for row in sandbox.get("requests"))

    return count


@pytest.fixture
def done(until):
    """Let what was asked for be done."""

    def wait(invoice):
        until(invoice, lambda case: not case.requested_action, "done")

    return wait


def test_a_payment_is_reported_once(klara, maria, open_case, case_of, ledger_of, asked, done):
    case = case_of(open_case)
    marias = maria.open("report_payment", case)
    maria.fill_in(marias, amount=100)
    klaras = klara.do("report_payment", case, amount=100)
    # The connector is not there yet, and then it has been.
    for wait in (lambda: None, lambda: done(open_case)):
        wait()
        for who, dialog in ((klara, klaras), (maria, marias)):
            assert_refused(who.confirm(dialog), "Klara Klerk", "100", AGAIN)
    (row,) = ledger_of(open_case)
    assert row["reported"] == 100 and asked(open_case, "report-payment") == 1
    # What is to be reported once more, a new dialog reports.
    klara.do("report_payment", case, amount=100)
    done(open_case)
    assert ledger_of(open_case)[0]["reported"] == 200


def test_a_pause_that_was_over_in_between_is_not_asked_for_again(
    klara, maria, open_case, case_of, asked, done
):
    case = case_of(open_case)
    dialog = klara.open("pause", case)
    maria.do("pause", case)
    done(open_case)
    resuming = klara.open("unpause", case_of(open_case))
    maria.do("unpause", case)
    done(open_case)
    assert case_of(open_case).remote_status == "OPEN"
    assert_refused(klara.confirm(dialog), "Maria Manager", "Asked to resume", AGAIN)
    assert_refused(klara.confirm(resuming), "Maria Manager", AGAIN)
    assert (asked(open_case, "pause"), asked(open_case, "unpause")) == (1, 1)


@pytest.mark.parametrize(
    ("action", "words"), [("stop", "Asked to stop"), ("take_fees", "Asked to take over")]
)
def test_stop_and_taking_fees_are_asked_for_once(
    odoo_server, klara, maria, open_case, case_of, action, words
):
    odoo_server.sql(
        "UPDATE nox_finans_case SET balance_with_fees = capital_balance + 60,"
        " next_try = now() + interval '9 days' WHERE move_id = %s",
        open_case.id,
    )
    case = case_of(open_case)
    dialog = klara.open(action, case)
    marias = maria.do(action, case)
    assert_refused(klara.confirm(dialog), "Maria Manager", words)
    assert_refused(maria.confirm(marias), "Maria Manager", words)
    ((count,),) = odoo_server.sql(
        "SELECT count(*) FROM nox_finans_event WHERE case_id = %s AND kind = 'request'", case.id
    )
    assert count == 1


def test_a_run_that_changes_nothing_leaves_dialogs_open(klara, open_case, case_of, until, done):
    dialog = klara.open("report_payment", case_of(open_case))
    klara.fill_in(dialog, amount=50)
    before = case_of(open_case).synced_date
    until(open_case, lambda case: case.synced_date > before, "asked again")
    assert not klara.confirm(dialog).error
    done(open_case)


def test_a_balance_that_has_changed_makes_a_dialog_stale(
    klara, open_case, case_of, until, sandbox, ledger_of
):
    case = case_of(open_case)
    dialog = klara.open("report_payment", case)
    (row,) = ledger_of(open_case)
    sandbox.post("change", company_id=row["company_id"], numbers=[row["invoice_number"]], amount=40)
    balance = case.capital_balance - 40
    until(open_case, lambda case: case.capital_balance == balance, "paid in part")
    assert_refused(klara.confirm(dialog), "40", AGAIN)


def test_of_many_the_stale_ones_are_left_out_and_named(
    klara, maria, make_invoice, send, until, case_of, asked, done
):
    invoices = [make_invoice() for _number in range(3)]
    send(*invoices)
    for invoice in invoices:
        until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
    cases = [case_of(invoice) for invoice in invoices]
    dialog = klara.open("pause", *cases)
    maria.do("pause", cases[0])
    done(invoices[0])
    maria.do("unpause", cases[0])
    done(invoices[0])
    answer = klara.confirm(dialog)
    assert_left_out(answer, "2 cases", invoices[0].name, "Maria Manager", AGAIN)
    for invoice in invoices:
        done(invoice)
        assert asked(invoice, "pause") == 1
    assert_refused(klara.confirm(dialog), *(invoice.name for invoice in invoices))


def test_what_a_colleague_has_sent_is_left_out(klara, maria, make_invoice, case_of):
    first, second = make_invoice(), make_invoice()
    both, one = klara.open_send(first, second), klara.open_send(first)
    assert not maria.send(maria.open_send(first)).error
    assert_left_out(klara.send(both), first.name, "already been sent", "Maria Manager")
    assert_refused(klara.send(one), first.name, "already been sent", "Maria Manager")
    assert case_of(second)


def test_what_a_colleague_has_given_up_is_not_sent_by_an_old_dialog(
    odoo_server, klara, maria, make_invoice, send, sandbox, until, case_of
):
    odoo_server.empty_queue()
    invoice = make_invoice()
    sandbox.refuse("POST", "^/3/invoices$")
    send(invoice)
    until(invoice, lambda case: case.state == "refused", "refused")
    dialog = klara.open_send(invoice)
    case = case_of(invoice)
    assert not maria.ask("nox.finans.case", "action_give_up", [case.id]).error
    assert_refused(klara.send(dialog), "Maria Manager", "Given up")
    # The second click, or the second tab.
    assert_refused(klara.ask("nox.finans.case", "action_give_up", [case.id]), invoice.name)
    until(invoice, lambda case: not case.is_undo_due, "taken back")
    assert not klara.send(klara.open_send(invoice)).error
    assert case_of(invoice).id != case.id


def test_a_dispute_that_was_noted_or_settled_meanwhile(klara, maria, make_invoice, clerk):
    first, second = make_invoice(), make_invoice()
    pages = [klara.open_dispute(first), klara.open_dispute(first, second)]
    late = klara.open_dispute(first)
    assert not maria.note_dispute(maria.open_dispute(first)).error
    assert_refused(klara.note_dispute(late, "Not delivered"), "Maria Manager", "Wrong price")
    maria.must("account.move", "action_nox_finans_settle_dispute", [first.id])
    # Nothing is disputed again: all is as it was when the pages were opened, and yet it is not.
    assert_refused(klara.note_dispute(pages[0]), "Maria Manager", "settled")
    assert_left_out(klara.note_dispute(pages[1]), first.name, "Maria Manager")
    rows = clerk.call("account.move", "read", [first.id, second.id], ["nox_finans_is_disputed"])
    assert [row["nox_finans_is_disputed"] for row in rows] == [False, True]
    answer = klara.ask("account.move", "action_nox_finans_settle_dispute", [first.id])
    assert_refused(answer, "None of the invoices")


def test_a_dispute_is_given_to_those_who_can_settle_it(odoo_server, klara, make_invoice):
    page = klara.open_dispute(make_invoice())
    ((anybody,),) = odoo_server.sql("SELECT id FROM res_users WHERE login = 'public'")
    assert_refused(klara.note_dispute(page | {"user_id": anybody}), "may not invoice")


DIRECT = {
    "action_try_now": "next_try = now() + interval '9 days', state = 'uncertain'",
    "action_let_run": "next_event = 'COLLECTION', next_event_date = current_date,"
    " warned_date = current_date, is_collection_near = TRUE",
    "action_report_customer": "is_customer_due = FALSE",
    "action_ignore_outside": "unreported_amount = 10, asked_amount = 0",
}


@pytest.mark.parametrize("method", DIRECT)
def test_the_second_click_does_nothing_twice_and_says_so(
    odoo_server, klara, maria, open_case, case_of, method
):
    odoo_server.sql("UPDATE ir_cron SET active = false WHERE cron_name LIKE 'Nox Finans%%'")
    try:
        case = case_of(open_case)
        odoo_server.sql(f"UPDATE nox_finans_case SET {DIRECT[method]} WHERE id = %s", case.id)
        messages = "SELECT count(*) FROM mail_message WHERE res_id IN (%s, %s)"
        assert not klara.ask("nox.finans.case", method, [case.id]).error
        told = odoo_server.sql(messages, case.id, open_case.id)
        for who in (klara, maria):
            assert_refused(who.ask("nox.finans.case", method, [case.id]), open_case.name)
        assert odoo_server.sql(messages, case.id, open_case.id) == told
    finally:
        odoo_server.sql("UPDATE ir_cron SET active = true WHERE cron_name LIKE 'Nox Finans%%'")


def test_taken_out_of_the_queue_twice(odoo_server, klara, maria, make_invoice, case_of):
    invoice = make_invoice()
    odoo_server.sql("UPDATE ir_cron SET active = false WHERE cron_name LIKE 'Nox Finans%%'")
    try:
        assert not klara.send(klara.open_send(invoice)).error
        case = case_of(invoice)
        assert not klara.ask("nox.finans.case", "action_withdraw", [case.id]).error
        answer = maria.ask("nox.finans.case", "action_withdraw", [case.id])
        assert answer.error == "odoo.exceptions.MissingError"
    finally:
        odoo_server.sql("UPDATE ir_cron SET active = true WHERE cron_name LIKE 'Nox Finans%%'")


def test_the_timeline_keeps_who_asked_for_what(odoo_server, klara, open_case, case_of, done):
    case = case_of(open_case)
    klara.do("report_payment", case, amount=25)
    done(open_case)
    rows = odoo_server.sql(
        "SELECT text, amount, login FROM nox_finans_event JOIN res_users ON res_users.id = user_id"
        " WHERE case_id = %s AND kind = 'request'",
        case.id,
    )
    ((text, amount, login),) = rows
    assert "25" in text and (amount, login) == (25, "clerk")


def test_two_tabs_of_one_browser(open_page, open_case, case_of, ledger_of, done, look):
    path = f"/odoo/nox-finans-cases/{case_of(open_case).id}"
    first = open_page("clerk", path)
    second = first.context.new_page()
    second.goto(first.url)
    dialogs = []
    for page in (first, second):
        expect(page.locator(".o_nox_finans_course")).to_be_visible()
        page.locator(".o_form_statusbar button:has-text('Rapportera betalning')").click()
        dialog = page.locator(".modal", has=page.locator("[name=action_confirm]"))
        expect(dialog).to_be_visible()
        dialog.locator("[name=amount] input").fill("100")
        dialogs.append(dialog)
    dialogs[0].locator("button[name=action_confirm]:visible").dblclick()
    expect(first.locator(".modal")).to_have_count(0)
    done(open_case)
    dialogs[1].locator("button[name=action_confirm]:visible").click()
    refusal = second.locator(".o_error_dialog, .modal", has_text="Klara Klerk").last
    expect(refusal).to_be_visible()
    look(second, "refused")
    # Back in the browser, and confirmed is nothing again.
    first.go_back()
    first.go_forward()
    expect(first.locator(".modal")).to_have_count(0)
    done(open_case)
    assert ledger_of(open_case)[0]["reported"] == 100
