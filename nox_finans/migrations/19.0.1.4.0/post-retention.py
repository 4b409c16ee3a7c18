def migrate(cr, _version):
    """Closed cases are counted from the day that their course says, or else from the last change.

    Nothing is removed before the next night.
    """
    cr.execute(
        """
        UPDATE nox_finans_case
           SET closed_date = COALESCE(
                   (SELECT max(date) FROM nox_finans_event
                     WHERE case_id = nox_finans_case.id AND kind = 'closed'),
                   write_date
               )
         WHERE state = 'closed' AND closed_date IS NULL
        """
    )
