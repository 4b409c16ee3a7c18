"""What the attack finds: more sorts of users, another company, and words to look for in answers.

Run in Odoo's environment by a worker process.
"""

from odoo import Command, fields

from dev.companies import make_company, queue_invoices

OURS = "nox.finans"
OUR_CODE = "odoo.addons.nox_finans"
# So many records of each model are asked for.
ASKED = 3
# Words that must not be in the answers to others.
FOREIGN, HOME = "ZZFOREIGN", "ZZHOME"
PRIVATE = {"clerk": "ZZCLERK", "manager": "ZZMANAGER"}
SORTS = {
    # log-in: groups
    "portal": ["base.group_portal"],
    "employee": ["base.group_user", "base.group_partner_manager"],
    "reader": ["base.group_user", "account.group_account_readonly"],
    "stranger": ["base.group_user", "account.group_account_manager"],
}


def plant(env):
    """Return what there is to ask for: ids of both companies' records and of each one's dialogs,
    and the users' ids and keys."""
    home = env["nox.finans.connector"].search([("state", "=", "connected")], limit=1).company_id
    foreign = make_company(env, f"{FOREIGN} AB")
    make_users(env, home, foreign)
    for company, word in ((home, HOME), (foreign, FOREIGN)):
        fill(env(context={"allowed_company_ids": company.ids, "lang": "en_US"}), company, word)
    dialogs = {
        login: make_dialogs(env, company, login, word)
        for login, company, word in (
            ("clerk", home, PRIVATE["clerk"]),
            ("manager", home, PRIVATE["manager"]),
            ("stranger", foreign, FOREIGN),
        )
    }
    env.cr.commit()
    records = {HOME: find(env, home), FOREIGN: find(env, foreign)}
    return {"records": records, "dialogs": dialogs, "keys": make_keys(env)}


def make_users(env, home, foreign):
    for login, groups in SORTS.items():
        company = foreign if login == "stranger" else home
        env["res.users"].with_context(no_reset_password=True).create(
            {
                "name": f"{login} person",
                "login": login,
                "password": login,
                "lang": "en_US",
                "company_id": company.id,
                "company_ids": [Command.set(company.ids)],
                "group_ids": [Command.set([env.ref(group).id for group in groups])],
            }
        )
    # They may take data out, if there is any for them.
    export = env.ref("base.group_allow_export")
    users = env["res.users"].search([("login", "in", [*SORTS, "clerk", "manager"])])
    for user in users.filtered(lambda user: not user.share):
        user.group_ids += export


def fill(env, company, word):
    """Give a company a record of each model, with the word in its texts."""
    connector = company._get_nox_finans_connector()
    # The secrets have the word too.
    secrets = ("client_id", "client_secret", "access_token", "refresh_token")
    connector._connect({name: f"{word}-{name}" for name in secrets} | {"expires_in": 3600})
    connector.remote_company = f"{word} there"
    env["nox.finans.price"].create(
        {"connector_id": connector.id, "kind": "take_fees", "price": 7, "date_from": "2020-01-01"}
    )
    uom = env["uom.uom"].search([], limit=1)
    if not connector.unit_ids:
        env["nox.finans.unit"].create(
            {"connector_id": connector.id, "uom_id": uom.id, "code": word[:6]}
        )
    connector.check_ids.unlink()
    row = {"connector_id": connector.id, "code": "company", "result": "mend", "message": word}
    env["nox.finans.check"].create([{**row, "date": fields.Datetime.now()}])
    login = "stranger" if word == FOREIGN else "clerk"
    user = env["res.users"].search([("login", "=", login)])
    env["nox.finans.rule"].create(
        {"name": f"{word} rule", "company_id": company.id, "user_id": user.id}
    )
    if word == FOREIGN:
        queue_invoices(company.with_env(env), 3)
    for case in env["nox.finans.case"].search([("company_id", "=", company.id)], limit=ASKED):
        fill_case(env, case, word)


