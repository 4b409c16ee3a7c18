"""The main job in a real browser, as the clerk and in Swedish, against the running connector."""

import re

import pytest
from conftest import wait_for
from playwright.sync_api import expect

BUTTON = "Skicka via Nox Finans"


def rows(page):
    return page.locator(".o_data_row")


def row_of(page, invoice):
    return rows(page).filter(has_text=invoice.name)


def count_of(page, status):
    counter = page.locator(f".o_nox_finans_counter[data-status={status}] .o_nox_finans_count")
    expect(counter).to_have_text(re.compile(r"^\d+$"))
    return int(counter.inner_text())


def choose_invoice_filter(page, name):
    page.click(".o_nox_finans_filter")
    page.click(f".o-dropdown-item[data-filter={name}]")


def search(page, text):
    page.fill(".o_searchview_input", text)
    # Enter chooses from the list of proposals, and goes nowhere while there is none.
    expect(page.locator(".o_searchview_autocomplete").first).to_contain_text(text)
    page.press(".o_searchview_input", "Enter")
    expect(page.locator(".o_searchview_facet", has_text=text)).to_be_visible()


def test_choose_send_follow(odoo_server, open_page, make_invoice, case_of, ledger_of, look):
    invoice = make_invoice()
    page = open_page("clerk")
    page.click(f".o_control_panel button:has-text('{BUTTON}')")

    # Colours, reasons and counters agree.
    green, yellow, red = (count_of(page, name) for name in ("approved", "warning", "rejected"))
    assert green and yellow and red
    assert page.locator(".o_pager_limit").inner_text() == str(green + yellow + red)
    look(page, "selection")
    page.click(".o_nox_finans_counter[data-status=rejected]")
    expect(page.locator(".o_pager_limit")).to_have_text(str(red))
    expect(rows(page).first.locator(".o_nox_finans_reasons")).not_to_be_empty()
    # The counters go on counting what is there beside the colour.
    assert count_of(page, "approved") == green
    page.click(".o_nox_finans_counter[data-status=approved]")
    expect(page.locator(".o_pager_limit")).to_have_text(str(green))

    # The bin hides, the invoice filter shows what is hidden, and it comes back.
    search(page, invoice.name)
    expect(rows(page)).to_have_count(1)
    row_of(page, invoice).locator("button[name=action_nox_finans_hide]").click()
    expect(rows(page)).to_have_count(0)
    choose_invoice_filter(page, "hidden")
    expect(row_of(page, invoice)).to_have_count(1)
    look(page, "hidden")
    row_of(page, invoice).locator("button[name=action_nox_finans_unhide]").click()
    expect(rows(page)).to_have_count(0)
    choose_invoice_filter(page, "not_sent")
    expect(row_of(page, invoice)).to_have_count(1)

    # Mark, send.
    row_of(page, invoice).locator(".o_list_record_selector input").check()
    page.click("button[name=action_nox_finans_open_send]")
    dialog = page.locator(".modal")
    expect(dialog).to_contain_text("Sandlåda")
    expect(dialog).to_contain_text("Leveranssätt: företagets standard")
    expect(dialog).to_contain_text("19,00")
    look(page, "wizard")
    dialog.locator("button[name=action_send]").click()
    expect(
        page.locator(".o_notification", has_text="1 faktura är på väg till Nox Finans")
    ).to_be_visible()
    expect(row_of(page, invoice)).to_have_count(0)

    # Nobody presses anything more: the connector hands over, and tells when it is confirmed.
    # One message for all that were confirmed at the same time.
    told = page.locator(".o_notification", has_text="och kommer att hanteras")

    def is_told():
        odoo_server.wake_crons()
        return told.count()

    wait_for(is_told, "the confirmation, which is asked for a minute after sending")
    expect(told.first).to_be_visible()
    look(page, "told")
    # The message may have been for others that were confirmed before.
    wait_for(lambda: case_of(invoice).remote_status == "OPEN", "our own confirmation")
    assert ledger_of(invoice)[0]["accepted"] == 1
    # The gavel opens the case.
    page.goto(f"{page.url.split('/odoo')[0]}/odoo/customer-invoices")
    search(page, invoice.name)
    gavel = row_of(page, invoice).locator("button[name=action_open_nox_finans_case]")
    look(page, "gavel")
    gavel.click()
    expect(page.locator(".o_form_view")).to_contain_text("Godkänd, Nox Finans hanterar fakturan.")
    expect(page.locator("[name=ocr_number]")).to_have_text(re.compile(r"^\d+$"))
    expect(page.locator(".o_nox_finans_course")).to_contain_text("Inkassokrav")
    look(page, "case")

    # What may be done now is a button, and says first what it does.
    page.click(".o_form_statusbar button:has-text('Pausa')")
    expect(dialog).to_contain_text("Högst 60 dagar")
    look(page, "pause")
    dialog.locator("button[name=action_confirm]").click()
    expect(page.locator(".o_notification", has_text="Begärd")).to_be_visible()


