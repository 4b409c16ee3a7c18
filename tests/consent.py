"""What a browser does on its way to the service's sign-in and back, and who it does it for.

A plugin of the tests that name it: `pytest_plugins = "consent"`.
"""

import html
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from conftest import RpcError


class Browser:
    """A logged-in user's session, which calls the web client's routes and follows no redirect."""

    def __init__(self, server, login):
        self.url = server.url
        self.session = server.log_in(login)

    def get(self, path, **options):
        return self.request("GET", path, **options)

    def request(self, method, path, **options):
        return self.session.request(
            method, self.url + path, allow_redirects=False, timeout=60, **options
        )

    def call(self, model, method, *arguments, **options):
        options.setdefault("context", {"lang": "sv_SE"})
        body = {"model": model, "method": method, "args": arguments, "kwargs": options}
        answer = self.session.post(
            f"{self.url}/web/dataset/call_kw", json={"params": body}, timeout=60
        ).json()
        if "error" in answer:
            raise RpcError(answer["error"]["data"])
        return answer["result"]


@pytest.fixture
def manager(odoo_server):
    return Browser(odoo_server, "manager")


@pytest.fixture
def connector_id(odoo_server):
    ((connector_id,),) = odoo_server.sql("SELECT id FROM nox_finans_connector")
    return connector_id


@pytest.fixture
def company(odoo_server, sandbox):
    """The demo company as the sandbox has it."""
    ((client_id,),) = odoo_server.sql("SELECT client_id FROM nox_finans_connector")
    (company,) = [row for row in sandbox.get("companies") if row["client_id"] == client_id]
    return company


def move_service(server, url):
    """Let the same service be at another address, where it may not be reached."""
    admin = server.rpc("admin")
    admin.call("ir.config_parameter", "set_param", "nox_finans.sandbox_url", url)
    server.sql("UPDATE nox_finans_connector SET token_origin = %s", f"sandbox {url}")


def start(browser, connector_id, company):
    """Fill in the dialog and go to the consent page; return its address."""
    action = browser.call("nox.finans.connector", "action_open_connect", [connector_id])
    wizard = action["res_id"]
    browser.call(
        "nox.finans.connect",
        "write",
        [wizard],
        {"client_id": company["client_id"], "client_secret": company["client_secret"]},
    )
    action = browser.call("nox.finans.connect", "action_connect", [wizard])
    answer = browser.get(action["url"])
    assert answer.status_code == 303
    return answer.headers["Location"]


def agree(consent_url, company, **changes):
    """Press the button on the consent page; return the path of the callback that it leads to."""
    assert company["name"] in html.unescape(requests.get(consent_url, timeout=10).text)
    query = {name: values[0] for name, values in parse_qs(urlsplit(consent_url).query).items()}
    answer = requests.post(
        consent_url.partition("?")[0],
        params=query | {"company_id": company["company_id"]} | changes,
        allow_redirects=False,
        timeout=10,
    )
    location = urlsplit(answer.headers["Location"])
    return f"{location.path}?{location.query}"


def sign_in(browser, sandbox, connector_id, company, **changes):
    return browser.get(agree(start(browser, connector_id, company), company, **changes))
