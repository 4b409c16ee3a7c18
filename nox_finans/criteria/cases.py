"""Which invoices have a case of some kind, as domains."""

from odoo.fields import Domain

# What was given up, and is taken back at the service, is as if it had never been begun.
COUNTING = Domain("close_reason", "!=", "given_up") | Domain("is_undo_due", "=", True)
# What keeps its invoice from being sent once more: a refused one is mended and sent again.
SENT = Domain("state", "!=", "refused")
# The cases of invoices that can be credited, and those of credit notes that use up the one that an
# invoice has: a refused one, too, that has its number there.
CREDITABLE = Domain("state", "in", ("accepted", "closed"))
USING = SENT | Domain("remote_number", "!=", False)


def has_case(domain=Domain.TRUE):
    """Return the domain of the invoices with a case, but for given-up ones, that matches `domain`.

    Of the cases themselves: what an invoice says of its case is for showing it. Access rules of
    cases are bypassed, as those of contacts are.
    """
    return Domain("nox_finans_case_ids", "any!", COUNTING & domain)
