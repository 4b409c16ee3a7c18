"""The way to the service's sign-in and back, as a browser goes it: real HTTP on both sides."""

from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from conftest import RpcError
from consent import Browser, agree, sign_in, start

pytest_plugins = "consent"
DEAD_URL = "http://127.0.0.1:9"
SECRETS = ("client_secret", "access_token", "refresh_token")


@pytest.fixture(autouse=True)
def connected_again(odoo_server, sandbox, company, connector_id, manager):
    yield
    sandbox.clear_faults()
    odoo_server.rpc("admin").call(
        "ir.config_parameter", "set_param", "nox_finans.sandbox_url", sandbox.url
    )
    manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    # What a test has left open at another company.
    odoo_server.sql("UPDATE nox_finans_connector SET remote_registry = NULL")
    answer = sign_in(manager, sandbox, connector_id, company)
    assert answer.status_code == 303, answer.text


def read(browser, connector_id, *names):
    (row,) = browser.call("nox.finans.connector", "read", [connector_id], names)
    return row


def try_connection(browser, connector_id):
    answer = browser.call("nox.finans.connector", "action_test", [connector_id])
    return answer["params"]["type"], answer["params"]["message"]


def test_connects_and_names_the_other_side(sandbox, manager, connector_id, company):
    manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    consent = start(manager, connector_id, company)
    query = parse_qs(urlsplit(consent).query)
    assert query["response_type"] == ["code"] and query["access_type"] == ["offline"]
    assert {"noxfinansinvoice", "settings", "bookkeeping"} <= set(query["scope"][0].split())
    # The connection is the company's and does not end with the person who agrees.
    assert query["account_type"] == ["service"]
    answer = manager.get(agree(consent, company))
    assert answer.status_code == 303 and str(connector_id) in answer.headers["Location"]
    row = read(manager, connector_id, "state", "remote_company", "remote_registry", "user_id")
    assert (row["state"], row["remote_company"]) == ("connected", company["name"])
    assert row["remote_registry"] == company["organisation_number"]
    assert "Maria" in row["user_id"][1]
    kind, message = try_connection(manager, connector_id)
    assert kind == "success" and company["name"] in message


def test_an_administrator_ends_on_the_settings_page(odoo_server, sandbox, connector_id, company):
    answer = sign_in(Browser(odoo_server, "admin"), sandbox, connector_id, company)
    assert "action_account_config" in answer.headers["Location"]


def test_the_callback_takes_only_what_this_session_asked_and_once(
    odoo_server, sandbox, manager, connector_id, company
):
    callback = agree(start(manager, connector_id, company), company)
    stranger = Browser(odoo_server, "admin")
    assert stranger.get(callback).status_code == 400
    other_state = callback.replace("state=", "state=x")
    assert manager.get(other_state).status_code == 400
    # The wrong one has used up the question.
    assert manager.get(callback).status_code == 400
    callback = agree(start(manager, connector_id, company), company)
    assert manager.get(callback).status_code == 303
    again = manager.get(callback)
    assert again.status_code == 400 and "inte startad här" in again.text
    for empty in ("/nox_finans/callback", "/nox_finans/callback?state=&code=x"):
        assert manager.get(empty).status_code == 400
    assert read(manager, connector_id, "state")["state"] == "connected"


def test_a_no_on_the_consent_page_is_said_and_changes_nothing(
    sandbox, manager, connector_id, company
):
    answer = sign_in(manager, sandbox, connector_id, company, error="access_denied")
    assert answer.status_code == 400 and "access_denied" in answer.text
    assert read(manager, connector_id, "state")["state"] == "connected"


def test_markup_in_the_answer_is_shown_as_text(sandbox, manager, connector_id, company):
    answer = sign_in(manager, sandbox, connector_id, company, error="<script>alert(1)</script>")
    assert "<script>alert" not in answer.text and "&lt;script&gt;" in answer.text


