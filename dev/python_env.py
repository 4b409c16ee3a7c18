"""The virtual environment with the pinned requirements."""

import hashlib
import json
import shutil
import subprocess
import sys

from .project import IS_ROOT, ROOT, VENV, Problem, run, say, step

REQUIREMENTS = ROOT / "dev" / "requirements.txt"
LINT_REQUIREMENTS = ROOT / "dev" / "requirements-lint.txt"
PYTHON = VENV / "bin" / "python"


def ensure(requirements=REQUIREMENTS):
    """Make the environment, and install `requirements` unless they are there already."""
    if not PYTHON.exists():
        _create()
    marker = VENV / f"{requirements.stem}.json"
    wanted = {
        "requirements": hashlib.sha256(requirements.read_bytes()).hexdigest(),
        "python": sys.version,
    }
    if marker.exists() and json.loads(marker.read_text()) == wanted:
        return
    with step(f"Installing the Python packages of {requirements.name}"):
        run(
            [PYTHON, "-m", "pip", "install", "--progress-bar", "on", "-q", "-r", requirements],
            "Check the network and pip's configuration (pip config list), then try again.",
        )
    marker.write_text(json.dumps(wanted))


def _create():
    shutil.rmtree(VENV, ignore_errors=True)
    say("Making the virtual environment")
    command = [sys.executable, "-m", "venv", VENV]
    if subprocess.run([str(part) for part in command], capture_output=True).returncode == 0:
        return
    shutil.rmtree(VENV, ignore_errors=True)
    if IS_ROOT and shutil.which("apt-get"):
        with step("Installing Debian's python3-venv"):
            run(["apt-get", "-qq", "update"], "Check the network.")
            run(["apt-get", "-qq", "install", "-y", "python3-venv"], "Install python3-venv.")
        run(command, "The module venv of this Python does not work.")
        return
    raise Problem(
        f"{sys.executable} cannot make virtual environments. "
        "Install the package python3-venv (sudo apt-get install python3-venv), then try again."
    )
