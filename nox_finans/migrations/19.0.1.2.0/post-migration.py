def migrate(cr, _version):
    begin_counting(cr)
    stop_followup(cr)
    cr.execute(
        "UPDATE nox_finans_case SET stop_asked_by = requested_by WHERE requested_action = 'stop'"
    )


def begin_counting(cr):
    """Begin counting money now: what came in before was booked by hand, and is not booked again."""
    cr.execute(
        """
        UPDATE nox_finans_case
           SET handed_over_amount = move.amount_total - COALESCE(move.nox_finans_tax_reduction, 0)
          FROM account_move AS move
         WHERE move.id = nox_finans_case.move_id
           AND nox_finans_case.remote_number IS NOT NULL
           AND COALESCE(nox_finans_case.handed_over_amount, 0) = 0
        """
    )
    cr.execute(
        """
        UPDATE nox_finans_case
           SET received_amount = GREATEST(handed_over_amount - capital_balance, 0),
               booked_amount = GREATEST(handed_over_amount - capital_balance, 0),
               unbooked_amount = 0,
               ledger_balance = capital_balance
         WHERE confirmed_date IS NOT NULL
        """
    )


def stop_followup(cr):
    """Take what Nox Finans has already out of Odoo's follow-up."""
    cr.execute(
        """
        CREATE TEMPORARY TABLE nox_finans_followup ON COMMIT DROP AS
        SELECT nox_finans_case.id AS case_id, line.id AS line_id, line.no_followup
          FROM nox_finans_case
          JOIN account_move_line AS line ON line.move_id = nox_finans_case.move_id
          JOIN account_account AS account ON account.id = line.account_id
         WHERE nox_finans_case.state NOT IN ('refused', 'closed')
           AND account.account_type IN ('asset_receivable', 'liability_payable');
        UPDATE nox_finans_case
           SET was_no_followup = TRUE
          FROM nox_finans_followup AS followup
         WHERE followup.case_id = nox_finans_case.id AND followup.no_followup;
        UPDATE account_move_line
           SET no_followup = TRUE
          FROM nox_finans_followup AS followup
         WHERE followup.line_id = account_move_line.id
        """
    )
