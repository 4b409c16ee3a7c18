"""Who the customer is at the service: under which number, and that no other's card is touched."""

import pytest
from cases import Case, make_case
from days import today
from there import There

ORGANISATION_NUMBER = "559012-3450"
SEND_TO = """
clerk = env["res.users"].search([("login", "=", "clerk")])
env = env(user=clerk.id, context={"allowed_company_ids": clerk.company_id.ids})
partner = env["res.partner"].browse(partner_id) if partner_id else env["res.partner"].create({
    "name": "Kortkund AB", "street": "Gatan 1", "zip": "111 22", "city": "Stockholm",
    "is_company": True, "company_registry": number, "email": "kort@kund.example",
})
term = env["account.payment.term"].search([("name", "=", "30 dagar")], limit=1)
move = env["account.move"].create({
    "move_type": "out_invoice", "partner_id": partner.id, "invoice_date": day,
    "invoice_payment_term_id": term.id,
    "invoice_line_ids": [(0, 0, {"name": "Arbete", "quantity": 1, "price_unit": 100})],
})
move.action_post()
cases, left_out = move._nox_finans_queue()
assert not left_out, list(left_out.values())
result = [cases.id, partner.id]
"""
MERGE = """
partners = env["res.partner"].browse(ids)
env["base.partner.merge.automatic.wizard"].create({})._merge(ids, partners[0])
"""
GET_PARENT = """
parent = env["res.partner"].create({
    "name": "Moderbolaget AB", "is_company": True, "street": "Storgatan 2", "zip": "222 33",
    "city": "Lund", "company_registry": "556012-5790",
})
env["res.partner"].browse(partner_id).write({"parent_id": parent.id, "is_company": False})
result = parent.id
"""


@pytest.fixture(autouse=True)
def no_faults(setting):
    setting.sandbox.post("settings", rate_limit=False)
    yield
    setting.sandbox.clear_faults()


@pytest.fixture
def there(setting):
    return There(setting)


def send_to(setting, partner_id=None, number=ORGANISATION_NUMBER):
    """Send a new invoice to a contact, or to a new one; return the case's id and the contact's."""
    day = today().isoformat()
    return setting.worker.do("code", code=SEND_TO, partner_id=partner_id, number=number, day=day)


def run(setting, case_id):
    """Let the cron run until the case is decided; return its state, message and number there."""
    case = Case(setting, case_id)
    case.run_until("accepted", "refused", "closed")
    return case.stored("state", "error_message", "remote_number")


def cards_of(setting, partner_id):
    rows = setting.sql(
        "SELECT number FROM nox_finans_card WHERE partner_id = %s ORDER BY id", partner_id
    )
    return [number for (number,) in rows]


def debtor(setting, number):
    (row,) = [row for row in setting.sandbox.get("ledger") if row["invoice_number"] == number]
    return row["debtor"]


def test_a_card_is_marked_as_ours(setting, there):
    case_id, partner_id = send_to(setting)
    assert run(setting, case_id)[0] == "accepted"
    (number,) = cards_of(setting, partner_id)
    ((uuid,),) = setting.sql("SELECT value FROM ir_config_parameter WHERE key = 'database.uuid'")
    assert there.customer(number)["ExternalReference"] == f"odoo/{uuid}/{partner_id}"


def test_two_contacts_with_cards_are_merged(setting):
    first, one = send_to(setting)
    second, other = send_to(setting, number="556012-5790")
    assert run(setting, first)[0] == run(setting, second)[0] == "accepted"
    setting.worker.do("code", code=MERGE, ids=[one, other])
    assert len(cards_of(setting, one)) == 2
    third, _partner = send_to(setting, one)
    assert run(setting, third)[0] == "accepted"
    assert len(cards_of(setting, one)) == 2


def test_a_contact_gets_a_parent_company_after_the_hand_over(setting, there):
    first, contact = send_to(setting)
    assert run(setting, first)[0] == "accepted"
    (number,) = cards_of(setting, contact)
    before = there.customer(number)
    parent = setting.worker.do("code", code=GET_PARENT, partner_id=contact)
    second, _partner = send_to(setting, contact)
    state, message, invoice = run(setting, second)
    assert state == "accepted", message
    (parents_number,) = cards_of(setting, parent)
    assert parents_number != number
    assert there.customer(parents_number)["OrganisationNumber"] == "556012-5790"
    assert there.customer(number) == before
    assert debtor(setting, invoice) == "Moderbolaget AB"


def test_a_foreign_card_under_our_number_stays_as_it_is(setting, there):
    case_id, partner_id = send_to(setting)
    there.make_customer(
        CustomerNumber=f"ODOO-{partner_id}",
        Name="Någon Annan AB",
        OrganisationNumber="556036-0793",
    )
    before = there.customer(f"ODOO-{partner_id}")
    assert run(setting, case_id)[0] == "accepted"
    assert there.customer(f"ODOO-{partner_id}") == before
    assert cards_of(setting, partner_id) == [f"ODOO-{partner_id}-2"]


