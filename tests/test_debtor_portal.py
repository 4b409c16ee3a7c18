"""Nobody is told to pay to the wrong place: an invoice as its debtor sees it, with online payment
and electronic invoices installed beside."""

import os
import re
from contextlib import ExitStack, suppress
from datetime import timedelta
from types import SimpleNamespace

import pdf_printer
import pytest
import requests
from conftest import PAGE_MS, RpcError, start_odoo, wait_for
from days import today
from debtor import Debtor, read_pdf

from dev import databases

BESIDE = "payment_demo,nox_finans_payment,account_edi_ubl_cii"
ACCOUNT, IBAN, REFERENCE = "5050-1055", "SE45 5000 0000 0583 9825 7466", "7712345674"
# Each in the forms that people write it in.
OWN = (ACCOUNT, "50501055", "5050 1055", IBAN, IBAN.replace(" ", ""), REFERENCE)
PAY_BUTTON = 'data-bs-target="#pay_with"'
PAY_ONLINE = (PAY_BUTTON, "qrcode_image")
# In the list.
PAY_ROW = "payment=True"
WAIT_FOR_LETTER = 'name="nox_finans_wait"'
HANDLED = 'name="nox_finans_payee"'


@pytest.fixture(scope="module")
def served(new_demo, postgresql, chromium, tmp_path_factory):
    """A running demo in which invoices can be paid online, printed and sent as files."""
    database, sandbox = new_demo()
    databases.install_into(postgresql, database, BESIDE, "--skip-auto-install")
    printer = pdf_printer.install(tmp_path_factory.mktemp("printer"), chromium)
    with ExitStack() as own:
        monkeypatch = own.enter_context(pytest.MonkeyPatch.context())
        monkeypatch.setenv("PATH", printer, prepend=os.pathsep)
        server = start_odoo(own, postgresql, database)
        databases.set_addresses(postgresql, database, sandbox.url, server.url)
        set_up_payment(server)
        yield server, sandbox


def set_up_payment(server):
    """Let the company tell in every way that Odoo has how it is paid."""
    admin = server.rpc("admin")
    parameters = ("account_payment.enable_portal_payment", "True")
    admin.call("ir.config_parameter", "set_param", *parameters)
    (provider,) = admin.call("payment.provider", "search", [["code", "=", "demo"]], limit=1)
    admin.call("payment.provider", "write", [provider], {"state": "test", "is_published": True})
    (company,) = admin.call("res.company", "search", [], limit=1)
    (row,) = admin.call("res.company", "read", [company], ["partner_id"])
    admin.call(
        "res.partner.bank",
        "create",
        {"acc_number": IBAN, "partner_id": row["partner_id"][0], "company_id": company},
    )
    admin.call(
        "res.company",
        "write",
        [company],
        {
            "report_footer": f"<p>Bankgiro {ACCOUNT} · IBAN {IBAN.replace(' ', '')}</p>",
        },
    )


@pytest.fixture
def invoice(make_invoice, clerk):
    """A confirmed invoice that tells in its terms as well how the company is paid."""
    return make_invoice(
        payment_reference=REFERENCE, narration=f"<p>Betala till bankgiro {ACCOUNT}.</p>"
    )


@pytest.fixture
def debtor(odoo_server, invoice):
    return Debtor(odoo_server, invoice)


@pytest.fixture
def unconfirmed(sandbox):
    """The service takes its time until it confirms: no OCR, no document."""
    sandbox.post("settings", confirm_delay=3600)
    yield
    sandbox.post("settings", confirm_delay=0.2)


@pytest.fixture
def at_nox_finans(invoice, send, until, odoo_server):
    """Hand the invoice over, and wait for OCR and document."""

    def hand_over():
        send(invoice)
        until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
        wait_for(lambda: fetch_documents(odoo_server, invoice), "document kept", 60, 0.5)

    return hand_over


