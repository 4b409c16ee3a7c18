"""Makes many open cases at once, by SQL: for tests and measurements of what size does."""

# Copied from the latest posted invoice: all its columns, but what must differ.
MOVES = """
INSERT INTO account_move ({columns}, name, sequence_prefix, sequence_number, nox_finans_case_id)
SELECT {columns}, 'SEED/' || number, 'SEED/', number, NULL
  FROM account_move, generate_series(%(first)s, %(first)s + %(count)s - 1) AS number
 WHERE id = (SELECT max(id) FROM account_move
              WHERE move_type = 'out_invoice' AND state = 'posted')
"""
CASES = """
INSERT INTO nox_finans_case (
    move_id, company_id, partner_id, commercial_partner_id, user_id, service, channel, environment,
    state, step, reference, remote_number, remote_status, next_event, next_event_date, ocr_number,
    handed_over_amount, ledger_balance, capital_balance, balance_with_fees, accepted_date,
    confirmed_date, is_announced, queued_date, synced_date, company_currency_id, next_try,
    try_count, is_stuck, create_uid, write_uid,
    create_date, write_date)
SELECT move.id, move.company_id, move.partner_id, move.commercial_partner_id, move.create_uid,
       'invoice', 'none', 'sandbox', 'accepted', 'handed_over', 'SEED-' || move.sequence_number,
       move.sequence_number::text, 'OPEN', 'INVOICEREMINDER', %(event)s, move.sequence_number::text,
       %(total)s, %(total)s, %(total)s, %(total)s, now(), now(), true, now(), now(),
       move.currency_id, %(next_try)s, 0, false, 1, 1, now(),
       now()
  FROM account_move AS move
 WHERE move.sequence_prefix = 'SEED/'
   AND move.sequence_number BETWEEN %(first)s AND %(first)s + %(count)s - 1
"""
LINKS = """
UPDATE account_move SET nox_finans_case_id = made.id
  FROM nox_finans_case AS made
 WHERE made.move_id = account_move.id AND account_move.nox_finans_case_id IS NULL
"""


def seed_cases(connection, first, count, event, next_try, total=1000.0):
    """Make `count` invoices like the latest with confirmed cases, numbered from `first` there.

    :param event: the date of their next event
    :param next_try: when each is asked for, if nothing points to it before
    """
    values = {
        "first": first,
        "count": count,
        "event": event,
        "next_try": next_try,
        "total": total,
    }
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT string_agg(quote_ident(column_name), ', ') FROM information_schema.columns"
            " WHERE table_name = 'account_move' AND column_name NOT IN"
            " ('id', 'name', 'sequence_prefix', 'sequence_number', 'nox_finans_case_id')"
        )
        ((columns,),) = cursor.fetchall()
        cursor.execute(MOVES.format(columns=columns), values)
        cursor.execute(CASES, values)
        cursor.execute(LINKS)
        # As autovacuum would, which is off in the project's own cluster.
        cursor.execute("ANALYZE account_move, nox_finans_case")
