"""What is measured inside Odoo, each in a process of its own: `dev/odoo shell` runs `measure`.

Calls go the way that the web client's go, from the model's public method to the answer as JSON;
what is left out is HTTP itself, which is the same for all that is compared.
"""

import json
import re
import statistics
import time
from contextlib import contextmanager
from pathlib import Path

import requests
from lxml import etree
from odoo.service.model import call_kw

from ..companies import make_company, queue_invoices

PAGE = 80
REPEAT = 5
WARM_UP = 5
STATUSES = ("approved", "warning", "rejected")
TYPES = ["out_invoice", "out_refund", "out_receipt"]


def measure(env, orders, answer):
    """Carry out orders, each the name of a function here and its options, and write what they
    return to the file `answer`, as JSON."""
    # A database without the demo company has no clerk.
    clerk = env["res.users"].search([("login", "=", "clerk")]) or env.ref("base.user_admin")
    context = {
        "lang": "sv_SE",
        "tz": "Europe/Stockholm",
        "allowed_company_ids": clerk.company_id.ids,
    }
    env = env(user=clerk.id, context=context)
    found = [globals()[what](env, **options) for what, options in orders]
    Path(answer).write_text(json.dumps(found))


def ask(env, model, method, *args, **kwargs):
    """Call a method as the web client does, and return its answer."""
    result = call_kw(env[model], method, [*args], {**kwargs, "context": dict(env.context)})
    json.dumps(result, default=str)
    return result


def take(env, work, repeat=REPEAT):
    """Return the median seconds of `work()`, and the SQL queries of the last time."""
    seconds = []
    for _time in range(repeat):
        env.invalidate_all()
        queries = env.cr.sql_log_count
        start = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - start)
        queries = env.cr.sql_log_count - queries
    return statistics.median(seconds), queries


def side_by_side(env, ours, beside, repeat=REPEAT):
    """Measure two things in turns, so that what slows the machine slows both."""
    times = {ours: [], beside: []}
    ours(), beside()
    for _time in range(repeat):
        for work in (ours, beside):
            times[work].append(take(env, work, repeat=1)[0])
    return {"ours": statistics.median(times[ours]), "beside": statistics.median(times[beside])}


@contextmanager
def undone(env):
    """Let nothing stay of what happens."""
    env.cr.commit()
    try:
        yield
    finally:
        env.cr.rollback()
        env.invalidate_all()


def specification(env, model, view, kind="list"):
    """Return what the web client asks for to show a view."""
    arch = etree.fromstring(env[model].get_view(env.ref(view).id, kind)["arch"])
    names = dict.fromkeys(
        node.get("name")
        for node in arch.iter("field")
        if not any(parent.tag == "field" for parent in node.iterancestors())
    )
    return {name: _specification_of(env[model]._fields[name]) for name in names}


def _specification_of(field):
    return {"fields": {"display_name": {}}} if field.type == "many2one" else {}


# -----------------------------------------------------------------------------
# 1-3: the selection
# -----------------------------------------------------------------------------


def get_selection_domain():
    """Return what the selection shows when it is opened."""
    return [
        ("move_type", "in", TYPES),
        ("nox_finans_case_state", "in", (False, "refused")),
        ("payment_state", "not in", ("paid", "in_payment", "reversed")),
        ("nox_finans_hidden", "=", False),
    ]


def first_page(env):
    return side_by_side(
        env,
        lambda: open_list(env, "nox_finans.account_move_view_list_selection"),
        lambda: open_list(env, "account.view_out_invoice_tree"),
    )


def first_page_queries(env):
    """Count for a page of green ones: what a red one is told may take a look at more of it."""
    green = [("nox_finans_status", "=", "approved")]
    view = "nox_finans.account_move_view_list_selection"
    return take(env, lambda: open_list(env, view, green))[1]


