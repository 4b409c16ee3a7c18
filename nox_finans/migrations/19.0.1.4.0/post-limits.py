from odoo.tools import SQL

# The limits of version 19.0.1.4.0.
LIMITS = (
    ("nox_finans_connector", "statement_days", 0, 366),
    ("nox_finans_connector", "collection_days", 0, 60),
    ("nox_finans_rule", "days_overdue", 1, 3650),
    ("nox_finans_rule", "max_per_day", 1, 10_000),
)


def migrate(cr, _version):
    """Bring within their limits the numbers that nothing kept there: dates are reckoned by them."""
    for table, column, lowest, highest in LIMITS:
        cr.execute(
            SQL(
                "UPDATE %(table)s SET %(column)s = least(greatest(%(column)s, %(lowest)s),"
                " %(highest)s) WHERE %(column)s NOT BETWEEN %(lowest)s AND %(highest)s",
                table=SQL.identifier(table),
                column=SQL.identifier(column),
                lowest=lowest,
                highest=highest,
            )
        )