def fill_case(env, case, word):
    case.write(
        {
            "state": "accepted",
            "step": "handed_over",
            "remote_status": "OPEN",
            "confirmed_date": fields.Datetime.now(),
            "remote_number": f"{word}-{case.id}",
            "ocr_number": word,
            "capital_balance": 100,
            "balance_with_fees": 160,
            "handed_over_amount": 100,
            "document_url": f"https://example.com/{word}",
            # The server's own cron leaves it alone.
            "next_try": "2099-01-01",
        }
    )
    case._note_event("fee", f"{word} fee", 60)
    # It has ended: else nothing else could be asked for.
    request = {"case_id": case.id, "action": "unpause", "state": "refused", "answer": word}
    env["nox.finans.request"].create([request])
    notice = {"move_id": case.move_id.id, "kind": "disputed", "text": word}
    env["nox.finans.notice"].create([notice])
    # Else of another contact's name nothing would tell it from what all may see.
    env.cr.execute("UPDATE account_move SET ref = %s WHERE id = %s", [word, case.move_id.id])
    env["nox.finans.exchange"].create(
        {
            "case_id": case.id,
            "company_id": case.company_id.id,
            "date": fields.Datetime.now(),
            "method": "GET",
            "path": f"/3/{word}",
        }
    )
    if not case.card_id:
        case.card_id = env["nox.finans.card"]._get_for(
            case.commercial_partner_id, case.company_id, case.environment
        )


def find(env, company):
    """Return ids of the company's records of each of our models, and of its invoices."""
    found = {
        "account.move": env["nox.finans.case"]
        .search([("company_id", "=", company.id)], limit=ASKED)
        .move_id.ids
    }
    for name, model in env.registry.items():
        if name.startswith(OURS) and not model._transient and not model._abstract:
            domain = [("company_id", "=", company.id)] if "company_id" in model._fields else []
            if not domain:
                domain = [("connector_id.company_id", "=", company.id)]
            found[name] = env[name].search(domain, limit=ASKED).ids
            assert found[name], name
    return found


def make_dialogs(env, company, login, word):
    """Return ids of one open dialog of each model, of this user; they hold the word."""
    user = env["res.users"].search([("login", "=", login)])
    env = env(user=user.id, su=False, context={"allowed_company_ids": company.ids, "lang": "en_US"})
    cases = env["nox.finans.case"].search([("company_id", "=", company.id)], limit=ASKED)
    rule = env["nox.finans.rule"].search([("company_id", "=", company.id)], limit=1)
    moves = [Command.set(cases.move_id.ids)]
    values = {
        "nox.finans.send": {"move_ids": moves},
        "nox.finans.action": {
            "case_ids": [Command.set(cases.ids)],
            "action": "stop",
            "mail_subject": word,
        },
        "nox.finans.dispute": {"move_ids": moves, "reason": word},
        "nox.finans.rule.preview": {"rule_id": rule.id},
        "nox.finans.connect": {"connector_id": company._get_nox_finans_connector().id},
    }
    if login == "clerk":
        del values["nox.finans.connect"]
    made = {name: env[name].create([row]) for name, row in values.items()}
    preview = made["nox.finans.rule.preview"]
    line = {"preview_id": preview.id, "move_id": cases.move_id.ids[0], "reason": word}
    # As the preview does it.
    made["nox.finans.rule.preview.line"] = preview.line_ids.sudo().create([line])
    return {name: records.ids for name, records in made.items()}


def make_keys(env):
    """Return each user's id and key for JSON-2."""
    users = env["res.users"].search([("login", "in", [*SORTS, "clerk", "manager"])])
    later = fields.Datetime.add(fields.Datetime.now(), hours=12)
    return {
        user.login: [
            user.id,
            env["res.users.apikeys"].with_user(user).sudo()._generate(None, "attack", later),
        ]
        for user in users
    }


def list_public_methods(env):
    """Return [model, method, is of the model] for each public method of the add-on's own classes,
    and which of our models there are: name to [is transient, has a rule of "my own"].

    What every model has (`create`, `write`, …) is not one's own, nor what Odoo itself has and the
    add-on only adds to.
    """
    common = set(dir(env.registry["base"]))
    methods = []
    for name, model in env.registry.items():
        ours = [it for it in model.mro() if it.__module__.startswith(OUR_CODE)]
        odoos = set().union(*(vars(it) for it in model.mro() if it not in ours))
        methods += [
            [name, method, bool(getattr(getattr(model, method), "_api_model", False))]
            for definition in ours
            for method, value in vars(definition).items()
            if callable(value)
            and not method.startswith("_")
            and method not in common
            and method not in odoos
        ]
    rules = env["ir.rule"].search([("domain_force", "like", "create_uid")])
    guarded = set(rules.model_id.mapped("model"))
    models = {
        name: [model._transient, name in guarded]
        for name, model in env.registry.items()
        if name.startswith(OURS) and not model._abstract
    }
    return {"methods": methods, "models": models}