def fetch_documents(odoo_server, invoice):
    """Run the scheduled action as an administrator can, and tell whether the document is there."""
    admin = odoo_server.rpc("admin")
    (cron,) = admin.call("ir.cron", "search", [["code", "=", "model._cron_fetch_documents()"]])
    # One that runs already is as good.
    with suppress(RpcError):
        admin.call("ir.cron", "method_direct_trigger", [cron])
    return odoo_server.sql(
        "SELECT 1 FROM nox_finans_case WHERE move_id = %s AND document_id IS NOT NULL", invoice.id
    )


def assert_pays_the_company(debtor):
    page, html, pdf = debtor.page(), debtor.invoice_html(), debtor.pdf()
    assert HANDLED not in page + html
    assert "Nox Finans" not in pdf
    assert PAY_BUTTON in page
    for words in (ACCOUNT, REFERENCE):
        assert words in html
        assert words in pdf


def assert_pays_nox_finans(debtor, ocr=None):
    """Nothing that the debtor is shown tells how the company is paid; all tells of Nox Finans."""
    page, html, pdf = debtor.page(), debtor.invoice_html(), debtor.pdf()
    for text in (page, html):
        assert HANDLED in text
        assert (WAIT_FOR_LETTER in text) == (ocr is None)
    assert "Nox Finans" in pdf
    for text in (page, html, pdf):
        assert not [own for own in (*OWN, *PAY_ONLINE) if own in text]
        assert "proforma" not in text.lower()
        assert ocr is None or ocr in text


def test_the_debtor_pays_the_company_until_it_is_handed_over_and_again_afterwards(
    debtor, invoice, at_nox_finans, case_of, clerk, until
):
    before = debtor.invoice_html()
    assert_pays_the_company(debtor)
    at_nox_finans()
    case = case_of(invoice)
    assert_pays_nox_finans(debtor, case.ocr_number)
    assert 'name="nox_finans_document"' in debtor.page()
    stop(clerk, case)
    until(invoice, lambda case: case.state == "closed", "taken back")
    assert_pays_the_company(debtor)
    assert without_tokens(debtor.invoice_html()) == without_tokens(before)


def without_tokens(html):
    """Leave out the lines that differ from one page to the next."""
    return [line for line in html.splitlines() if "token" not in line and "csrf" not in line]


def stop(clerk, case):
    action = clerk.call(
        "nox.finans.case", "action_request", [case.id], context={"nox_finans_action": "stop"}
    )
    clerk.call("nox.finans.action", "action_confirm", [action["res_id"]])


def test_without_an_ocr_he_is_to_wait_for_the_letter(debtor, invoice, unconfirmed, send, until):
    send(invoice)
    # What he reads while it waits in the queue he pays when Nox Finans has it.
    assert_pays_nox_finans(debtor)
    until(invoice, lambda case: case.state == "accepted", "handed over")
    assert_pays_nox_finans(debtor)
    assert "nox_finans_document" not in debtor.page()


def test_paid_there_he_is_told_as_before(debtor, invoice, at_nox_finans, case_of, sandbox, until):
    at_nox_finans()
    case = case_of(invoice)
    (company,) = sandbox.get("companies")
    sandbox.post(
        "change",
        company_id=company["company_id"],
        numbers=[case.remote_number],
        amount=case.capital_balance,
    )
    until(invoice, lambda case: case.state == "closed", "paid")
    assert HANDLED not in debtor.page() + debtor.invoice_html()
    assert ACCOUNT in debtor.invoice_html()


def test_the_reminder_services_invoices_are_the_same(
    debtor, invoice, clerk, send, until, odoo_server, case_of
):
    clerk.call("account.move", "write", [invoice.id], {"nox_finans_chosen_service": "reminder"})
    past = (today() - timedelta(days=10)).isoformat()
    odoo_server.sql(
        "UPDATE account_move SET invoice_date_due = %s, is_move_sent = true WHERE id = %s",
        past,
        invoice.id,
    )
    odoo_server.sql(
        "UPDATE account_move_line SET date_maturity = %s WHERE move_id = %s"
        " AND date_maturity IS NOT NULL",
        past,
        invoice.id,
    )
    send(invoice)
    until(invoice, lambda case: case.remote_status == "OPEN", "confirmed")
    assert_pays_nox_finans(debtor, case_of(invoice).ocr_number)


