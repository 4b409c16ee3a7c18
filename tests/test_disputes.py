"""A dispute holds an open case at the service; what is missing is asked for and reported back."""

from datetime import timedelta

import pytest
from days import today

NOTE = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move.with_user(clerk)._nox_finans_note_dispute("Fel pris", clerk)
"""
SETTLE = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move.with_user(clerk).action_nox_finans_settle_dispute()
"""
LOOK_AHEAD = 'env["nox.finans.connector"]._cron_look_ahead()'
QUESTIONS = """
result = [(case.activity_type_id._get_external_ids()[case.activity_type_id.id][0].split("_")[-1],
           case.note) for case in case.activity_ids]
"""
CUSTOMER = """
connector = case.company_id._get_nox_finans_connector()
result = connector._get_client().get_customer(f"ODOO-{case.commercial_partner_id.id}")
"""


REPORT = """
clerk = env["res.users"].search([("login", "=", "clerk")])
case.with_user(clerk).action_report_customer()
"""
LET_RUN = REPORT.replace("action_report_customer", "action_let_run")
TIMELINE = """
result = [(event.kind, event._get_label()) for event in case.event_ids.sorted("id")]
"""


def pauses(case):
    """Return how often the service was asked to pause and to resume the case."""
    paths = [row["path"] for row in case.setting.sandbox.get("requests")]
    mine = [path for path in paths if f"/{case.number}/" in path]
    return tuple(
        sum(path.endswith(f"/{action}") for path in mine) for action in ("pause", "unpause")
    )


def test_paused_by_a_dispute_and_resumed_when_it_is_settled(case):
    case.code(NOTE)
    case.sync()
    seen = case.read()
    assert seen["gavel"] == "paused" and "Fel pris" in case.chatter()
    until = (today() + timedelta(days=60)).isoformat()
    assert until in seen["events"][-1][1]
    case.sync()
    assert pauses(case) == (1, 0)
    case.code(SETTLE)
    case.sync()
    assert case.read()["gavel"] == "running" and pauses(case) == (1, 1)
    case.sync()
    assert pauses(case) == (1, 1)


def test_a_persons_pause_stays_when_the_dispute_is_settled(case):
    case.ask("pause", (today() + timedelta(days=9)).isoformat())
    case.code(NOTE)
    case.sync()
    case.code(SETTLE)
    case.sync()
    assert case.read()["gavel"] == "paused" and pauses(case) == (1, 0)


def test_the_pause_is_renewed_on_its_last_day(case):
    case.code(NOTE)
    case.sync()
    # The customer would get the notice now, and the reminder.
    case.advance(50)
    case.setting.sql(
        "UPDATE nox_finans_request SET until = %s WHERE case_id = %s", today(), case.id
    )
    case.setting.sql("UPDATE nox_finans_case SET dispute_try = NULL WHERE id = %s", case.id)
    case.setting.sandbox.post("clock", advance_days=-50)
    for _lifted_then_paused in range(2):
        case.sync()
    assert pauses(case) == (2, 1)
    assert case.read()["gavel"] == "paused"
    assert [kind for kind, *_rest in case.read()["events"]] == ["dispute"] + 3 * ["pause"]
    case.setting.sandbox.post("clock", advance_days=50)


def test_a_pause_of_the_services_own_is_not_tried_to_lift(case):
    case.ask("pause", today().isoformat())
    case.advance(2)
    assert case.read()["gavel"] == "running"
    assert case.code("result = bool(case.paused_until)") is False
    # The service pauses it by itself, and refuses to go on.
    own = {"NoxFinansInvoice": {"Status": "PAUSED"}}
    case.forge("GET", "/noxfinansinvoices/{}", own, times=9)
    case.sync()
    case.code(NOTE)
    case.sync()
    case.setting.sandbox.clear_faults()
    assert case.read()["gavel"] == "paused" and pauses(case) == (1, 0)


def test_what_cannot_be_lifted_is_tried_once(case):
    case.ask("pause", today().isoformat())
    case.code(NOTE)
    case.setting.sandbox.post("faults", path="/unpause$", kind="status", code=400, times=9)
    for _day in range(2):
        case.setting.sql("UPDATE nox_finans_case SET dispute_try = NULL WHERE id = %s", case.id)
        case.sync()
    case.setting.sandbox.clear_faults()
    assert pauses(case) == (1, 1)


@pytest.mark.parametrize("when", ["before", "processed", "read"])
def test_whatever_dies_meanwhile_it_is_paused_in_the_end(case, when):
    case.code(NOTE)
    case.sync(**{"break": {"method": "PUT", "path": "/pause", "when": when}})
    case.sync()
    if case.read()["gavel"] != "paused":
        # Without a clear answer the status was fetched; it is asked for again after an hour.
        case.setting.sql("UPDATE nox_finans_case SET dispute_try = NULL WHERE id = %s", case.id)
        case.sync()
    assert case.read()["gavel"] == "paused"


