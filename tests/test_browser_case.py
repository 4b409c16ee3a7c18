"""What one does with a case in a real browser, as the clerk and in Swedish."""

import re

from days import today
from playwright.sync_api import expect


def open_case_of(open_page, case):
    page = open_page("clerk", f"/odoo/nox-finans-cases/{case.id}")
    expect(page.locator(".o_form_view .o_nox_finans_course")).to_be_visible()
    return page


def press(page, label):
    page.click(f".o_form_statusbar button:has-text('{label}')")
    dialog = page.locator(".modal")
    expect(dialog).to_be_visible()
    return dialog


def confirm(page):
    page.locator(".modal button[name=action_confirm]").click()
    expect(page.locator(".o_notification", has_text="Begärd")).to_be_visible()


def test_pause_and_resume(open_page, open_case, case_of, until, look):
    page = open_case_of(open_page, case_of(open_case))
    dialog = press(page, "Pausa")
    expect(dialog).to_contain_text("Fortsätter")
    look(page, "pause")
    confirm(page)
    until(open_case, lambda case: case.remote_status == "PAUSED", "paused")
    page.reload()
    expect(page.locator(".o_nox_finans_course")).to_contain_text("Klara Klerk")
    look(page, "paused")
    dialog = press(page, "Återuppta")
    expect(dialog).to_contain_text("fortsätter")
    confirm(page)
    until(open_case, lambda case: case.remote_status == "OPEN", "resumed")


def test_report_a_part_payment(open_page, open_case, case_of, until, ledger_of, look):
    page = open_case_of(open_page, case_of(open_case))
    dialog = press(page, "Rapportera betalning")
    expect(dialog).to_contain_text("Saldo")
    dialog.locator("[name=amount] input").fill("5000")
    dialog.locator("button[name=action_confirm]").click()
    expect(page.locator(".modal", has_text="Beloppet måste")).to_be_visible()
    look(page, "too-much")
    page.locator(".modal", has_text="Beloppet måste").locator(".btn-primary").click()
    dialog.locator("[name=amount] input").fill("248,75")
    look(page, "report")
    confirm(page)
    until(open_case, lambda case: case.capital_balance == 1000, "reported")
    assert ledger_of(open_case)[0]["reported"] == 248.75


def test_stop_and_write_to_the_customer(
    open_page, open_case, case_of, until, ledger_of, clerk, look
):
    page = open_case_of(open_page, case_of(open_case))
    dialog = press(page, "Stoppa")
    expect(dialog).to_contain_text("Det kan inte ångras")
    expect(dialog).to_contain_text("50,00")
    expect(dialog.locator("[name=mail_body]")).to_contain_text("5050-1055")
    look(page, "stop")
    confirm(page)
    until(open_case, lambda case: case.state == "closed", "stopped")
    page.reload()
    expect(page.locator("[name=close_reason]").first).to_contain_text("Stoppad")
    look(page, "stopped")
    assert ledger_of(open_case)[0]["status"] == "CLOSED"
    sent = clerk.call(
        "mail.message",
        "search_count",
        [
            ["model", "=", "account.move"],
            ["res_id", "=", open_case.id],
            ["partner_ids", "in", [open_case.customer]],
        ],
    )
    assert sent == 1


def test_a_dispute_from_the_list_to_its_end(open_page, open_case, case_of, until, look):
    page = open_page("clerk", f"/odoo/customer-invoices/{open_case.id}")
    page.click(".o_notebook .nav-link[name=nox_finans]")
    page.click("button[name=action_nox_finans_dispute]")
    dialog = page.locator(".modal")
    expect(dialog).to_contain_text("pausas där tills tvisten är löst")
    dialog.locator("[name=reason] input").fill("Fel antal timmar")
    look(page, "note")
    dialog.locator("button[name=action_confirm]").click()
    banner = page.locator(".alert", has_text="Fel antal timmar")
    expect(banner).to_be_visible()
    until(open_case, lambda case: case.remote_status == "PAUSED", "paused")
    look(page, "disputed")
    page.click("button[name=action_open_nox_finans_case]")
    expect(page.locator(".alert", has_text="Pausas tills tvisten är löst")).to_be_visible()
    expect(page.locator(".o_form_statusbar")).not_to_contain_text("Återuppta")
    look(page, "case")
    page.click("button[name=action_settle_dispute]")
    expect(page.locator(".alert", has_text="Fel antal timmar")).to_have_count(0)
    until(open_case, lambda case: case.remote_status == "OPEN", "resumed")


def test_asked_before_debt_collection(odoo_server, open_page, open_case, case_of, look):
    case = case_of(open_case)
    odoo_server.let_collection_come(open_case, today())
    admin = odoo_server.rpc("admin")
    (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._cron_look_ahead()"]])
    admin.call("ir.cron", "method_direct_trigger", [cron])
    page = open_case_of(open_page, case)
    question = page.locator(".alert-danger", has_text="Går till inkasso")
    expect(question.locator("button")).to_have_text(
        ["Pausa", "Rapportera betalning", "Låt det gå vidare"]
    )
    look(page, "question")
    # What waits for a person is found among the cases.
    page.goto(f"{odoo_server.url}/odoo/nox-finans-cases")
    page.click(".o_searchview_dropdown_toggler")
    page.click(".o_filter_menu .o-dropdown-item:has-text('Kräver åtgärd')")
    row = page.locator(".o_data_row", has_text=open_case.name)
    expect(row).to_have_class(re.compile("text-danger"))
    expect(row.locator("[name=activity_type_id]")).to_contain_text("inkasso")
    expect(page.locator(".o_data_row:not(.text-danger)")).to_have_count(0)
    page.keyboard.press("Escape")
    look(page, "found")
    page.go_back()
    question.locator("button[name=action_let_run]").click()
    expect(question).to_have_count(0)
    expect(page.locator(".o-mail-Chatter")).to_contain_text("låter ärendet gå till inkasso")


def test_what_is_missing_on_the_customer_is_filled_in_at_once(
    odoo_server, open_page, open_case, case_of, clerk, look
):
    clerk.call("res.partner", "write", [open_case.customer], {"company_registry": False})
    odoo_server.let_collection_come(open_case, today())
    page = open_case_of(open_page, case_of(open_case))
    missing = page.locator(".alert", has_text="Saknas på kunden")
    missing.locator("button[name=action_open_customer]").click()
    dialog = page.locator(".modal")
    number = dialog.locator("[name=company_registry]")
    expect(number).to_have_class(re.compile("o_required_modifier"))
    expect(dialog.locator("[name=street]")).not_to_have_class(re.compile("o_required_modifier"))
    look(page, "dialog")
    number.locator("input").fill("556016-0680")
    dialog.locator(".o_form_button_save").click()
    expect(missing).to_have_count(0)
