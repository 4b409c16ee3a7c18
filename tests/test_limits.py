"""Whatever number, date or text a person enters: refused in words, or every page still opens."""

import math

import pytest
from conftest import RpcError
from days import today
from pages import open_all, open_page

NUMBERS = [-1, 10**7, 2**31, 10**12, 10**30, -(10**30), 1e308, math.nan, math.inf, "9" * 30, "x"]
DATES = ["0001-01-01", "9999-12-31", "10000-01-01", "2026-02-31", 5]
TEXTS = ["x" * 1_000_000]
EXTREMES = {
    **dict.fromkeys(("integer", "float", "monetary"), NUMBERS),
    **dict.fromkeys(("date", "datetime"), DATES),
    **dict.fromkeys(("char", "text", "html"), TEXTS),
}
# Whose invoices Odoo itself lets in, or another system does.
DAYS = [("0001-01-01", "9999-12-31"), ("9999-12-31", "0001-01-01"), ("9999-12-31", "9999-12-31")]
# A value that is within its limit, and the next one that is not.
LIMITS = [
    ("nox.finans.connector", "statement_days", 366, 367),
    ("nox.finans.connector", "collection_days", 60, 61),
    ("nox.finans.connector", "payment_method_account", 9999, 10_000),
    ("nox.finans.connector", "keep_log_days", 7, 6),
    ("nox.finans.connector", "keep_personal_days", 2557, 2558),
    ("nox.finans.rule", "days_overdue", 3650, 3651),
    ("nox.finans.rule", "max_per_day", 1, 0),
    ("nox.finans.rule", "least_amount", 1_000_000_000, math.nan),
    ("nox.finans.price", "price", 1_000_000, 1_000_001),
    ("nox.finans.price", "date_from", "2099-12-31", "2100-01-01"),
    ("nox.finans.action", "paused_until", "2099-12-31", "9999-12-31"),
    ("nox.finans.dispute", "reason", "x" * 1000, "x" * 1001),
    ("account.move", "nox_finans_tax_reduction", 0, -1),
]
CRONS = ["_cron_exchange", "_cron_look_ahead", "_cron_run_rules", "_cron_compare_ledgers"]


@pytest.fixture(scope="module")
def served(serve_own):
    """A demo with its sandbox and a server of its own: what is entered here stays here."""
    return serve_own()


@pytest.fixture(scope="module")
def admin(odoo_server):
    return odoo_server.rpc("admin")


@pytest.fixture(scope="module")
def manager(odoo_server):
    return odoo_server.rpc("manager")


@pytest.fixture(scope="module")
def writable(admin):
    """Return what of the add-on's a person can enter: model, field and type."""
    rows = admin.call(
        "ir.model.fields",
        "search_read",
        [
            "|",
            ["model", "=like", "nox.finans.%"],
            ["name", "=like", "nox_finans_%"],
            ["readonly", "=", False],
            ["ttype", "in", list(EXTREMES)],
        ],
        ["model", "name", "ttype", "modules"],
    )
    return [
        (row["model"], row["name"], row["ttype"])
        for row in rows
        # What a model gets of Odoo's own is not this add-on's.
        if row["modules"].split(", ")[0] == "nox_finans"
        and not row["name"].startswith(("activity_", "message_"))
    ]


@pytest.fixture
def targets(admin, manager, clerk, make_invoice, open_case):
    """For each model who may write it, and the record that is written; by ways of one's own."""
    (connector,) = manager.call("nox.finans.connector", "search", [])
    rule = manager.call("nox.finans.rule", "create", {"name": "Förfallna"})
    price, *_others = manager.call("nox.finans.price", "search", [])
    unit = find_or_make_unit(manager, connector)
    (term,) = manager.call("account.payment.term", "search", [["name", "=", "15 dagar"]])
    case = clerk.call("nox.finans.case", "search", [["move_id", "=", open_case.id]])
    pause = clerk.call(
        "nox.finans.case", "action_request", case, context={"nox_finans_action": "pause"}
    )
    invoice = make_invoice().id
    dispute = clerk.call(
        "nox.finans.dispute", "create", {"reason": "Fel", "move_ids": [[6, 0, [invoice]]]}
    )
    connect = manager.call("nox.finans.connect", "create", {"connector_id": connector})
    return {
        "account.move": (clerk, invoice),
        "account.payment.term": (manager, term),
        "nox.finans.action": (clerk, pause["res_id"]),
        "nox.finans.connect": (manager, connect),
        "nox.finans.connector": (manager, connector),
        "nox.finans.dispute": (clerk, dispute),
        "nox.finans.price": (manager, price),
        "nox.finans.rule": (manager, rule),
        "nox.finans.unit": (manager, unit),
        "res.config.settings": (admin, admin.call("res.config.settings", "create", {})),
    }


def find_or_make_unit(manager, connector):
    found = manager.call("nox.finans.unit", "search", [], limit=1)
    if found:
        return found[0]
    (uom,) = manager.call("uom.uom", "search", [], limit=1)
    values = {"connector_id": connector, "uom_id": uom, "code": "d"}
    return manager.call("nox.finans.unit", "create", values)


