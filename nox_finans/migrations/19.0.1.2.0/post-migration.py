def migrate(cr, _version):
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
