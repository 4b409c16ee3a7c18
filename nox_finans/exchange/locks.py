"""Locks of PostgreSQL that are nobody's row: who holds one works alone for a company."""

from odoo.sql_db import BaseCursor
from odoo.tools import SQL


def try_lock(cr: BaseCursor, name: str, number: int) -> bool:
    """Return whether the lock is now this transaction's, until it ends."""
    cr.execute(SQL("SELECT pg_try_advisory_xact_lock(hashtext(%s), %s)", name, number))
    return bool(cr.fetchone()[0])


def wait_for_lock(cr: BaseCursor, name: str, number: int) -> None:
    """Wait until the lock is this transaction's, until it ends."""
    cr.execute(SQL("SELECT pg_advisory_xact_lock(hashtext(%s), %s)", name, number))
