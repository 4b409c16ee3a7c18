"""A branch of a company: it shares the payment terms of those above it, and has a connection of its
own, or none."""

import pytest
from conftest import RpcError, wait_for
from consent import Browser, sign_in
from days import today

ENGLISH = {"lang": "en_US"}
BRANCH = "Norrvik Filial"


@pytest.fixture(scope="module")
def served(serve_own):
    return serve_own()


@pytest.fixture(scope="module")
def parent(odoo_server):
    admin = odoo_server.rpc("admin")
    (row,) = admin.call("res.company", "search_read", [], ["name", "company_registry"])
    return row


@pytest.fixture(scope="module")
def branch(odoo_server, parent):
    """A branch, open to all who work for its parent."""
    admin = odoo_server.rpc("admin")
    values = {"name": BRANCH, "parent_id": parent["id"], "street": "Filialgatan 1"}
    branch = admin.call("res.company", "create", values)
    users = admin.call("res.users", "search", [["login", "in", ["admin", "manager", "clerk"]]])
    admin.call("res.users", "write", users, {"company_ids": [[4, branch]]})
    return branch


@pytest.fixture(scope="module")
def shared_term(odoo_server, parent):
    values = {"name": "Filialens 30 dagar", "company_id": parent["id"]}
    values["line_ids"] = [[0, 0, {"value": "percent", "value_amount": 100, "nb_days": 30}]]
    return odoo_server.rpc("admin").call("account.payment.term", "create", values)


@pytest.fixture
def manager(odoo_server):
    return Browser(odoo_server, "manager")


def within(company):
    return {"context": {**ENGLISH, "allowed_company_ids": [company]}}


def connector_of(rpc, company):
    domain = [["company_id", "=", company]]
    return rpc.call("nox.finans.connector", "search", domain, **within(company))


def active_terms(rpc, company, field="invoice_term_ids"):
    connector = connector_of(rpc, company)
    (row,) = rpc.call("nox.finans.connector", "read", connector, [field], **within(company))
    return row[field]


def banner(rpc, company):
    (row,) = rpc.call("nox.finans.connector", "get_sending_banners", **within(company))
    return row["message"]


def make_invoice(clerk, company, term):
    context = within(company)
    customer = clerk.call(
        "res.partner",
        "create",
        {
            "name": "Filialkund AB",
            "is_company": True,
            "street": "Provgatan 1",
            "zip": "111 22",
            "city": "Stockholm",
            "company_registry": "556700-0111",
            "email": "test@kund.example",
        },
        **context,
    )
    (product,) = clerk.call("product.product", "search", [["name", "=", "Framkörning"]])
    values = {
        "move_type": "out_invoice",
        "partner_id": customer,
        "invoice_date": today().isoformat(),
        "invoice_payment_term_id": term,
        "invoice_line_ids": [[0, 0, {"product_id": product, "quantity": 3, "price_unit": 333}]],
    }
    move = clerk.call("account.move", "create", values, **context)
    clerk.call("account.move", "action_post", [move], **context)
    names = ["name", "company_id", "nox_finans_status", "nox_finans_reasons"]
    (row,) = clerk.call("account.move", "read", [move], names, **context)
    return row


def send(clerk, company, invoice):
    context = within(company)
    action = clerk.call("account.move", "action_nox_finans_open_send", [invoice["id"]], **context)
    return clerk.call("nox.finans.send", "action_send", [action["res_id"]], **context)


@pytest.mark.parametrize("service", ["invoice", "reminder"])
def test_a_shared_term_is_active_for_each_company_by_itself(
    manager, parent, branch, shared_term, service
):
    field = f"{service}_term_ids"
    connector = connector_of(manager, branch)

    def write(command):
        values = {field: [[command, shared_term]]}
        manager.call("nox.finans.connector", "write", connector, values, **within(branch))

    before = active_terms(manager, parent["id"], field)
    write(4)
    assert active_terms(manager, branch, field) == [shared_term]
    assert active_terms(manager, branch, "active_term_ids") == [shared_term]
    assert active_terms(manager, parent["id"], field) == before
    write(3)
    assert active_terms(manager, branch, field) == []


