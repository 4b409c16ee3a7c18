"""The document that the service makes of an invoice: fetched once, kept, tried again."""

import pytest
from cases import make_case
from conftest import wait_for
from debtor import read_pdf

DOCUMENTS = "/3/documents/"
FETCH = "env['nox.finans.case']._cron_fetch_documents()"
LET_TIME_PASS = "case.document_try = False"
READ = """
from odoo import fields
case = env["nox.finans.case"].browse(case_id)
document = case.document_id
result = {
    "content": document.raw.decode("latin-1") if document else "", "id": document.id,
    "name": document.name, "mimetype": document.mimetype,
    "is_on_invoice": (document.res_model, document.res_id) == ("account.move", move.id),
    "kept": env["ir.attachment"].search_count(
        [("res_model", "=", "account.move"), ("res_id", "=", move.id)]),
    "ocr": case.ocr_number, "is_due": case.is_document_due, "tries": case.document_try_count,
    "wait": (case.document_try - fields.Datetime.now()).total_seconds()
        if case.document_try else 0,
    "state": case.state, "error": case.error_message, "try_count": case.try_count,
}
"""


def fetch(case):
    """Let the scheduled action run; return what there is of the document then."""
    case.code(FETCH)
    return case.code(READ)


def document_calls(case):
    return [
        row
        for row in case.setting.sandbox.get("requests")
        if row["path"].startswith(DOCUMENTS) and row["path"].endswith(f"/{case.number}")
    ]


@pytest.fixture
def fault(case):
    """Let the service break the next answers there; all is well again at the end."""

    def fault(**values):
        path = f"{DOCUMENTS}.*/{case.number}$"
        case.setting.sandbox.post("faults", path=path, **values)

    yield fault
    case.setting.sandbox.clear_faults()


def test_it_is_fetched_once_and_kept_with_the_invoice(case):
    before = len(document_calls(case))
    kept = fetch(case)
    assert kept["is_on_invoice"]
    assert kept["mimetype"] == "application/pdf"
    assert kept["ocr"] in read_pdf(kept["content"].encode("latin-1"))
    assert "Nox Finans" in kept["name"]
    for _time in range(3):
        case.sync()
        assert fetch(case)["id"] == kept["id"]
    assert len(document_calls(case)) == before + 1


def test_another_address_brings_another_document(case):
    first = fetch(case)
    ((address,),) = case.setting.sql(
        "SELECT document_url FROM nox_finans_case WHERE id = %s", case.id
    )
    forge_address(case, f"{address}?version=2")
    case.sync()
    # The same content at another address is the same document.
    assert fetch(case)["id"] == first["id"]
    assert case.code(READ)["kept"] == first["kept"]
    case.pay(10)
    forge_address(case, f"{address}?version=3")
    case.sync()
    second = fetch(case)
    assert second["id"] != first["id"]
    assert second["kept"] == first["kept"] + 1


def forge_address(case, address):
    body = {
        "NoxFinansInvoice": {
            "InvoiceNumber": int(case.number),
            "Status": "OPEN",
            "InvoiceDocumentURL": address,
        }
    }
    case.forge("GET", "/3/noxfinansinvoices/{}", body)


@pytest.mark.parametrize(
    "broken",
    [
        {"kind": "status", "code": 500},
        {"kind": "status", "code": 404},
        {"kind": "status", "code": 401},
        {"kind": "garbage"},
        {"kind": "cut"},
        {"kind": "timeout", "seconds": 2},
    ],
    ids=lambda broken: f"{broken['kind']}{broken.get('code', '')}",
)
def test_a_fault_waits_for_the_next_try_and_disturbs_nothing(case, fault, broken):
    fault(**broken)
    before = case.code(READ)
    kept = fetch(case)
    assert (kept["content"], kept["is_due"], kept["tries"]) == ("", True, 1)
    assert kept["wait"] > 60
    # Not before its time.
    assert fetch(case)["tries"] == 1
    assert {name: kept[name] for name in ("state", "error", "try_count")} == {
        name: before[name] for name in ("state", "error", "try_count")
    }
    case.code(LET_TIME_PASS)
    kept = fetch(case)
    assert kept["content"].startswith("%PDF")
    assert not kept["is_due"]


def test_pauses_grow_until_it_is_given_up(case, fault):
    fault(kind="status", code=500, times=100)
    waits = []
    while (kept := fetch(case))["is_due"]:
        waits.append(round(kept["wait"], -2))
        case.code(LET_TIME_PASS)
    assert waits[:3] == [300, 600, 1200]
    assert waits == sorted(waits)
    assert max(waits) <= 24 * 3600
    assert len(waits) < 20
    # In the language of who has sent it.
    assert "kunde inte hämtas" in case.chatter()
    # That the service tells the same address again begins nothing anew.
    calls = len(document_calls(case))
    case.sync()
    fetch(case)
    assert len(document_calls(case)) == calls


def test_the_status_is_followed_while_the_document_is_not_to_be_had(case, fault):
    fault(kind="timeout", seconds=2, times=100)
    fetch(case)
    # The service notes a call when it has ended, which is after we have given it up.
    before = len(wait_for(lambda: document_calls(case), "the call for the document"))
    assert case.pay(40)["state"] == "accepted"
    assert case.stored("capital_balance") == 60
    assert len(document_calls(case)) == before
    (case_calls,) = case.setting.sql(
        "SELECT count(*) FROM nox_finans_exchange WHERE path LIKE %s", f"{DOCUMENTS}%"
    )
    assert case_calls == (0,)


SEND_COPY = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move.partner_id.write({"email": "kund@example.com", "lang": "sv_SE"})
before = env["mail.message"].search([], order="id DESC", limit=1).id
action = env["nox.finans.case"].browse(case_id).with_user(clerk).action_send_document()
composer = env["mail.compose.message"].with_user(clerk).with_context(**action["context"])
composer = composer.browse(action["res_id"])
shown = {"attachments": composer.attachment_ids.mapped("name"), "body": composer.body,
    "lang": composer.lang, "partners": composer.partner_ids.ids == move.partner_id.ids}
composer.action_send_mail()
message = env["mail.message"].search([("id", ">", before), ("model", "=", "account.move"),
    ("res_id", "=", move.id), ("message_type", "=", "comment")])
result = {**shown, "sent": message.attachment_ids.mapped(lambda a: a.raw.decode("latin-1")),
    "kept": case.document_id.raw.decode("latin-1"), "kept_on": case.document_id.res_model}
"""


def test_a_copy_goes_to_the_customer_although_nox_finans_delivers(case):
    fetch(case)
    sent = case.code(SEND_COPY)
    assert len(sent["attachments"]) == 1
    assert sent["partners"]
    assert sent["sent"] == [sent["kept"]]
    assert sent["kept_on"] == "account.move"
    assert case.stored("ocr_number") in sent["body"]


def test_nobody_sends_a_copy_of_what_is_not_there_or_without_the_right(setting):
    case = make_case(setting)
    refused = """
from odoo.exceptions import AccessError, UserError
result = []
for login, error in (("clerk", UserError), ("demo_employee", AccessError)):
    user = env["res.users"].search([("login", "=", login)]) or env["res.users"].create(
        {"name": login, "login": login, "group_ids": [(6, 0, env.ref("base.group_user").ids)]})
    try:
        env["nox.finans.case"].browse(case_id).with_user(user).action_send_document()
    except error as problem:
        result.append(type(problem).__name__)
"""
    assert case.code(refused) == ["UserError", "AccessError"]
