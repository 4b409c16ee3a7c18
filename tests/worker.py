"""A worker process of Odoo that does the connector's work, and dies where it is told to.

Odoo is started once; each order (a line of JSON on the standard input) is carried out in a forked
process of its own, as Odoo's own prefork server does. What the process does is Odoo's and the
add-on's unchanged code; only the time-outs are shorter, the rate limit is not kept (the sandbox's
is off) and the sandbox's changes are listed as seldom as the service's, unless the order says
`keep_pace`; and at one point of one request the process is killed, or PostgreSQL restarted, where
the order asks for that.
"""

import gc
import json
import os
import re
import select
import signal
import subprocess
import sys
import traceback

import urllib3.connection
from odoo import SUPERUSER_ID, api, sql_db
from odoo.modules.registry import Registry
from odoo.tools import config
from odoo.tools.translate import code_translations

SLOW_DOWN = 0.05


class Breaker:
    """Breaks off at one request, by the method and a pattern of the path.

    `when`: `before` the request is sent, when the answer is there but not read (`processed`), or
    when the answer is `read` and not yet committed. `restart` is a command to run there instead of
    dying.
    """

    def __init__(self, method, path, when, restart=None):
        self.method, self.path, self.when, self.restart = method, path, when, restart
        self.is_current = False

    def install(self):
        from odoo.addons.nox_finans.api import transport

        connection = urllib3.connection.HTTPConnection
        request, getresponse, send = connection.request, connection.getresponse, transport.send

        def breaking_request(conn, method, url, *args, **kwargs):
            path = url.partition("?")[0]
            self.is_current = method == self.method and bool(re.search(self.path, path))
            self._at("before")
            return request(conn, method, url, *args, **kwargs)

        def breaking_getresponse(conn, *args, **kwargs):
            if self.is_current and self.when == "processed":
                # Something to read: the service has done its work and answered.
                select.select([conn.sock], [], [])
                self._at("processed")
            return getresponse(conn, *args, **kwargs)

        def breaking_send(*args, **kwargs):
            answer = send(*args, **kwargs)
            self._at("read")
            return answer

        connection.request = breaking_request
        connection.getresponse = breaking_getresponse
        transport.send = breaking_send

    def _at(self, point):
        if not self.is_current or point != self.when:
            return
        self.is_current = False
        if self.restart:
            self.when = None
            subprocess.run(self.restart, check=True, stdout=subprocess.DEVNULL)
        else:
            os.kill(os.getpid(), signal.SIGKILL)


def prepare(keep_pace, timeout):
    from odoo.addons.nox_finans.api import rate_limit, transport
    from odoo.addons.nox_finans.exchange import changes

    transport.TIMEOUT = timeout or transport.TIMEOUT
    if keep_pace:
        return
    changes.SANDBOX_LIST_INTERVAL = changes.LIST_INTERVAL
    rate_limit.WINDOW = SLOW_DOWN
    rate_limit.SlidingWindow.wait = lambda window: None


def in_child(order):
    """Carry out an order in a child; return what it answers, or how it ended."""
    reader, writer = os.pipe()
    # A connection must not be shared by two processes.
    sql_db.close_all()
    # Or else each child's first collection copies all that it shares with us.
    gc.freeze()
    child = os.fork()
    if not child:
        os.close(reader)
        answer = perform(order)
        os.write(writer, json.dumps(answer).encode())
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader) as file:
        answer = file.read()
    _pid, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return {"signal": os.WTERMSIG(status)}
    return json.loads(answer)


def warm_up(order):
    """Carry out an order in this process: what is imported and set up on the way need not be by
    each child. What was read from the database is forgotten."""
    answer = perform({**order, "keep_pace": True})
    Registry(DATABASE).clear_all_caches()
    return answer


def perform(order):
    try:
        if breaker := order.pop("break", None):
            Breaker(**breaker).install()
        prepare(order.pop("keep_pace", False), order.pop("timeout", None))
        with Registry(DATABASE).cursor() as cr:
            env = api.Environment(cr, SUPERUSER_ID, {})
            return {"result": ORDERS[order.pop("do")](env, **order)}
    except BaseException:
        return {"error": traceback.format_exc()}


def run_code(env, code, **values):
    """Run Python that leaves its answer in `result`."""
    names = {"env": env, "result": None, **values}
    exec(code, names)
    return names["result"]


def run_cron(env, queue=None):
    """Let the clerk send the invoices `queue`, and the cron do its work."""
    if queue:
        clerk = env["res.users"].search([("login", "=", "clerk")])
        moves = env["account.move"].with_user(clerk).browse(queue)
        _cases, left_out = moves._nox_finans_queue()
        if left_out:
            raise AssertionError(list(left_out.values()))
        env.cr.commit()
    env["nox.finans.connector"]._cron_exchange()


ORDERS = {"code": run_code, "cron": run_cron}

if __name__ == "__main__":
    configuration, DATABASE = sys.argv[1:]
    config.parse_config(["-c", configuration], setup_logging=True)
    Registry(DATABASE)
    # Or else each child reads them anew.
    for module in ("base", "mail", "account", "nox_finans"):
        code_translations.get_python_translations(module, "sv_SE")
    print("ready", flush=True)
    for line in sys.stdin:
        order = json.loads(line)
        answer = warm_up(order) if order.pop("warm_up", False) else in_child(order)
        print(json.dumps(answer), flush=True)