def keep_document(odoo_server, clerk, invoice):
    """Let the invoice have been mailed before: kept as its document, written of and attached."""
    admin = odoo_server.rpc("admin")
    values = {
        "name": "faktura.pdf",
        "raw": f"%PDF-1.4 {ACCOUNT}",
        "mimetype": "application/pdf",
        "res_model": "account.move",
        "res_id": invoice.id,
    }
    stored = admin.call(
        "ir.attachment", "create", {**values, "res_field": "invoice_pdf_report_file"}
    )
    mailed = admin.call("ir.attachment", "create", values)
    message = clerk.call(
        "account.move",
        "message_post",
        [invoice.id],
        body=f"Betala {REFERENCE} till {ACCOUNT}.",
        subtype_xmlid="mail.mt_comment",
        message_type="comment",
        attachment_ids=[mailed],
    )
    return SimpleNamespace(stored=stored, mailed=mailed, message=message)


def test_what_was_sent_before_is_not_handed_out_meanwhile(
    odoo_server, clerk, debtor, invoice, at_nox_finans, case_of, until
):
    kept = keep_document(odoo_server, clerk, invoice)
    (message,) = debtor.messages()
    assert ACCOUNT in message["body"][1]
    (attachment,) = message["attachment_ids"]
    address = f"{odoo_server.url}/web/content/{kept.mailed}"
    params = {"access_token": attachment["raw_access_token"]}
    assert requests.get(address, params=params, timeout=60).status_code == 200
    at_nox_finans()
    assert requests.get(address, params=params, timeout=60).status_code == 404
    (message,) = debtor.messages()
    assert not [own for own in OWN if own in message["body"][1]]
    assert message["attachment_ids"] == []
    assert_pays_nox_finans(debtor, case_of(invoice).ocr_number)
    stop(clerk, case_of(invoice))
    until(invoice, lambda case: case.state == "closed", "taken back")
    assert requests.get(address, params=params, timeout=60).status_code == 200
    assert ACCOUNT in debtor.messages()[-1]["body"][1]
    assert debtor.get(report_type="pdf", download="true").text == f"%PDF-1.4 {ACCOUNT}"


def test_the_mails_of_odoos_own_templates_name_nox_finans(
    odoo_server, clerk, invoice, at_nox_finans, case_of
):
    """The invoice goes by e-mail from Odoo: Nox Finans does not deliver it."""
    clerk.call("account.move", "write", [invoice.id], {"nox_finans_channel": "none"})
    at_nox_finans()
    action = clerk.call("account.move", "action_send_and_print", [invoice.id])
    dialog = clerk.call(action["res_model"], "create", {}, context=action["context"])
    clerk.call(action["res_model"], "write", [dialog], {"sending_methods": ["email"]})
    (row,) = clerk.call(action["res_model"], "read", [dialog], ["body", "subject"])
    assert "o_nox_finans_payee" in row["body"]
    assert case_of(invoice).ocr_number in row["body"]
    assert not [own for own in OWN if own in row["body"] + row["subject"]]


def test_what_the_clerk_prints_names_nox_finans(odoo_server, invoice, at_nox_finans):
    at_nox_finans()
    session = sign_in(odoo_server, "clerk")
    for path in (
        f"/report/pdf/account.report_invoice/{invoice.id}",
        f"/report/pdf/account.report_invoice_with_payments/{invoice.id}",
        f"/account/download_invoice_documents/{invoice.id}/pdf?allow_fallback=true",
    ):
        text = read_pdf(session.get(odoo_server.url + path, timeout=120).content)
        assert "Nox Finans" in text, path
        assert not [own for own in OWN if own in text], path


