"""Follows one case through Odoo, the connector and the sandbox."""

from types import SimpleNamespace

from days import today
from workers import SEND_SOME

FIND = """
case = env["nox.finans.case"].browse(case_id)
move = case.move_id
env = env(context={"allowed_company_ids": case.company_id.ids})
"""
PAY = """
env["account.payment.register"].with_context(
    active_model="account.move", active_ids=move.ids
).create({"amount": amount}).with_context(force_payment_move=True)._create_payments()
"""
CREDIT = """
wizard = env["account.move.reversal"].with_context(
    active_model="account.move", active_ids=move.ids
).create({"journal_id": move.journal_id.id})
action = wizard.reverse_moves()
credit = env["account.move"].browse(action["res_id"])
line = credit.invoice_line_ids
if amount != credit.amount_total:
    line.price_unit = line.price_unit * amount / credit.amount_total
credit.action_post()
lines = (move + credit).line_ids.filtered(
    lambda line: line.account_type == "asset_receivable" and not line.reconciled)
lines.reconcile()
"""
READ_MONEY = """
names = ["state", "close_reason", "received_amount", "booked_amount", "reported_amount",
    "reported_credit", "unbooked_amount", "unreported_amount", "difference", "money_message",
    "capital_balance", "requested_action", "handed_over_amount"]
result = {name: case[name] for name in names} | {
    "total": move.amount_total, "residual": move.amount_residual,
    "payments": case.payment_ids.mapped("amount"), "activities": len(case.activity_ids),
    "is_listed": bool(case.difference_since),
}
"""
GIVE_UP = """
clerk = env["res.users"].search([("login", "=", "clerk")])
env["nox.finans.case"].browse(case_id).with_user(clerk).action_give_up()
"""
SEND_AGAIN = """
clerk = env["res.users"].search([("login", "=", "clerk")])
move = env["nox.finans.case"].browse(case_id).move_id.with_user(clerk)
cases, left_out = move._nox_finans_queue()
assert not left_out, list(left_out.values())
result = cases.id
"""
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
env["nox.finans.case"].browse(case_id).with_user(clerk)._request(action, **values)
"""


class Case:
    def __init__(self, setting, case_id):
        self.setting, self.id, self.days = setting, case_id, 0

    def read(self):
        return self.setting.worker.do("code", code=READ, case_id=self.id)

    def stored(self, *names):
        """Return what the database has of the case: one value, or several."""
        ((row),) = self.setting.sql(
            f"SELECT {', '.join(names)} FROM nox_finans_case WHERE id = %s", self.id
        )
        return row[0] if len(names) == 1 else row

    def run_until(self, *states):
        """Let the cron run, pauses over at once, until the case is in one of the states."""
        for _time in range(10):
            self.setting.sql("UPDATE nox_finans_connector SET next_try = NULL")
            self.sync()
            if self.stored("state") in states:
                return
        raise AssertionError(self.stored("state", "error_message"))

    def sync(self, **order):
        """Let the cron ask for the case; `order` may say where its process dies."""
        self.setting.sql("UPDATE nox_finans_case SET next_try = NULL WHERE id = %s", self.id)
        return self.setting.worker.order("cron", **order)

    def advance(self, days):
        """Let days pass at the service, and ask it."""
        self.days += days
        self.setting.sandbox.post("clock", advance_days=days)
        self.sync()
        return self.read()

    def pay(self, amount):
        self.setting.sandbox.post("change", **self.payment(amount))
        self.sync()
        return self.read()

    def payment(self, amount):
        """Return what tells the sandbox that its customer pays it."""
        (company,) = self.setting.sandbox.get("companies")
        return {
            "company_id": company["company_id"],
            "numbers": [self.number],
            "amount": amount,
        }

    def ask(self, action, until=None):
        values = {"until": until} if until else {}
        self.setting.worker.do("code", code=ASK, case_id=self.id, action=action, values=values)
        self.sync()
        return self.read()

    def forge(self, method, path, body, **fault):
        """Let the service answer something else than what it knows, as its next answer there."""
        fault = {"when": "after", "kind": "status", "code": 200} | fault
        self.setting.sandbox.post(
            "faults", method=method, path=f"{path.format(self.number)}$", body=body, **fault
        )

    @property
    def number(self):
        """The service's number of the invoice."""
        return self.stored("remote_number")

    def code(self, code, **values):
        return self.setting.worker.do("code", code=FIND + code, case_id=self.id, **values)

    def pay_in_odoo(self, amount):
        self.code(PAY, amount=amount)

    def credit_in_odoo(self, amount):
        self.code(CREDIT, amount=amount)

    def questions(self):
        """Return what a person is asked about the case."""
        return self.code("result = case.activity_ids.mapped('note')")

    def money(self):
        """Return what Odoo knows of the case's money, and what the service has got of it."""
        money = self.code(READ_MONEY)
        (row,) = [
            row
            for row in self.setting.sandbox.get("ledger")
            if row["invoice_number"] == self.number
        ]
        return SimpleNamespace(**money, there=SimpleNamespace(**row))

    def chatter(self):
        rows = self.setting.sql(
            "SELECT string_agg(body, ' ') FROM mail_message WHERE model = 'account.move'"
            " AND res_id = (SELECT move_id FROM nox_finans_case WHERE id = %s)",
            self.id,
        )
        return rows[0][0]


def set_up(setting, journal, mode):
    """Let the company book into its bank journal or not, and report as `mode` says."""
    setting.worker.do(
        "code",
        code="""
connector = env["nox.finans.connector"].search([])
journals = env["account.journal"].search(
    [("type", "=", "bank"), ("company_id", "=", connector.company_id.id)], limit=1)
connector.write({"payment_journal_id": journal and journals.id, "report_mode": mode})
env.cr.commit()
""",
        journal=journal,
        mode=mode,
    )


def send_new(setting):
    """Return a new case that nothing has been done with yet."""
    setting.sandbox.post("settings", rate_limit=False)
    ((company,),) = setting.sql("SELECT company_id FROM nox_finans_connector")
    day = today().isoformat()
    setting.worker.do("code", code=SEND_SOME, company_id=company, count=1, day=day)
    ((case_id,),) = setting.sql("SELECT max(id) FROM nox_finans_case")
    return Case(setting, case_id)


def make_case(setting, paid_before=0):
    """Return a new case that the service has confirmed, of an invoice paid in part before."""
    case = send_new(setting)
    if paid_before:
        case.pay_in_odoo(paid_before)
        # Odoo keeps the moment of the hand-over in whole seconds.
        setting.sql(
            "UPDATE account_partial_reconcile SET create_date = create_date - interval '1 minute'"
            " WHERE id = (SELECT max(id) FROM account_partial_reconcile)"
        )
    while case.read()["gavel"] != "running":
        case.sync()
    return case