def test_clerks_and_strangers_do_not_connect(odoo_server, connector_id):
    clerk = Browser(odoo_server, "clerk")
    assert clerk.get(f"/nox_finans/connect/{connector_id}").status_code == 403
    answer = requests.get(
        f"{odoo_server.url}/nox_finans/connect/{connector_id}", allow_redirects=False, timeout=10
    )
    assert "/web/login" in answer.headers["Location"]


def test_disconnect_revokes(odoo_server, sandbox, manager, connector_id):
    ((access,),) = odoo_server.sql("SELECT access_token FROM nox_finans_connector")
    answer = manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    assert "återkallat" in answer["params"]["message"]
    headers = {"Authorization": f"Bearer {access}"}
    answer = requests.get(f"{sandbox.url}/3/companyinformation", headers=headers, timeout=10)
    assert answer.status_code == 401
    rows = odoo_server.sql("SELECT access_token, refresh_token, state FROM nox_finans_connector")
    assert rows == [(None, None, "disconnected")]


def test_disconnect_without_network_ends_here_and_says_so(odoo_server, manager, connector_id):
    odoo_server.rpc("admin").call(
        "ir.config_parameter", "set_param", "nox_finans.sandbox_url", DEAD_URL
    )
    answer = manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    assert "avsluta anslutningen även där" in answer["params"]["message"]
    assert read(manager, connector_id, "state")["state"] == "disconnected"


def test_the_test_says_in_words_what_does_not_work(
    odoo_server, sandbox, manager, connector_id, company
):
    admin = odoo_server.rpc("admin")
    admin.call("ir.config_parameter", "set_param", "nox_finans.sandbox_url", DEAD_URL)
    assert "kan inte nås" in try_connection(manager, connector_id)[1]
    admin.call("ir.config_parameter", "set_param", "nox_finans.sandbox_url", sandbox.url)
    sandbox.post(
        "faults", kind="status", code=403, path="^/3/noxfinansinvoices/0$",
        body={"ErrorInformation": {"error": 1, "message": "Avtal saknas.", "code": 1}},
    )  # fmt: skip
    kind, message = try_connection(manager, connector_id)
    assert kind == "danger" and "Avtal saknas." in message
    sandbox.clear_faults()
    sign_in(manager, sandbox, connector_id, company, scope="companyinformation invoice")
    kind, message = try_connection(manager, connector_id)
    assert kind == "danger" and "noxfinansinvoice" in message
    odoo_server.sql(
        "UPDATE nox_finans_connector SET client_secret = 'wrong', token_expiry = '2020-01-01',"
        " granted_scope = NULL"
    )
    kind, message = try_connection(manager, connector_id)
    assert kind == "danger" and "hemlighet" in message


def test_another_company_does_not_get_the_open_cases(
    odoo_server, sandbox, manager, connector_id, company, make_invoice, send
):
    sign_in(manager, sandbox, connector_id, company)
    send(make_invoice())
    odoo_server.sql("UPDATE nox_finans_case SET state = 'accepted', next_try = '2099-01-01'"
                    " WHERE id = (SELECT max(id) FROM nox_finans_case)")  # fmt: skip
    other = sandbox.post("companies", name="Fel Bolag AB", organisation_number="556000-4615")
    answer = sign_in(manager, sandbox, connector_id, other)
    assert answer.status_code == 400 and "Fel Bolag AB" in answer.text
    row = read(manager, connector_id, "state", "remote_company")
    assert (row["state"], row["remote_company"]) == ("connected", company["name"])


