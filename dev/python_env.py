"""The virtual environment with the pinned requirements."""

import hashlib
import importlib.util
import shutil
import subprocess
import sys

from .processes import run_logged
from .project import IS_ROOT, LOGS, ROOT, VENV, Problem, run, say, step

REQUIREMENTS = ROOT / "dev" / "requirements.txt"
ADDON_REQUIREMENTS = ROOT / "dev" / "requirements-addons.txt"
LINT_REQUIREMENTS = ROOT / "dev" / "requirements-lint.txt"
MUTANTS_REQUIREMENTS = ROOT / "dev" / "requirements-mutants.txt"
PYTHON = VENV / "bin" / "python"
PIP_INSTALL = (PYTHON, "-m", "pip", "install", "--disable-pip-version-check", "--require-hashes")
# Written last, and names the interpreter: an environment without it was interrupted while it was
# made, and the system may have got another Python since.
MADE = VENV / "made-for"


def ensure(requirements=REQUIREMENTS, *options):
    """Make the environment, and install `requirements` unless they are there already.

    :param options: more for pip
    :raises Problem: it cannot be made, or a package cannot be had
    """
    if not (MADE.exists() and MADE.read_text() == _interpreter()):
        _create()
    marker = VENV / f"{requirements.stem}.sha256"
    wanted = hashlib.sha256(requirements.read_bytes()).hexdigest()
    if marker.exists() and marker.read_text() == wanted:
        return
    run_logged(
        [*PIP_INSTALL, *options, "-r", requirements],
        f"Installing the Python packages of {requirements.name}",
        LOGS / "pip.log",
        "Check the network, the disk and pip's configuration (pip config list), then try again.",
    )
    marker.write_text(wanted)


def _create():
    shutil.rmtree(VENV, ignore_errors=True)
    if importlib.util.find_spec("ensurepip") is None:
        _install_venv_package()
    say("Making the virtual environment")
    command = [sys.executable, "-m", "venv", str(VENV)]
    made = subprocess.run(command, capture_output=True, text=True)
    if made.returncode:
        said = (made.stderr or made.stdout).strip() or "venv says nothing"
        raise Problem(f"{' '.join(command)} failed: {said}")
    MADE.write_text(_interpreter())


def _interpreter():
    return str(PYTHON.resolve()) if PYTHON.exists() else "none"


def _install_venv_package():
    """Debian and Ubuntu keep a part of Python's own module `venv` in a package of its own."""
    package = f"python{sys.version_info.major}.{sys.version_info.minor}-venv"
    advice = f"Install it: sudo apt-get install {package}"
    if not (IS_ROOT and shutil.which("apt-get")):
        raise Problem(f"{sys.executable} cannot make virtual environments. {advice}")
    with step(f"Installing Debian's {package}"):
        run(["apt-get", "-qq", "update"], advice)
        run(["apt-get", "-qq", "install", "-y", package], advice)
