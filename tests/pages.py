"""Opens the add-on's pages as the web client does: their views, and what stands in them."""

import json

from lxml import etree


def get_actions(admin):
    """Return the add-on's window actions, read as they are stored."""
    rows = admin.call(
        "ir.model.data",
        "search_read",
        [["module", "=", "nox_finans"], ["model", "=", "ir.actions.act_window"]],
        ["res_id"],
    )
    return admin.call(
        "ir.actions.act_window",
        "read",
        [row["res_id"] for row in rows],
        ["name", "res_model", "view_mode"],
    )


def open_page(user, model, kinds=("list", "form"), domain=(), limit=80):
    """Return the rows that a user sees of a model, each view's fields read."""
    views = [[False, kind] for kind in kinds]
    answer = user.call(model, "get_views", [*views, [False, "search"]], {"load_filters": True})
    rows = {}
    for kind in kinds:
        arch = etree.fromstring(answer["views"][kind]["arch"])
        specification = _get_specification(arch, answer["models"], model)
        found = user.call(
            model, "web_search_read", list(domain), specification, limit=limit, order="id desc"
        )
        for row in found["records"]:
            rows.setdefault(row["id"], {}).update(row)
    return list(rows.values())


def open_all(user, admin):
    """Open each page of the add-on; return what was seen, as text."""
    seen = []
    for action in get_actions(admin):
        kinds = [kind for kind in action["view_mode"].split(",") if kind in ("list", "form")]
        if kinds and not action["res_model"].startswith("res.config"):
            seen.append(open_page(user, action["res_model"], kinds))
    seen.append(user.call("nox.finans.case", "get_overview"))
    seen.append(user.call("nox.finans.connector", "get_sending_banners"))
    seen.append(
        user.call(
            "account.move",
            "web_read_group",
            [["move_type", "=", "out_invoice"]],
            ["nox_finans_status"],
            ["__count"],
        )
    )
    return json.dumps(seen, ensure_ascii=False)


def _get_specification(node, models, model):
    """Return what the web client asks for of a view, with the rows of the lists in it."""
    specification = {}
    for field in node.iter("field"):
        if _get_outer(field, node) is not None:
            continue
        name = field.get("name")
        kind = models[model]["fields"].get(name, {}).get("type")
        if kind in ("one2many", "many2many"):
            comodel = models[model]["fields"][name]["relation"]
            inner = field.find("list")
            fields = {"display_name": {}}
            if inner is not None and comodel in models:
                fields |= _get_specification(inner, models, comodel)
            specification[name] = {"fields": fields, "limit": 40}
        elif kind == "many2one":
            specification[name] = {"fields": {"display_name": {}}}
        elif kind:
            specification[name] = {}
    return specification


def _get_outer(field, node):
    """Return the field whose own view a field stands in, inside of `node`."""
    parent = field.getparent()
    while parent is not None and parent is not node:
        if parent.tag == "field":
            return parent
        parent = parent.getparent()
    return None


def make_user(admin, login, *groups):
    """Make a user of the demo company with these groups, who may log in with the own name."""
    company = admin.call("res.users", "read", [admin.uid], ["company_id"])[0]["company_id"][0]
    ids = [
        admin.call("ir.model.data", "search_read", _named(name), ["res_id"])[0]["res_id"]
        for name in ("base.group_user", *groups)
    ]
    return admin.call(
        "res.users",
        "create",
        {
            "name": login.title(),
            "login": login,
            "password": login,
            "company_id": company,
            "company_ids": [[6, 0, [company]]],
            "group_ids": [[6, 0, ids]],
        },
        context={"no_reset_password": True},
    )


def _named(xml_id):
    module, name = xml_id.split(".")
    return [["module", "=", module], ["name", "=", name]]
