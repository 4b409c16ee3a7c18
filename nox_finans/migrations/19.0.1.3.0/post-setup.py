def migrate(cr, _version):
    """Note when the access was last renewed: an access token lives an hour."""
    cr.execute(
        """
        UPDATE nox_finans_connector
           SET token_renewed = token_expiry - INTERVAL '1 hour'
         WHERE refresh_token IS NOT NULL
        """
    )
