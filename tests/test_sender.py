"""Who sends in the background is who has pressed the button, whatever is written beside it."""

import pytest
from conftest import RpcError, wait_for


@pytest.fixture
def manager(odoo_server):
    return odoo_server.rpc("manager")


@pytest.fixture
def forged(manager):
    """What names the manager as the sender."""
    (row,) = manager.call("res.users", "read", [manager.uid], ["partner_id"])
    return {"author_user_id": manager.uid, "author_partner_id": row["partner_id"][0]}


@pytest.fixture
def run_odoos_cron(odoo_server):
    def run():
        admin = odoo_server.rpc("admin")
        (cron,) = admin.call(
            "ir.cron", "search", [["code", "=", "model._cron_account_move_send()"]]
        )

        def has_run():
            try:
                admin.call("ir.cron", "method_direct_trigger", [cron])
            except RpcError as error:
                # It runs by itself, after the button.
                assert error.is_in_words, error.debug
                return False
            return True

        wait_for(has_run, "Odoo's own cron")

    return run


@pytest.fixture
def make_invoice_sent_by(clerk, make_invoice):
    """Make an invoice whose customer gets invoices by a method."""

    def make(method, **values):
        invoice = make_invoice(**values)
        clerk.call("res.partner", "write", [invoice.customer], {"invoice_sending_method": method})
        return invoice

    return make


def send_in_background(user, *invoices):
    ids = [invoice.id for invoice in invoices]
    dialog = user.call("account.move.send.batch.wizard", "create", {"move_ids": [[6, 0, ids]]})
    user.call("account.move.send.batch.wizard", "action_send_and_print", [dialog])


def test_a_written_sender_counts_for_nothing(
    clerk, forged, make_invoice_sent_by, run_odoos_cron, case_of
):
    written = make_invoice_sent_by("nox_finans")
    clerk.call("account.move", "write", [written.id], {"sending_data": forged})
    created = make_invoice_sent_by("nox_finans", sending_data=forged)
    # The author of an e-mail, too.
    rows = clerk.call("account.move", "read", [written.id, created.id], ["sending_data"])
    assert forged["author_partner_id"] not in [
        row["sending_data"]["author_partner_id"] for row in rows
    ]
    run_odoos_cron()
    for invoice in (written, created):
        assert case_of(invoice).user_id[0] == clerk.uid


def test_it_is_who_has_pressed_the_button_last(
    clerk, manager, forged, make_invoice_sent_by, run_odoos_cron, case_of
):
    invoices = [make_invoice_sent_by("nox_finans") for _number in range(2)]
    clerk.call("account.move", "write", [invoices[0].id], {"sending_data": forged})
    send_in_background(manager, *invoices)
    run_odoos_cron()
    assert [case_of(invoice).user_id[0] for invoice in invoices] == [manager.uid] * 2


@pytest.mark.parametrize("data", ["x", [1], 7])
def test_what_is_no_sending_is_refused(clerk, make_invoice, data):
    invoice = make_invoice()
    with pytest.raises(RpcError) as refused:
        clerk.call("account.move", "write", [invoice.id], {"sending_data": data})
    assert refused.value.is_in_words
