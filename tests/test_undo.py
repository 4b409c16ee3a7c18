"""Nothing is begun at the service that cannot be ended: given up, mended, refused beforehand."""

import pytest
from cases import GIVE_UP, SEND_AGAIN, Case, send_new
from there import There

MEND_STREET = 'env["nox.finans.case"].browse(case_id).partner_id.street = "Rättade gatan 2"\n'
MEND_REFERENCE = 'env["nox.finans.case"].browse(case_id).move_id.ref = "Beställning 77"\n'
CANCEL = """
move = env["nox.finans.case"].browse(case_id).move_id
move.button_draft()
move.button_cancel()
"""
MAKE_UNSAYABLE = """
move = env["nox.finans.case"].browse(case_id).move_id
tax = env["account.tax"].create({
    "name": "25,5 %", "amount": 25.5, "type_tax_use": "sale", "company_id": move.company_id.id,
})
env.cr.execute(
    "INSERT INTO account_move_line_account_tax_rel VALUES (%s, %s)",
    [move.invoice_line_ids.id, tax.id],
)
"""
CHANGE_CUSTOMER = """
move = env["nox.finans.case"].browse(case_id).move_id
term = move.invoice_payment_term_id
move.button_draft()
move.partner_id = env["res.partner"].create({
    "name": "Annan Kund AB", "street": "Gatan 9", "zip": "222 33", "city": "Lund",
    "is_company": True, "company_registry": "556012-5790",
})
move.invoice_payment_term_id = term
move.action_post()
"""
TRY_TO_SEND = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move = env["nox.finans.case"].browse(case_id).move_id.with_user(clerk)
_cases, left_out = move._nox_finans_queue()
result = list(left_out.values())
"""
WITH_OERE = """
line = env["nox.finans.case"].browse(case_id).move_id.invoice_line_ids
env.cr.execute("UPDATE account_move SET amount_total = 100.4 WHERE id = %s", [line.move_id.id])
env.cr.execute(
    "UPDATE account_move_line SET price_unit = 100.4, price_subtotal = 100.4, price_total = 100.4"
    " WHERE id = %s", [line.id])
"""
HOLD = "UPDATE nox_finans_connector SET next_try = now() at time zone 'utc' + interval '1 hour'"


@pytest.fixture
def there(setting):
    return There(setting)


@pytest.fixture(autouse=True)
def clean_sandbox(setting):
    setting.sandbox.post("settings", rate_limit=False)
    # What the demo has in its queue is no concern of these tests.
    setting.worker.do("cron")
    configure(setting, accounting_method="ACCRUAL", locked_until=None, vat_rounding="row")
    yield
    setting.sandbox.clear_faults()


def configure(setting, **settings):
    setting.sandbox.post("company-settings", **settings)


def refused_at(setting, method, path):
    """Return a new case that was refused at this request."""
    case = send_new(setting)
    setting.sandbox.refuse(method, path)
    case.run_until("refused")
    return case


def documents(case):
    """Return all that the service has ever got of the case's invoice."""
    ((name,),) = case.setting.sql(
        "SELECT name FROM account_move WHERE id ="
        " (SELECT move_id FROM nox_finans_case WHERE id = %s)",
        case.id,
    )
    return case.setting.sandbox.get("invoices", our_number=name)


def credit_of(there, number):
    """Return the credit note that the service has of an invoice."""
    return there.invoice(there.invoice(number)["CreditInvoiceReference"])


def test_what_is_not_bookkept_is_cancelled_when_it_is_given_up(setting):
    case = refused_at(setting, "PUT", "/bookkeep$")
    number = case.stored("remote_number")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    assert case.stored("state", "close_reason") == ("closed", "given_up")
    case.run_until("closed")
    (document,) = documents(case)
    assert (document["DocumentNumber"], document["Cancelled"]) == (number, True)
    assert not case.stored("is_undo_due")


def test_what_is_bookkept_is_credited_when_it_is_given_up(setting, there):
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    number = case.stored("remote_number")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    credit = credit_of(there, number)
    assert credit["Booked"] and credit["Total"] == -there.invoice(number)["Total"]
    assert there.invoice(number)["Balance"] == 0


