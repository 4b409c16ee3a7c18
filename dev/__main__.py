"""`python3 -m dev COMMAND`: the set-up by the system's Python, the rest in the environment."""

import os
import sys
from pathlib import Path

from .project import ROOT, RUN, VENV, Problem, check_python, locked, make_folders, say

HELP = """\
make demo       Odoo with demo data and the sandbox: the address and the log-ins are shown
make test       every test, on a database of its own; PYTEST_ARGS="tests/test_x.py -k y" narrows it
make test-quick what tells within a minute: core/ and api/ without Odoo, and the criteria
make bench      measures what the add-on promises, beside what it is compared with
make lint       ruff, pylint-odoo, mypy, translations, and with Node.js prettier and eslint
make mutants    changes core/ in hundreds of ways, and lists those that no test notices
make pins       compiles dev/requirements*.in into pins with hashes (needs uv)
make demo-db    builds the demo database and ends
make clean      removes what the set-up made in this folder; downloads stay in the user's cache
dev/odoo …      Odoo's own command line, e.g. dev/odoo shell -d nox_finans_demo
dev/sandbox …   the sandbox alone, e.g. dev/sandbox --port 8900

Settings, by environment: ODOO_PATH (an Odoo 19 of yours), PGHOST PGPORT PGUSER PGPASSWORD
(a PostgreSQL of yours), NOX_DEMO_DB, NOX_HTTP_PORT, NOX_SANDBOX_PORT, XDG_CACHE_HOME,
NOX_BENCH_INVOICES (100000), NOX_BENCH_SECONDS (60), NOX_BENCH_STEPS (dev/bench/run.py names them),
NOX_BENCH_COMPANIES (4), NOX_BENCH_EACH (6), NOX_BENCH_AT_ONCE
"""
READY = "NOX_DEV_ODOO"
LOCAL = "127.0.0.1,localhost"


def main(arguments):
    for stream in (sys.stdout, sys.stderr):
        stream.reconfigure(errors="replace")
    if not arguments or arguments[0] == "help":
        print(HELP, end="")
        return 0
    check_python()
    # Not before: an older Python stumbles over them.
    from . import processes

    processes.end_on_signals()
    if arguments[0] == "clean":
        from .cluster import clean

        return clean()
    if arguments[0] == "pins":
        from .pins import compile_pins

        return compile_pins(*arguments[1:])
    if READY not in os.environ or Path(sys.prefix) != VENV:
        return _set_up(arguments)
    from .commands import main as run_command

    return run_command(arguments)


def _set_up(arguments):
    """Bring up source and environment, then go on in the environment's own Python."""
    from . import odoo_source, python_env

    make_folders()
    with locked(RUN / "set-up", waiting="Another command is setting up this folder; waiting …"):
        odoo_root, origin = odoo_source.find_or_fetch()
        python_env.ensure()
        python_env.ensure(python_env.ADDON_REQUIREMENTS, "--no-deps")
    if arguments[0] in ("setup", "demo", "demo-db", "test", "test-quick"):
        say(f"Odoo {odoo_source.SERIES} from {origin}")
    environment = {
        **os.environ,
        READY: str(odoo_root),
        "PYTHONPATH": f"{ROOT}:{odoo_root}",
        # Our own servers are not to be looked for behind a proxy.
        "no_proxy": f"{LOCAL},{os.environ.get('no_proxy') or os.environ.get('NO_PROXY', '')}",
    }
    sys.stdout.flush()
    os.execve(python_env.PYTHON, [str(python_env.PYTHON), "-m", "dev", *arguments], environment)


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except Problem as problem:
        sys.exit(f"\nThat did not work: {problem}")
    except KeyboardInterrupt:
        sys.exit(130)