def test_red_invoice_is_mended_and_sent_from_its_form(open_page, clerk, make_invoice, look):
    invoice = make_invoice()
    clerk.call("account.move", "write", [invoice.id], {"nox_finans_not_ready": True})
    page = open_page("clerk", f"/odoo/customer-invoices/{invoice.id}")
    alert = page.locator(".alert-danger", has_text="Kan inte skickas via Nox Finans")
    expect(alert).to_contain_text("Ej klar")
    look(page, "red")
    # The reason leads to the field to mend.
    alert.locator("a[data-code=not_ready]").click()
    not_ready = page.locator("[name=nox_finans_not_ready] input")
    expect(not_ready).to_be_focused()
    not_ready.uncheck()
    page.click(".o_form_button_save")
    expect(alert).to_have_count(0)
    page.click(f".o_form_view button:has-text('{BUTTON}')")
    page.locator(".modal button[name=action_send]").click()
    expect(page.locator(".o_notification", has_text="på väg till Nox Finans")).to_be_visible()
    page.reload()
    gavel = page.locator("button[name=action_open_nox_finans_case] .o_nox_finans_gavel")
    expect(gavel).to_have_attribute("title", re.compile("^På väg till Nox Finans: "))
    expect(gavel.locator(".fa-gavel")).to_have_class(re.compile("text-info"))
    look(page, "sent")


def test_marked_rows_of_the_list_open_the_selection_on_just_those(open_page, make_invoice):
    invoice = make_invoice()
    page = open_page("clerk")
    search(page, invoice.name)
    row_of(page, invoice).locator(".o_list_record_selector input").check()
    page.click(f".o_control_panel button:has-text('{BUTTON}')")
    expect(page.locator(".o_nox_finans_bar")).to_be_visible()
    expect(rows(page)).to_have_count(1)
    expect(row_of(page, invoice)).to_have_count(1)


def test_menus_lead_to_selection_and_cases(open_page):
    page = open_page("clerk", "/odoo/nox-finans-cases")
    expect(rows(page).first).to_be_visible()
    page.click(".o_menu_sections button:has-text('Kunder')")
    page.click(f".o-dropdown--menu a:has-text('{BUTTON}')")
    expect(page.locator(".o_nox_finans_bar")).to_be_visible()


def test_settings(open_page, look):
    page = open_page("admin", "/odoo/action-account.action_account_config")
    connection = page.locator("#nox_finans_connection")
    connection.scroll_into_view_if_needed()
    expect(connection).to_contain_text("Ansluten")
    expect(page.locator("#nox_finans_terms")).to_contain_text("20 dagar")
    look(page, "settings")
    connection.locator("button[name=action_nox_finans_test]").click()
    expect(page.locator(".o_notification", has_text="Ansluten till Norrvik")).to_be_visible()


def test_manager_has_the_settings_without_being_administrator(open_page, look):
    page = open_page("manager", "/odoo/action-nox_finans.action_settings")
    expect(page.locator("[name=invoice_term_ids]")).to_contain_text("30 dagar")
    look(page, "connection")
    page.click("button[name=action_test]")
    expect(page.locator(".o_notification", has_text="Ansluten till Norrvik")).to_be_visible()