def open_list(env, view, domain=()):
    """Show the first page of what the selection shows, by the columns of a list."""
    return ask(
        env,
        "account.move",
        "web_search_read",
        [*get_selection_domain(), *domain],
        specification(env, "account.move", view),
        order="invoice_date desc, name desc, id desc",
        limit=PAGE,
        offset=0,
        count_limit=10001,
    )


# The criteria once more, by hand: what somebody would write who knows the tables.
BY_HAND = """
WITH rules AS (
    SELECT company.id AS company_id, (now() AT TIME ZONE 'Europe/Stockholm')::date AS today,
           (SELECT id FROM res_currency WHERE name = 'SEK') AS sek,
           (SELECT id FROM res_country WHERE code = 'SE') AS sweden,
           (SELECT array_agg(rel.res_country_id)
              FROM res_country_res_country_group_rel AS rel
              JOIN ir_model_data AS data ON data.res_id = rel.res_country_group_id
             WHERE data.model = 'res.country.group' AND data.name = 'europe_vat') AS eu
      FROM res_company AS company WHERE company.id = %(company)s
), terms AS (
    SELECT term.id, term.nox_finans_service ->> %(company)s::text AS service,
           (SELECT max(nb_days) FROM account_payment_term_line
             WHERE payment_id = term.id) AS days,
           (SELECT count(*) > 1 FROM account_payment_term_line
             WHERE payment_id = term.id) OR term.early_discount AS is_special
      FROM account_payment_term AS term
), special AS (
    SELECT row.move_id, array_agg(DISTINCT tax.nox_finans_vat_kind) AS kinds
      FROM account_tax AS tax
      JOIN account_move_line_account_tax_rel AS rel ON rel.account_tax_id = tax.id
      JOIN account_move_line AS row ON row.id = rel.account_move_line_id
     WHERE tax.nox_finans_vat_kind NOT IN ('taxed', 'zero') AND row.display_type = 'product'
     GROUP BY 1
), creditors AS (
    SELECT DISTINCT line.partner_id
      FROM account_move_line AS line JOIN account_account AS account ON account.id = line.account_id
     WHERE line.parent_state = 'posted' AND account.account_type = 'asset_receivable'
       AND NOT line.reconciled AND line.amount_residual < 0 AND line.company_id = %(company)s
), judged AS (
    SELECT move.id, customer.id AS customer_id, customer.complete_name,
           move.amount_residual <= 0
           OR move.nox_finans_tax_reduction > 0 AND move.nox_finans_amount_to_collect <= 0
           OR move.state IN ('cancel', 'draft') OR move.nox_finans_not_ready
           OR move.move_type = 'out_receipt' OR move.nox_finans_invoice_type IN ('cash', 'interest')
           OR move.currency_id != rules.sek OR terms.service IS NULL
           OR move.invoice_date > rules.today
           OR NOT customer.nox_finans_has_name OR NOT customer.nox_finans_has_address
           OR customer.nox_finans_is_too_long OR move.nox_finans_has_too_many_rows
           OR move.nox_finans_has_unfit_taxes OR move.payment_state = 'blocked'
           OR coalesce('unfit' = ANY (special.kinds), false)
           OR NOT main.nox_finans_has_vat_number AND coalesce(
                  special.kinds && ARRAY['se_reversed', 'eu_reversed']::varchar[]
                  OR 'reversed' = ANY (special.kinds)
                     AND coalesce(main.country_id, rules.sweden) = ANY (rules.eu), false)
           OR cardinality(special.kinds) + (move.amount_tax != 0)::int > 1
           OR move.nox_finans_tax_reduction > 0 AND (
                  NOT main.nox_finans_has_personal_number
                  OR coalesce(move.nox_finans_tax_reduction_type, 'rot') != 'rut'
                     AND coalesce(move.nox_finans_property_designation, '') = '')
           OR move.invoice_date < rules.today - interval '2 years'
           OR NOT EXISTS (SELECT FROM account_move_line AS row
                           WHERE row.move_id = move.id AND row.display_type = 'product')
           OR move.move_type = 'out_refund' AND NOT coalesce(move.nox_finans_credit_covered, false)
           OR terms.service = 'reminder'
              AND (move.invoice_date_due IS NULL OR move.invoice_date_due >= rules.today)
           OR coalesce((main.nox_finans_opt_out ->> %(company)s::text)::boolean, false)
           OR nox_case.state NOT IN ('refused') AS is_red,
           NOT main.nox_finans_has_id_number
           OR customer.country_id != rules.sweden
           OR move.nox_finans_is_disputed
           OR move.amount_residual < move.amount_total
           OR terms.service = 'invoice' AND terms.days < 10
           OR terms.is_special
           OR customer.email IS NOT NULL AND NOT customer.nox_finans_has_email
           OR terms.service = 'invoice' AND move.is_move_sent
           OR coalesce(main.nox_finans_channel ->> %(company)s::text = 'email', false)
              AND NOT customer.nox_finans_has_email
           OR creditors.partner_id IS NOT NULL AS is_yellow
      FROM account_move AS move CROSS JOIN rules
      JOIN res_partner AS customer ON customer.id = move.partner_id
      JOIN res_partner AS main ON main.id = move.commercial_partner_id
      LEFT JOIN terms ON terms.id = move.invoice_payment_term_id
      LEFT JOIN special ON special.move_id = move.id
      LEFT JOIN creditors ON creditors.partner_id = move.commercial_partner_id
      LEFT JOIN nox_finans_case AS nox_case ON nox_case.id = move.nox_finans_case_id
     WHERE move.move_type IN ('out_invoice', 'out_refund', 'out_receipt')
       AND (move.nox_finans_case_id IS NULL OR nox_case.state = 'refused')
       AND move.payment_state NOT IN ('paid', 'in_payment', 'reversed')
       AND move.nox_finans_hidden IS NOT TRUE AND move.company_id = %(company)s
)
"""
COUNTS = (
    BY_HAND
    + """
SELECT CASE WHEN is_red THEN 'rejected' WHEN is_yellow THEN 'warning' ELSE 'approved' END AS status,
       count(*)
  FROM judged GROUP BY status
"""
)
RED_CUSTOMERS = (
    BY_HAND
    + """
SELECT customer_id, complete_name, count(*), count(*) OVER () FROM judged WHERE is_red
 GROUP BY customer_id, complete_name ORDER BY complete_name, customer_id
 LIMIT %(limit)s OFFSET %(offset)s
"""
)


