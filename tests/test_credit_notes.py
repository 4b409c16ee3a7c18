"""Credit notes at the service: made of their original, once, and never somebody else's."""

import pytest
from cases import GIVE_UP, Case, make_case
from there import There

CREDIT = """
move = env["nox.finans.case"].browse(case_id).move_id
env = env(context={"allowed_company_ids": move.company_id.ids})
wizard = env["account.move.reversal"].with_context(
    active_model="account.move", active_ids=move.ids
).create({"journal_id": move.journal_id.id})
credit = env["account.move"].browse(wizard.reverse_moves()["res_id"])
credit.invoice_line_ids.price_unit = price
# A credit note has no terms of its own.
env["nox.finans.connector"].search([]).default_service = "invoice"
credit.action_post()
# Odoo sets it off against its invoice at once; here the service is to do it.
credit.line_ids.remove_move_reconcile()
clerk = env["res.users"].search([("login", "=", "clerk")])
cases, left_out = credit.with_user(clerk)._nox_finans_queue()
assert not left_out, list(left_out.values())
result = cases.id
"""
HOLD = "UPDATE nox_finans_connector SET next_try = now() at time zone 'utc' + interval '1 hour'"
GO_ON = "UPDATE nox_finans_connector SET next_try = NULL"


@pytest.fixture
def there(setting):
    return There(setting)


@pytest.fixture
def original(setting):
    yield make_case(setting)
    setting.sandbox.clear_faults()


def credit(setting, original, price=40):
    """Queue a credit note of a part of the invoice; nothing is sent yet."""
    setting.sql(HOLD)
    case_id = setting.worker.do("code", code=CREDIT, case_id=original.id, price=price)
    setting.sql(GO_ON)
    return Case(setting, case_id)


def test_it_is_made_of_its_original_and_lowers_it(setting, there, original):
    case = credit(setting, original)
    case.run_until("accepted", "closed")
    document = there.invoice(case.number)
    assert document["Total"] == -40 and document["Booked"] and document["NoxFinans"]
    assert there.invoice(original.number)["CreditInvoiceReference"] == case.number
    assert there.invoice(original.number)["Balance"] == 60


@pytest.mark.parametrize("when", ["before", "processed", "read"])
def test_killed_at_the_credit_it_goes_once(setting, there, original, when):
    case = credit(setting, original)
    breaking = {"method": "PUT", "path": "/credit$", "when": when}
    assert setting.worker.order("cron", **{"break": breaking}) == {"signal": 9}
    case.run_until("accepted", "closed")
    assert there.invoice(original.number)["CreditInvoiceReference"] == case.number
    assert there.invoice(original.number)["Balance"] == 60


def test_killed_and_given_up_it_leaves_no_orphan(setting, there, original):
    case = credit(setting, original)
    breaking = {"method": "PUT", "path": "/credit$", "when": "read"}
    assert setting.worker.order("cron", **{"break": breaking}) == {"signal": 9}
    number = there.invoice(original.number)["CreditInvoiceReference"]
    setting.sql(
        "UPDATE account_move SET nox_finans_not_ready = TRUE"
        " WHERE id = (SELECT move_id FROM nox_finans_case WHERE id = %s)",
        case.id,
    )
    case.run_until("refused")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    assert there.invoice(number)["Cancelled"]


def test_somebody_elses_credit_note_is_left_alone(setting, there, original):
    assert there.ask("PUT", f"/invoices/{original.number}/credit").ok
    number = there.invoice(original.number)["CreditInvoiceReference"]
    before = there.invoice(number)
    case = credit(setting, original)
    case.run_until("refused")
    assert there.invoice(number) == before


def test_bookkept_and_given_up_a_person_is_asked(setting, there, original):
    case = credit(setting, original)
    setting.sandbox.refuse("POST", "^/3/noxfinansinvoices$")
    case.run_until("refused")
    number = case.number
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    assert there.invoice(number)["Booked"]
    assert len(case.questions()) == 1


def test_an_original_of_another_environment_is_none(setting, there, original):
    case = credit(setting, original)
    setting.sql("UPDATE nox_finans_case SET environment = 'production' WHERE id = %s", original.id)
    case.run_until("refused")
    setting.sql("UPDATE nox_finans_case SET environment = 'sandbox' WHERE id = %s", original.id)
    assert there.invoice(original.number)["CreditInvoiceReference"] in (None, "", "0", 0)
