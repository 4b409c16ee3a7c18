"""Who may call what: each model and each public method of the add-on, by each sort of user.

Found by introspection, asked over HTTP. A new model without a record rule, and a new public method
that asks for no right, fail here.
"""

import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from attack_data import FOREIGN, HOME, PRIVATE
from callers import ACCESS, POLITE, Session, ask_json_2, ask_json_rpc, ask_xml_rpc
from conftest import start_odoo
from workers import start_worker

from dev import odoo
from dev.project import LOGS

LEAST_CALLS = 2000
AT_ONCE = 4
NO_ID = 2_000_000_000
# Who may do what with which model; nobody else, nothing else.
SEE = {"reader", "clerk", "manager", "stranger"}
SEND = {"clerk", "manager", "stranger"}
LEAD = {"manager", "stranger"}
NOBODY = set()
# model: who may read, write, create, unlink
MAY = {
    "nox.finans.card": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.case": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.check": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.connector": (SEE, LEAD, NOBODY, NOBODY),
    "nox.finans.event": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.exchange": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.notice": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.request": (SEE, NOBODY, NOBODY, NOBODY),
    "nox.finans.price": (SEE, LEAD, LEAD, LEAD),
    "nox.finans.rule": (SEE, LEAD, LEAD, LEAD),
    "nox.finans.unit": (SEE, LEAD, LEAD, LEAD),
    "nox.finans.action": (SEND, SEND, SEND, SEND),
    "nox.finans.connect": (LEAD, LEAD, LEAD, LEAD),
    "nox.finans.dispute": (SEND, SEND, SEND, SEND),
    "nox.finans.rule.preview": (SEND, NOBODY, SEND, NOBODY),
    "nox.finans.rule.preview.line": (SEND, NOBODY, NOBODY, NOBODY),
    "nox.finans.send": (SEND, SEND, SEND, SEND),
}
READ, WRITE, CREATE, UNLINK = range(4)
# Public methods that only show something; all others do something, which a reader may not.
SHOWING = {
    "action_nox_finans_send",
    "action_open_customer",
    "action_open_document",
    "action_open_move",
    "action_open_nox_finans_case",
    "action_open_payments",
    "action_open_settings",
    "get_overview",
    "get_sending_banners",
}
# Whose own right counts: whoever may administer, and that is none of these users.
ADMINISTERED = ("res.config.settings",)
# Of those who may and those who may not, one sort asks with what is no record's number too.
CURIOUS = ("employee", "clerk")
USERS = ("portal", "employee", "reader", "stranger", "clerk", "manager")

PLANT = """
from attack_data import plant
result = plant(env)
"""
LIST = """
from attack_data import list_public_methods
result = list_public_methods(env)
"""


class Field:
    """A running Odoo with everything to be asked for, and who asks."""

    def __init__(self, server, planted, found):
        self.server, self.planted = server, planted
        self.models = found["models"]
        self.methods = found["methods"]
        self.sessions = {login: Session(server, login) for login in USERS}
        self.count = 0

    def ids(self, login, model):
        """Return the ids of what is the user's or the user's company's, and of what is not."""
        dialogs = self.planted["dialogs"]
        if model in self.models and self.models[model][0]:
            whose = login if login in dialogs else "clerk"
            own = dialogs[whose].get(model, [])
            others = [it.get(model, []) for name, it in dialogs.items() if name != whose]
            return own, [number for ids in others for number in ids]
        words = (FOREIGN, HOME) if login == "stranger" else (HOME, FOREIGN)
        return [self.planted["records"][word].get(model, []) for word in words]

    all_words = {FOREIGN, HOME, *PRIVATE.values()}

    def foreign_words(self, login):
        """Return what must not be in any answer to the user."""
        others = {word for name, word in PRIVATE.items() if name != login}
        if login in ("portal", "employee"):
            others.add(HOME)
        return others | {HOME if login == "stranger" else FOREIGN}

    def ask_all(self, calls):
        """Ask; return the calls with their answers.

        :param calls: of log-in, model, method, arguments and options each
        """
        self.count += len(calls)

        def ask(call):
            login, model, method, arguments, options = call
            return self.sessions[login].ask(model, method, *arguments, **options)

        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(zip(calls, pool.map(ask, calls), strict=True))


@pytest.fixture(scope="module")
def field(new_demo, postgresql):
    database, _sandbox = new_demo()
    with ExitStack() as own:
        configuration = odoo.write_configuration(
            postgresql, f"{database}_attack", logfile=str(LOGS / "attack_worker.log")
        )
        worker = start_worker(own, configuration, database)
        planted = worker.do("code", code=PLANT)
        found = worker.do("code", code=LIST)
        server = start_odoo(own, postgresql, database)
        server.sql("UPDATE ir_cron SET active = false")
        yield Field(server, planted, found)


