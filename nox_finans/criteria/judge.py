"""Which invoices break which criteria: for colours, searches, counters, and before sending."""

from odoo.fields import Domain
from odoo.tools import SQL

from .rules import Rules
from .table import CRITERIA


def failing_domain(companies, chosen):
    """Return the domain of the invoices that break any of the criteria for which `chosen` holds.

    Each invoice is judged by the settings of its own company.
    """
    return Domain.OR(
        Domain("company_id", "=", rules.company_id)
        & Domain.OR(criterion.failing(rules) for criterion in CRITERIA if chosen(criterion))
        for rules in map(Rules, companies)
    )


def failing_criteria(moves):
    """Return a dict from each invoice's id to the list of criteria it breaks, in table order."""
    failed = {move_id: [] for move_id in moves._ids}
    for company, of_company in moves.grouped("company_id").items():
        rules = Rules(company)
        for criterion in CRITERIA:
            for move_id in of_company.filtered_domain(criterion.failing(rules))._ids:
                failed[move_id].append(criterion)
    for criteria in failed.values():
        criteria.sort(key=CRITERIA.index)
    return failed


class SendingCheck:
    """Tells of one invoice after the other whether it is held back, as one search each.

    What the search has asked of the company's rules is read anew each time; only while it is the
    same, the search is not put together again.

    :param ignore: the codes of criteria that do not count
    """

    def __init__(self, company, ignore=frozenset()):
        self._company = company
        self._ignore = ignore
        self._rules = self._search = None

    def __call__(self, move):
        rules = Rules(self._company)
        if self._rules is None or not rules.is_as(self._rules):
            self._rules, self._search = rules, self._prepare(move.env["account.move"], rules)
        return bool(move.env.execute_query(SQL("%s = %s", self._search, move.id)))

    def _prepare(self, moves, rules):
        query = moves._search(
            Domain.OR(
                criterion.failing(rules)
                for criterion in CRITERIA
                if criterion.is_blocking and criterion.code not in self._ignore
            )
        )
        return SQL(
            "SELECT 1 FROM %s WHERE (%s) AND %s",
            query.from_clause,
            query.where_clause,
            SQL.identifier(query.table, "id"),
        )
