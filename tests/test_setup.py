"""The set-up: what can be checked without setting up once more."""

import importlib.metadata
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from dev import cluster, odoo_source, pins, processes
from dev.project import MODULE, ROOT, Problem, locked

# Debian 12's own Python, and the newest that is promised.
PYTHONS = ("3.11.2", "3.12.0", "3.13.0")
TEXTS = {".py", ".xml", ".md", ".toml", ".txt", ".js", ".html", ".csv", ".po", ""}
OF_ONE_MACHINE = re.compile(r"(?<![\w.:/}])/(?:home|root|work|tmp|Users)/\w")

DEB822 = """\
Types: deb
URIs: http://mirror.example/debian
Suites: bookworm
Components: main
"""
ONE_LINE = "deb [arch=amd64 signed-by=/x.gpg] https://mirror.example/debian/ trixie main\n"
CLOUD_IMAGE = "Types: deb\nURIs: mirror+file:///mirror.example/debian.list\nSuites: bookworm\n"
SECURITY_ONLY = "deb https://mirror.example/debian-security trixie-security main\n"


@pytest.mark.parametrize(
    ("name", "text"),
    [("debian.sources", DEB822), ("debian.list", ONE_LINE), ("debian.sources", CLOUD_IMAGE)],
)
def test_mirror_is_the_systems_own(tmp_path, name, text):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / name).write_text(text)
    assert "mirror.example/debian" in odoo_source.debian_mirror(tmp_path)


def test_no_mirror_is_said(tmp_path):
    (tmp_path / "sources.list").write_text(SECURITY_ONLY)
    with pytest.raises(Problem, match="no Debian mirror"):
        odoo_source.debian_mirror(tmp_path)


@pytest.mark.parametrize("asked", ["http", "0", "-1", "70000"])
def test_port_that_cannot_be(asked):
    with pytest.raises(Problem, match=f"NOX_HTTP_PORT={asked}"):
        processes.choose_port("NOX_HTTP_PORT", asked, 8069)


def test_port_that_is_taken():
    with processes.socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with pytest.raises(Problem, match=f"NOX_HTTP_PORT={port}"):
            processes.choose_port("NOX_HTTP_PORT", str(port), port)
        assert processes.choose_port("NOX_HTTP_PORT", "", port) > port


def read_pins(path):
    """Return the pins of a compiled file as requirements, each with its hashes."""
    text = path.read_text().replace("\\\n", " ")
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    return [(line.split()[0], line.split()[1:]) for line in lines]


def get_name(requirement):
    return canonicalize_name(Requirement(requirement).name)


@pytest.mark.parametrize("name", pins.FILES)
def test_requirements_are_pinned_with_hashes(name):
    found = read_pins(pins.FOLDER / f"{name}.txt")
    for pin, hashes in found:
        assert re.match(r"^[\w.-]+==[\w.+]+$", pin), pin
        assert hashes and all(re.match("^--hash=sha256:[0-9a-f]{64}$", it) for it in hashes), pin
    # The compiled file is in step with what was chosen.
    chosen = (pins.FOLDER / f"{name}.in").read_text().splitlines()
    chosen = {get_name(line) for line in chosen if line and line[0] not in "#-"}
    assert chosen <= {get_name(pin) for pin, _hashes in found}


def test_the_same_package_has_one_pin():
    versions = {}
    for name in pins.FILES:
        for pin, _hashes in read_pins(pins.FOLDER / f"{name}.txt"):
            assert versions.setdefault(get_name(pin), pin) == pin


def test_requirements_suit_every_promised_python():
    for pin, _hashes in read_pins(pins.FOLDER / "requirements.txt"):
        name = Requirement(pin).name
        wanted = importlib.metadata.metadata(name)["Requires-Python"] or ""
        for python in PYTHONS:
            assert SpecifierSet(wanted).contains(python), f"{name}: {wanted}"


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
    allowed = {
        "odoo",
        "requests",
        "dateutil",
        "pytz",
        "markupsafe",
        "lxml",
        "psycopg2",
        "stdnum",
        "werkzeug",
        "freezegun",
    }
    standard = set(__import__("sys").stdlib_module_names)
    for path in MODULE.rglob("*.py"):
        for name in re.findall(r"^(?:from|import) (\w+)", path.read_text(), re.MULTILINE):
            assert name in allowed | standard, (path, name)


def project_files():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        # A downloaded archive: which files are the project's, only git knows.
        pytest.skip("this is no git checkout")
    paths = [ROOT / name for name in listed.stdout.splitlines()]
    return [path for path in paths if path.is_file() and path.suffix in TEXTS]


def test_no_file_names_a_folder_of_one_machine():
    for path in project_files():
        found = OF_ONE_MACHINE.search(path.read_text(encoding="utf-8"))
        assert not found, f"{path}: {found.group()}"


def test_what_a_killed_postgresql_leaves_does_not_count_as_running(tmp_path):
    own = cluster.Cluster()
    own.data, own.pid_file = tmp_path, tmp_path / "postmaster.pid"
    assert own.pid() is None
    # By now its number is another process's: ours.
    own.pid_file.write_text(f"{os.getpid()}\n{tmp_path}\n")
    assert own.pid() is None


def test_autovacuum_is_off_in_the_projects_own_cluster(postgresql):
    if os.environ.get("PGHOST"):
        # How another server is run is for those to say who run it.
        pytest.skip(f"PGHOST names a server that is not the project's: {os.environ['PGHOST']}")
    assert postgresql.query("postgres", "SHOW autovacuum") == [("off",)]


def test_lock_ends_with_its_process(tmp_path):
    lock = tmp_path / "lock"
    code = f"""
import time
from pathlib import Path
from dev.project import locked
with locked(Path({str(lock)!r})):
    print("held", flush=True)
    time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", code], cwd=ROOT, stdout=subprocess.PIPE) as holder:
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(Problem, match="taken"), locked(lock, taken="taken"):
            pass
        holder.send_signal(signal.SIGKILL)
        holder.wait()
    with locked(lock, taken="taken"):
        pass


def test_an_interrupted_download_is_not_taken_for_a_whole_one(tmp_path, monkeypatch):
    def fail(command, _advice, cwd=None, **_options):
        if "download" in command:
            (Path(cwd) / "odoo-19_19.0_all.deb").write_bytes(b"half")
            raise KeyboardInterrupt

    monkeypatch.setattr(odoo_source, "CACHE", tmp_path)
    monkeypatch.setattr(odoo_source, "run", fail)
    (tmp_path / "debs").mkdir()
    with pytest.raises(KeyboardInterrupt):
        odoo_source._download("http://mirror.example/debian", "sid", ("odoo-19",))
    assert not list(tmp_path.rglob("*.deb"))
