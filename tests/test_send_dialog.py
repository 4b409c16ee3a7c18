"""Odoo's own Send in a real browser, as the clerk and in Swedish: Nox Finans is one of its ways."""

from playwright.sync_api import expect


def open_send(page):
    """Press Odoo's own Send, and return its dialog."""
    page.locator("button[name=action_invoice_sent]:visible").click()
    dialog = page.locator(".modal", has=page.locator(".o_account_move_send_wizard"))
    expect(dialog).to_be_visible()
    return dialog


def test_send_by_odoos_own_dialog(open_page, make_invoice, case_of, look):
    invoice = make_invoice()
    page = open_page("clerk", f"/odoo/customer-invoices/{invoice.id}")
    dialog = open_send(page)
    dialog.get_by_label("via Nox Finans").check()
    expect(dialog).to_contain_text("Kunden får den två gånger")
    look(page, "twice")
    dialog.get_by_label("via e-post").uncheck()
    expect(dialog).not_to_contain_text("Kunden får den två gånger")
    expect(dialog).to_contain_text("Sandlåda")
    look(page, "dialog")
    dialog.locator("button[name=action_send_and_print]:visible").click()
    expect(
        page.locator(".o_notification", has_text="1 faktura är på väg till Nox Finans")
    ).to_be_visible()
    expect(page.locator("button[name=action_open_nox_finans_case]")).to_be_visible()
    look(page, "queued")
    case = case_of(invoice)
    assert (case.service, case.user_id[1]) == ("invoice", case.user_id[1])

    # From now on the invoice does not go to the customer from here.
    dialog = open_send(page)
    expect(dialog.locator(".alert-danger")).to_contain_text("två OCR-nummer")
    look(page, "off")
