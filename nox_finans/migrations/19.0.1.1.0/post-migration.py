def migrate(cr, _version):
    """Let the connections belong to this database, and the queue have waited since it was made."""
    cr.execute(
        """
        UPDATE nox_finans_connector
           SET database_uuid = parameter.value
          FROM ir_config_parameter AS parameter
         WHERE parameter.key = 'database.uuid' AND nox_finans_connector.state <> 'disconnected'
        """
    )
    cr.execute("UPDATE nox_finans_case SET queued_date = create_date")
