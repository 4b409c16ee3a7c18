"""The way to the service's sign-in and back, as a browser goes it: real HTTP on both sides."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from conftest import RpcError, wait_for
from consent import Browser, agree, move_service, sign_in, start

from dev import odoo

pytest_plugins = "consent"
DEAD_URL = "http://127.0.0.1:9"
SECRETS = ("client_secret", "access_token", "refresh_token")


@pytest.fixture(autouse=True)
def connected_again(odoo_server, sandbox, company, connector_id, manager):
    yield
    sandbox.clear_faults()
    move_service(odoo_server, sandbox.url)
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
    for wrong in (callback.replace("state=", "state=x"), callback.split("?")[0]):
        assert manager.get(wrong).status_code == 400
    assert manager.get("/nox_finans/callback?state=&code=x").status_code == 400
    # The wrong ones have not used up the question.
    assert manager.get(callback).status_code == 303
    again = manager.get(callback)
    assert again.status_code == 400 and "inte startad här" in again.text
    assert read(manager, connector_id, "state")["state"] == "connected"


def test_each_tab_has_a_sign_in_of_its_own(manager, connector_id, company):
    first = agree(start(manager, connector_id, company), company)
    second = agree(start(manager, connector_id, company), company)
    assert manager.get(first).status_code == 303
    assert manager.get(second).status_code == 303


AHEAD = [
    ("HEAD", {}),
    ("POST", {}),
    ("OPTIONS", {}),
    ("GET", {"Sec-Purpose": "prefetch;prerender"}),
    ("GET", {"Purpose": "prefetch"}),
    ("GET", {"Sec-Fetch-Dest": "image"}),
]


@pytest.mark.parametrize(("method", "headers"), AHEAD)
def test_only_a_person_who_opens_the_page_begins_or_ends_a_sign_in(
    odoo_server, manager, connector_id, company, method, headers
):
    callback = agree(start(manager, connector_id, company), company)
    before = stored_session(manager)
    for path in (f"/nox_finans/connect/{connector_id}", callback):
        answer = manager.request(method, path, headers=headers)
        assert "Location" not in answer.headers, (path, answer.headers)
        assert answer.status_code in (204, 400, 405)
    assert pending(before) == pending(stored_session(manager))
    assert manager.get(callback, headers={"Sec-Fetch-Dest": "document"}).status_code == 303


def test_another_user_of_the_same_session_does_not_end_it(
    odoo_server, manager, connector_id, company
):
    callback = agree(start(manager, connector_id, company), company)
    session = stored_session(manager)
    for entry in session["nox_finans_sign_ins"].values():
        entry["user_id"] += 1
    store_session(manager, session)
    assert manager.get(callback).status_code == 400


def test_a_sign_in_that_took_too_long_is_refused_and_forgotten(manager, connector_id, company):
    callback = agree(start(manager, connector_id, company), company)
    session = stored_session(manager)
    for entry in session["nox_finans_sign_ins"].values():
        entry["until"] -= 20 * 60
    store_session(manager, session)
    assert manager.get(callback).status_code == 400
    agree(start(manager, connector_id, company), company)
    assert len(pending(stored_session(manager))) == 1


def test_a_session_does_not_collect_sign_ins(manager, connector_id, company):
    for _time in range(12):
        last = start(manager, connector_id, company)
    assert len(pending(stored_session(manager))) == 10
    assert manager.get(agree(last, company)).status_code == 303


def session_file(browser):
    session_id = browser.session.cookies["session_id"]
    (file,) = odoo.DATA.glob(f"sessions/**/{session_id}")
    return file


def stored_session(browser):
    """Return what the server keeps of a browser's session."""
    return json.loads(session_file(browser).read_text())


def store_session(browser, values):
    session_file(browser).write_text(json.dumps(values))


def pending(session):
    return sorted(session["nox_finans_sign_ins"])


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
    move_service(odoo_server, DEAD_URL)
    answer = manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    assert "avsluta anslutningen även där" in answer["params"]["message"]
    assert read(manager, connector_id, "state")["state"] == "disconnected"