def counters(env):
    def by_hand():
        env.cr.execute(COUNTS, {"company": env.company.id})
        return dict(env.cr.fetchall())

    def ours():
        return {
            group["nox_finans_status"]: group["__count"]
            for group in ask(
                env,
                "account.move",
                "formatted_read_group",
                get_selection_domain(),
                ["nox_finans_status"],
                ["__count"],
            )
        }

    assert ours() == by_hand(), (ours(), by_hand())
    return side_by_side(env, ours, by_hand) | {"counts": ours()}


def last_page_of_red_customers(env):
    domain = [*get_selection_domain(), ("nox_finans_status", "=", "rejected")]

    def page(offset):
        return ask(
            env,
            "account.move",
            "web_read_group",
            domain,
            ["partner_id"],
            ["__count"],
            limit=PAGE,
            offset=offset,
        )

    def by_hand(offset):
        values = {"company": env.company.id, "limit": PAGE, "offset": offset}
        env.cr.execute(RED_CUSTOMERS, values)
        return env.cr.fetchall()

    length = page(0)["length"]
    assert length == by_hand(0)[0][3]
    last = (length - 1) // PAGE * PAGE
    assert len(page(last)["groups"]) == len(by_hand(last))
    return side_by_side(env, lambda: page(last), lambda: by_hand(last))


