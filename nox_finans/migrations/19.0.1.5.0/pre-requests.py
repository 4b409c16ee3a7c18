def migrate(cr, _version):
    """Let the case have all the columns that what is under way is read from: who comes from an
    early version skips those in which they were made, and who upgrades once more has none."""
    cr.execute(
        """
        ALTER TABLE nox_finans_case
            ADD COLUMN IF NOT EXISTS requested_action varchar,
            ADD COLUMN IF NOT EXISTS requested_date date,
            ADD COLUMN IF NOT EXISTS requested_amount numeric,
            ADD COLUMN IF NOT EXISTS requested_by integer,
            ADD COLUMN IF NOT EXISTS is_request_sent boolean,
            ADD COLUMN IF NOT EXISTS requested_takes_fees boolean,
            ADD COLUMN IF NOT EXISTS requested_is_credit boolean,
            ADD COLUMN IF NOT EXISTS stop_asked_by integer,
            ADD COLUMN IF NOT EXISTS stop_mail_subject varchar,
            ADD COLUMN IF NOT EXISTS stop_mail_body text
        """
    )
