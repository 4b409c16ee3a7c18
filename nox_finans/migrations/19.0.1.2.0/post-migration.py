def migrate(cr, _version):
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
