"""Automatic reminders in a real browser, in Swedish, and their daily run by the real cron."""

from datetime import timedelta

from conftest import wait_for
from days import today
from playwright.sync_api import expect


def run_rules(odoo_server):
    admin = odoo_server.rpc("admin")
    (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._cron_run_rules()"]])
    admin.call("ir.cron", "method_direct_trigger", [cron])


def make_overdue(clerk, make_invoice, days):
    (term,) = clerk.call("account.payment.term", "search", [["name", "=", "20 dagar"]])
    date = today() - timedelta(days=days + 20)
    return make_invoice(invoice_payment_term_id=term, invoice_date=date.isoformat())


def test_a_rule_from_its_preview_to_its_run(
    odoo_server, open_page, make_invoice, clerk, case_of, ledger_of, until, look
):
    old, new = (make_overdue(clerk, make_invoice, days) for days in (90, 10))
    page = open_page("manager", "/odoo/nox-finans-rules")
    page.click(".o_list_button_add")
    page.fill("[name=name] input", "Förfallna i en månad")
    page.fill("[name=days_overdue] input", "30")
    page.click(".o_form_button_save")
    look(page, "rule")

    # What it would do, before it does anything.
    page.click(".o_form_statusbar button[name=action_preview]")
    dialog = page.locator(".modal")
    expect(dialog).to_contain_text("Inget skickas nu")
    expect(dialog.locator(".o_data_row", has_text=old.name)).to_be_visible()
    look(page, "preview")
    dialog.locator(".nav-link[name=left]").click()
    expect(dialog.locator(".o_data_row", has_text=new.name)).to_contain_text(
        "Förfallen i mindre än 30 dagar"
    )
    look(page, "left")
    dialog.locator("footer button", has_text="Stäng").click()

    run_rules(odoo_server)
    assert not case_of(old), "nothing is on"
    page.locator("[name=is_on] input").check()
    expect(page.locator(".alert-warning")).to_contain_text("avstängda")
    # The form shows it before it is saved.
    wait_for(lambda: clerk.call("nox.finans.rule", "search_count", [["is_on", "=", True]]), "saved")
    run_rules(odoo_server)
    assert not case_of(old), "the main switch is off"

    page.goto(f"{odoo_server.url}/odoo/action-nox_finans.action_settings")
    page.locator("[name=is_automatic] input").check()
    page.click(".o_form_button_save")
    expect(page.locator(".o_form_button_save:visible")).to_have_count(0)
    wait_for(
        lambda: odoo_server.sql("SELECT id FROM nox_finans_connector WHERE is_automatic"), "saved"
    )
    run_rules(odoo_server)
    until(old, lambda case: case.state == "accepted", "handed over")
    assert not case_of(new)
    assert ledger_of(old)[0]["service"] == "REMINDER"
    assert case_of(old).rule_id[1] == "Förfallna i en månad"

    def told():
        return odoo_server.sql(
            "SELECT body FROM mail_message WHERE model = 'nox.finans.rule'"
            " AND subject LIKE 'Automatiska påminnelser:%%fakturor i dag'"
        )

    ((digest,),) = wait_for(told, "the digest")
    assert old.name in digest
    page.goto(f"{odoo_server.url}/odoo/nox-finans-rules")
    expect(page.locator(".o_data_row")).to_contain_text("Förfallna i en månad")
    look(page, "list")