def test_the_test_says_in_words_what_does_not_work(
    odoo_server, sandbox, manager, connector_id, company
):
    move_service(odoo_server, DEAD_URL)
    assert "kan inte nås" in try_connection(manager, connector_id)[1]
    move_service(odoo_server, sandbox.url)
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
    before = len(sandbox.get("requests"))
    answer = sign_in(manager, sandbox, connector_id, other)
    assert answer.status_code == 400 and "Fel Bolag AB" in answer.text
    row = read(manager, connector_id, "state", "remote_company")
    assert (row["state"], row["remote_company"]) == ("connected", company["name"])
    # The access to the wrong company is given back, the other one stays.
    asked = {(row["path"], row["status"]) for row in sandbox.get("requests")[before:]}
    assert ("/oauth-v1/revoke", 200) in asked
    ((access,),) = odoo_server.sql("SELECT access_token FROM nox_finans_connector")
    headers = {"Authorization": f"Bearer {access}"}
    answer = requests.get(f"{sandbox.url}/3/companyinformation", headers=headers, timeout=10)
    assert answer.json()["CompanyInformation"]["CompanyName"] == company["name"]


def test_another_company_than_odoos_is_asked_about_before_anything_is_sent(
    odoo_server, sandbox, manager, connector_id, company, make_invoice, send
):
    other = sandbox.post("companies", name="Fel Bolag AB", organisation_number="556000-4615")

    def end_all_and_sign_in():
        # Whatever other tests have left at the company that is connected is no longer open; what
        # is under way as they end may still move a case.
        odoo_server.sql("UPDATE nox_finans_case SET is_undo_due = FALSE, state ="
                        " CASE WHEN state = 'refused' THEN state ELSE 'closed' END,"
                        " remote_number = CASE WHEN state = 'refused' THEN NULL"
                        " ELSE remote_number END")  # fmt: skip
        return sign_in(manager, sandbox, connector_id, other).status_code == 303

    wait_for(end_all_and_sign_in, "nothing is open at the company before")
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


def test_the_access_is_not_shown_at_another_address(
    odoo_server, sandbox, manager, connector_id, company, make_invoice, send
):
    elsewhere = sandbox.url.replace("127.0.0.1", "localhost")
    admin = odoo_server.rpc("admin")
    admin.call("ir.config_parameter", "set_param", "nox_finans.sandbox_url", elsewhere)
    odoo_server.sql("UPDATE nox_finans_connector SET token_expiry = '2020-01-01'")
    ((before,),) = odoo_server.sql("SELECT refresh_token FROM nox_finans_connector")
    message = read(manager, connector_id, "connection_message")["connection_message"]
    assert sandbox.url in message and elsewhere in message
    with pytest.raises(RpcError, match="localhost"):
        send(make_invoice())
    assert try_connection(manager, connector_id)[0] == "danger"
    odoo_server.run_cron()
    answer = manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    assert elsewhere in answer["params"]["message"]
    # It was neither traded in nor revoked.
    answer = requests.post(
        f"{sandbox.url}/oauth-v1/token",
        data={"grant_type": "refresh_token", "refresh_token": before},
        auth=(company["client_id"], company["client_secret"]),
        timeout=10,
    )
    assert answer.ok, answer.text


def test_what_was_typed_for_one_environment_is_not_shown_at_the_other(
    odoo_server, manager, connector_id, company
):
    manager.call("nox.finans.connector", "action_disconnect", [connector_id])
    action = manager.call("nox.finans.connector", "action_open_connect", [connector_id])
    values = {name: company[name] for name in ("client_id", "client_secret")}
    manager.call("nox.finans.connect", "write", [action["res_id"]], values)
    for environment in ("production", "sandbox"):
        manager.call("nox.finans.connector", "write", [connector_id], {"environment": environment})
    rows = odoo_server.sql("SELECT client_id, client_secret FROM nox_finans_connector")
    assert rows == [(None, None)]
