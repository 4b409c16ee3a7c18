import logging

from odoo import api, fields, models
from odoo.exceptions import LockError, UserError
from odoo.service.model import PG_CONCURRENCY_EXCEPTIONS_TO_RETRY

from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first

_logger = logging.getLogger(__name__)


class NoxFinansConnector(models.Model):
    """The one switch of all automatic reminders of a company."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    is_automatic = fields.Boolean(
        string="Automatic Reminders",
        tracking=True,
        copy=False,
        help="Off: no rule sends anything, and what rules have put into the queue is taken out.",
    )

    def write(self, vals: dict) -> bool:
        result = super().write(vals)
        if "is_automatic" in vals and not vals["is_automatic"]:
            self._withdraw_automatic()
        return result

    def _withdraw_automatic(self):
        """Take out of the queue what rules have put there and what has not begun to be sent."""
        # Full rights: the switch is for those who may change it, whoever sees the cases.
        cases = (
            self.env["nox.finans.case"]
            .sudo()
            .search(
                [
                    ("company_id", "in", self.company_id.ids),
                    ("rule_id", "!=", False),
                    ("state", "=", "queued"),
                    ("step", "=", False),
                ]
            )
        )
        # What a run is just taking is on its way.
        cases = cases.try_lock_for_update()
        for move in cases.move_id:
            move.message_post(body=self.env._("Taken out of the queue to Nox Finans."))
        cases.unlink()

    @api.model
    def _cron_run_rules(self):
        """Let the rules take what is theirs, once a day; tell their users what was done."""
        self._for_each("_run_rules")

    def _run_rules(self):
        if not self.is_automatic:
            return
        rules = self.env["nox.finans.rule"].search(
            [("company_id", "=", self.company_id.id), ("is_on", "=", True)]
        )
        for rule in rules:
            self._run_rule(rule)
            self.env["ir.cron"]._commit_progress()
        self._send_digests()

    def _run_rule(self, rule):
        """Run one rule; its failure is its own."""
        try:
            cases = self._try_twice(self._run_in_savepoint, rule)
            _logger.info("Nox Finans, rule %s: %s invoices queued", rule.id, len(cases))
        except LockError:
            _logger.info("Nox Finans, rule %s is being run already", rule.id)
        except UserError as error:
            _logger.warning("Nox Finans, rule %s did not run: %s", rule.id, error)
            rule._note_failure(error)
        except PG_CONCURRENCY_EXCEPTIONS_TO_RETRY as error:
            self.env.cr.rollback()
            _logger.warning("Nox Finans, rule %s did not run: %s", rule.id, error)
        except Exception:
            _logger.exception("Nox Finans, rule %s failed", rule.id)
            rule._note_failure(self.env._("An unexpected error; see the server's log."))

    def _run_in_savepoint(self, rule):
        with self.env.cr.savepoint():
            return rule._run()

    def _send_digests(self):
        """Tell each user what the user's rules have done and the user was not told of yet."""
        rules = self.env["nox.finans.rule"].search([("company_id", "=", self.company_id.id)])
        for of_user in rules.grouped("user_id").values():
            if cases := of_user._get_untold_cases():
                of_user._write_digest(cases)
                of_user._note_told(cases)
