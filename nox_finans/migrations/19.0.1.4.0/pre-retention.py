def migrate(cr, _version):
    """Let the log know whom it is about, in one statement: Odoo would reckon it row by row."""
    cr.execute(
        """
        ALTER TABLE nox_finans_exchange
            ADD COLUMN IF NOT EXISTS partner_id integer,
            ADD COLUMN IF NOT EXISTS commercial_partner_id integer
        """
    )
    cr.execute(
        """
        UPDATE nox_finans_exchange AS exchange
           SET partner_id = held.partner_id, commercial_partner_id = held.commercial_partner_id
          FROM nox_finans_case AS held
         WHERE held.id = exchange.case_id
        """
    )