def problems(field, answered, is_allowed, secret=None):
    """Return in words what is wrong with answers.

    :param is_allowed: tells of a call whether it may succeed
    :param secret: the words that must not be in them, if not all that are another's
    """
    wrong = []
    for call, answer in answered:
        login, model, method, arguments, options = call
        told = f"{login}: {model}.{method}{arguments} {options}: {answer.text[:600]}"
        if answer.error not in POLITE | {None}:
            wrong.append(f"A traceback. {told}")
        elif not answer.error and not is_allowed(call):
            wrong.append(f"No right, and not refused. {told}")
        # What was asked with is no answer.
        wrong += [
            f"Somebody else's. {told}"
            for word in field.foreign_words(login) & (secret or field.all_words)
            if word in answer.text and word not in str(arguments)
        ]
    return wrong


def report(wrong):
    assert not wrong, f"{len(wrong)}:\n" + "\n".join(wrong[:15])


# -------------------------------------------------------------------------
# Models
# -------------------------------------------------------------------------


def readings(model, ids):
    """Return the calls that read, each method with arguments, for records with these ids."""
    specification = {"id": {}, "display_name": {}, "create_uid": {"fields": {"login": {}}}}
    domain = [["id", "in", ids]]
    return [
        ("read", [ids]),
        ("search_read", [domain]),
        ("search_count", [domain]),
        ("web_read", [ids, specification]),
        ("web_search_read", [domain, specification]),
        ("formatted_read_group", [domain, ["create_uid"], ["__count", "id:max"]]),
        ("web_read_group", [domain, ["create_uid"], ["__count"]]),
        ("export_data", [ids, [".id", "display_name"]]),
    ]


SEARCHES = [
    ("search_read", [[]]),
    ("name_search", [""]),
    ("web_search_read", [[], {"display_name": {}}]),
    ("formatted_read_group", [[], ["create_uid"], ["__count"]]),
]


def list_readings(field):
    calls = []
    for login in USERS:
        for model in field.models:
            own, foreign = field.ids(login, model)
            asked = [*SEARCHES, *readings(model, own), *readings(model, foreign)]
            if login in CURIOUS:
                asked += readings(model, [NO_ID])
            calls += [(login, model, method, arguments, {}) for method, arguments in asked]
    return calls


def test_each_model_is_known_and_each_dialog_is_ones_own(field):
    assert set(field.models) == set(MAY), "say in MAY who may do what with it"
    strays = [
        name for name, (is_transient, is_own) in field.models.items() if is_transient and not is_own
    ]
    assert not strays, f"no record rule: {strays}"


def test_who_may_read(field):
    answered = field.ask_all(list_readings(field))

    def is_allowed(call):
        login, model, method, arguments, _options = call
        # To read no record is nothing; to search for all of them is something.
        is_nothing = arguments[0] == [] and method in ("read", "web_read", "export_data")
        return is_nothing or login in MAY[model][READ]

    report(problems(field, answered, is_allowed))
    # Nobody has got what is another's, not even a count of it.
    for (login, model, method, arguments, _options), answer in answered:
        _own, foreign = field.ids(login, model)
        if method == "search_count" and arguments[0][0][2] == foreign and not answer.error:
            assert answer.result == 0, (login, model)
        if method in ("read", "web_read", "export_data") and arguments[0] == foreign != []:
            assert answer.error in POLITE, (login, model, method)
    # Those who may have got their own: else the test would prove nothing.
    assert any(
        not answer.error and answer.result
        for (login, model, method, *_rest), answer in answered
        if (login, model, method) == ("clerk", "nox.finans.case", "read")
    )


CHANGES = {
    "write": WRITE,
    "web_save": WRITE,
    "unlink": UNLINK,
    "create": CREATE,
    "copy": CREATE,
    "load": CREATE,
    "name_create": CREATE,
}


def list_changes(field):
    """Changes to what is another's, by all; to one's own, by those who may not."""
    calls = []
    for login in USERS:
        for model in field.models:
            own, foreign = field.ids(login, model)
            for method, right in CHANGES.items():
                may = login in MAY[model][right]
                for ids in [foreign, [NO_ID]] if may else [own, foreign, []]:
                    calls += change(login, model, method, ids)
    return calls


def change(login, model, method, ids):
    values = {"create_uid": 1}
    arguments = {
        "write": [ids, values],
        "web_save": [ids, values, {"id": {}}],
        "unlink": [ids],
        "copy": [ids],
        "create": [[{}]],
        "load": [["id"], [[f"attack.{login}_{model}"]]],
        "name_create": ["attack"],
    }[method]
    # These are not about records.
    is_once = method in ("create", "load", "name_create")
    return [] if is_once and ids and ids != [NO_ID] else [(login, model, method, arguments, {})]


