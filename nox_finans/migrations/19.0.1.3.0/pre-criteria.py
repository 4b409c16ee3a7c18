from odoo.tools import sql

NAMES = ("nox_finans_has_too_many_rows", "nox_finans_has_unfit_taxes")


def migrate(cr, _version):
    """Make the columns that say something of the rows: else Odoo would read each row there is.

    Filled are they afterwards, where the database finds that there may be something to say.
    """
    for name in NAMES:
        sql.create_column(cr, "account_move", name, "boolean")
