"""Nobody gets round the guards by a plain write, create or import: over HTTP, as each sort of user.

What Nox Finans has stays as it was handed over; what was handed over once does not go again; and
what only the system notes is noted by nobody else.
"""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, suppress
from functools import cache

import pytest
from conftest import RpcError, wait_for
from odoo.tools import html2plaintext

# What a model gets of Odoo's own: which of it a user may write is not this add-on's to say.
MIXINS = ("base", "mail.thread", "mail.activity.mixin")
OPERATIONS = ("write", "create")
READER = ("base.group_user", "account.group_account_readonly")
# The invoice of these tests: what is asked of the customer.
PRICE, TOTAL = 5280, 6600


@pytest.fixture(scope="module")
def users(odoo_server):
    """Each sort of user by name; the demo company has none yet who only reads."""
    admin = odoo_server.rpc("admin")
    if not admin.call("res.users", "search_count", [["login", "=", "reader"]]):
        ids = [
            admin.call("ir.model.data", "check_object_reference", *xmlid.split("."))[1]
            for xmlid in READER
        ]
        admin.call(
            "res.users",
            "create",
            {
                "name": "Rut Revisor",
                "login": "reader",
                "password": "reader",
                "group_ids": [[6, 0, ids]],
            },
        )
    return {login: odoo_server.rpc(login) for login in ("clerk", "manager", "admin", "reader")}


@pytest.fixture
def invoice(make_invoice, clerk):
    """An invoice of 6,600, with each kind of row."""
    (product,) = clerk.call("product.product", "search", [["name", "=", "Framkörning"]])
    rows = (
        {"display_type": "line_section", "name": "Vecka 47"},
        {"product_id": product, "quantity": 1, "price_unit": PRICE},
        {"display_type": "line_note", "name": "Enligt offert"},
    )
    return make_invoice(invoice_line_ids=[[0, 0, row] for row in rows])


@pytest.fixture
def queued(odoo_server, invoice, send, case_of):
    """An invoice that waits for the service, which is not asked before the test has ended."""
    odoo_server.sql("UPDATE nox_finans_connector SET next_try = now() + interval '1 day'")
    send(invoice)
    assert case_of(invoice).state == "queued"
    yield invoice
    odoo_server.sql("UPDATE nox_finans_connector SET next_try = NULL")


@pytest.fixture
def accepted(invoice, send, case_of, until):
    send(invoice)
    # By itself: to turn the clock meanwhile would disturb the sending.
    wait_for(lambda: case_of(invoice).state == "accepted", "accepted")
    until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
    return invoice


@pytest.fixture
def closed(clerk, accepted, case_of, until):
    case = case_of(accepted)
    dialog = clerk.call(
        "nox.finans.case", "action_request", [case.id], context={"nox_finans_action": "stop"}
    )
    clerk.call("nox.finans.action", "action_confirm", [dialog["res_id"]])
    until(accepted, lambda case: case.state == "closed", "closed")
    return accepted


def load(rpc, model, record, names, row):
    """Import a row over a record, as the import does; raise what the import says."""
    result = rpc.call(model, "load", [".id", *names], [[str(record), *row]])
    if not result["ids"]:
        said = "; ".join(message["message"] for message in result["messages"])
        raise RpcError({"message": said, "name": "odoo.exceptions.ValidationError", "debug": ""})


# -----------------------------------------------------------------------------
# What only the system sets
# -----------------------------------------------------------------------------


def list_system_fields(admin):
    """Return a row (model, name, type) for each field that the add-on declares as the system's."""
    xmlids = admin.call(
        "ir.model.data",
        "search_read",
        [["module", "=", "nox_finans"], ["model", "=", "ir.model.fields"]],
        ["res_id"],
    )
    mixins = admin.call("ir.model.fields", "search_read", [["model", "in", MIXINS]], ["name"])
    found = admin.call(
        "ir.model.fields",
        "search_read",
        [
            ["id", "in", [row["res_id"] for row in xmlids]],
            ["readonly", "=", True],
            ["model_id.transient", "=", False],
            ["name", "not in", [row["name"] for row in mixins]],
            ["name", "not in", ["create_uid", "create_date", "write_uid", "write_date"]],
        ],
        ["model", "name", "ttype", "selection_ids"],
    )
    return [(row["model"], row["name"], row["ttype"]) for row in found]


