"""What Odoo knows is older, or other, than what the service has: the invoice goes once.

A restored copy of a database, a deleted customer, a refusal while something is looked up, a part of
the interface that does not answer.
"""

import pytest
from cases import SEND_AGAIN, Case, make_case, send_new

ADMINISTRATOR = 'env = env(user=env.ref("base.user_admin").id)\n'
TAKE_OVER = (
    ADMINISTRATOR
    + """
connector = env["nox.finans.connector"].search([])
connector.action_take_over()
"""
)
OF_SAME_CUSTOMER = """
move = env["nox.finans.case"].browse(case_id).move_id
clerk = env["res.users"].search([("login", "=", "clerk")])
copy = move.with_user(clerk).copy({"invoice_date": move.invoice_date})
copy.action_post()
cases, left_out = copy._nox_finans_queue()
assert not left_out, list(left_out.values())
result = cases.id
"""
REPORT = """
clerk = env["res.users"].search([("login", "=", "clerk")])
case.with_user(clerk)._request("report_payment", amount=50)
"""
COLUMNS = """
SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns
 WHERE table_name = 'nox_finans_case' AND column_name <> 'id'
"""


# The database takes no commit by which a case gets this step behind it.
LOSE_COMMITS = """
CREATE FUNCTION lose() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION 'lost' USING ERRCODE = '{code}'; END $$;
CREATE CONSTRAINT TRIGGER lose AFTER UPDATE ON nox_finans_case DEFERRABLE INITIALLY DEFERRED
   FOR EACH ROW WHEN (NEW.step = '{step}' AND OLD.step IS DISTINCT FROM NEW.step)
   EXECUTE FUNCTION lose()
"""


@pytest.fixture(autouse=True)
def no_faults(setting):
    yield
    setting.sandbox.clear_faults()


def handed_over(setting, case):
    """Return how often the service has got the invoice, by our reference, and on how many."""
    reference = case.stored("reference")
    rows = [row for row in setting.sandbox.get("ledger") if row["external_reference"] == reference]
    return sum(row["accepted"] for row in rows), len(rows)


def forget(setting, case, step):
    """Let Odoo know no more than when it had done `step`, as in a restored backup."""
    number = "remote_number" if step else "NULL"
    setting.sql(
        "UPDATE nox_finans_case SET state = 'queued', step = %s, accepted_date = NULL,"
        f" confirmed_date = NULL, remote_status = NULL, snapshot = NULL, remote_number = {number},"
        " ocr_number = NULL, next_try = NULL WHERE id = %s",
        step,
        case.id,
    )


@pytest.mark.parametrize("step", [None, "customer", "invoice", "bookkept"])
@pytest.mark.parametrize("world", ["accept", "refuse"])
def test_a_restored_database_hands_over_nothing_that_the_lost_one_has(setting, step, world):
    setting.sandbox.post("settings", second_hand_over=world)
    case = make_case(setting)
    forget(setting, case, step)
    setting.sql("UPDATE nox_finans_connector SET database_uuid = 'the lost one'")
    case.sync()
    assert case.stored("state") == "queued"
    setting.worker.do("code", code=TAKE_OVER)
    case.run_until("accepted", "closed")
    assert handed_over(setting, case) == (1, 1)


def test_what_the_lost_database_had_begun_is_finished(setting):
    case = send_new(setting)
    setting.sandbox.post("faults", path="^/3/noxfinansinvoices$", kind="cut", when="before")
    case.sync()
    forget(setting, case, None)
    setting.sql("UPDATE nox_finans_connector SET database_uuid = 'the lost one'")
    setting.worker.do("code", code=TAKE_OVER)
    case.run_until("accepted", "closed")
    assert handed_over(setting, case) == (1, 1)
    assert not case.stored("is_doubted")


def test_what_the_lost_database_was_asked_for_is_not_done_twice(setting):
    case = make_case(setting)
    case.code(REPORT)
    setting.sql("CREATE TABLE backup AS SELECT * FROM nox_finans_case WHERE id = %s", case.id)
    case.sync()
    assert len(reports(setting, case)) == 1
    ((columns,),) = setting.sql(COLUMNS)
    setting.sql(
        f"UPDATE nox_finans_case SET ({columns}) = (SELECT {columns} FROM backup) WHERE id = %s",
        case.id,
    )
    setting.sql("DROP TABLE backup")
    assert case.stored("requested_action") == "report_payment"
    setting.sql("UPDATE nox_finans_connector SET database_uuid = 'the lost one'")
    setting.worker.do("code", code=TAKE_OVER)
    said = case.chatter()
    case.sync()
    case.sync()
    assert len(reports(setting, case)) == 1
    assert case.stored("requested_action") is None
    # A person is told to look at it.
    assert len(case.chatter()) > len(said)