def test_who_may_change(field):
    def is_allowed(call):
        login, model, method, arguments, _options = call
        # Without records there is nothing to refuse; an import tells of each row, which is looked
        # at below; a model whose records have no name makes none of a name.
        is_nothing = arguments[0] == [] or method in ("load", "name_create")
        return is_nothing or login in MAY[model][CHANGES[method]]

    before = {model: count_rows(field, model) for model in field.models}
    answered = field.ask_all(list_changes(field))
    report(problems(field, answered, is_allowed))
    for (login, model, method, arguments, _options), answer in answered:
        _own, foreign = field.ids(login, model)
        if foreign and arguments[0] == foreign:
            assert answer.error in POLITE, (login, model, method, answer.text[:300])
        if method == "load" and login not in MAY[model][CREATE]:
            assert answer.error or not answer.result["ids"], (login, model, answer.text[:300])
    after = {model: count_rows(field, model) for model in field.models}
    grown = {model for model in before if after[model] != before[model]}
    may_grow = {model for model, rights in MAY.items() if rights[CREATE]}
    assert grown <= may_grow, grown


def count_rows(field, model):
    ((count,),) = field.server.sql(f"SELECT count(*) FROM {model.replace('.', '_')}")
    return count


# -------------------------------------------------------------------------
# Public methods
# -------------------------------------------------------------------------

HOSTILE_IDS = ([], [0], [-1], [2**40], [NO_ID], ["x"], [None], "abc", [[1]], [1.5], {"a": 1})
HOSTILE_CONTEXTS = (
    {"nox_finans_action": "unlink"},
    {"nox_finans_action": ["pause"]},
    {"nox_finans_action": {"a": 1}},
    {"nox_finans_action": None},
    {"nox_finans_action": "pause"},
)


def may_call(login, model, method):
    """Tell whether a call may succeed: by the sort of method, unless it is an administrator's."""
    if model in ADMINISTERED:
        return False
    return login in (SEE if method in SHOWING else SEND)


def list_public_calls(field):
    """First those who may not, then those who may: what these do changes what there is."""
    calls = []
    for login in USERS:
        for model, method, is_of_model in field.methods:
            own, foreign = field.ids(login, model)
            hostile = HOSTILE_IDS if login in CURIOUS else ([],)
            targets = [[]] if is_of_model else [*hostile, foreign, own[:1], own]
            for ids in targets:
                arguments = [] if is_of_model else [ids]
                calls.append((login, model, method, arguments, {}))
        calls += [
            (login, "nox.finans.case", "action_request", [ids], {"context": context})
            for context in HOSTILE_CONTEXTS
            for ids in field.ids(login, "nox.finans.case")
        ]
    return calls


def test_each_public_method_asks_for_a_right_first(field):
    assert field.methods
    answered = field.ask_all(list_public_calls(field))
    # What a dialog held is for all to see once it is confirmed.
    wrong = problems(field, answered, lambda call: True, {FOREIGN, HOME})
    report(wrong + ask_too_late(answered))
    for (login, model, method, arguments, _options), answer in answered:
        _own, foreign = field.ids(login, model)
        if foreign and arguments == [foreign]:
            assert answer.error in POLITE, (login, model, method, answer.text[:300])


def ask_too_late(answered):
    """Return which calls of those who have no right got another answer than that."""
    return [
        f"Not the right first. {call}: {answer.text[:600]}"
        for call, answer in answered
        if answer.error != ACCESS and not may_call(*call[:3])
    ]


def test_over_every_protocol_the_same(field):
    """Also those whose answers must be carried by XML-RPC: nothing of them is None."""
    wrong = []
    for login in USERS:
        uid, key = field.planted["keys"][login]
        for model, method, is_of_model in field.methods:
            arguments = [] if is_of_model else [[]]
            call = (login, model, method, arguments, {})
            answers = [
                ask_json_rpc(field.server, uid, login, model, method, arguments, {}),
                ask_xml_rpc(field.server, uid, login, model, method, arguments, {}),
                ask_json_2(field.server, key, model, method, arguments, {}),
            ]
            answered = [(call, answer) for answer in answers]
            wrong += problems(field, answered, lambda call: True, {FOREIGN, HOME})
            wrong += ask_too_late(answered)
            if is_of_model and may_call(login, model, method):
                wrong += [f"{call}: {it.text[:300]}" for it in answers if it.error]
    report(wrong)


# -------------------------------------------------------------------------
# Dialogs on what is another's
# -------------------------------------------------------------------------