def value_of(ttype):
    """Return something to write that is not what stands there, as far as that can be told."""
    return {
        "boolean": True,
        "char": "x",
        "date": "2020-01-01",
        "datetime": "2020-01-01 00:00:00",
        "float": 1.5,
        "html": "x",
        "integer": 7,
        "json": {"x": 1},
        "many2many": [[5]],
        "many2one": False,
        "monetary": 1.5,
        "one2many": [[5]],
        "selection": False,
        "text": "x",
    }[ttype]


def attacks(rpc, model, name, value, record):
    """Return the ways to set a field, by name; those that need a record only where one is seen."""
    ways = {"create": lambda: rpc.call(model, "create", {name: value})}
    if record:
        ways |= {
            "write": lambda: rpc.call(model, "write", [record], {name: value}),
            "load": lambda: load(rpc, model, record, [name], [""]),
        }
    return ways


@pytest.mark.parametrize("login", ["clerk", "manager", "admin"])
def test_what_only_the_system_sets_is_refused_of_every_model(users, login):
    rpc, count = users[login], 0

    @cache
    def may_set(model):
        return any(rpc.call(model, "has_access", [], operation) for operation in OPERATIONS)

    for model, name, ttype in list_system_fields(users["admin"]):
        if not may_set(model):
            continue
        (record,) = rpc.call(model, "search", [], limit=1) or [None]
        for way, attack in attacks(rpc, model, name, value_of(ttype), record).items():
            with pytest.raises(RpcError) as refused:
                attack()
            assert name in str(refused.value), (model, name, way, str(refused.value))
            count += 1
    # There are such fields, and this user has met them.
    assert count > 50, count


def test_no_default_sets_them(users, invoice, queued, case_of):
    """Neither the context nor a user's own default: both fill in what a create leaves out."""
    clerk, case = users["clerk"], case_of(queued)
    context = {"default_nox_finans_case_id": case.id, "default_nox_finans_is_disputed": True}
    partner = clerk.call("account.move", "read", [invoice.id], ["partner_id"])[0]["partner_id"][0]
    move = clerk.call(
        "account.move",
        "create",
        {"move_type": "out_invoice", "partner_id": partner},
        context=context,
    )
    (read,) = clerk.call(
        "account.move", "read", [move], ["nox_finans_case_id", "nox_finans_is_disputed"]
    )
    assert not read["nox_finans_case_id"] and not read["nox_finans_is_disputed"]


# -----------------------------------------------------------------------------
# Handed over once
# -----------------------------------------------------------------------------

POINTERS = {
    "nox_finans_case_id": False,
    "nox_finans_case_ids": [[5]],
    "nox_finans_case_state": "refused",
    "nox_finans_amount_to_collect": 1,
    "nox_finans_credit_covered": True,
    "nox_finans_is_disputed": False,
    "nox_finans_status": "approved",
}


def attack_pointers(rpc, invoice):
    """Try whatever could make an invoice look as if it had never been sent."""
    for name, value in POINTERS.items():
        for attack in attacks(rpc, "account.move", name, value, invoice.id).values():
            with pytest.raises(RpcError):
                attack()
    with suppress(RpcError):
        # What it answers is not the point: what it leaves behind is.
        rpc.call("nox.finans.case", "write", [], {"state": "refused"})


@pytest.mark.parametrize("login", ["clerk", "manager", "admin", "reader"])
def test_what_was_closed_stays_red_and_does_not_go_again(
    users, login, closed, send, odoo_server, ledger_of
):
    attack_pointers(users[login], closed)
    (read,) = users["clerk"].call(
        "account.move", "read", [closed.id], ["nox_finans_status", "nox_finans_case_id"]
    )
    assert read["nox_finans_status"] == "rejected" and read["nox_finans_case_id"]
    with suppress(RpcError):
        send(closed)
    odoo_server.let_time_pass(closed)
    odoo_server.run_cron()
    assert len(ledger_of(closed)) == 1
    ((count,),) = odoo_server.sql(
        "SELECT count(*) FROM nox_finans_case WHERE move_id = %s", closed.id
    )
    assert count == 1


def test_an_emptied_pointer_opens_nothing(users, accepted, send, odoo_server, ledger_of):
    """Whatever has emptied it: what counts are the cases."""
    clerk = users["clerk"]
    odoo_server.sql("UPDATE account_move SET nox_finans_case_id = NULL WHERE id = %s", accepted.id)
    (read,) = clerk.call("account.move", "read", [accepted.id], ["nox_finans_status"])
    assert read["nox_finans_status"] == "rejected"
    found = clerk.call(
        "account.move",
        "search_count",
        [["id", "=", accepted.id], ["nox_finans_status", "=", "rejected"]],
    )
    assert found == 1
    with pytest.raises(RpcError, match="was sent via Nox Finans"):
        clerk.call("account.move", "button_draft", [accepted.id])
    with suppress(RpcError):
        send(accepted)
    odoo_server.run_cron()
    assert len(ledger_of(accepted)) == 1


