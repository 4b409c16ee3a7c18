"""What `make` calls, in the project's environment."""

import os
import secrets
import shlex
import signal
import subprocess
import time

from . import bench, databases, odoo, postgres
from .browser import find_browser
from .lint import lint
from .mutants import find_mutants
from .processes import (
    child,
    choose_port,
    run_in_foreground,
    wait_until_answers,
)
from .project import BUILD, LOGS, ROOT, Problem, say

DEMO_DB = os.environ.get("NOX_DEMO_DB") or "nox_finans_demo"
HTTP_PORT, SANDBOX_PORT = 8069, 8900
# Odoo's crons look once a minute whether something is due; the demo's are asked to more often, so
# that nobody waits long for what comes of sending, or of turning the sandbox's clock.
WAKE_SECONDS = 10
TESTS = ["nox_finans/tests", "tests"]
# For every save: what needs neither Odoo nor a server, and the criteria.
PURE_TESTS = ["tests/core", "tests/api", "tests/exchange"]
QUICK_TESTS = [
    "nox_finans/tests/test_criteria.py",
    "nox_finans/tests/test_chain.py",
    # It takes longer than all the others together.
    "--deselect=nox_finans/tests/test_criteria.py::TestCriteria::test_random_invoices",
]
# A file is run by one process as a whole; each process takes the next file when it has ended one.
# The order is that of tests/conftest.py.
IN_PARALLEL = ["--dist=loadfile", "--no-loadscope-reorder"]
# For so many processors at most: each process has a server and a browser of its own, which take
# memory. There is one process more than that, since each waits for something now and then.
MOST_PROCESSORS = 4

WELCOME = """
  Odoo with Nox Finans:   {url}
  The sandbox's ledger:   {sandbox_url}

  Log-ins (password = log-in):
    clerk     Klara Klerk, accounts clerk, in Swedish
    manager   Maria Manager, accounts manager
    admin     the administrator

  The main job in three clicks, as the clerk:
    1. Fakturering > Kunder > Fakturor: press "Skicka via Nox Finans"
    2. mark green invoices and press the green "Skicka via Nox Finans"
    3. press "Skicka"; the gavel on the invoice shows where it stands

  Ctrl-C stops everything.
"""


def main(arguments):
    commands = {
        "setup": set_up,
        "odoo": run_odoo,
        "demo": serve_demo,
        "demo-db": build_demo,
        "test": run_tests,
        "test-quick": run_quick_tests,
        "bench": run_bench,
        "lint": lint,
        "mutants": find_mutants,
    }
    if arguments[0] not in commands:
        raise Problem(f"There is no command {arguments[0]}. `make help` lists them.")
    return commands[arguments[0]](*arguments[1:]) or 0


def set_up():
    say("Odoo and its Python environment are there.")


def run_odoo(*arguments):
    with postgres.server() as server:
        configuration = odoo.write_configuration(server)
        return run_in_foreground(odoo.command(configuration, *arguments), signal.SIGTERM)


def build_demo():
    with (
        databases.demo_lock(DEMO_DB),
        postgres.server() as server,
        _sandbox(_sandbox_port()) as (_process, sandbox_url),
    ):
        databases.ensure_demo(server, odoo.odoo_root(), DEMO_DB, sandbox_url)
    say(f"The database {DEMO_DB} is there.")


def serve_demo():
    port = choose_port("NOX_HTTP_PORT", os.environ.get("NOX_HTTP_PORT"), HTTP_PORT)
    with (
        databases.demo_lock(DEMO_DB),
        postgres.server() as server,
        _sandbox(_sandbox_port()) as (sandbox, sandbox_url),
    ):
        databases.ensure_demo(server, odoo.odoo_root(), DEMO_DB, sandbox_url)
        url = f"http://127.0.0.1:{port}"
        databases.set_addresses(server, DEMO_DB, sandbox_url, url)
        log = LOGS / "odoo.log"
        configuration = odoo.write_configuration(
            server, f"{DEMO_DB}_serve", http_port=port, max_cron_threads=1, dbfilter=f"^{DEMO_DB}$"
        )
        with child(odoo.command(configuration, "-d", DEMO_DB), log) as process:
            say("Starting Odoo …")
            wait_until_answers(f"{url}/web/login", process, log)
            print(WELCOME.format(url=url, sandbox_url=sandbox_url), flush=True)
            _wait_for_any({"Odoo": process, "The sandbox": sandbox}, server)