SUBJECTS = {
    "nox.finans.action": ("case_ids", "nox.finans.case", {"action": "stop"}),
    "nox.finans.connect": ("connector_id", "nox.finans.connector", {}),
    "nox.finans.dispute": ("move_ids", "account.move", {"reason": "x"}),
    "nox.finans.rule.preview": ("rule_id", "nox.finans.rule", {}),
    "nox.finans.rule.preview.line": ("move_id", "account.move", {"reason": "x"}),
    "nox.finans.send": ("move_ids", "account.move", {}),
}
HOSTILE_VALUES = (False, "x", [["x"]], [[4, "x"]], [[6, 0, "x"]], {"id": "x"}, 10**12, [[9, 9, 9]])


def list_openings(field, model, forms):
    """Return the calls that open a dialog on values of its subject: saved, changed, not saved."""
    name, _subject, values = SUBJECTS[model]
    for value in forms:
        filled = {**values, name: value}
        specification = {
            field_name: {} for field_name in field.seen[model] if field_name != "line_ids"
        }
        yield "create", [[filled]], {}
        yield "create", [[values]], {"context": {f"default_{name}": value}}
        yield "web_save", [[], filled, specification], {}
        yield "onchange", [[], filled, [name], specification], {}
        yield "onchange", [[], {}, [], specification], {"context": {f"default_{name}": value}}
        yield "default_get", [[name]], {"context": {f"default_{name}": value}}


def test_a_dialog_on_what_is_anothers_is_refused_before_it_shows_anything(field):
    field.seen = {
        model: field.sessions["manager"].must(model, "fields_get", [], ["type"])
        for model in SUBJECTS
    }
    calls, hostile = [], []
    for model, (name, subject, _values) in SUBJECTS.items():
        for login in USERS:
            _own, ids = field.ids(login, subject)
            one, many = ids[0], [[[6, 0, ids]], [[4, ids[0]]], [[4, ids[0], 0]], ids]
            forms = many if name.endswith("ids") else [one, [one, "x"], {"id": one}]
            calls += [(login, model, *call) for call in list_openings(field, model, forms)]
            hostile += [
                (login, model, *call) for call in list_openings(field, model, HOSTILE_VALUES)
            ]
    answered = field.ask_all(calls)
    wrong = problems(field, answered, lambda *_call: True)
    wrong += [
        f"Not refused. {call}: {answer.text[:300]}"
        for call, answer in answered
        if answer.error not in POLITE
    ]
    report(wrong)
    report(problems(field, field.ask_all(hostile), lambda *_call: True))


FILLINGS = {
    "nox.finans.action": [
        {"action": "report_payment", "amount": amount, "takes_fees": True, "currency_id": False}
        for amount in (0, -1, 1e300, 10**30, False)
    ]
    + [
        {"action": "pause", "paused_until": day}
        for day in ("9999-12-31", "0001-01-01", "2020-01-01", False)
    ]
    + [{"action": "stop", "seen": seen} for seen in ("x", [1], {"1": 5}, 7, {"1": {"is": 1}})]
    + [{"action": "stop", "count": 10**9, "ready_case_ids": False}, {}],
    "nox.finans.dispute": [
        {"reason": ""},
        {"reason": "x" * 100_000, "user_id": 1},
        {"reason": "x", "user_id": False},
        {"reason": "x", "seen": "y"},
        {},
    ],
    "nox.finans.send": [{}, {"seen": [1]}, {"seen": {"1": []}}],
}
BUTTONS = {"nox.finans.send": "action_send"}


def test_dialogs_that_are_filled_in_oddly_end_without_a_traceback(field):
    session = field.sessions["clerk"]
    calls = []
    for model, fillings in FILLINGS.items():
        name, subject, _values = SUBJECTS[model]
        ids, _foreign = field.ids("clerk", subject)
        for values in fillings:
            for chosen in ([], ids[:1], ids):
                filled = {**values, name: [[6, 0, chosen]]}
                opened = session.ask(model, "create", [filled])
                field.count += 1
                assert opened.error in POLITE | {None}, (filled, opened.text)
                specification = {"display_name": {}} | {key: {} for key in values}
                for row in opened.result or []:
                    calls.append(("clerk", model, "web_read", [[row], specification], {}))
                    button = BUTTONS.get(model, "action_confirm")
                    calls.append(("clerk", model, button, [[row]], {}))
    report(problems(field, field.ask_all(calls), lambda *_call: True))


def test_enough_was_asked(field):
    """Run last: how many calls the others have made."""
    assert field.count >= LEAST_CALLS, field.count
    print(f"{field.count} calls")


@pytest.fixture(scope="module", autouse=True)
def clock():
    begin = time.monotonic()
    yield
    print(f"{time.monotonic() - begin:.0f} s in all")
