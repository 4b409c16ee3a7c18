"""The daily work is done although somebody else writes the same rows at that moment."""

from datetime import timedelta

from days import today

# The work sees the database as it was before the other's commit: PostgreSQL refuses its first try.
MEANWHILE = """
record.read(["write_date"])
with env.registry.cursor() as other:
    other.execute(f"UPDATE {record._table} SET write_date = now() WHERE id = %s", [record.id])
"""
LOOK_AHEAD = f"""
record = case
{MEANWHILE}
env["nox.finans.connector"]._cron_look_ahead()
result = case.activity_ids.mapped("activity_type_id.res_model")
"""
RULES = f"""
clerk = env["res.users"].search([("login", "=", "clerk")])
company = case.company_id
company._get_nox_finans_connector().is_automatic = True
term = move.invoice_payment_term_id.copy({{"name": "Påminns"}})
term.nox_finans_service = "reminder"
overdue = move.copy({{"invoice_date": day, "invoice_payment_term_id": term.id}})
overdue.action_post()
record = env["nox.finans.rule"].create(
    {{"name": "Förfallna", "company_id": company.id, "user_id": clerk.id, "is_on": True}}
)
env.cr.commit()
{MEANWHILE}
env["nox.finans.connector"]._cron_run_rules()
moves = record.case_ids.mapped("move_id.id")
result = moves.count(overdue.id), len(moves) - len(set(moves))
"""


def test_looking_ahead_is_tried_once_more(case):
    case.setting.sql(
        "UPDATE nox_finans_case SET next_event = 'COLLECTION', next_event_date = %s WHERE id = %s",
        today(),
        case.id,
    )
    assert case.code(LOOK_AHEAD) == ["nox.finans.case"]
    assert "tried once more" in case.setting.log.read_text()


def test_a_rule_is_run_once_more_and_takes_each_invoice_once(case):
    day = (today() - timedelta(days=90)).isoformat()
    before = case.setting.log.read_text().count("tried once more")
    assert case.code(RULES, day=day) == [1, 0]
    assert case.setting.log.read_text().count("tried once more") > before