def test_another_company_than_odoos_is_asked_about_before_anything_is_sent(
    odoo_server, sandbox, manager, connector_id, company, make_invoice, send
):
    # Whatever other tests have left at the company that is connected is no longer open.
    odoo_server.sql("UPDATE nox_finans_case SET state = 'closed' WHERE state <> 'refused'")
    odoo_server.sql("UPDATE nox_finans_case SET remote_number = NULL WHERE state = 'refused'")
    other = sandbox.post("companies", name="Fel Bolag AB", organisation_number="556000-4615")
    assert sign_in(manager, sandbox, connector_id, other).status_code == 303
    row = read(manager, connector_id, "state", "connection_message", "is_company_doubted")
    assert row["state"] == "confirm" and row["is_company_doubted"]
    assert (
        "Fel Bolag AB" in row["connection_message"] and "556000-4615" in row["connection_message"]
    )
    with pytest.raises(RpcError, match="Fel Bolag AB"):
        send(make_invoice())
    manager.call("nox.finans.connector", "action_confirm_company", [connector_id])
    assert read(manager, connector_id, "state")["state"] == "connected"
    # Signed in again to the company that was called the right one, nobody asks again.
    assert sign_in(manager, sandbox, connector_id, other).status_code == 303
    assert read(manager, connector_id, "state")["state"] == "connected"


def test_a_wrong_secret_is_found_before_the_consent_page(
    odoo_server, sandbox, manager, connector_id, company
):
    manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    action = manager.call("nox.finans.connector", "action_open_connect", [connector_id])
    wizard = action["res_id"]

    def press(**values):
        manager.call("nox.finans.connect", "write", [wizard], values)
        action = manager.call("nox.finans.connect", "action_connect", [wizard])
        names = ["problem", "client_id", "has_secret", "client_secret"]
        return action, manager.call("nox.finans.connect", "read", [wizard], names)[0]

    action, row = press(client_id=company["client_id"], client_secret="wrong")
    assert (action["res_model"], action["res_id"]) == ("nox.finans.connect", wizard)
    assert "invalid client" in row["problem"]
    # Nothing is lost of what was typed, and no secret is shown.
    assert row["client_id"] == company["client_id"] and row["has_secret"]
    assert not row["client_secret"]
    action, row = press(client_secret=company["client_secret"])
    assert action["type"] == "ir.actions.act_url" and not row["problem"]
    sandbox.post("faults", kind="status", code=500, path="^/oauth-v1/token$")
    action, row = press()
    assert action["res_id"] == wizard and row["problem"]


def test_the_check_s_rights_can_be_left_out(sandbox, manager, connector_id, company):
    action = manager.call("nox.finans.connector", "action_open_connect", [connector_id])
    values = {name: company[name] for name in ("client_id", "client_secret")}
    manager.call("nox.finans.connect", "write", [action["res_id"]], values | {"is_checked": False})
    action = manager.call("nox.finans.connect", "action_connect", [action["res_id"]])
    consent = manager.get(action["url"]).headers["Location"]
    (scope,) = parse_qs(urlsplit(consent).query)["scope"]
    assert scope == "companyinformation customer invoice noxfinansinvoice payment"


def test_secrets_are_in_no_log_and_no_answer(odoo_server, sandbox, manager, connector_id, company):
    sign_in(manager, sandbox, connector_id, company)
    try_connection(manager, connector_id)
    odoo_server.sql("UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")
    try_connection(manager, connector_id)
    ((*secrets,),) = odoo_server.sql(f"SELECT {', '.join(SECRETS)} FROM nox_finans_connector")
    log = odoo_server.log.read_text()
    chatter = odoo_server.sql("SELECT string_agg(body, ' ') FROM mail_message")[0][0]
    calls = str(odoo_server.sql("SELECT * FROM nox_finans_exchange"))
    action = manager.call("nox.finans.connector", "action_open_connect", [connector_id])
    dialog = str(manager.call("nox.finans.connect", "read", [action["res_id"]]))
    for secret in secrets:
        assert secret and not any(secret in text for text in (log, chatter, calls, dialog))
    for name in SECRETS:
        with pytest.raises(RpcError):
            manager.call("nox.finans.connector", "read", [connector_id], [name])
