"""The linters: `make lint` runs them all, `python3 -m dev lint NAME …` and pre-commit some."""

from . import node, python_env, translations
from .project import ADD_ONS, ROOT, Problem, run, say, step

BINARIES = python_env.PYTHON.parent
NAMES = [add_on.name for add_on in ADD_ONS]


def _ruff():
    advice = "`.build/venv/bin/ruff check --fix .` and `.build/venv/bin/ruff format .` mend most."
    run([BINARIES / "ruff", "check", ROOT], advice)
    run([BINARIES / "ruff", "format", "--check", ROOT], advice)


def _pylint():
    advice = "The rules of the OCA, see .pylintrc."
    run([BINARIES / "pylint", f"--rcfile={ROOT / '.pylintrc'}", *ADD_ONS], advice, cwd=ROOT)


def _mypy():
    advice = "What it looks at, and how, stands in pyproject.toml."
    cache = f"--cache-dir={ROOT / '.build' / 'mypy'}"
    run([BINARIES / "mypy", cache, "--no-error-summary"], advice, cwd=ROOT)


def _eslint():
    advice = "The rules stand in eslint.config.mjs."
    _run_node("eslint", advice, "--no-error-on-unmatched-pattern", "eslint.config.mjs", *NAMES)


def _xml():
    _format_check("xml")


def _prettier():
    _format_check("js")


def _format_check(kind):
    patterns = [f"{name}/**/*.{kind}" for name in NAMES]
    advice = f"`node_modules/.bin/prettier --write {' '.join(map(repr, patterns))}` mends it."
    _run_node(
        "prettier", advice, "--check", "--log-level=warn", "--no-error-on-unmatched-pattern",
        *patterns,
    )  # fmt: skip


def _run_node(program, advice, *arguments):
    """Run a linter that needs Node.js; say it in words where there is none."""
    if trouble := node.get_trouble():
        say(f"Skipped: {trouble}.")
        return
    node.ensure()
    run([node.program(program), *arguments], advice, cwd=ROOT)


CHECKS = {
    "ruff": _ruff,
    "pylint": _pylint,
    "mypy": _mypy,
    "po": translations.check,
    "xml": _xml,
    "prettier": _prettier,
    "eslint": _eslint,
}


def lint(*names):
    """Run the linters, all of them if none is named, to the end of the last one.

    :raises Problem: one of them complains, or is not known
    """
    if unknown := set(names) - CHECKS.keys():
        raise Problem(f"There is no linter {min(unknown)}; there are: {', '.join(CHECKS)}.")
    python_env.ensure(python_env.LINT_REQUIREMENTS)
    failed = []
    for name in names or CHECKS:
        try:
            with step(name):
                CHECKS[name]()
        except Problem as problem:
            say(str(problem))
            failed.append(name)
    if failed:
        raise Problem(f"Complaints: {', '.join(failed)}.")
    say("Nothing to complain about.")
