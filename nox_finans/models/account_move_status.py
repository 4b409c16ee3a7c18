from odoo import api, fields, models
from odoo.fields import Domain
from odoo.tools import SQL

from ..criteria import (
    APPROVED,
    ASKED,
    REJECTED,
    WARNING,
    failing_criteria,
    failing_domain,
    is_blocking,
    is_red,
    is_yellow,
)
from .account_move import MOVE_TYPES
from .nox_finans_gate import GROUPS

STATUSES = [(APPROVED, "Approved"), (WARNING, "Approved with warning"), (REJECTED, "Rejected")]


class AccountMove(models.Model):
    """Green, yellow or red: whether the invoice can go to Nox Finans, and why not."""

    # Each concern of the invoice has a file of its own.
    _inherit = "account.move"  # pylint: disable=consider-merging-classes-inherited

    nox_finans_status = fields.Selection(
        selection=STATUSES,
        string="Nox Finans",
        compute="_compute_nox_finans_status",
        search="_search_nox_finans_status",
        # No groups here: rows take their colour from it, and a list cannot be limited to groups.
        # Those who may not see the reasons find it empty.
        help="Green: can be sent. Yellow: can be sent, but completing it is wise. "
        "Red: cannot be sent.",
    )
    nox_finans_reasons = fields.Text(
        string="Reason", compute="_compute_nox_finans_status", groups=GROUPS
    )
    nox_finans_blocking_reasons = fields.Text(
        compute="_compute_nox_finans_blocking_reasons",
        groups=GROUPS,
        help="Why the invoice cannot be sent now, the connection included. Empty: it can.",
    )
    nox_finans_reason_links = fields.Json(compute="_compute_nox_finans_status", groups=GROUPS)

    @api.depends(*ASKED)
    @api.depends_context("lang", "uid")
    def _compute_nox_finans_status(self):
        candidates = self.browse()
        if self._may_see_nox_finans():
            candidates = self.filtered(lambda move: move.move_type in MOVE_TYPES)
        others = self - candidates
        others.nox_finans_status = others.nox_finans_reasons = others.nox_finans_reason_links = (
            False
        )
        failed = failing_criteria(candidates)
        for move in candidates:
            criteria = failed[move._ids[0]]
            move.nox_finans_status = _get_status(criteria)
            move.nox_finans_reasons = "\n".join(
                criterion.get_message(move) for criterion in criteria
            )
            move.nox_finans_reason_links = [
                {
                    "code": criterion.code,
                    "severity": criterion.severity,
                    "message": criterion.get_message(move),
                    "field": criterion.field,
                }
                for criterion in criteria
            ]

    @api.depends("nox_finans_status")
    @api.depends_context("lang", "uid")
    def _compute_nox_finans_blocking_reasons(self):
        candidates = self.filtered(lambda move: move.move_type in MOVE_TYPES)
        (self - candidates).nox_finans_blocking_reasons = self.env._(
            "Only what a company sends its customers goes via Nox Finans."
        )
        failed = failing_criteria(candidates)
        for company, moves in candidates.grouped("company_id").items():
            # Full rights: whether there is a connection is for all to know who send.
            obstacle = company.sudo()._get_nox_finans_connector()._get_obstacle()
            for move in moves:
                reasons = [
                    criterion.get_message(move)
                    for criterion in failed[move._ids[0]]
                    if criterion.is_blocking
                ]
                reasons += [obstacle] if obstacle else []
                move.nox_finans_blocking_reasons = " ".join(reasons)

    def _may_see_nox_finans(self):
        return self._has_field_access(self._fields["nox_finans_reasons"], "read")

    def _search_nox_finans_status(self, operator, value):
        self._check_field_access(self._fields["nox_finans_reasons"], "read")
        if operator != "in":
            return NotImplemented
        domains = self._get_nox_finans_status_domains()
        found = Domain.OR(domains[status] for status in value if status in domains)
        is_candidate = Domain("move_type", "in", MOVE_TYPES)
        if False in value:
            return ~is_candidate | (is_candidate & found)
        return is_candidate & found

    def _get_nox_finans_status_domains(self):
        """Return a dict from each status to the domain of the customer documents that have it."""
        companies = self._get_nox_finans_companies()
        red = failing_domain(companies, is_red)
        yellow = failing_domain(companies, is_yellow)
        return {REJECTED: red, WARNING: ~red & yellow, APPROVED: ~red & ~yellow}

    def _filter_nox_finans_blocked(self):
        """Return those of the invoices that would be left out of a sending."""
        blocked = failing_domain(self._get_nox_finans_move_companies(), is_blocking)
        return self.search(Domain("id", "in", self.ids) & blocked)

    def _get_nox_finans_companies(self):
        """Return the companies whose invoices a search can meet."""
        if self.env.su:
            # A database has few companies, and each has rules of its own.
            return self.env["res.company"].search([])  # pylint: disable=no-search-all
        return self.env.companies

    def _field_to_sql(self, alias, field_expr, query=None):
        # Lets lists group and count by colour in the database.
        if field_expr != "nox_finans_status":
            return super()._field_to_sql(alias, field_expr, query)
        self._check_field_access(self._fields["nox_finans_reasons"], "read")
        companies = self._get_nox_finans_companies()
        red, yellow = (
            failing_domain(companies, chosen).optimize_full(self)._to_sql(self, alias, query)
            for chosen in (is_red, is_yellow)
        )
        return SQL(
            "CASE WHEN %(alias)s.move_type NOT IN %(types)s THEN NULL"
            " WHEN %(red)s THEN %(rejected)s WHEN %(yellow)s THEN %(warning)s"
            " ELSE %(approved)s END",
            alias=SQL.identifier(alias),
            types=MOVE_TYPES,
            red=red,
            yellow=yellow,
            rejected=REJECTED,
            warning=WARNING,
            approved=APPROVED,
        )

    def _get_nox_finans_rejections(self, ignore=frozenset()):
        """Return the reasons, in words, why the invoice cannot be sent."""
        self.ensure_one()
        return [
            criterion.get_message(self)
            for criterion in failing_criteria(self)[self.id]
            if criterion.is_blocking and criterion.code not in ignore
        ]


def _get_status(criteria):
    severities = {criterion.severity for criterion in criteria}
    if REJECTED in severities:
        return REJECTED
    return WARNING if WARNING in severities else APPROVED