def sign_in(odoo_server, login):
    session = requests.Session()
    session.post(
        f"{odoo_server.url}/web/session/authenticate",
        json={"params": {"db": odoo_server.database, "login": login, "password": login}},
        timeout=60,
    ).raise_for_status()
    return session


def test_no_code_to_pay_by_is_shown(odoo_server, invoice, at_nox_finans, clerk):
    """What the reports decide by; to draw a code takes a library that is not everywhere."""
    odoo_server.sql("UPDATE res_company SET qr_code = true, link_qr_code = true")
    names = ["display_qr_code", "display_link_qr_code"]
    try:
        (before,) = clerk.call("account.move", "read", [invoice.id], names)
        assert before["display_qr_code"] and before["display_link_qr_code"]
        at_nox_finans()
        (after,) = clerk.call("account.move", "read", [invoice.id], names)
        assert not (after["display_qr_code"] or after["display_link_qr_code"])
    finally:
        odoo_server.sql("UPDATE res_company SET qr_code = false, link_qr_code = false")


def test_no_electronic_file_is_made_meanwhile(odoo_server, clerk, invoice, at_nox_finans):
    (sweden,) = odoo_server.rpc("admin").call("res.country", "search", [["code", "=", "SE"]])
    clerk.call("res.partner", "write", [invoice.customer], {"country_id": sweden})
    session = sign_in(odoo_server, "clerk")
    address = f"{odoo_server.url}/account/download_invoice_documents/{invoice.id}/ubl"
    before = session.get(address, params={"allow_fallback": "true"}, timeout=60).text
    assert IBAN.replace(" ", "") in before or "50501055" in before.replace("-", "")
    at_nox_finans()
    answer = session.get(address, params={"allow_fallback": "true"}, timeout=60)
    assert answer.status_code >= 400
    assert "<Invoice" not in answer.text


def test_nothing_is_paid_online_meanwhile(odoo_server, debtor, invoice, at_nox_finans):
    admin = odoo_server.rpc("admin")
    context = {"active_model": "account.move", "active_id": invoice.id}
    wizard = admin.call("payment.link.wizard", "create", {}, context=context)
    (row,) = admin.call("payment.link.wizard", "read", [wizard], ["link", "warning_message"])
    assert not row["warning_message"]
    path = row["link"].partition("://")[2].partition("/")[2]
    link = f"{odoo_server.url}/{path}"
    assert "o_payment_form" in requests.get(link, timeout=60).text
    at_nox_finans()
    assert "o_payment_form" not in requests.get(link, timeout=60).text
    body = {"params": {"access_token": debtor.token, "amount": 1248.75}}
    address = f"{odoo_server.url}/invoice/transaction/{invoice.id}"
    answer = requests.post(address, json=body, timeout=60).json()
    assert "Nox Finans" in answer["error"]["data"]["message"]
    assert odoo_server.sql("SELECT count(*) FROM payment_transaction") == [(0,)]
    wizard = admin.call("payment.link.wizard", "create", {}, context=context)
    (row,) = admin.call("payment.link.wizard", "read", [wizard], ["warning_message"])
    assert "Nox Finans" in row["warning_message"]


# -----------------------------------------------------------------------------
# What he can say
# -----------------------------------------------------------------------------


def activities(odoo_server, invoice):
    return odoo_server.sql(
        "SELECT login, activity.summary, activity.note FROM mail_activity AS activity"
        " JOIN res_users ON res_users.id = activity.user_id"
        " WHERE res_model = 'account.move' AND res_id = %s AND activity.active"
        " ORDER BY activity.id",
        invoice.id,
    )


def notices(odoo_server, invoice):
    return odoo_server.sql(
        "SELECT kind, payment_date, amount, method, text FROM nox_finans_notice"
        " WHERE move_id = %s ORDER BY id",
        invoice.id,
    )


