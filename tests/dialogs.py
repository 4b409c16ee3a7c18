"""Opens the add-on's dialogs as the web client does, and confirms them."""

import pytest
from callers import Session
from conftest import wait_for

# "Somebody else is changing it right now", or the exchange "is at it right now".
BUSY = "right now"
USER_ERRORS = {"odoo.exceptions.UserError", "odoo.exceptions.LockError"}


class Person:
    """Somebody at the web client: opens dialogs, and confirms them now or later."""

    def __init__(self, server, login):
        self.session = Session(server, login)
        self.must, self.ask = self.session.must, self.session.ask

    def open(self, action, *cases):
        """Open the dialog for an action on cases; return its id."""
        ids = [case.id for case in cases]
        context = {"nox_finans_action": action}
        return self.must("nox.finans.case", "action_request", ids, context=context)["res_id"]

    def fill_in(self, dialog, **values):
        self.must("nox.finans.action", "web_save", [dialog], values, specification={})

    def confirm(self, dialog):
        """Press the dialog's button; return what the page is told."""
        return self.press("nox.finans.action", "action_confirm", [dialog])

    def press(self, *button):
        """Press a button, once more as long as somebody else is at it just then."""

        def pressed():
            answer = self.ask(*button)
            return None if BUSY in (answer.message or "") else answer

        return wait_for(pressed, "nobody else is at it")

    def do(self, action, *cases, **values):
        dialog = self.open(action, *cases)
        if values:
            self.fill_in(dialog, **values)
        answer = self.confirm(dialog)
        assert not answer.error, answer.text
        return dialog

    def open_send(self, *invoices):
        ids = [invoice.id for invoice in invoices]
        return self.must("account.move", "action_nox_finans_open_send", ids)["res_id"]

    def send(self, dialog):
        return self.press("nox.finans.send", "action_send", [dialog])

    def open_dispute(self, *invoices):
        """Open the dialog; return what the page keeps of it until it is saved."""
        ids = [invoice.id for invoice in invoices]
        action = self.must("account.move", "action_nox_finans_dispute", ids)
        specification = {"move_ids": {}, "reason": {}, "user_id": {}, "seen": {}}
        page = self.must(
            action["res_model"], "onchange", [], {}, [], specification, context=action["context"]
        )["value"]
        return {
            "move_ids": [[6, 0, ids]],
            "seen": page["seen"],
            "user_id": self.must("res.users", "search", [["login", "=", self.session.login]])[0],
        }

    def note_dispute(self, page, reason="Wrong price"):
        values = {**page, "reason": reason}
        (row,) = self.must("nox.finans.dispute", "web_save", [], values, specification={})
        return self.press("nox.finans.dispute", "action_confirm", [row["id"]])


@pytest.fixture(scope="module")
def klara(odoo_server):
    return Person(odoo_server, "clerk")


@pytest.fixture(scope="module")
def maria(odoo_server):
    return Person(odoo_server, "manager")


def assert_refused(answer, *words):
    """It was not done, and the person is told why."""
    assert answer.error in USER_ERRORS, answer.text
    for word in words:
        assert word in answer.message, answer.message


def assert_left_out(answer, *words):
    """It was done in part, and the person is told of the rest."""
    assert not answer.error, answer.text
    assert answer.result["params"]["type"] == "warning"
    for word in words:
        assert word in answer.result["params"]["message"], answer.result["params"]["message"]
