"""How long what is kept: where a person finds it, on wide and on narrow screens."""

import pytest
from playwright.sync_api import expect

WIDTHS = (1500, 1280, 390)


@pytest.mark.parametrize("width", WIDTHS)
def test_settings_say_how_long_and_why(open_page, look, width):
    page = open_page("admin", "/odoo/action-account.action_account_config", width=width)
    setting = page.locator("#nox_finans_retention")
    setting.scroll_into_view_if_needed()
    expect(setting.locator("[name=nox_finans_keep_personal_days] input")).to_have_value("365")
    expect(setting.locator("[name=nox_finans_keep_log_days] input")).to_have_value("90")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, str(width))


@pytest.mark.parametrize("width", WIDTHS)
def test_connection_says_how_long_and_why(open_page, look, width):
    page = open_page("manager", "/odoo/action-nox_finans.action_settings", width=width)
    page.click(".nav-link[name=retention]")
    expect(page.locator("[name=keep_personal_days] input")).to_have_value("365")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    look(page, str(width))
    page.fill("[name=keep_log_days] input", "9999")
    page.click(".o_form_button_save")
    expect(page.locator(".modal-body, .o_notification").first).to_contain_text("730")
    page.keyboard.press("Escape")
    page.click(".o_form_button_cancel")
