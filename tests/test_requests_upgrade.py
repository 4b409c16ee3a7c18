"""What had been asked of the service stays under way when 19.0.1.4.0 is upgraded."""

import pytest
from test_install import UPGRADE

from dev import databases

CASES = """
from dev.companies import make_company, queue_invoices
company = make_company(env, "Gamla AB")
names = ("client_id", "client_secret", "access_token", "refresh_token")
company._get_nox_finans_connector()._connect(dict.fromkeys(names, "x") | {"expires_in": 3600})
queue_invoices(company.with_env(env), 6)
env.cr.commit()
"""
# Of 19.0.1.4.0: what was asked for stood on the case.
AS_BEFORE = """
DROP TABLE nox_finans_request CASCADE;
ALTER TABLE nox_finans_case
    DROP COLUMN request_id, DROP COLUMN pause_id, DROP COLUMN stop_id,
    ADD COLUMN requested_action varchar, ADD COLUMN requested_date date,
    ADD COLUMN requested_amount numeric, ADD COLUMN requested_takes_fees boolean,
    ADD COLUMN requested_is_credit boolean, ADD COLUMN requested_by integer,
    ADD COLUMN is_request_sent boolean, ADD COLUMN stop_asked_by integer,
    ADD COLUMN stop_mail_subject varchar, ADD COLUMN stop_mail_body text;
UPDATE ir_module_module SET latest_version = '19.0.1.4.0' WHERE name = 'nox_finans'
"""
# What each of the cases is at.
UNDER_WAY = [
    "requested_action = 'pause', requested_date = '2026-03-04', requested_by = 2",
    "requested_action = 'report_payment', requested_amount = 40, requested_takes_fees = TRUE,"
    " requested_is_credit = TRUE, is_request_sent = TRUE",
    "stop_asked_by = 2, stop_mail_subject = 'Stopped', stop_mail_body = 'Pay us'",
    "requested_date = '2026-03-05', remote_status = 'PAUSED'",
    "requested_action = 'stop', requested_by = 2, stop_asked_by = 2, stop_mail_body = 'Pay',"
    " requested_date = '2026-03-06', is_request_sent = FALSE",
    "is_request_sent = FALSE, requested_amount = 3, requested_by = 2",
]
FOUND = """
SELECT held.id, request.action, request.state, request.until::text, request.amount::float,
       request.takes_fees IS TRUE, request.is_credit IS TRUE, request.user_id,
       request.mail_subject, request.mail_body, request.company_id = held.company_id,
       CASE request.id WHEN held.request_id THEN 'open ' ELSE '' END
       || CASE request.id WHEN held.pause_id THEN 'pause ' ELSE '' END
       || CASE request.id WHEN held.stop_id THEN 'stop ' ELSE '' END
  FROM nox_finans_request AS request JOIN nox_finans_case AS held ON held.id = request.case_id
 ORDER BY held.id, request.action
"""


@pytest.fixture
def upgraded(postgresql, new_demo):
    """Return a function that queries an upgraded database, and the cases that were under way."""
    database, _sandbox = new_demo()

    def query(statement):
        connection = postgresql.connect(database)
        try:
            with connection, connection.cursor() as cursor:
                cursor.execute(statement)
                return cursor.fetchall() if cursor.description else []
        finally:
            connection.close()

    databases.run_code(postgresql, database, CASES, "Making cases")
    query(AS_BEFORE)
    cases = query(
        "SELECT held.id FROM nox_finans_case AS held"
        "  JOIN res_company ON res_company.id = held.company_id"
        " WHERE res_company.name = 'Gamla AB' ORDER BY held.id"
    )
    for (case,), what in zip(cases, UNDER_WAY, strict=True):
        query(f"UPDATE nox_finans_case SET state = 'accepted', {what} WHERE id = {case}")
    databases.run_code(postgresql, database, UPGRADE, "Upgrading")
    return query, [case for (case,) in cases]


def test_what_was_asked_for_stays_under_way(upgraded):
    query, (paused, reported, stopped, held, both, free) = upgraded
    none = (False, False)
    assert query(FOUND) == [
        (paused, "pause", "asked", "2026-03-04", 0, *none, 2, None, None, True, "open pause "),
        (reported, "report_payment", "sent", None, 40, True, True, None, None, None, True, "open "),
        (stopped, "stop", "unclear", None, None, *none, 2, "Stopped", "Pay us", True, "stop "),
        (held, "pause", "done", "2026-03-05", None, *none, None, None, None, True, "pause "),
        (both, "pause", "done", "2026-03-06", None, *none, None, None, None, True, "pause "),
        (both, "stop", "asked", None, 0, *none, 2, None, "Pay", True, "open stop "),
    ]
    assert query(f"SELECT request_id FROM nox_finans_case WHERE id = {free}") == [(None,)]
    left = "SELECT column_name FROM information_schema.columns WHERE table_name = 'nox_finans_case'"
    assert not [name for (name,) in query(left) if name.startswith(("requested_", "stop_mail"))]