def test_a_card_deleted_at_the_service_gets_another_number(setting, there):
    first, partner_id = send_to(setting)
    assert run(setting, first)[0] == "accepted"
    (number,) = cards_of(setting, partner_id)
    assert there.ask("DELETE", f"/customers/{number}").ok
    setting.sql("UPDATE res_partner SET phone = '08-123 45 67' WHERE id = %s", partner_id)
    second, _partner = send_to(setting, partner_id)
    state, message, _number = run(setting, second)
    assert state == "accepted", message
    assert cards_of(setting, partner_id) == [f"{number}-2"]


def test_a_second_database_on_the_same_fortnox_company_keeps_to_its_own_cards(setting, there):
    """Its contacts have the same ids, and its cards the same numbers."""
    case_id, partner_id = send_to(setting)
    there.make_customer(
        CustomerNumber=f"ODOO-{partner_id}",
        Name="Kortkund AB",
        OrganisationNumber=ORGANISATION_NUMBER,
        ExternalReference=f"odoo/another-database/{partner_id}",
    )
    before = there.customer(f"ODOO-{partner_id}")
    assert run(setting, case_id)[0] == "accepted"
    assert there.customer(f"ODOO-{partner_id}") == before
    assert cards_of(setting, partner_id) == [f"ODOO-{partner_id}-2"]


@pytest.mark.parametrize("takes", [True, False])
def test_a_customer_that_is_there_already_is_taken_only_if_the_settings_say_so(
    setting, there, takes
):
    number = "556703-7485" if takes else "556703-7493"
    setting.sql("UPDATE nox_finans_connector SET takes_customers = %s", takes)
    there.make_customer(
        CustomerNumber=f"F{int(takes)}", Name="Kortkund i Fortnox", OrganisationNumber=number
    )
    case_id, partner_id = send_to(setting, number=number)
    state, message, _number = run(setting, case_id)
    assert state == "accepted", message
    used = cards_of(setting, partner_id)
    assert used == ([f"F{int(takes)}"] if takes else [f"ODOO-{partner_id}"])
    mark = there.customer(f"F{int(takes)}").get("ExternalReference") or ""
    assert mark.endswith(f"/{partner_id}") == takes


def test_what_this_database_has_forgotten_is_found_by_its_mark(setting, there):
    """A restored backup knows nothing of a card that was made since."""
    first, partner_id = send_to(setting, number="556016-0680")
    assert run(setting, first)[0] == "accepted"
    (number,) = cards_of(setting, partner_id)
    setting.sql("UPDATE nox_finans_case SET card_id = NULL")
    setting.sql("DELETE FROM nox_finans_card WHERE partner_id = %s", partner_id)
    second, _partner = send_to(setting, partner_id)
    assert run(setting, second)[0] == "accepted"
    assert cards_of(setting, partner_id) == [number]


def test_an_emptied_second_address_line_does_not_survive(setting, there):
    """The service keeps what is absent, and fills a new card by its own presets."""
    case_id, partner_id = send_to(setting)
    setting.sql("UPDATE res_partner SET street2 = 'c/o Nilsson' WHERE id = %s", partner_id)
    assert run(setting, case_id)[0] == "accepted"
    (number,) = cards_of(setting, partner_id)
    assert there.customer(number)["Address2"] == "c/o Nilsson"
    setting.sql("UPDATE res_partner SET street2 = NULL WHERE id = %s", partner_id)
    second, _partner = send_to(setting, partner_id)
    state, message, invoice = run(setting, second)
    assert state == "accepted", message
    assert not there.customer(number)["Address2"]
    assert not there.invoice(invoice)["Address2"]


def test_a_case_from_before_cards_goes_on_with_its_customer(setting, there):
    """Cards that were made without a mark are recognised by number and organisation number."""
    case = make_case(setting)
    ((card_id, partner_id),) = setting.sql(
        "SELECT card.id, partner_id FROM nox_finans_card AS card"
        " WHERE id = (SELECT card_id FROM nox_finans_case WHERE id = %s)",
        case.id,
    )
    (number,) = cards_of(setting, partner_id)
    blank = {"Customer": {"ExternalReference": "API_BLANK"}}
    assert there.ask("PUT", f"/customers/{number}", blank).ok
    setting.sql("UPDATE nox_finans_card SET sent = NULL WHERE id = %s", card_id)
    second, _partner = send_to(setting, partner_id)
    assert run(setting, second)[0] == "accepted"
    assert cards_of(setting, partner_id) == [number]
    assert there.customer(number)["ExternalReference"].endswith(f"/{partner_id}")