# -----------------------------------------------------------------------------
# What was handed over stays as it is
# -----------------------------------------------------------------------------


@pytest.fixture
def stored(odoo_server):
    """Return all that the database has of an invoice and its rows, but when it was written."""

    def read(invoice):
        return odoo_server.sql(
            "SELECT to_jsonb(account_move) - ARRAY['write_date', 'write_uid'],"
            "       (SELECT jsonb_agg(to_jsonb(line) - ARRAY['write_date', 'write_uid']"
            "                         ORDER BY id)"
            "          FROM account_move_line AS line WHERE move_id = account_move.id)"
            "  FROM account_move WHERE id = %s",
            invoice.id,
        )

    return read


@pytest.fixture(params=["queued", "accepted"])
def held(request):
    """An invoice that Nox Finans has, or is just getting."""
    return request.getfixturevalue(request.param)


def row_changes(admin, invoice):
    """Return a dict from what may not be written to a value that differs, for any row."""
    (other,) = admin.call("res.partner", "search", [["id", "!=", invoice.customer]], limit=1)
    (euro,) = admin.call(
        "res.currency", "search", [["name", "=", "EUR"]], context={"active_test": False}
    )
    return {
        "amount_currency": -1321,
        "amount_residual": 1,
        "balance": -1321,
        "collapse_prices": True,
        "credit": 1321,
        "currency_id": euro,
        "date_maturity": "2030-01-01",
        "debit": 1321,
        "discount": 80,
        "discount_date": "2030-01-01",
        "name": "Något annat",
        "partner_id": other,
        "price_subtotal": 1,
        "price_unit": 1056.8,
        "quantity": 0.2,
        "sequence": 4711,
        "tax_base_amount": 1,
    }


MOVE_CHANGES = {
    "amount_residual": 1,
    "amount_total": 1321,
    "commercial_partner_id": 1,
    "company_id": False,
    "delivery_date": "2030-01-01",
    "fiscal_position_id": 1,
    "invoice_date": "2030-01-01",
    "invoice_date_due": "2030-01-01",
    "invoice_origin": "S0815",
    "invoice_payment_term_id": 1,
    "invoice_user_id": 1,
    "name": "F/1",
    "narration": "Något annat",
    "nox_finans_channel": "einvoice",
    "nox_finans_invoice_type": "cash",
    "nox_finans_tax_reduction": 1000,
    "partner_bank_id": False,
    "partner_id": 1,
    "partner_shipping_id": 1,
    "payment_reference": "4711",
    "ref": "Något annat",
    "reversed_entry_id": 1,
    "state": "draft",
}
# Odoo itself lets a caller switch these checks off.
SWITCHES = {"skip_readonly_check": True, "check_move_validity": False, "bypass_lock_check": True}


@pytest.mark.parametrize("login", ["clerk", "manager"])
def test_no_row_can_be_changed(users, login, held, stored):
    before = stored(held)
    rows = before[0][1]
    kinds = {row["display_type"] for row in rows}
    assert kinds == {"line_section", "line_note", "product", "tax", "payment_term"}
    for name, value in row_changes(users["admin"], held).items():
        refused = 0
        for row in rows:
            try:
                users[login].call(
                    "account.move.line", "write", [row["id"]], {name: value}, context=SWITCHES
                )
            except RpcError:
                refused += 1
        assert refused, name
    assert stored(held) == before


@pytest.mark.parametrize("login", ["clerk", "manager"])
def test_the_invoice_itself_cannot_be_changed(users, login, held, stored):
    before = stored(held)
    for name, value in MOVE_CHANGES.items():
        with suppress(RpcError):
            users[login].call("account.move", "write", [held.id], {name: value}, context=SWITCHES)
        with suppress(RpcError):
            load(users[login], "account.move", held.id, [name], [str(value or "")])
        assert stored(held) == before, name


