def migrate(cr, _version):
    """Let each company keep the customers' channels: they were shared, now each has its own."""
    cr.execute(
        """
        SELECT data_type FROM information_schema.columns
         WHERE table_name = 'res_partner' AND column_name = 'nox_finans_channel'
           AND table_schema = current_schema
        """
    )
    if cr.fetchone() == ("jsonb",):
        return
    cr.execute(
        """
        ALTER TABLE res_partner RENAME COLUMN nox_finans_channel TO nox_finans_shared_channel;
        ALTER TABLE res_partner ADD COLUMN nox_finans_channel jsonb;
        UPDATE res_partner
           SET nox_finans_channel = (
                   SELECT jsonb_object_agg(id::text, nox_finans_shared_channel) FROM res_company
               )
         WHERE nox_finans_shared_channel IS NOT NULL;
        ALTER TABLE res_partner DROP COLUMN nox_finans_shared_channel;
        """
    )