def reports(setting, case):
    return [
        row
        for row in setting.sandbox.get("requests")
        if row["path"].endswith(f"/{case.number}/report-payment")
    ]


def test_a_no_to_what_it_has_already_is_not_believed(setting):
    """A look-up may come too early to see the hand-over; then the second one is refused."""
    setting.sandbox.post("settings", second_hand_over="refuse")
    case = make_case(setting)
    forget(setting, case, "bookkept")
    case.run_until("accepted", "refused")
    assert case.stored("state") == "accepted"
    assert handed_over(setting, case) == (1, 1)


def test_a_refusal_while_looking_up_ends_and_can_be_mended(setting):
    case = send_new(setting)
    setting.sandbox.post("faults", method="POST", path="^/3/customers$", kind="cut", when="after")
    case.sync()
    assert case.stored("state") == "uncertain"
    error = {"ErrorInformation": {"error": 1, "message": "Ogiltig adress.", "code": 2000359}}
    setting.sandbox.post(
        "faults", method="PUT", path="^/3/customers/", kind="status", code=400, body=error
    )
    case.run_until("refused")
    assert "Ogiltig adress." in case.stored("error_message")
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")
    assert handed_over(setting, case) == (1, 1)


def test_a_refusal_is_not_repeated_by_itself(setting):
    case = send_new(setting)
    error = {"ErrorInformation": {"error": 1, "message": "Nej.", "code": 2000359}}
    setting.sandbox.post(
        "faults", method="POST", path="^/3/invoices$", kind="status", code=400, body=error
    )
    case.sync()
    assert case.stored("state") == "refused"
    setting.sql("UPDATE nox_finans_connector SET list_try = now() + interval '1 day'")
    assert setting.calls_of_run() == []
    setting.worker.do("code", code=SEND_AGAIN, case_id=case.id)
    case.run_until("accepted")


def test_a_customer_that_was_deleted_there_is_made_anew(setting):
    first = make_case(setting)
    (company,) = setting.sandbox.get("companies")
    setting.sandbox.post("reset", company_id=company["company_id"])
    second = Case(setting, setting.worker.do("code", code=OF_SAME_CUSTOMER, case_id=first.id))
    second.run_until("accepted")
    assert handed_over(setting, second) == (1, 1)


def test_without_the_list_of_changes_cases_are_followed_all_the_same(setting):
    case = send_new(setting)
    setting.sql("UPDATE nox_finans_connector SET list_try = NULL")
    setting.sandbox.post(
        "faults", method="GET", path="^/3/invoices$", kind="status", code=500, times=9
    )
    for _time in range(20):
        case.sync()
        if case.stored("remote_status") == "OPEN":
            return
    raise AssertionError(case.stored("remote_status"))


def test_a_failed_call_is_no_contact(setting):
    case = send_new(setting)
    ((before,),) = setting.sql(
        "UPDATE nox_finans_connector SET last_success = now() - interval '1 day'"
        " RETURNING last_success"
    )
    setting.sandbox.post("faults", path="^/3/", kind="status", code=500, times=9)
    case.sync()
    assert setting.sql("SELECT last_success FROM nox_finans_connector") == [(before,)]
    setting.sandbox.clear_faults()
    case.run_until("accepted")
    assert setting.sql("SELECT last_success FROM nox_finans_connector") > [(before,)]


@pytest.mark.parametrize("step", ["customer", "invoice", "bookkept", "handed_over"])
# Somebody changed the case meanwhile; and an error of any other sort.
@pytest.mark.parametrize("code", ["serialization_failure", "check_violation"])
def test_an_answer_whose_commit_is_lost_is_looked_up(setting, step, code):
    case = send_new(setting)
    setting.sql(LOSE_COMMITS.format(step=step, code=code))
    try:
        case.sync()
        assert case.stored("state") == "uncertain"
    finally:
        setting.sql("DROP FUNCTION lose CASCADE")
    case.run_until("accepted", "refused")
    assert case.stored("state") == "accepted"
    assert handed_over(setting, case) == (1, 1)
