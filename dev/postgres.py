"""PostgreSQL: the one that PGHOST names, or one of the project's own from its wheel."""

import os
import pwd
from contextlib import contextmanager

import psycopg2
from psycopg2 import sql

from .cluster import PRIVATE, PRIVATE_PORT, ROLE, Cluster
from .project import Problem


class Server:
    """How to reach the server. Empty strings are left to the usual PG variables."""

    def __init__(self, host, port, user, password):
        self.host, self.port, self.user, self.password = host, port, user, password

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

    def query(self, database, statement, *values):
        """Return the rows of a statement, or None for one that has none."""
        connection = self.connect(database)
        try:
            with connection.cursor() as cursor:
                cursor.execute(statement, values)
                return cursor.fetchall() if cursor.description else None
        finally:
            connection.close()

    def _execute(self, statement, *names):
        connection = self.connect()
        try:
            with connection.cursor() as cursor:
                cursor.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))
        finally:
            connection.close()

    def _select(self, statement, *values):
        return [row[0] for row in self.query("postgres", statement, *values)]

    def exists(self, name):
        return bool(self._select("SELECT 1 FROM pg_database WHERE datname = %s", name))

    def names(self, prefix):
        """Return the databases whose name begins with `prefix`."""
        statement = "SELECT datname FROM pg_database WHERE starts_with(datname, %s)"
        return self._select(statement, prefix)

    def may_create_databases(self):
        rows = self._select(
            "SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"
        )
        return rows[0]

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
    cluster = Cluster()
    cluster.enter()
    try:
        yield Server(cluster.sockets(), cluster.port, ROLE, "")
    finally:
        cluster.leave()


@contextmanager
def private_server(name=PRIVATE, port=PRIVATE_PORT):
    """Give a server of this process's own, which it may restart: `server.cluster`."""
    with Cluster(name, port).private() as cluster:
        server = Server(cluster.sockets(), cluster.port, ROLE, "")
        server.cluster = cluster
        yield server


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
        may_create = named.may_create_databases()
    except psycopg2.OperationalError as error:
        raise Problem(
            f"PostgreSQL at PGHOST={named.host} cannot be used ({str(error).strip()}). "
            "Check PGHOST, PGPORT, PGUSER and PGPASSWORD, or unset PGHOST."
        ) from error
    if not may_create:
        raise Problem(f"Let the role make databases: ALTER ROLE {named.user} CREATEDB")
    return named