PAYMENT = {"payment_date": today().isoformat(), "amount": "1 248,75", "method": "bankgiro"}


def test_he_says_that_he_has_paid_and_the_sender_is_asked(
    odoo_server, debtor, invoice, at_nox_finans
):
    at_nox_finans()
    answer = debtor.say("nox_finans_paid", **PAYMENT, text="<b>Från</b>  sparkontot\n\n1234")
    assert answer.status_code == 303
    assert notices(odoo_server, invoice) == [
        ("paid", today(), 1248.75, "bankgiro", "<b>Från</b> sparkontot 1234")
    ]
    ((login, _summary, note),) = activities(odoo_server, invoice)
    assert login == "clerk"
    assert "&lt;b&gt;Från&lt;/b&gt;" in note
    page = debtor.page()
    assert 'name="nox_finans_notices"' in page
    assert 'name="nox_finans_answer"' in page
    # The answer is shown once, what he has said stays.
    page = debtor.page()
    assert 'name="nox_finans_answer"' not in page
    assert 'name="nox_finans_notices"' in page
    # Nobody else reads it in the history: it is an internal note.
    assert not debtor.messages()
    # Once more: one question, with the newest words.
    debtor.say("nox_finans_paid", **PAYMENT | {"amount": "20"})
    ((_login, _summary, note),) = activities(odoo_server, invoice)
    assert "20" in note


def test_he_disputes_it_and_the_case_is_paused(
    odoo_server, debtor, invoice, at_nox_finans, until, clerk
):
    at_nox_finans()
    debtor.say("nox_finans_dispute", text="Fel antal timmar")
    (row,) = clerk.call(
        "account.move",
        "read",
        [invoice.id],
        ["nox_finans_is_disputed", "nox_finans_dispute_reason"],
    )
    assert row["nox_finans_is_disputed"]
    assert "Fel antal timmar" in row["nox_finans_dispute_reason"]
    until(invoice, lambda case: case.remote_status == "PAUSED", "paused because of the dispute")
    assert 'name="nox_finans_looked_at"' in debtor.page()
    debtor.say("nox_finans_dispute", text="Och fel pris")
    ((login, summary, _note),) = activities(odoo_server, invoice)
    assert login == "clerk"
    assert "Fel antal timmar" in summary
    assert [row[4] for row in notices(odoo_server, invoice)] == ["Fel antal timmar", "Och fel pris"]
    (row,) = odoo_server.sql(
        "SELECT count(*) FROM mail_message WHERE model = 'account.move' AND res_id = %s"
        " AND body LIKE %s",
        invoice.id,
        "%Och fel pris%",
    )
    assert row == (1,)


REFUSED_FORMS = (
    ("nox_finans_paid", PAYMENT | {"payment_date": "2999-01-01"}),
    ("nox_finans_paid", PAYMENT | {"payment_date": "1999-01-01"}),
    ("nox_finans_paid", PAYMENT | {"payment_date": "x"}),
    ("nox_finans_paid", PAYMENT | {"amount": "-1"}),
    ("nox_finans_paid", PAYMENT | {"amount": "1e300"}),
    ("nox_finans_paid", PAYMENT | {"amount": "nan"}),
    ("nox_finans_paid", PAYMENT | {"method": "x"}),
    ("nox_finans_paid", {}),
    ("nox_finans_dispute", {"text": " \n "}),
    ("nox_finans_dispute", {}),
)


def test_what_says_nothing_is_refused_in_words(odoo_server, debtor, invoice, at_nox_finans):
    at_nox_finans()
    for what, values in REFUSED_FORMS:
        assert debtor.say(what, **values).status_code == 303
        assert "alert-warning" in debtor.page(), values
        assert notices(odoo_server, invoice) == [], values


