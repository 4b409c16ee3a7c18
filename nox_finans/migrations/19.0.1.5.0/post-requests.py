def migrate(cr, _version):
    """What has been asked of the service, and is under way, moves from the case to its requests."""
    move_open_requests(cr)
    move_stops(cr)
    move_pauses(cr)
    cr.execute(
        """
        ALTER TABLE nox_finans_case
            DROP COLUMN requested_action, DROP COLUMN requested_date,
            DROP COLUMN requested_amount, DROP COLUMN requested_takes_fees,
            DROP COLUMN requested_is_credit, DROP COLUMN requested_by,
            DROP COLUMN is_request_sent, DROP COLUMN stop_asked_by,
            DROP COLUMN stop_mail_subject, DROP COLUMN stop_mail_body
        """
    )


def move_open_requests(cr):
    cr.execute(
        """
        INSERT INTO nox_finans_request (
            case_id, company_id, action, user_id, state, until, amount, takes_fees, is_credit,
            mail_subject, mail_body, date, create_uid, write_uid, create_date, write_date
        )
        SELECT id, company_id, requested_action, requested_by,
               CASE WHEN is_request_sent THEN 'sent' ELSE 'asked' END,
               CASE requested_action WHEN 'pause' THEN requested_date END,
               CASE requested_action WHEN 'report_payment' THEN requested_amount ELSE 0 END,
               requested_action = 'report_payment' AND COALESCE(requested_takes_fees, FALSE),
               requested_action = 'report_payment' AND COALESCE(requested_is_credit, FALSE),
               CASE requested_action WHEN 'stop' THEN stop_mail_subject END,
               CASE requested_action WHEN 'stop' THEN stop_mail_body END,
               write_date, 1, 1, now(), now()
          FROM nox_finans_case
         WHERE requested_action IS NOT NULL
        """
    )
    cr.execute(
        """
        UPDATE nox_finans_case
           SET request_id = request.id,
               pause_id = CASE request.action WHEN 'pause' THEN request.id ELSE pause_id END,
               stop_id = CASE request.action WHEN 'stop' THEN request.id ELSE stop_id END
          FROM nox_finans_request AS request
         WHERE request.case_id = nox_finans_case.id AND request.state IN ('asked', 'sent')
        """
    )


def move_stops(cr):
    """A stop that was asked for earlier, and whose effect the service has not confirmed yet."""
    cr.execute(
        """
        WITH stop AS (
            INSERT INTO nox_finans_request (
                case_id, company_id, action, user_id, state, mail_subject, mail_body,
                date, create_uid, write_uid, create_date, write_date
            )
            SELECT id, company_id, 'stop', stop_asked_by, 'unclear', stop_mail_subject,
                   stop_mail_body, write_date, 1, 1, now(), now()
              FROM nox_finans_case
             WHERE (stop_asked_by IS NOT NULL OR stop_mail_body IS NOT NULL) AND stop_id IS NULL
            RETURNING id, case_id
        )
        UPDATE nox_finans_case
           SET stop_id = stop.id
          FROM stop
         WHERE stop.case_id = nox_finans_case.id
        """
    )


def move_pauses(cr):
    """A pause that runs, with its last day; who has asked for it is not known any more."""
    cr.execute(
        """
        WITH pause AS (
            INSERT INTO nox_finans_request (
                case_id, company_id, action, state, until,
                date, create_uid, write_uid, create_date, write_date
            )
            SELECT id, company_id, 'pause', 'done', requested_date,
                   write_date, 1, 1, now(), now()
              FROM nox_finans_case
             WHERE requested_date IS NOT NULL AND pause_id IS NULL AND state = 'accepted'
            RETURNING id, case_id
        )
        UPDATE nox_finans_case
           SET pause_id = pause.id
          FROM pause
         WHERE pause.case_id = nox_finans_case.id
        """
    )