# -----------------------------------------------------------------------------
# 4, 5, 9, 10: sending
# -----------------------------------------------------------------------------


def find_ready(env, count):
    """Return so many invoices that can go."""
    domain = [*get_selection_domain(), ("nox_finans_status", "=", "approved")]
    moves = env["account.move"].search(domain, limit=count, order="id")
    assert len(moves) == count, f"only {len(moves)} of {count} can go"
    return moves


def open_send(env, moves):
    """Open the send dialog as the web client does, and show it."""
    action = ask(env, "account.move", "action_nox_finans_open_send", moves.ids)
    fields = specification(env, "nox.finans.send", "nox_finans.nox_finans_send_view_form", "form")
    rows = specification(env, "account.move", "nox_finans.account_move_view_list_selection")
    names = ("name", "partner_id", "amount_residual", "nox_finans_status", "nox_finans_service")
    names += ("nox_finans_used_channel", "nox_finans_choice_reason", "nox_finans_reasons")
    rows = {name: rows.get(name, {}) for name in names}
    for name in ("ready_move_ids", "rejected_move_ids"):
        fields[name] = {"fields": rows, "limit": 40}
    fields["move_ids"] = {}
    return ask(env, "nox.finans.send", "web_read", [action["res_id"]], fields)


def open_batch_send(env, moves):
    """Open Odoo's own dialog for sending many."""
    batch = env["account.move.send.batch.wizard"].with_context(
        active_model="account.move", active_ids=moves.ids
    )
    wizard = batch.create({})
    return ask(env, wizard._name, "web_read", wizard.ids, {"summary_data": {}, "alerts": {}})


def dialog(env, some, many):
    few, lots = find_ready(env, some), find_ready(env, many)
    with undone(env):
        small, _queries = take(env, lambda: open_send(env, few), repeat=3)
        large, _queries = take(env, lambda: open_send(env, lots), repeat=1)
        beside, _queries = take(env, lambda: open_batch_send(env, few), repeat=1)
    return {"ours": small, "large": large, "beside": beside}


def dialog_queries(env, count):
    few = find_ready(env, count)
    with undone(env):
        return take(env, lambda: open_send(env, few), repeat=2)[1]


def queue(env, count):
    """Put invoices into the queue, beside plain records with as many columns."""
    moves = find_ready(env, count)
    plain = make_plain_model(env, count_filled_columns(env, moves[:1]))
    filled = {name: "x" for name in plain._fields if name.startswith("x_bench")}

    def ours():
        cases, _left_out = moves._nox_finans_queue()
        assert len(cases) == count
        env.flush_all()

    def beside():
        plain.create([dict(filled) for _number in range(count)])
        env.flush_all()

    times = {ours: [], beside: []}
    for _time in range(3):
        for work in (beside, ours):
            with undone(env):
                times[work].append(take(env, work, repeat=1)[0])
    return {"ours": statistics.median(times[ours]), "beside": statistics.median(times[beside])}


def count_filled_columns(env, move):
    """Return how many columns of a case hold something when it has just been queued."""
    with undone(env):
        cases, _left_out = move._nox_finans_queue()
        env.flush_all()
        env.cr.execute(
            "SELECT count(*) FROM nox_finans_case AS made, jsonb_each(to_jsonb(made)) AS entry"
            " WHERE made.id = %s AND entry.value != 'null'",
            cases.ids,
        )
        return env.cr.fetchone()[0]


def make_plain_model(env, columns):
    """Make the plainest stored model there can be, with so many columns of text that are filled.

    Five columns are every model's own.
    """
    system = env(user=1)
    name = f"x_nox_finans_plain_{columns}"
    if name not in env:
        model = system["ir.model"].create({"name": "Plain", "model": name})
        system["ir.model.fields"].create(
            [
                {
                    "model_id": model.id,
                    "name": f"x_bench_{number}",
                    "field_description": f"Column {number}",
                    "ttype": "char",
                }
                for number in range(columns - 5)
            ]
        )
        env.cr.commit()
    return system[name]


