"""What happens after sending, with the service's clock turned forward through whole courses."""

from datetime import date

import pytest
from workers import SEND_SOME

READ = """
case = env["nox.finans.case"].browse(case_id).with_context(lang="en_US")
result = {
    "stage": case.stage, "gavel": case.gavel, "state": case.state, "reason": case.close_reason,
    "events": [(event.kind, event.text, event.amount) for event in case.event_ids.sorted("id")],
    "coming": [step["label"] for step in case.course if not step["is_done"]],
    "found": [name for name, _label in case._fields["gavel"].selection
              if case in case.search([("gavel", "=", name)])],
}
"""
ASK = """
clerk = env["res.users"].search([("login", "=", "clerk")])
env["nox.finans.case"].browse(case_id).with_user(clerk)._request(action, until)
"""


@pytest.fixture
def case(setting):
    """A case that the service has confirmed; the clock is turned back at the end."""
    setting.sandbox.post("settings", rate_limit=False)
    ((company,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    day = date.today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=company, count=1, day=day)
    ((case_id,),) = setting.sql("SELECT max(id) FROM nox_finans_case")
    case = Case(setting, case_id)
    while case.read()["gavel"] != "running":
        case.sync()
    yield case
    setting.sandbox.post("clock", advance_days=-case.days)


class Case:
    def __init__(self, setting, case_id):
        self.setting, self.id, self.days = setting, case_id, 0

    def read(self):
        return self.setting.worker.do("code", code=READ, case_id=self.id)

    def sync(self):
        self.setting.sql("UPDATE nox_finans_case SET next_try = NULL WHERE id = %s", self.id)
        self.setting.worker.do("cron")

    def advance(self, days):
        """Let days pass at the service, and ask it."""
        self.days += days
        self.setting.sandbox.post("clock", advance_days=days)
        self.sync()
        return self.read()

    def pay(self, amount):
        (company,) = self.setting.sandbox.get("companies")
        ((number,),) = self.setting.sql(
            "SELECT remote_number FROM nox_finans_case WHERE id = %s", self.id
        )
        self.setting.sandbox.post(
            "change", company_id=company["company_id"], numbers=[number], amount=amount
        )
        self.sync()
        return self.read()

    def ask(self, action, until=False):
        self.setting.worker.do("code", code=ASK, case_id=self.id, action=action, until=until)
        self.sync()
        return self.read()

    def chatter(self):
        rows = self.setting.sql(
            "SELECT string_agg(body, ' ') FROM mail_message WHERE model = 'account.move'"
            " AND res_id = (SELECT move_id FROM nox_finans_case WHERE id = %s)",
            self.id,
        )
        return rows[0][0]


def test_the_whole_course_to_monitoring(case):
    seen = case.read()
    assert (seen["stage"], seen["gavel"], seen["events"]) == ("sent", "running", [])
    assert seen["coming"] == [
        "Notice of overdue",
        "Reminder",
        "Debt-collection demand",
        "Payment order",
        "Long-term monitoring",
    ]
    seen = case.advance(32)
    assert seen["stage"] == "reminded" and seen["events"] == [["course", "Förfalloavisering", 0]]
    seen = case.advance(8)
    assert seen["stage"] == "reminded"
    assert [event[:2] for event in seen["events"][1:2]] == [["course", "Påminnelse"]]
    assert ("fee", 60) in [(kind, amount) for kind, _text, amount in seen["events"]]
    seen = case.advance(14)
    assert seen["stage"] == "collection"
    assert ("fee", 180) in [(kind, amount) for kind, _text, amount in seen["events"]]
    seen = case.advance(14 + 30)
    assert seen["stage"] == "monitoring" and seen["coming"] == []
    assert "Inkassokrav" in case.chatter()
    count = len(seen["events"])
    assert len(case.advance(20)["events"]) == count, "told once"


def test_paid_after_the_notice(case):
    case.advance(33)
    seen = case.pay(40)
    assert ("payment", 40) in [(kind, amount) for kind, _text, amount in seen["events"]]
    assert seen["state"] == "accepted"
    seen = case.pay(1000)
    assert (seen["state"], seen["stage"], seen["reason"]) == ("closed", "closed", "paid")
    assert (seen["gavel"], seen["found"]) == ("closed", ["closed"])


def test_paused_and_resumed_by_a_user(case):
    seen = case.ask("pause", date.today().isoformat())
    assert (seen["gavel"], seen["found"]) == ("paused", ["paused"])
    assert [kind for kind, *_rest in seen["events"]] == ["pause"]
    seen = case.ask("unpause")
    assert seen["gavel"] == "running" and seen["events"][-1][1] == "Återupptagen"


def test_stopped(case):
    seen = case.ask("stop")
    assert (seen["stage"], seen["reason"]) == ("closed", "stopped")


def test_overview_counts_what_the_lists_show(setting, case):
    steps = setting.worker.do(
        "code",
        code="""
company = env["nox.finans.connector"].search([]).company_id
manager = env["res.users"].search([("login", "=", "manager")])
env = env(user=manager.id, context={"allowed_company_ids": company.ids})
overview = env["nox.finans.case"].get_overview()
result = [
    (step["key"], step["count"], env[step["model"]].search_count(step["domain"]))
    for step in overview["steps"]
]
""",
    )
    keys = [key for key, _count, _found in steps]
    assert keys[:2] == ["ready", "waiting"] and keys[-1] == "closed"
    assert all(count == found for _key, count, found in steps)
    assert {key: count for key, count, _found in steps}["sent"] >= 1
