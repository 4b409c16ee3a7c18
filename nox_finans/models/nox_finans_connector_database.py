import psycopg2
from odoo import api, fields, models
from odoo.exceptions import AccessError
from odoo.tools import SQL

from ..core.words import QUEUE_STATES
from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import gate
from .nox_finans_notification import show_message

# Where PostgreSQL may not be asked, or knows nothing of it, as on some managed servers.
NOT_TOLD = (
    psycopg2.ProgrammingError,
    psycopg2.NotSupportedError,
    psycopg2.InternalError,
)
# The server's system identifier by when it was started: it lasts as long as that.
_identifiers = {}


class NoxFinansConnector(models.Model):
    """To which database a connection belongs: what a copy of it holds back.

    A copy has all that the original has, `database.uuid` too, unless Odoo has made it. So a mark is
    kept beside it of what no copy takes along:

    - the server's system identifier, made by `initdb`: another on another server and after
      `pg_upgrade`, the same after a restart and on a physical replica that takes over
    - the number (oid) of the database: another after `createdb`, so also after `createdb -T` and
      where a backup is restored
    - the number of this table: another where a backup is restored into the database that is there
      (`pg_restore --clean`); neither VACUUM FULL nor an upgrade of Odoo changes it
    - the name of the database: another for one that was put aside

    What the server does not tell, is not compared; without any, the uuid decides alone.
    """

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    is_foreign = fields.Boolean(compute="_compute_is_foreign")
    database_uuid = fields.Char(readonly=True, copy=False, groups=fields.NO_ACCESS)
    database_mark = fields.Json(readonly=True, copy=False, groups=fields.NO_ACCESS)

    @api.depends("state", "environment")
    def _compute_is_foreign(self):
        for connector in self:
            connector.is_foreign = connector._is_foreign()

    # -------------------------------------------------------------------------
    # The mark
    # -------------------------------------------------------------------------

    def _get_database_uuid(self):
        # Full rights: a system parameter that is compared here and goes nowhere.
        return self.env["ir.config_parameter"].sudo().get_param("database.uuid")

    def _get_database_mark(self):
        """Return what this database has that no copy of it has: a dict of strings.

        It is asked for with each page, so it is kept with the cursor: nobody can rename or replace
        a database that somebody is connected to.
        """
        cache = self.env.cr.cache
        if "nox_finans_mark" not in cache:
            cache["nox_finans_mark"] = self._read_database_mark()
        return cache["nox_finans_mark"]

    def _read_database_mark(self):
        cr = self.env.cr
        cr.execute(
            SQL(
                "SELECT datname, oid::text, %s::regclass::oid::text, pg_postmaster_start_time()"
                "  FROM pg_database WHERE datname = current_database()",
                self._table,
            )
        )
        name, database, table, started = cr.fetchone()
        if started not in _identifiers:
            _identifiers[started] = self._read_system_identifier()
        mark = {"server": _identifiers[started], "database": database, "table": table, "name": name}
        return {part: value for part, value in mark.items() if value}

    def _read_system_identifier(self):
        """Return the server's system identifier, or None where that is not for us to know."""
        cr = self.env.cr
        try:
            with cr.savepoint(flush=False):
                cr.execute(
                    "SELECT system_identifier FROM pg_control_system()", log_exceptions=False
                )
                return str(cr.fetchone()[0])
        except NOT_TOLD:
            return None

    def _get_database_values(self):
        """Return what a connection that belongs to this database notes."""
        return {
            "database_uuid": self._get_database_uuid(),
            "database_mark": self._get_database_mark(),
        }

    # -------------------------------------------------------------------------
    # A copy
    # -------------------------------------------------------------------------

    def _get_foreign_part(self):
        """Return the first of what tells this database from the one the connection was made in:
        "uuid", "server", "database", "table" or "name"; None: it is the same."""
        # Full rights: fields that only the system reads.
        connector = self.sudo()
        if not connector.database_uuid:
            return None
        if connector.database_uuid != self._get_database_uuid():
            return "uuid"
        here, known = self._get_database_mark(), connector.database_mark or {}
        parts = ("server", "database", "table", "name")
        both = [part for part in parts if part in here and part in known]
        return next((part for part in both if here[part] != known[part]), None)

    def _is_foreign(self):
        """Tell whether the connection was made in another database, of which this is a copy."""
        # Full rights: whether there is a connection is for all to know who send.
        return self.sudo().state != "disconnected" and bool(self._get_foreign_part())

    def _describe_copy(self):
        """Return in words what has become of the database that the connection was made in."""
        sorts = {
            "uuid": self.env._("This database is a copy, made by Odoo."),
            "server": self.env._(
                "This database is a copy, or was moved: it is on another database server than the "
                "connection was made on, or on one that was upgraded by pg_upgrade."
            ),
            "database": self.env._(
                "This database is a copy, or a backup that was restored on the same server."
            ),
            "table": self.env._(
                "This database is a backup that was restored in place of the earlier database."
            ),
            "name": self.env._("This database was renamed: it may be one that was put aside."),
        }
        return sorts[self._get_foreign_part()]

    def _get_obstacle(self):
        return self._get_copy_obstacle() or super()._get_obstacle()

    def _get_copy_obstacle(self):
        """Return in words that nothing is sent from a copy and what to do, or None."""
        if not self._is_foreign():
            return None
        return self.env._(
            "%(sort)s The connection to Nox Finans belongs to the database it was made in; if that "
            "one is still in use, it keeps using the connection. Nothing is sent from here until "
            "an administrator says, under Nox Finans > Connection, what this one is: a copy works "
            "with the sandbox, the original takes the connection over.",
            sort=self._describe_copy(),
        )

    def _check_administrator(self):
        """:raises AccessError: the user does not administer this database, or not this company"""
        self.check_access("write")
        if not self.env.user.has_group("base.group_system"):
            raise AccessError(self.env._("Only an administrator may decide this."))

    def _check_may_connect(self):
        """:raises AccessError: the user may not change the connection; in a copied database only
        an administrator may"""
        self.check_access("write")
        if self._is_foreign():
            self._check_administrator()

    @gate("write", on="one")
    def action_take_over(self) -> dict:
        """Let this copy of a database use the connection from now on.

        The other database may have sent what is queued here: everything is looked up first.
        """
        self._check_administrator()
        if not self._is_foreign():
            # A second click, or a colleague was quicker.
            return show_message("info", self.env._("It is this database's already."))
        sort = self._describe_copy()
        self._doubt_queue()
        # Full rights: only the system writes where a connection belongs; the administrator has been
        # let through above.
        connector = self.sudo()
        connector.write(self._get_database_values())
        message = self.env._("This database has taken over the connection.")
        connector.message_post(
            body=self.env._("This database has taken over the connection. %s", sort)
        )
        self._trigger_exchange()
        return show_message("success", message)

    def _doubt_queue(self):
        """Let everything that is queued or asked for be looked up first: another database may have
        done it."""
        # Full rights: nobody writes cases but the system; whoever calls has checked the user.
        cases = self.env["nox.finans.case"].sudo()
        domain = [("company_id", "=", self.company_id.id), ("environment", "=", self.environment)]
        queued = cases.search([*domain, ("state", "in", QUEUE_STATES)])
        queued.write({"state": "uncertain", "is_doubted": True, "next_try": False})
        cases.search([*domain, ("state", "=", "refused")]).is_doubted = True
        # What was asked for is not done twice: the status is fetched, and a person looks at it.
        asked = [("state", "=", "accepted"), ("requested_action", "!=", False)]
        cases.search([*domain, *asked]).is_request_sent = True

    @gate("write", on="one")
    def action_use_sandbox(self) -> dict:
        """Let this copy of a database forget the connection and work with the sandbox."""
        self._check_administrator()
        if not self._is_foreign():
            # A second click: what was connected meanwhile is this database's own.
            return show_message("info", self.env._("It is this database's already."))
        connector = self.sudo()  # the administrator has been let through above
        connector._forget_credentials()
        connector.environment = "sandbox"
        message = self.env._("This database works with the sandbox from now on: connect it.")
        connector.message_post(body=message)
        return show_message("success", message)