def queue_queries(env, count):
    moves = find_ready(env, count)
    # The first time asks for what Odoo keeps in mind from then on.
    for _time in range(2):
        with undone(env):
            queries = take(env, moves._nox_finans_queue, repeat=1)[1]
    return queries


def memory(env, work, count):
    """Return by how many megabytes the process has grown by a piece of work on `count`."""
    do = {"dialog": open_send, "queue": lambda _env, moves: moves._nox_finans_queue()}[work]
    moves = find_ready(env, count)
    with undone(env):
        # What is loaded once for all.
        do(env, moves[:10])
    with undone(env):
        return grown(lambda: do(env, moves))


def grown(work):
    """Return by how many megabytes `work` makes the process grow at its peak (Linux)."""
    Path("/proc/self/clear_refs").write_text("5")
    before = _memory("VmRSS")
    work()
    return (_memory("VmHWM") - before) / 1024


def _memory(name):
    (line,) = re.findall(rf"{name}:\s+(\d+) kB", Path("/proc/self/status").read_text())
    return int(line)


# -----------------------------------------------------------------------------
# 6, 8, 10: the connector
# -----------------------------------------------------------------------------


def connect(env, url, credentials):
    """Connect the copied database's company to the sandbox at `url`."""
    system = env(user=1)
    system["ir.config_parameter"].set_param("nox_finans.sandbox_url", url)
    connector = env.company.sudo()._get_nox_finans_connector()
    connector._connect(credentials)
    # Nothing is booked for the invoices that are made without rows.
    connector.write({"payment_journal_id": False, "remote_company": False})
    system["nox.finans.case"].search([]).unlink()
    env.cr.commit()


def drop_limit():
    """Let the client not wait: measured is what it does itself."""
    from odoo.addons.nox_finans.api import rate_limit

    rate_limit.SlidingWindow.wait = lambda window: None


def exchange_once(env, is_list_due=False):
    """Run the connector once; return its seconds."""
    drop_limit()
    system = env(user=1)
    connector = system["nox.finans.connector"].search([("company_id", "=", env.company.id)])
    if is_list_due:
        connector.list_try = False
    env.cr.commit()
    start = time.perf_counter()
    connector._cron_exchange()
    env.cr.commit()
    return time.perf_counter() - start


def exchange_for(env, count, seconds):
    """Queue `count` invoices and run the connector for so long, at the interface's pace."""
    fill_queue(env, count)
    connector = env(user=1)["nox.finans.connector"]
    end = time.monotonic() + seconds
    while time.monotonic() < end and connector.search([]).queue_length:
        connector._cron_exchange()
        env.invalidate_all()


def exchange_cost(env, count):
    """Return the processor seconds for an invoice: the connector's, and those of the bare calls."""
    drop_limit()
    connector = env(user=1)["nox.finans.connector"]
    # What is loaded once for all.
    fill_queue(env, WARM_UP)
    connector._cron_exchange()
    fill_queue(env, count)
    calls, send = [], requests.Session.send

    def keep(session, prepared, **options):
        calls.append((prepared.method, prepared.url, dict(prepared.headers), prepared.body))
        return send(session, prepared, **options)

    requests.Session.send = keep
    start = time.process_time()
    connector._cron_exchange()
    env.cr.commit()
    ours = time.process_time() - start
    requests.Session.send = send
    sent = env["nox.finans.case"].search_count([("state", "=", "accepted")])
    assert sent == WARM_UP + count, f"{sent} of {WARM_UP + count} were sent"
    return {"ours": ours / count, "beside": replay(calls) / count, "calls": len(calls) / count}


def replay(calls):
    """Make the same calls with the same bodies from a bare session; return its processor seconds.

    The service refuses some of them the second time, which costs the caller the same.
    """
    start = time.process_time()
    with requests.Session() as session:
        for method, url, headers, body in calls:
            answer = session.request(method, url, headers=headers, data=body, timeout=30)
            answer.json()
    return time.process_time() - start