def test_the_invoice_can_be_sent_anew_after_it_was_given_up(setting):
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    again = Case(setting, setting.worker.do("code", code=SEND_AGAIN, case_id=case.id))
    assert again.id != case.id
    again.run_until("accepted")
    assert again.stored("remote_number") != case.stored("remote_number")


def test_cancelling_the_invoice_in_odoo_gives_it_up(setting):
    case = refused_at(setting, "PUT", "/bookkeep$")
    setting.worker.do("code", code=CANCEL, case_id=case.id)
    case.run_until("closed")
    (document,) = documents(case)
    assert document["Cancelled"]


def test_an_invoice_mended_after_bookkeeping_is_made_anew(setting, there):
    """A bookkept invoice cannot be changed: the debtor must get the mended one all the same."""
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    first = case.stored("remote_number")
    setting.worker.do("code", code=MEND_STREET, case_id=case.id)
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")
    second = there.invoice(case.stored("remote_number"))
    assert second["DocumentNumber"] != first
    assert second["Address1"] == "Rättade gatan 2" and second["NoxFinans"]
    assert credit_of(there, first)["Booked"] and not there.invoice(first)["NoxFinans"]


def test_an_invoice_mended_before_bookkeeping_is_changed_in_place(setting):
    case = refused_at(setting, "PUT", "/bookkeep$")
    first = case.stored("remote_number")
    setting.worker.do("code", code=MEND_REFERENCE, case_id=case.id)
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")
    assert case.stored("remote_number") == first
    (document,) = documents(case)
    assert document["YourOrderNumber"] == "Beställning 77"


def test_what_cannot_be_taken_back_is_asked_of_a_person(setting):
    case = refused_at(setting, "PUT", "/bookkeep$")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    setting.sandbox.refuse("PUT", "/cancel$")
    case.run_until("closed")
    ((note,),) = setting.sql(
        "SELECT note FROM mail_activity WHERE res_model = 'nox.finans.case' AND res_id = %s",
        case.id,
    )
    assert case.stored("remote_number") in note and "Nej." in note


def test_what_cannot_be_said_is_not_begun(setting):
    setting.sql(HOLD)
    case = send_new(setting)
    setting.worker.do("code", code=MAKE_UNSAYABLE, case_id=case.id)
    before = len(setting.sandbox.get("requests"))
    case.run_until("refused")
    assert not case.stored("step")
    ours = setting.sandbox.get("requests")[before:]
    assert not [row for row in ours if row["method"] != "GET"]


def test_an_error_before_any_call_leaves_nothing_uncertain(setting):
    """A fault of ours, or of another module, while a body is put together."""
    break_off = """
Case = type(env["nox.finans.case"])
def broken(case):
    raise ValueError("a fault of another module")
Case._prepare_customer = broken
env["nox.finans.connector"]._cron_exchange()
"""
    case = send_new(setting)
    setting.worker.do("code", code=break_off)
    assert case.stored("state") == "queued"
    case.run_until("accepted")


def test_cash_accounting_leaves_bookkeeping_out(setting):
    configure(setting, accounting_method="CASH")
    case = send_new(setting)
    case.run_until("accepted")
    (document,) = documents(case)
    assert document["NoxFinans"] and not document["Booked"]


def test_a_total_that_the_service_rounds_another_way_is_met(setting):
    """How it rounds VAT is not documented: by row or by invoice, the total is Odoo's to the öre."""
    many_rows = """
move = env["nox.finans.case"].browse(case_id).move_id
row = {"name": "Arbete", "quantity": 1, "price_unit": 0.33}
case = move.nox_finans_case_id
copy = move.copy({"invoice_date": move.invoice_date, "invoice_line_ids": [(0, 0, row)] * 20})
copy.invoice_line_ids.tax_ids = copy.company_id.account_sale_tax_id
copy.action_post()
clerk = env["res.users"].search([("login", "=", "clerk")])
cases, left_out = copy.with_user(clerk)._nox_finans_queue()
assert not left_out, list(left_out.values())
result = [cases.id, copy.amount_total]
"""
    first = send_new(setting)
    for rounding in ("row", "invoice"):
        configure(setting, vat_rounding=rounding)
        case_id, total = setting.worker.do("code", code=many_rows, case_id=first.id)
        case = Case(setting, case_id)
        case.run_until("accepted")
        (document,) = documents(case)
        assert document["Total"] == total, rounding