def test_he_says_so_much_in_a_day_and_no_more(odoo_server, debtor, invoice, at_nox_finans):
    at_nox_finans()
    for number in range(5):
        debtor.say("nox_finans_dispute", text=f"{number} " + "x" * 2000)
    rows = notices(odoo_server, invoice)
    assert len(rows) == 3
    assert {len(row[4]) for row in rows} == {500}
    assert "alert-warning" in debtor.page()
    # Another visitor of the same invoice is no other debtor.
    Debtor(odoo_server, invoice).say("nox_finans_paid", **PAYMENT)
    assert len(notices(odoo_server, invoice)) == 3
    odoo_server.sql("UPDATE nox_finans_notice SET create_date = create_date - interval '25 hours'")
    debtor.say("nox_finans_paid", **PAYMENT)
    assert len(notices(odoo_server, invoice)) == 4


def test_nobody_speaks_of_another_invoice(
    odoo_server, debtor, invoice, make_invoice, at_nox_finans
):
    at_nox_finans()
    other = Debtor(odoo_server, make_invoice())
    for token in (other.token, "", "x"):
        stranger = Debtor(odoo_server, invoice, token or "x")
        stranger.token = token
        for answer in (
            stranger.get(),
            stranger.get("/nox_finans_document"),
            post_with_csrf(other, invoice, "nox_finans_paid", token, PAYMENT),
            post_with_csrf(other, invoice, "nox_finans_dispute", token, {"text": "x"}),
        ):
            assert answer.status_code == 303
            assert answer.headers["Location"].endswith("/my")
    assert notices(odoo_server, invoice) == []
    # Nor of one that Nox Finans does not have, nor without the page's own token.
    post_with_csrf(debtor, other.invoice, "nox_finans_dispute", other.token, {"text": "x"})
    assert notices(odoo_server, other.invoice) == []
    answer = debtor.session.post(
        f"{odoo_server.url}{debtor.path}/nox_finans_dispute",
        data={"access_token": debtor.token, "text": "x"},
        timeout=60,
    )
    assert answer.status_code == 400
    assert notices(odoo_server, invoice) == []


def post_with_csrf(visitor, invoice, what, token, values):
    """Send a form for an invoice with the session and the CSRF token of another page."""
    found = re.search(r'csrf_token: "([^"]+)"', visitor.page())
    return visitor.session.post(
        f"{visitor.server.url}/my/invoices/{invoice.id}/{what}",
        data={"access_token": token, "csrf_token": found[1], **values},
        timeout=60,
        allow_redirects=False,
    )


def test_the_document_is_offered_on_the_page(debtor, invoice, at_nox_finans, case_of, clerk, until):
    at_nox_finans()
    answer = debtor.get("/nox_finans_document")
    assert answer.headers["Content-Type"] == "application/pdf"
    assert case_of(invoice).ocr_number in read_pdf(answer.content)
    stop(clerk, case_of(invoice))
    until(invoice, lambda case: case.state == "closed", "taken back")
    assert debtor.get("/nox_finans_document").status_code == 303


@pytest.fixture
def portal_user(odoo_server, invoice):
    """The customer, signed in."""
    admin = odoo_server.rpc("admin")
    (group,) = admin.call(
        "ir.model.data", "search_read", [["module", "=", "base"], ["name", "=", "group_portal"]]
    )
    login = f"kund{invoice.customer}"
    admin.call(
        "res.users",
        "create",
        {
            "name": "Testkund",
            "login": login,
            "password": login,
            "partner_id": invoice.customer,
            "group_ids": [[6, 0, [group["res_id"]]]],
        },
        context={"no_reset_password": True},
    )
    return sign_in(odoo_server, login)