def _wait_for_any(processes, server):
    """Wake Odoo's crons from time to time.

    :raises Problem: one of the processes ended
    """
    woken = time.monotonic()
    try:
        while True:
            for name, process in processes.items():
                if process.poll() is not None:
                    raise Problem(f"{name} ended by itself; see the logs in {LOGS}.")
            if time.monotonic() - woken > WAKE_SECONDS:
                woken = time.monotonic()
                # Odoo's own way, see `_notifydb` of its model `ir.cron`.
                server.query("postgres", "SELECT pg_notify('cron_trigger', %s)", DEMO_DB)
            time.sleep(0.5)
    except KeyboardInterrupt:
        say("Stopping …")


def _sandbox_port():
    asked = os.environ.get("NOX_SANDBOX_PORT")
    return choose_port("NOX_SANDBOX_PORT", asked, SANDBOX_PORT)


class _sandbox:
    """The demo's sandbox, whose ledger outlives it as the demo database does."""

    def __init__(self, port):
        self.url = f"http://127.0.0.1:{port}"
        data = BUILD / "sandbox" / f"{DEMO_DB}.sqlite"
        data.parent.mkdir(exist_ok=True)
        self.log = LOGS / "sandbox.log"
        command = [odoo.PYTHON, "-m", "sandbox", "--port", port, "--data", data]
        self.child = child(command, self.log, cwd=ROOT)

    def __enter__(self):
        process = self.child.__enter__()
        wait_until_answers(f"{self.url}/sandbox/health", process, self.log)
        return process, self.url

    def __exit__(self, *exception):
        return self.child.__exit__(*exception)


def run_tests():
    """Run what PYTEST_ARGS names in one process, or else all in several at the same time."""
    arguments = shlex.split(os.environ.get("PYTEST_ARGS", ""))
    if not arguments:
        count = min(os.cpu_count(), MOST_PROCESSORS) + 1
        arguments = [f"--numprocesses={count}", *IN_PARALLEL]
    if not any(_is_test_path(argument) for argument in arguments):
        arguments += TESTS
    return _run_with_odoo(arguments)


def run_quick_tests():
    """Run the tests that tell within a minute whether a thought was wrong."""
    # Nothing of Odoo comes in: neither pytest's add-ons nor the conftest.py above these.
    command = [odoo.PYTHON, "-m", "pytest", "-q", f"--confcutdir={PURE_TESTS[0]}", *PURE_TESTS]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    pure = subprocess.run(command, cwd=ROOT, env=environment)
    return pure.returncode or _run_with_odoo(["-q", *QUICK_TESTS])


def _run_with_odoo(arguments):
    """Run pytest in Odoo's environment, on a database with the add-on freshly installed."""
    name = f"nox_finans_test_{secrets.token_hex(5)}"
    with postgres.server() as server, databases.test_run(server, name):
        databases.make_test_database(server, odoo.odoo_root(), name)
        configuration = odoo.write_configuration(server, name, without_demo="True")
        command = [odoo.PYTHON, "-m", "pytest", f"--odoo-config={configuration}"]
        return run_in_foreground(
            [*command, f"--odoo-database={name}", "--odoo-http", *arguments],
            signal.SIGINT,
            cwd=ROOT,
            env=_test_environment(name),
        )


def _test_environment(name):
    browser, reason = find_browser()
    return {
        **os.environ,
        "NOX_TEST_TEMPLATE": name,
        "NOX_TEST_CHROMIUM": browser or "",
        "NOX_TEST_NO_BROWSER": reason,
        # Where Odoo's own browser tests look.
        "PATH": f"{os.path.dirname(browser or '/')}:{os.environ['PATH']}",
    }


def run_bench():
    with postgres.server() as server:
        return bench.run(server, odoo.odoo_root())


def _is_test_path(argument):
    return not argument.startswith("-") and (ROOT / argument.split("::")[0]).exists()