def test_what_is_being_taken_back_is_not_sent_anew(setting, there):
    """Nox Finans has taken it after all, which no answer has told: it is followed on."""
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    body = {
        "InvoiceNumber": case.stored("remote_number"),
        "SendMethod": "LETTER",
        "Service": "LEDGERBASE",
    }
    assert there.ask("POST", "/noxfinansinvoices", {"NoxFinansInvoice": body}).ok
    setting.sql(HOLD)
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    (reason,) = setting.worker.do("code", code=TRY_TO_SEND, case_id=case.id)
    assert reason
    case.run_until("accepted")
    assert len(documents(case)) == 1
    assert len(case.questions()) == 1


def test_a_strangers_invoice_is_never_touched(setting, there):
    """Under its number another invoice is found, as after signing in to another company."""
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    setting.sql("UPDATE nox_finans_case SET reference = 'NOX-another' WHERE id = %s", case.id)
    number = case.stored("remote_number")
    before = there.invoice(number)
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    assert there.invoice(number) == before
    assert len(case.questions()) == 1


@pytest.mark.parametrize("refused", ["/bookkeep$", "^/3/noxfinansinvoices$"])
def test_another_customer_after_a_refusal_is_the_one_who_owes(setting, there, refused):
    case = refused_at(setting, None, refused)
    setting.worker.do("code", code=CHANGE_CUSTOMER, case_id=case.id)
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")
    document = there.invoice(case.stored("remote_number"))
    assert document["CustomerName"] == "Annan Kund AB"
    assert there.customer(document["CustomerNumber"])["OrganisationNumber"] == "556012-5790"


def test_an_undo_without_a_clear_answer_is_tried_until_there_is_one(setting):
    case = refused_at(setting, "PUT", "/bookkeep$")
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    setting.sandbox.post("faults", method="PUT", path="/cancel$", kind="status", code=500, times=16)
    for _time in range(16):
        setting.sql("UPDATE nox_finans_connector SET next_try = NULL")
        case.sync()
    assert case.stored("is_undo_due") and not case.stored("is_stuck")
    assert len(case.questions()) == 1
    case.run_until("closed")
    (document,) = documents(case)
    assert document["Cancelled"]


def test_what_was_cancelled_there_by_hand_is_made_anew(setting, there):
    case = refused_at(setting, "PUT", "/bookkeep$")
    assert there.ask("PUT", f"/invoices/{case.stored('remote_number')}/cancel").ok
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")


def test_what_was_credited_there_by_hand_is_made_anew(setting, there):
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    number = case.stored("remote_number")
    assert there.ask("PUT", f"/invoices/{number}/credit").ok
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")
    assert credit_of(there, number)["Booked"]


def test_a_part_credited_by_hand_is_asked_of_a_person(setting, there):
    case = refused_at(setting, "POST", "^/3/noxfinansinvoices$")
    number = case.stored("remote_number")
    assert there.ask("PUT", f"/invoices/{number}/credit").ok
    row = {"Description": "Del", "DeliveredQuantity": "-1", "Price": 10, "VAT": 0}
    credit = there.invoice(number)["CreditInvoiceReference"]
    assert there.ask("PUT", f"/invoices/{credit}", {"Invoice": {"InvoiceRows": [row]}}).ok
    assert there.ask("PUT", f"/invoices/{credit}/bookkeep").ok
    setting.worker.do("code", code=GIVE_UP, case_id=case.id)
    case.run_until("closed")
    assert len(case.questions()) == 1


def test_a_total_that_cannot_be_met_leaves_nothing_behind(setting):
    """A company that lets Fortnox round invoices to whole kronor."""
    configure(setting, round_to_kronor=True)
    setting.sql(HOLD)
    case = send_new(setting)
    setting.worker.do("code", code=WITH_OERE, case_id=case.id)
    case.run_until("refused")
    case.run_until("refused")
    (document,) = documents(case)
    assert document["Cancelled"]
    configure(setting, round_to_kronor=False)
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")


def test_a_case_without_a_card_gets_one(setting):
    """As after an upgrade in the middle of the way."""
    setting.sql(HOLD)
    case = send_new(setting)
    setting.sql("UPDATE nox_finans_case SET step = 'customer' WHERE id = %s", case.id)
    case.run_until("accepted")