def test_his_list_has_nothing_to_pay_online(
    odoo_server, clerk, invoice, portal_user, at_nox_finans
):
    past = (today() - timedelta(days=3)).isoformat()
    odoo_server.sql("UPDATE account_move SET invoice_date_due = %s WHERE id = %s", past, invoice.id)
    address = f"{odoo_server.url}/my/invoices"
    before = portal_user.get(address, timeout=60).text
    assert "/my/invoices/overdue" in before
    assert PAY_ROW in before
    at_nox_finans()
    after = portal_user.get(address, timeout=60).text
    assert 'name="nox_finans_status"' in after
    assert "/my/invoices/overdue" not in after
    assert PAY_ROW not in after
    overdue = portal_user.get(f"{address}/overdue", timeout=60)
    assert overdue.url.endswith("/my/invoices")


# -----------------------------------------------------------------------------
# In the browser
# -----------------------------------------------------------------------------


WIDTHS = (1500, 1280, 390)


@pytest.fixture
def visit(browser):
    """Open a debtor's link as he does; an error in the page's console fails the test."""
    contexts, errors = [], []

    def visit(debtor, width=1280, suffix=""):
        context = browser.new_context(viewport={"width": width, "height": 1500})
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(PAGE_MS)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.goto(debtor.link + suffix)
        page.frame_locator("#invoice_html").locator("#informations").wait_for()
        # The frame takes the height of what it shows.
        page.wait_for_function("document.querySelector('#invoice_html').offsetHeight > 600")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert not errors, errors


@pytest.fixture
def see(visit, look):
    """Keep pictures of the page at all widths; return what one reads on it and in its frame."""

    def see(debtor, name):
        for width in WIDTHS:
            page = visit(debtor, width)
            overflow = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(overflow) <= 0, width
            look(page, f"{name}-{width}")
        frame = page.frame_locator("#invoice_html").locator("body")
        return page.locator("body").inner_text() + frame.inner_text()

    return see


def test_the_page_in_four_states(
    debtor,
    invoice,
    odoo_server,
    make_invoice,
    at_nox_finans,
    case_of,
    clerk,
    until,
    see,
    send,
    sandbox,
):
    assert_says(see(debtor, "1-not-sent"), [ACCOUNT, REFERENCE], ["Nox Finans"])
    waiting = make_invoice(payment_reference=REFERENCE)
    sandbox.post("settings", confirm_delay=3600)
    send(waiting)
    until(waiting, lambda case: case.state == "accepted", "handed over")
    sandbox.post("settings", confirm_delay=0.2)
    assert_says(see(Debtor(odoo_server, waiting), "2-without-ocr"), ["Nox Finans"], OWN)
    at_nox_finans()
    ocr = case_of(invoice).ocr_number
    assert_says(see(debtor, "3-with-ocr"), ["Nox Finans", ocr], OWN)
    stop(clerk, case_of(invoice))
    until(invoice, lambda case: case.state == "closed", "taken back")
    assert_says(see(debtor, "4-taken-back"), [ACCOUNT, REFERENCE], [ocr])


def assert_says(text, words, other_words):
    assert not [word for word in words if word not in text]
    assert not [word for word in other_words if word in text]


@pytest.mark.parametrize("width", [1280, 390])
def test_he_fills_in_the_forms(debtor, invoice, at_nox_finans, visit, look, odoo_server, width):
    at_nox_finans()
    page = visit(debtor, width)
    page.click("details:has([name=nox_finans_paid]) summary")
    page.fill("[name=nox_finans_paid] [name=payment_date]", today().isoformat())
    page.fill("[name=nox_finans_paid] [name=amount]", "1248,75")
    look(page, "form")
    page.click("[name=nox_finans_paid] button")
    page.locator("[name=nox_finans_answer]").wait_for()
    page.click("details:has([name=nox_finans_dispute]) summary")
    page.fill("[name=nox_finans_dispute] [name=text]", "Fel antal timmar")
    page.click("[name=nox_finans_dispute] button")
    page.locator("[name=nox_finans_looked_at]").wait_for()
    look(page, "said")
    assert [row[0] for row in notices(odoo_server, invoice)] == ["paid", "disputed"]
