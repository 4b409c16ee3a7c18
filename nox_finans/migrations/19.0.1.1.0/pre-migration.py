def migrate(cr, _version):
    """Give each case the environment of its company's connection: the only one there was."""
    cr.execute("ALTER TABLE nox_finans_case ADD COLUMN IF NOT EXISTS environment varchar")
    cr.execute(
        """
        UPDATE nox_finans_case
           SET environment = connector.environment
          FROM nox_finans_connector AS connector
         WHERE connector.company_id = nox_finans_case.company_id
           AND nox_finans_case.environment IS NULL
        """
    )