def attempt(user, model, method, *arguments, **options):
    """Return the answer, or None when it is refused in words."""
    try:
        return user.call(model, method, *arguments, **options)
    except RpcError as error:
        assert error.is_in_words, (model, method, str(arguments)[:200], error.debug)
        return None


def enter(user, record, model, name, value):
    """Enter a value in each of the ways that there are."""
    attempt(user, model, "write", [record], {name: value})
    attempt(user, model, "onchange", [record], {name: value}, [name], {name: {}})
    attempt(user, model, "create", {name: value})
    attempt(user, model, "create", {}, context={f"default_{name}": value})
    attempt(user, model, "copy", [record], {name: value})


def run_crons(odoo_server, admin):
    for method in CRONS:
        (cron,) = admin.call("ir.cron", "search", [["code", "=", f"model.{method}()"]])
        attempt(admin, "ir.cron", "method_direct_trigger", [cron])


def open_settings(admin, connector):
    admin.call("res.config.settings", "onchange", [], {}, [], {"nox_finans_statement_days": {}})
    admin.call("nox.finans.connector", "read", [connector])


def test_what_is_entered_is_refused_in_words_or_does_no_harm(
    odoo_server, admin, manager, clerk, writable, targets
):
    assert len(writable) > 25
    for model, name, kind in writable:
        for value in EXTREMES[kind]:
            if model in targets:
                enter(*targets[model], model, name, value)
            else:
                # Nobody writes it but the system; a new model of a person's needs a target.
                assert attempt(manager, model, "create", {name: value}) is None, model
    for user in (clerk, manager):
        open_all(user, admin)
    _user, rule = targets["nox.finans.rule"]
    preview = manager.call("nox.finans.rule", "action_preview", [rule])
    manager.call("nox.finans.rule.preview", "read", [preview["res_id"]])
    open_settings(admin, targets["nox.finans.connector"][1])
    run_crons(odoo_server, admin)
    assert "Traceback" not in odoo_server.log.read_text()


def test_the_limit_is_said(targets):
    for model, name, good, bad in LIMITS:
        user, record = targets[model]
        user.call(model, "write", [record], {name: good})
        with pytest.raises(RpcError) as refused:
            user.call(model, "write", [record], {name: bad})
        assert refused.value.name == "odoo.exceptions.ValidationError", (model, name)
        label = user.call(model, "fields_get", [name], ["string"])[name]["string"]
        assert label in str(refused.value)


def test_invoices_of_other_ages_have_a_colour(odoo_server, admin, manager, clerk, make_invoice):
    term = manager.call(
        "account.payment.term",
        "create",
        {
            "name": "Om länge",
            "nox_finans_service": "invoice",
            "line_ids": [[0, 0, {"value": "percent", "value_amount": 100, "nb_days": 10**6}]],
        },
    )
    invoices = [make_invoice(invoice_payment_term_id=term)]
    for day, due in DAYS:
        invoice = make_invoice(invoice_date=today().isoformat())
        # Odoo itself refuses some of them; another system's import does not.
        odoo_server.sql(
            "UPDATE account_move SET invoice_date = %s, invoice_date_due = %s, date = %s"
            " WHERE id = %s",
            *(day, due, today(), invoice.id),
        )
        invoices.append(invoice)
    ids = [invoice.id for invoice in invoices]
    for user in (clerk, manager):
        rows = open_page(user, "account.move", domain=[["id", "in", ids]])
        assert len(rows) == len(ids)
        open_all(user, admin)
        statuses = user.call("account.move", "read", ids, ["nox_finans_status"])
        assert all(row["nox_finans_status"] for row in statuses)
    action = clerk.call("account.move", "action_nox_finans_open_send", ids)
    clerk.call("nox.finans.send", "read", [action["res_id"]])
    attempt(clerk, "nox.finans.send", "action_send", [action["res_id"]])
    run_crons(odoo_server, admin)
    assert "OverflowError" not in odoo_server.log.read_text()


@pytest.fixture
def rule(manager):
    return manager.call("nox.finans.rule", "create", {"name": "Om en vecka", "is_on": True})


def test_a_duplicated_rule_is_off(odoo_server, manager, rule):
    odoo_server.sql(
        "UPDATE nox_finans_rule SET error_message = 'Fel', told_case = 7 WHERE id = %s", rule
    )
    (copy,) = manager.call("nox.finans.rule", "copy", [rule])
    (row,) = manager.call("nox.finans.rule", "read", [copy])
    assert not (row["is_on"] or row["error_message"] or row["told_case"])
    assert row["name"] != "Om en vecka" and row["name"].startswith("Om en vecka (")
    (original,) = manager.call("nox.finans.rule", "read", [rule], ["is_on"])
    assert original["is_on"]


def test_what_is_there_once_is_not_duplicated(clerk, targets, open_case):
    (case,) = clerk.call("nox.finans.case", "search", [["move_id", "=", open_case.id]])
    once = ("nox.finans.connector", "nox.finans.price", "nox.finans.unit")
    for model in (*once, "nox.finans.case"):
        user, record = targets.get(model, (clerk, case))
        with pytest.raises(RpcError) as refused:
            user.call(model, "copy", [record])
        assert refused.value.is_in_words, model