def test_no_row_comes_or_goes(users, held, stored):
    """By itself, through the invoice, through the import, and moved to or from another."""
    clerk, before = users["clerk"], stored(held)
    row = before[0][1][0]["id"]
    new = {"name": "Till", "price_unit": 1}
    rows = "invoice_line_ids"
    attacks = (
        ("account.move.line", "create", [new | {"move_id": held.id}]),
        ("account.move.line", "create", [new | {"move_id": held.id, "display_type": "line_note"}]),
        ("account.move.line", "unlink", [row]),
        ("account.move.line", "copy", [row]),
        ("account.move", "write", [held.id], {rows: [[0, 0, new]]}),
        ("account.move", "write", [held.id], {rows: [[1, row, {"name": "Annat"}]]}),
        ("account.move", "write", [held.id], {rows: [[2, row]]}),
        ("account.move", "write", [held.id], {rows: [[5]]}),
        ("account.move", "write", [held.id], {"line_ids": [[6, 0, []]]}),
        ("account.move", "unlink", [held.id]),
        ("account.move", "button_draft", [held.id]),
        ("account.move", "button_cancel", [held.id]),
    )
    for model, method, *arguments in attacks:
        with pytest.raises(RpcError):
            clerk.call(model, method, *arguments, context=SWITCHES)
        assert stored(held) == before, (method, arguments)
    with pytest.raises(RpcError):
        load(clerk, "account.move", held.id, [f"{rows}/name"], ["Till"])
    assert stored(held) == before


def test_a_row_of_another_invoice_cannot_be_moved_to_it(users, held, make_invoice, stored):
    before, other = stored(held), make_invoice()
    clerk = users["clerk"]
    clerk.call("account.move", "button_draft", [other.id])
    (row, *_rest) = clerk.call("account.move.line", "search", [["move_id", "=", other.id]])
    for model, record, values in (
        ("account.move.line", row, {"move_id": held.id}),
        ("account.move", held.id, {"invoice_line_ids": [[4, row]]}),
    ):
        with pytest.raises(RpcError):
            clerk.call(model, "write", [record], values, context=SWITCHES)
    assert stored(held) == before


NEW_CASE = """
INSERT INTO nox_finans_case (
    move_id, company_id, partner_id, commercial_partner_id, service, channel, environment, state,
    reference, next_try)
SELECT id, company_id, partner_id, commercial_partner_id, 'invoice', 'letter', 'sandbox', 'queued',
       'NOX-MEANWHILE', now() + interval '1 day'
  FROM account_move WHERE id = %s
"""


def test_a_row_is_not_changed_while_a_colleague_sends_the_invoice(
    users, odoo_server, postgresql, invoice
):
    """Who writes the row waits for the sending, then finds the case; else neither saw the other."""
    (row, *_rest) = users["clerk"].call(
        "account.move.line",
        "search",
        [["move_id", "=", invoice.id], ["display_type", "=", "line_note"]],
    )
    waiting = "SELECT 1 FROM pg_locks WHERE NOT granted AND pid IN (SELECT pid FROM"
    waiting += " pg_stat_activity WHERE datname = current_database())"
    with (
        closing(postgresql.connect(odoo_server.database)) as colleague,
        ThreadPoolExecutor() as pool,
    ):
        colleague.autocommit = False
        cursor = colleague.cursor()
        cursor.execute("SELECT FROM account_move WHERE id = %s FOR NO KEY UPDATE", [invoice.id])
        cursor.execute(NEW_CASE, [invoice.id])
        cursor.execute("UPDATE account_move SET write_date = now() WHERE id = %s", [invoice.id])
        written = pool.submit(
            users["clerk"].call, "account.move.line", "write", [row], {"name": "Annat"}
        )
        wait_for(lambda: written.done() or odoo_server.sql(waiting), "the writer waits")
        colleague.commit()
        with pytest.raises(RpcError, match="was sent via Nox Finans"):
            written.result()
    odoo_server.sql("DELETE FROM nox_finans_case WHERE move_id = %s", invoice.id)


# -----------------------------------------------------------------------------
# What goes on as ever
# -----------------------------------------------------------------------------


def test_what_the_company_keeps_for_itself_may_change(users, held):
    clerk = users["clerk"]
    for values in ({"no_followup": True}, {"nox_finans_hidden": True}, {"no_followup": False}):
        clerk.call("account.move", "write", [held.id], values)
    clerk.call("account.move", "action_toggle_block_payment", [held.id])
    clerk.call("account.move", "action_toggle_block_payment", [held.id])
    clerk.call("account.move", "message_post", [held.id], body="Ringt kunden")
    clerk.call("account.move", "activity_schedule", [held.id], "mail.mail_activity_data_todo")
    clerk.call("account.move", "message_subscribe", [held.id], [held.customer])
    (row, *_rest) = clerk.call(
        "account.move.line", "search", [["move_id", "=", held.id], ["display_type", "=", "product"]]
    )
    # What does not change is no change: forms and imports send it along.
    clerk.call("account.move.line", "write", [row], {"price_unit": PRICE, "name": "Framkörning"})


