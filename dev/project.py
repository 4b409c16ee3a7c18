"""Where things are, and how a step is shown and fails. Standard library only."""

import fcntl
import hashlib
import os
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BUILD = ROOT / ".build"
VENV = BUILD / "venv"
# Where editors and pre-commit look for it, and so not in `.build`.
NODE_MODULES = ROOT / "node_modules"
LOGS = BUILD / "logs"
RUN = BUILD / "run"
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "nox_finans"
# Tells apart what two checkouts keep outside of their folders.
CHECKOUT = hashlib.sha256(str(ROOT).encode()).hexdigest()[:10]
MODULE = ROOT / "nox_finans"
ADD_ONS = (MODULE, ROOT / "nox_finans_payment", ROOT / "nox_finans_queue_job")
IS_ROOT = os.geteuid() == 0


class Problem(Exception):
    """A step failed in a way that can be foreseen; the text says what to do."""


def say(text):
    print(f"» {text}", flush=True)


@contextmanager
def step(text):
    """Show a step and how long it took."""
    say(f"{text} …")
    start = time.monotonic()
    yield
    say(f"{text}: done in {time.monotonic() - start:.0f} s")


def run(command, advice, **options):
    """Run a command that shows its own progress.

    :raises Problem: it failed; `advice` says what to do
    """
    try:
        return subprocess.run([str(part) for part in command], check=True, **options)
    except FileNotFoundError as error:
        raise Problem(f"The program {command[0]} is missing. {advice}") from error
    except subprocess.CalledProcessError as error:
        raise Problem(
            f"{Path(str(command[0])).name} ended with {error.returncode}. {advice}"
        ) from None


def make_folders():
    """:raises Problem: the folder cannot be written"""
    try:
        for folder in (BUILD, LOGS, RUN, CACHE):
            folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Problem(
            f"{error.filename} cannot be made ({error.strerror}). "
            "Make the folder writable, or clone into one of your own."
        ) from error


@contextmanager
def locked(path, waiting="", taken=""):
    """Hold a lock that ends with this process, however that ends.

    :param waiting: what to say while another process holds it
    :param taken: what to say instead of waiting
    :raises Problem: another process holds it, and `taken` is given
    """
    with open(path, "w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if taken:
                raise Problem(taken) from None
            if waiting:
                say(waiting)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def runtime_folder():
    """Return a private folder with a short path, for sockets."""
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    folder = Path(base) / f"nox_finans-{os.geteuid()}-{CHECKOUT}"
    folder.mkdir(mode=0o700, exist_ok=True)
    if folder.stat().st_uid != os.geteuid():
        raise Problem(f"{folder} belongs to somebody else. Remove it, then try again.")
    return folder


def check_python():
    """:raises Problem: this Python is too old"""
    if sys.version_info < (3, 11):  # noqa: UP036 - whoever has an older one is told here
        version = ".".join(map(str, sys.version_info[:2]))
        raise Problem(
            f"Python 3.11 or newer is needed, this is {version}. "
            "Install it, then say which: make demo PYTHON=python3.12"
        )
