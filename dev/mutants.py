"""Which changes of the plain parts no test notices: `make mutants` makes hundreds of them.

It does so in a copy, so that nothing is left changed when it is interrupted. What the changes are,
and which are left out, stands in mutants.toml; those that remain are explained in docs/mutants.md.
"""

import os
import shutil
from collections import Counter

from . import python_env
from .project import BUILD, ROOT, Problem, run, say, step

BINARIES = python_env.PYTHON.parent
COPY = BUILD / "mutants"
COPIED = (
    *(f"nox_finans/{name}" for name in ("api", "core", "exchange")),
    *(f"tests/{name}" for name in ("core", "exchange", "plain.py", "strategies.py")),
    "pyproject.toml",
)
CONFIGURATION = ROOT / "dev" / "mutants.toml"
SESSION = "session.sqlite"
# Percent that are to be killed of what is changed.
WANTED = 90


def find_mutants():
    """Show by file how many changes the tests notice, and each that they do not.

    :raises Problem: too few are noticed, or the tests fail without any change
    """
    python_env.ensure(python_env.MUTANTS_REQUIREMENTS)
    shutil.rmtree(COPY, ignore_errors=True)
    for name in COPIED:
        (COPY / name).parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, COPY / name)
    _cosmic_ray("cosmic-ray", "baseline", CONFIGURATION)
    _cosmic_ray("cosmic-ray", "init", CONFIGURATION, SESSION)
    _cosmic_ray("cr-filter-operators", SESSION, CONFIGURATION)
    with step("Changing what is plain, and testing each change"):
        _cosmic_ray("cosmic-ray", "exec", CONFIGURATION, SESSION)
    _show(_read_results())


def _cosmic_ray(program, *arguments):
    environment = {
        **os.environ,
        "PATH": f"{BINARIES}:{os.environ['PATH']}",
        # Each change starts pytest anew: without what Odoo's tests need it takes half the time.
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        # The same examples each time, so that the same mutants are killed.
        "CI": "true",
        "NOX_COURSES": "300",
    }
    run([BINARIES / program, *arguments], "See what it says.", cwd=COPY, env=environment)


def _read_results():
    """Return (path, whether it was noticed, what was changed) of each change that was tested."""
    from cosmic_ray.work_db import WorkDB, use_db
    from cosmic_ray.work_item import WorkerOutcome

    with use_db(COPY / SESSION, WorkDB.Mode.open) as database:
        return [
            (str(item.mutations[0].module_path), result.is_killed, result.diff)
            for item, result in database.completed_work_items
            if result.worker_outcome != WorkerOutcome.SKIPPED
        ]


def _show(results):
    for _path, is_killed, diff in results:
        if not is_killed:
            print(diff, end="\n\n")
    tested = Counter(path for path, _is_killed, _diff in results)
    killed = Counter(path for path, is_killed, _diff in results if is_killed)
    for path in sorted(tested):
        say(f"{path}: {killed[path]} of {tested[path]} killed")
    share = 100 * killed.total() / tested.total()
    say(f"Killed: {killed.total()} of {tested.total()}, {share:.1f} %")
    if share < WANTED:
        raise Problem(f"{WANTED} % are wanted. Write tests for the rules that are changed above.")
