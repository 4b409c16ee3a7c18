"""Where Odoo's usual neighbours are installed: sales, online payment, and what a Swedish company
gets by itself, Peppol and letters by post."""

import re
from types import SimpleNamespace

import pytest
import requests
from conftest import RpcError, wait_for

NEIGHBOURS = "sale_management,payment_demo,snailmail_account,account_edi_ubl_cii"


@pytest.fixture(scope="module")
def served(serve_own):
    """A running demo with what an administrator chooses to install; Peppol comes of itself."""
    return serve_own(NEIGHBOURS)


@pytest.fixture(scope="module")
def admin(odoo_server):
    return odoo_server.rpc("admin")


@pytest.fixture(scope="module")
def second_company(odoo_server, admin):
    """A second Swedish company, made as the form of companies makes it."""
    (sweden,) = admin.call("res.country", "search", [["code", "=", "SE"]])

    def make():
        values = {"name": "Söderbo AB", "country_id": sweden}
        try:
            return admin.call("res.company", "create", values)
        except RpcError as error:
            # Odoo installs nothing while a cron works, as they all do just after the start; what
            # it says then depends on how far it has come.
            if not re.search("scheduled action|transaction is aborted", str(error)):
                raise

    return wait_for(make, "a second company")


def test_a_second_swedish_company_brings_peppol_and_the_chart(odoo_server, second_company):
    ((state,),) = odoo_server.sql(
        "SELECT state FROM ir_module_module WHERE name = 'account_peppol'"
    )
    assert state == "installed"
    ((chart, connection),) = odoo_server.sql(
        "SELECT chart_template, connector.state FROM res_company"
        " JOIN nox_finans_connector AS connector ON connector.company_id = res_company.id"
        " WHERE res_company.id = %s",
        second_company,
    )
    assert (chart, connection) == ("se", "disconnected")


@pytest.fixture
def order(admin, clerk, make_invoice, second_company):
    """A confirmed order of a customer of the first company's."""
    customer = make_invoice().customer
    (term,) = clerk.call("account.payment.term", "search", [["name", "=", "30 dagar"]])
    (product,) = clerk.call("product.product", "search", [["name", "=", "Framkörning"]])
    order = admin.call(
        "sale.order",
        "create",
        {
            "partner_id": customer,
            "payment_term_id": term,
            # Odoo has made the only one before the company had its currency.
            "pricelist_id": False,
            "order_line": [
                [0, 0, {"product_id": product, "product_uom_qty": 3, "price_unit": 333.33}],
                [0, 0, {"display_type": "line_note", "name": "Nyckel hos grannen"}],
            ],
        },
    )
    admin.call("sale.order", "action_confirm", [order])
    return order


@pytest.fixture
def invoice_order(admin):
    """Make and confirm an invoice of an order, as the dialog does."""

    def invoice_order(order, method, **values):
        context = {"active_model": "sale.order", "active_ids": [order], "active_id": order}
        wizard = admin.call(
            "sale.advance.payment.inv",
            "create",
            {"advance_payment_method": method, **values},
            context=context,
        )
        action = admin.call(
            "sale.advance.payment.inv", "create_invoices", [wizard], context=context
        )
        admin.call("account.move", "action_post", [action["res_id"]])
        (row,) = admin.call(
            "account.move",
            "read",
            [action["res_id"]],
            ["name", "amount_total", "nox_finans_status", "nox_finans_reasons"],
        )
        assert row["nox_finans_status"] == "approved", row["nox_finans_reasons"]
        return SimpleNamespace(**row)

    return invoice_order


def test_an_orders_down_payment_and_its_rest_are_handed_over(
    order, invoice_order, send, until, ledger_of
):
    down_payment = invoice_order(order, "percentage", amount=30)
    rest = invoice_order(order, "delivered")
    send(down_payment, rest)
    for invoice in (down_payment, rest):
        until(invoice, lambda case: case.state == "accepted", "handed over")
        (row,) = ledger_of(invoice)
        assert row["total"] == invoice.amount_total
        assert row["accepted"] == 1


@pytest.fixture
def open_send(clerk):
    """Open Odoo's own Send as the clerk does; return a function that reads from the dialog."""

    def open_send(invoice):
        action = clerk.call("account.move", "action_send_and_print", [invoice.id])
        dialog = clerk.call(action["res_model"], "create", {}, context=action["context"])

        def read(name):
            return clerk.call(action["res_model"], "read", [dialog], [name])[0][name]

        return SimpleNamespace(
            read=read,
            write=lambda values: clerk.call(action["res_model"], "write", [dialog], values),
            send=lambda: clerk.call(action["res_model"], "action_send_and_print", [dialog]),
        )

    return open_send


def test_odoos_own_send_offers_all_ways_and_keeps_our_rules(
    second_company, make_invoice, open_send, until, case_of, ledger_of
):
    invoice = make_invoice()
    dialog = open_send(invoice)
    offered = dialog.read("sending_method_checkboxes")
    assert {"nox_finans", "snailmail", "email"} <= set(offered)
    dialog.write({"sending_methods": ["nox_finans", "snailmail"]})
    assert dialog.read("alerts")["nox_finans_twice"]["level"] == "warning"
    dialog.write({"sending_methods": ["nox_finans"]})
    assert "nox_finans_environment" in dialog.read("alerts")
    dialog.send()
    assert case_of(invoice).state == "queued"
    # Now no other way is taken, neither an old one nor one that came later.
    dialog = open_send(invoice)
    for method in ("peppol", "snailmail"):
        dialog.write({"sending_methods": [method]})
        assert dialog.read("alerts")["nox_finans_delivers"]["level"] == "danger"
    with pytest.raises(RpcError, match="Nox Finans"):
        dialog.send()
    until(invoice, lambda case: case.state == "accepted", "handed over")
    assert ledger_of(invoice)[0]["accepted"] == 1


def test_an_invoices_payment_page_opens(odoo_server, admin, second_company, make_invoice):
    (provider,) = admin.call("payment.provider", "search", [["code", "=", "demo"]], limit=1)
    admin.call("payment.provider", "write", [provider], {"state": "test", "is_published": True})
    invoice = make_invoice()
    context = {"active_model": "account.move", "active_id": invoice.id}
    wizard = admin.call("payment.link.wizard", "create", {}, context=context)
    (row,) = admin.call("payment.link.wizard", "read", [wizard], ["link", "amount"])
    assert row["amount"] == 1248.75
    path = row["link"].partition("://")[2].partition("/")[2]
    answer = requests.get(f"{odoo_server.url}/{path}", timeout=60)
    assert answer.status_code == 200
    assert invoice.name in answer.text
