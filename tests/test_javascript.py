"""The add-on's JavaScript: its tests in Odoo's own Hoot (`nox_finans/static/tests/`), in a browser.

They run on a mock of the server that Hoot brings along; all else here runs on the real one. To look
into one, open /web/tests?debug=assets of `make demo`.
"""

import re

import pytest
from conftest import wait_for

from dev.project import MODULE

SUITE = "@nox_finans"
# What Hoot says last. A suite that it does not find has no tests, and has passed none.
END = re.compile(r"\[HOOT\] (?:Passed|Failed) \d+ tests")
PASSED = re.compile(r"\[HOOT\] Passed [1-9]\d* tests")
# The scripts of the whole web client and of its tests are put together when first asked for.
SECONDS = 400
SCREENS = {"desktop": (1366, 768), "mobile": (375, 667)}


def get_hash(name):
    """Return what Hoot calls a suite or a test by; as Odoo's own `HOOTCommon._generate_hash`."""
    number = 0
    for character in name:
        number = (number << 5) - number + ord(character) & 0xFFFFFFFF
    return f"{number:08x}"


def test_the_hash_is_odoos():
    assert get_hash("@web/core/autocomplete") == "69a6561d"


@pytest.mark.parametrize("screen", SCREENS)
def test_all_that_is_in_static(odoo_server, browser, screen):
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height}, has_touch=screen == "mobile"
    )
    session_id = odoo_server.log_in("admin").cookies["session_id"]
    context.add_cookies([{"name": "session_id", "value": session_id, "url": odoo_server.url}])
    page = context.new_page()
    said = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    query = f"headless&loglevel=2&preset={screen}&timeout=15000&id={get_hash(SUITE)}"
    page.goto(f"{odoo_server.url}/web/tests?{query}", timeout=SECONDS * 1000)

    def has_ended():
        # Playwright hands over what the page has said only while it is asked something.
        page.wait_for_timeout(100)
        return any(map(END.search, said))

    try:
        wait_for(has_ended, "the end of the JavaScript tests", SECONDS)
    finally:
        # Shown where the test fails.
        print("\n".join(said))
        context.close()
    assert any(map(PASSED.search, said))


def test_no_test_is_alone_or_left_out():
    for path in (MODULE / "static" / "tests").rglob("*.test.js"):
        found = re.search(r"\b(?:test|describe)\.(?:only|debug|skip|todo)\b", path.read_text())
        assert not found, f"{path}: {found.group()}"