def test_it_can_be_paid_and_the_payment_taken_back(users, accepted):
    clerk = users["clerk"]
    context = {"active_model": "account.move", "active_ids": [accepted.id]}
    register = clerk.call("account.payment.register", "create", {}, context=context)
    clerk.call("account.payment.register", "action_create_payments", [register], context=context)
    (read,) = clerk.call("account.move", "read", [accepted.id], ["amount_residual"])
    assert read["amount_residual"] == 0
    rows = clerk.call(
        "account.move.line",
        "search",
        [["move_id", "=", accepted.id], ["display_type", "=", "payment_term"]],
    )
    clerk.call("account.move.line", "remove_move_reconcile", rows)
    (read,) = clerk.call("account.move", "read", [accepted.id], ["amount_residual"])
    assert read["amount_residual"] == TOTAL


def test_it_can_be_credited(users, accepted):
    clerk = users["clerk"]
    context = {"active_model": "account.move", "active_ids": [accepted.id]}
    (read,) = clerk.call("account.move", "read", [accepted.id], ["journal_id"])
    wizard = clerk.call(
        "account.move.reversal", "create", {"journal_id": read["journal_id"][0]}, context=context
    )
    action = clerk.call("account.move.reversal", "refund_moves", [wizard], context=context)
    clerk.call("account.move", "action_post", [action["res_id"]])
    (read,) = clerk.call("account.move", "read", [action["res_id"]], ["amount_total"])
    assert read["amount_total"] == TOTAL


def test_a_customer_may_become_a_contact_of_a_company(users, accepted):
    """Odoo puts all of its entries on the company: the service goes on with what it got."""
    clerk = users["clerk"]
    company = clerk.call("res.partner", "create", {"name": "Koncern AB", "is_company": True})
    clerk.call("res.partner", "write", [accepted.customer], {"parent_id": company})
    (read,) = clerk.call("res.partner", "read", [accepted.customer], ["parent_id"])
    assert read["parent_id"][0] == company


# -----------------------------------------------------------------------------
# Disputes
# -----------------------------------------------------------------------------


def test_a_dispute_is_noted_and_settled_by_its_dialog_alone(users, invoice):
    clerk, manager = users["clerk"], users["manager"]
    note = {
        "nox_finans_is_disputed": True,
        "nox_finans_dispute_reason": "Inget",
        "nox_finans_dispute_user_id": False,
    }
    for rpc in (clerk, manager):
        with pytest.raises(RpcError, match="nox_finans_is_disputed"):
            rpc.call("account.move", "write", [invoice.id], note)
    context = clerk.call("account.move", "action_nox_finans_dispute", [invoice.id])["context"]
    with pytest.raises(RpcError):
        clerk.call("nox.finans.dispute", "create", {}, context=context)
    blank = clerk.call("nox.finans.dispute", "create", {"reason": " "}, context=context)
    with pytest.raises(RpcError, match="Say why"):
        clerk.call("nox.finans.dispute", "action_confirm", [blank])
    dialog = clerk.call("nox.finans.dispute", "create", {"reason": "Fel pris"}, context=context)
    clerk.call("nox.finans.dispute", "action_confirm", [dialog])
    with pytest.raises(RpcError, match="nox_finans_is_disputed"):
        manager.call("account.move", "write", [invoice.id], {"nox_finans_is_disputed": False})
    with pytest.raises(RpcError, match="no right"):
        users["reader"].call("account.move", "action_nox_finans_settle_dispute", [invoice.id])
    assert read_dispute(clerk, invoice) == (True, "Fel pris")
    manager.call("account.move", "action_nox_finans_settle_dispute", [invoice.id])
    assert read_dispute(clerk, invoice)[0] is False
    told = clerk.call(
        "mail.message",
        "search_read",
        [["model", "=", "account.move"], ["res_id", "=", invoice.id]],
        ["body"],
    )
    # Each once: a refused write leaves no trace, a done one does.
    words = [html2plaintext(row["body"]) for row in told]
    assert words.count("Disputed: Fel pris") == words.count("The dispute is settled.") == 1


def read_dispute(rpc, invoice):
    names = ["nox_finans_is_disputed", "nox_finans_dispute_reason"]
    (read,) = rpc.call("account.move", "read", [invoice.id], names)
    return tuple(read[name] for name in names)