def test_the_settings_page_lets_go_what_it_shows(odoo_server, branch, shared_term):
    admin = odoo_server.rpc("admin")
    for wanted in ([shared_term], []):
        values = {"nox_finans_invoice_term_ids": [[6, 0, wanted]], "company_id": branch}
        settings = admin.call("res.config.settings", "create", values, **within(branch))
        admin.call("res.config.settings", "execute", [settings], **within(branch))
        assert active_terms(admin, branch) == wanted


def test_another_companys_terms_are_not_the_branchs(odoo_server, branch):
    admin = odoo_server.rpc("admin")
    other = admin.call("res.company", "create", {"name": "Annat AB"})
    admin.call("res.users", "write", [admin.uid], {"company_ids": [[4, other]]})
    term = admin.call("account.payment.term", "create", {"name": "Deras", "company_id": other})
    both = {"context": {"allowed_company_ids": [branch, other]}}
    values = {"nox_finans_service": "invoice"}
    admin.call("account.payment.term", "write", [term], values, **both)
    (row,) = admin.call("account.payment.term", "read", [term], list(values), **both)
    assert row["nox_finans_service"] == "invoice"
    assert term not in active_terms(admin, branch)


def test_a_branch_without_a_connection_says_so(odoo_server, parent, manager, branch, shared_term):
    clerk = odoo_server.rpc("clerk")
    for said in (banner(clerk, branch), banner(manager, branch)):
        assert BRANCH in said and parent["name"] in said and "connection of its own" in said
    assert not banner(clerk, parent["id"])
    values = {"invoice_term_ids": [[4, shared_term]]}
    manager.call(
        "nox.finans.connector", "write", connector_of(manager, branch), values, **within(branch)
    )
    invoice = make_invoice(clerk, branch, shared_term)
    assert invoice["company_id"][0] == branch
    with pytest.raises(RpcError, match="connection of its own"):
        send(clerk, branch, invoice)


def test_a_branch_with_a_connection_sends_by_it(
    odoo_server, sandbox, manager, parent, branch, shared_term
):
    clerk = odoo_server.rpc("clerk")
    # The branch is the same legal person: it has no number of its own.
    number = parent["company_registry"]
    there = sandbox.post("companies", name=BRANCH, organisation_number=number)
    (connector,) = connector_of(manager, branch)
    assert sign_in(manager, sandbox, connector, there).status_code == 303
    assert not banner(clerk, branch)
    values = {"invoice_term_ids": [[4, shared_term]], "statement_days": 0}
    manager.call("nox.finans.connector", "write", [connector], values, **within(branch))
    invoice = make_invoice(clerk, branch, shared_term)
    assert invoice["nox_finans_status"] == "approved", invoice["nox_finans_reasons"]
    send(clerk, branch, invoice)

    def ledger():
        odoo_server.run_cron()
        return sandbox.get("ledger", company_id=there["company_id"])

    (row,) = wait_for(ledger, "handed over by the branch", seconds=60)
    assert (row["our_number"], row["accepted"]) == (invoice["name"], 1)


def test_money_of_a_branch_can_be_booked_in_a_journal_of_those_above(
    odoo_server, manager, parent, branch
):
    admin = odoo_server.rpc("admin")
    domain = [["type", "=", "bank"], ["company_id", "=", parent["id"]]]
    journal = admin.call("account.journal", "search", domain, limit=1)[0]
    connector = connector_of(manager, branch)
    values = {"payment_journal_id": journal}
    manager.call("nox.finans.connector", "write", connector, values, **within(branch))
    names = ["payment_journal_id"]
    (row,) = manager.call("nox.finans.connector", "read", connector, names, **within(branch))
    assert row["payment_journal_id"][0] == journal
