"""The set-up: what can be checked without setting up once more."""

import re
import subprocess

import pytest

from dev import odoo_source, processes
from dev.project import MODULE, ROOT, Problem

DEB822 = """\
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
"""
ONE_LINE = "deb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian/ trixie main\n"
SECURITY_ONLY = "deb https://mirror.example/debian-security trixie-security main\n"


@pytest.mark.parametrize(("name", "text"), [("debian.sources", DEB822), ("debian.list", ONE_LINE)])
def test_mirror_is_the_systems_own(tmp_path, name, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / name).write_text(text)
    assert "mirror.example/debian" in odoo_source.debian_mirror(tmp_path)


def test_no_mirror_is_said(tmp_path):
    (tmp_path / "sources.list").write_text(SECURITY_ONLY)
    with pytest.raises(Problem, match="no Debian mirror"):
        odoo_source.debian_mirror(tmp_path)


def test_port_that_is_taken():
    port = processes.free_port()
    with pytest.raises(Problem, match="NOX_HTTP_PORT=http"):
        processes.choose_port("NOX_HTTP_PORT", "http", port)
    assert processes.choose_port("NOX_HTTP_PORT", "", port) >= port


def test_requirements_are_pinned():
    for file in (ROOT / "dev").glob("requirements*.txt"):
        for line in file.read_text().splitlines():
            assert line.startswith("#") or re.match(r"^[\w.-]+==[\w.+]+$", line), line


def test_command_line_of_odoo():
    answer = subprocess.run(
        [ROOT / "dev" / "odoo", "--version"], capture_output=True, text=True, cwd="/"
    )
    assert "19.0" in answer.stdout


def test_unknown_command_says_what_there_is():
    answer = subprocess.run(
        ["python3", "-m", "dev", "dance"], capture_output=True, text=True, cwd=ROOT
    )
    assert answer.returncode == 1
    assert "make help" in answer.stderr and "Traceback" not in answer.stderr


def test_add_on_needs_nothing_beyond_odoo():
    """Only `requests` and what Odoo itself needs may be imported."""
    allowed = {"odoo", "requests", "dateutil", "pytz", "freezegun", "psycopg2"}
    standard = set(__import__("sys").stdlib_module_names)
    for path in MODULE.rglob("*.py"):
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            assert name in allowed | standard, (path, name)
