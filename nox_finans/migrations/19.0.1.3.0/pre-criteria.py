from odoo.tools import sql


def migrate(cr, _version):
    """Let the database count the rows of all invoices that are there: Odoo would read each."""
    sql.create_column(cr, "account_move", "nox_finans_has_too_many_rows", "boolean")
    cr.execute(
        """
        UPDATE account_move
           SET nox_finans_has_too_many_rows = TRUE
         WHERE id IN (
            SELECT move_id
              FROM account_move_line
             WHERE display_type IN ('product', 'line_section', 'line_subsection', 'line_note')
             GROUP BY move_id
            HAVING count(*) > 500
        )
        """
    )