def fill_queue(env, count):
    """Queue so many invoices, for another process to send."""
    moves = find_ready(env, count)
    for start in range(0, count, 500):
        moves[start : start + 500]._nox_finans_queue()
        env.cr.commit()
        env.invalidate_all()
    # As autovacuum would, which is off in the project's own cluster.
    env.cr.execute("ANALYZE nox_finans_case, account_move")
    env.cr.commit()


def exchange_memory(env, sent):
    """Return by how many megabytes a run grows that sends `sent` invoices, then is out of time."""
    from odoo.addons.nox_finans.exchange.run import Run

    drop_limit()
    commit, done = Run._commit, []

    def commit_until(run, processed=0):
        left = commit(run, processed)
        done.extend([True] * processed)
        return left if len(done) < sent else 0

    Run._commit = commit_until
    return grown(env(user=1)["nox.finans.connector"]._cron_exchange)


# -----------------------------------------------------------------------------
# 11: what those pay who do not send
# -----------------------------------------------------------------------------


def save_and_pay(env, count):
    """Return the median seconds of saving an invoice, and of registering its payment."""
    env = env(user=1)
    company = env["res.company"].search([], limit=1)
    if not company.chart_template:
        env["account.chart.template"].try_loading("se", company, install_demo=False)
    customer = env["res.partner"].create({"name": "Kund AB", "country_id": env.ref("base.se").id})
    saving, paying = [], []
    for number in range(count + 3):
        env.cr.commit()
        env.invalidate_all()
        start = time.process_time()
        move = env["account.move"].create(
            {
                "move_type": "out_invoice",
                "partner_id": customer.id,
                "invoice_date": "2026-01-15",
                "invoice_line_ids": [
                    (0, 0, {"name": f"Work {row}", "quantity": 2, "price_unit": 100 + number})
                    for row in range(3)
                ],
            }
        )
        move.action_post()
        env.cr.commit()
        saved = time.process_time()
        register = env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        register.create({})._create_payments()
        env.cr.commit()
        saving.append(saved - start)
        paying.append(time.process_time() - saved)
    # The first ones load what is loaded once.
    return {
        "saving an invoice": statistics.median(saving[3:]),
        "registering a payment": statistics.median(paying[3:]),
    }


# -----------------------------------------------------------------------------
# Many companies
# -----------------------------------------------------------------------------


def fill_companies(env, companies, each):
    """Let so many new companies have so many invoices queued; nothing else happens by itself."""
    system = env(user=1)
    system["nox.finans.connector"].search([])._forget_credentials()
    system["nox.finans.case"].search([]).unlink()
    system["ir.cron"].search([]).active = False
    for number in range(companies):
        company = make_company(system, f"Company {number}")
        # The real ones come when it is known where the sandbox is.
        keys = ("client_id", "client_secret", "access_token", "refresh_token")
        credentials = {**dict.fromkeys(keys, "x"), "expires_in": 3600}
        company._get_nox_finans_connector()._connect(credentials)
        queue_invoices(company, each)
    # As autovacuum would, which is off in the project's own cluster.
    system.cr.execute("ANALYZE")
    system.cr.commit()


def make_crons(env, parts):
    """Make so many inactive crons, each with its fixed share of the companies."""
    system = env(user=1)
    system["ir.cron"].create(
        [
            {
                "name": f"Share {part}",
                "model_id": system["ir.model"]._get_id("nox.finans.connector"),
                "state": "code",
                # The best they could do: without Odoo's limit of ten seconds.
                "code": "model.with_context(ir_cron_progress_id=False)"
                f".search([])[{part}::{parts}]._exchange()",
                "interval_number": 1,
                "interval_type": "days",
                "active": False,
            }
            for part in range(parts)
        ]
    )
    system.cr.commit()