def test_narrow_screen(open_page, look):
    page = open_page("clerk", "/odoo/nox-finans-selection", width=420, height=850)
    expect(page.locator(".o_nox_finans_counter").first).to_be_visible()
    look(page, "selection")


@pytest.fixture
def company(odoo_server, sandbox):
    """The demo company as the sandbox has it."""
    ((client_id,),) = odoo_server.sql("SELECT client_id FROM nox_finans_connector")
    (company,) = [row for row in sandbox.get("companies") if row["client_id"] == client_id]
    return company


def connect(page, company):
    """Fill in the dialog, agree at the service, and come back."""
    page.click("button[name=action_nox_finans_connect]:visible, [name=action_open_connect]:visible")
    page.fill(".modal [name=client_id] input", company["client_id"])
    page.fill(".modal [name=client_secret]:visible input", company["client_secret"])
    page.click(".modal button[name=action_connect]")
    page.click(f"text=Connect {company['name']}")


def test_disconnect_and_connect(odoo_server, open_page, company, look):
    page = open_page("admin", "/odoo/action-account.action_account_config")
    page.click("button[name=action_nox_finans_disconnect]:visible")
    page.click(".modal .btn-primary")
    expect(page.locator("[name=nox_finans_state]")).to_contain_text("Inte ansluten")
    look(page, "disconnected")
    connect(page, company)
    expect(page.locator("[name=nox_finans_remote_company]")).to_contain_text(company["name"])
    expect(page.locator("[name=nox_finans_state]")).to_contain_text("Ansluten")
    expect(page.locator("[name=nox_finans_remote_company]")).to_be_in_viewport()
    look(page, "connected")
    page.click("button[name=action_nox_finans_test]:visible")
    expect(page.locator(".o_notification")).to_contain_text("i sin ordning")


def test_a_copied_database_says_so_and_can_work_with_the_sandbox(
    odoo_server, open_page, company, look
):
    admin = odoo_server.rpc("admin")
    uuid = admin.call("ir.config_parameter", "get_param", "database.uuid")
    admin.call("ir.config_parameter", "set_param", "database.uuid", "a-copy")
    try:
        page = open_page("clerk", "/odoo/action-nox_finans.action_selection")
        expect(page.locator(".o_nox_finans_banner")).to_contain_text("är en kopia")
        look(page, "selection")
        page = open_page("admin", "/odoo/action-nox_finans.action_settings")
        expect(page.locator(".alert-danger")).to_contain_text("är en kopia")
        look(page, "connection")
        page.click("button[name=action_use_sandbox]")
        page.click(".modal .btn-primary")
        expect(page.locator(".o_statusbar_status .o_arrow_button_current")).to_have_text(
            "Inte ansluten"
        )
        connect(page, company)
        expect(page.locator(".o_setting_box, .o_settings_container").first).to_be_visible()
    finally:
        admin.call("ir.config_parameter", "set_param", "database.uuid", uuid)
    # Back in the database that it was: the connection is the copy's now, until it is taken over.
    page = open_page("admin", "/odoo/action-nox_finans.action_settings")
    page.click("button[name=action_take_over]")
    page.click(".modal .btn-primary")
    expect(page.locator("button[name=action_test]")).to_be_visible()


def test_overview_and_cases_by_stage(odoo_server, open_page, make_invoice, send, look):
    invoice = make_invoice()
    send(invoice)
    page = open_page("manager", "/odoo/nox-finans")
    steps = page.locator(".o_nox_finans_overview tbody tr")
    expect(steps.first).to_contain_text("Redo")
    expect(page.locator(".o_nox_finans_overview tr[data-step=paid]")).to_contain_text("Betald")
    look(page, "overview")
    count = int(steps.first.locator(".o_nox_finans_step_count").inner_text())
    steps.first.click()
    expect(page.locator(".o_pager_limit")).to_have_text(str(count))
    page.goto(f"{odoo_server.url}/odoo/nox-finans-cases")
    for view, shown in (
        ("kanban", ".o_kanban_group"),
        ("pivot", ".o_pivot table"),
        ("graph", ".o_graph_renderer canvas"),
    ):
        page.click(f".o_switch_view.o_{view}")
        expect(page.locator(shown).first).to_be_visible()
        look(page, view)
