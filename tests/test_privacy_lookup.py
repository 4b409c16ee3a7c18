"""Odoo's privacy lookup finds what the add-on has of a person, and what is done about it."""

import pytest
from conftest import RpcError
from pages import open_page


@pytest.fixture(scope="module")
def served(serve_own):
    return serve_own("privacy_lookup")


@pytest.fixture(scope="module")
def admin(odoo_server):
    return odoo_server.rpc("admin")


def look_up(admin, name, email):
    """Return the lines that the lookup finds, by model."""
    wizard = admin.call("privacy.lookup.wizard", "create", {"name": name, "email": email})
    action = admin.call("privacy.lookup.wizard", "action_lookup", [wizard])
    lines = admin.call(
        "privacy.lookup.wizard.line", "search_read", action["domain"], ["res_model", "res_id"]
    )
    found = {}
    for line in lines:
        found.setdefault(line["res_model"], []).append(line)
    return found


@pytest.fixture
def person(clerk, open_case):
    """The contact that an invoice of a company's goes to."""
    values = {"name": "Bertil Berg", "email": "bertil@berg.example"}
    clerk.call("res.partner", "write", [open_case.customer], values)
    return values


def test_cases_cards_and_log_are_found_and_open(odoo_server, admin, person, open_case, case_of):
    found = look_up(admin, **person)
    case = case_of(open_case)
    assert case.id in [line["res_id"] for line in found["nox.finans.case"]]
    assert case.card_id[0] in [line["res_id"] for line in found["nox.finans.card"]]
    ((calls,),) = odoo_server.sql(
        "SELECT count(*) FROM nox_finans_exchange WHERE case_id = %s", case.id
    )
    assert len(found["nox.finans.exchange"]) == calls > 3
    for model in ("nox.finans.case", "nox.finans.card", "nox.finans.exchange"):
        line = found[model][0]
        action = admin.call("privacy.lookup.wizard.line", "action_open_record", [line["id"]])
        rows = open_page(admin, action["res_model"], ["form"], [["id", "=", action["res_id"]]])
        assert rows, model


def test_evidence_is_not_deleted_and_the_log_may_be(odoo_server, admin, person, open_case, case_of):
    found = look_up(admin, **person)
    for model in ("nox.finans.case", "nox.finans.card"):
        with pytest.raises(RpcError) as refused:
            admin.call("privacy.lookup.wizard.line", "action_unlink", [found[model][0]["id"]])
        assert refused.value.name == "odoo.exceptions.UserError"
    for line in found["nox.finans.exchange"]:
        admin.call("privacy.lookup.wizard.line", "action_unlink", [line["id"]])
    case = case_of(open_case)
    assert case.state == "accepted" and not case.exchange_ids