def test_a_refused_pause_is_not_asked_for_again_on_the_same_day(case):
    case.setting.sandbox.post("faults", path="/pause", kind="status", code=400, times=9)
    case.code(NOTE)
    for _run in range(3):
        case.sync()
    case.setting.sandbox.clear_faults()
    assert pauses(case) == (1, 0) and case.read()["gavel"] == "needs_you"
    ((kind, note),) = case.code(QUESTIONS)
    assert kind == "pause" and "fortsätter att kräva kunden" in note
    assert case.code("result = case.activity_ids.user_id.login") == "clerk"
    # The next day the service does it.
    case.setting.sql("UPDATE nox_finans_case SET dispute_try = NULL WHERE id = %s", case.id)
    case.sync()
    assert case.code(QUESTIONS) == [] and case.read()["gavel"] == "paused"


def test_the_owner_is_no_longer_called_when_the_dispute_is_settled(case):
    case.setting.sandbox.post("faults", path="/pause", kind="status", code=400, times=1)
    case.code(NOTE)
    case.sync()
    assert case.code(QUESTIONS)
    case.code(SETTLE)
    assert case.code(QUESTIONS) == []
    # The other way round: it cannot be resumed.
    case.code(NOTE)
    case.sync()
    case.setting.sandbox.post("faults", path="/unpause", kind="status", code=400, times=1)
    case.code(SETTLE)
    case.sync()
    ((kind, note),) = case.code(QUESTIONS)
    assert kind == "pause" and "förblir pausat" in note
    case.setting.sql("UPDATE nox_finans_case SET dispute_try = NULL WHERE id = %s", case.id)
    case.sync()
    assert case.code(QUESTIONS) == [] and case.read()["gavel"] == "running"


def test_the_timeline_tells_what_people_did(case):
    case.code(NOTE)
    case.sync()
    case.code(SETTLE)
    case.sync()
    case.code('move.partner_id.street = "Nya gatan 2"')
    case.code(REPORT)
    case.sync()
    case.advance(32 + 8)
    case.setting.sql(
        "UPDATE nox_finans_case SET next_event_date = %s WHERE id = %s", today(), case.id
    )
    case.code(LOOK_AHEAD)
    case.code(LET_RUN)
    labels = case.code(TIMELINE)
    told = [label for label in labels if label[0] in ("dispute", "let_run", "customer")]
    assert told == [
        ["dispute", "Disputed: Fel pris (Klara Klerk)"],
        ["dispute", "The dispute is settled. (Klara Klerk)"],
        ["customer", "The customer's new details are to be reported (Klara Klerk)"],
        ["customer", "Nox Finans har fått kundens nya uppgifter."],
        ["let_run", f"Agreed: debt collection on {today()} (Klara Klerk)"],
    ]
    shown = case.code('result = [step["label"] for step in case.course if step["is_done"]]')
    assert [label for _kind, label in labels] == shown[3:]


def test_disputed_while_it_is_queued_it_is_not_sent(setting, case):
    queue_another = """
copy = move.copy({"invoice_date": move.invoice_date})
copy.action_post()
clerk = env["res.users"].search([("login", "=", "clerk")])
copy = copy.with_user(clerk)
cases, left_out = copy._nox_finans_queue()
assert not left_out
copy._nox_finans_note_dispute("Fel pris", clerk)
result = cases.id
"""
    other = case.code(queue_another)
    case.sync()
    ((state, message),) = setting.sql(
        "SELECT state, error_message FROM nox_finans_case WHERE id = %s", other
    )
    assert state == "refused" and "bestrider" in message


def test_asked_before_debt_collection_and_let_run(case):
    case.advance(32 + 8)
    case.code(LOOK_AHEAD)
    assert case.code(QUESTIONS) == [], "it is two weeks until then"
    case.setting.sql(
        "UPDATE nox_finans_case SET next_event_date = %s WHERE id = %s",
        today() + timedelta(days=2),
        case.id,
    )
    case.code(LOOK_AHEAD)
    ((kind, note),) = case.code(QUESTIONS)
    assert kind == "collection" and "inkasso" in note
    # The service plans it for another day: that is another question.
    case.sync()
    assert case.code(QUESTIONS) == []


def test_a_missing_number_is_asked_for_and_reported_when_it_is_filled_in(case):
    case.code("move.partner_id.company_registry = False")
    case.advance(32 + 8)
    case.code(LOOK_AHEAD)
    ((kind, note),) = case.code(QUESTIONS)
    assert kind == "customer" and "personnummer" in note
    case.sync()
    assert case.code(QUESTIONS), "still missing"
    case.code('move.partner_id.company_registry = "556016-0680"')
    case.sync()
    assert case.code(QUESTIONS) == []
    assert case.code(CUSTOMER)["OrganisationNumber"] == "556016-0680"


def test_a_new_address_is_reported_on_a_persons_word(case):
    case.code('move.partner_id.write({"street": "Nya gatan 2", "zip": "333 44"})')
    case.sync()
    assert case.code(CUSTOMER)["Address1"] == "Gatan 1"
    case.code(REPORT)
    case.sync()
    assert case.code(CUSTOMER)["Address1"] == "Nya gatan 2"
    assert case.code("result = case.changed_since_sent") is False


def test_a_refused_report_is_told_and_not_repeated(case):
    case.code('move.partner_id.street = "Nya gatan 2"')
    case.setting.sandbox.post(
        "faults", method="PUT", path="/customers/", kind="status", code=400, times=9
    )
    case.code("case.is_customer_due = True")
    for _run in range(3):
        case.sync()
    case.setting.sandbox.clear_faults()
    assert [kind for kind, _note in case.code(QUESTIONS)] == ["customer"]
    assert case.code("result = case.is_customer_due") is False
