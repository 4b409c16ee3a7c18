from datetime import timedelta

from odoo import fields, models

from ..core.words import QUEUE_STATES
from .nox_finans_connector import CONNECTION_ACTIVITY

# A queue that has not moved for so long is an administrator's business.
STANDSTILL = timedelta(hours=1)
SHOWN_TROUBLES = 40


class NoxFinansConnector(models.Model):
    """What waits and what is out: shown with the connection, and told when it stands still."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    queue_moved = fields.Datetime(string="Queue Last Moved", readonly=True)
    queue_length = fields.Integer(string="In the Queue", compute="_compute_queue")
    oldest_waiting = fields.Datetime(string="Oldest Waiting Since", compute="_compute_queue")
    open_count = fields.Integer(string="Open Cases", compute="_compute_queue")
    call_count = fields.Integer(string="Calls in the Last Hour", compute="_compute_call_count")
    trouble_case_ids = fields.Many2many(
        comodel_name="nox.finans.case", string="What Is Stuck", compute="_compute_trouble_case_ids"
    )

    def _compute_queue(self):
        Case = self.env["nox.finans.case"]
        companies = [("company_id", "in", self.company_id.ids)]
        by = ["company_id", "environment"]
        waiting = {
            (company, environment): (count, oldest)
            for company, environment, count, oldest in Case._read_group(
                [*companies, ("state", "in", QUEUE_STATES)], by, ["__count", "queued_date:min"]
            )
        }
        out = {
            (company, environment): count
            for company, environment, count in Case._read_group(
                [*companies, ("state", "=", "accepted")], by, ["__count"]
            )
        }
        for connector in self:
            key = connector.company_id, connector.environment
            connector.queue_length, connector.oldest_waiting = waiting.get(key, (0, False))
            connector.open_count = out.get(key, 0)

    def _compute_call_count(self):
        since = fields.Datetime.now() - timedelta(hours=1)
        domain = [("company_id", "in", self.company_id.ids), ("date", ">=", since)]
        groups = self.env["nox.finans.exchange"]._read_group(domain, ["company_id"], ["__count"])
        counts = dict(groups)
        for connector in self:
            connector.call_count = counts.get(connector.company_id, 0)

    def _compute_trouble_case_ids(self):
        for connector in self:
            connector.trouble_case_ids = self.env["nox.finans.case"].search(
                [
                    ("company_id", "=", connector.company_id.id),
                    ("state", "in", QUEUE_STATES),
                    ("error_message", "!=", False),
                ],
                order="is_stuck DESC, queued_date, id",
                limit=SHOWN_TROUBLES,
            )

    def _note_standstill(self):
        """Call the administrator once when the queue stands still, and no longer once it moves."""
        limit = fields.Datetime.now() - STANDSTILL
        # Counted anew: the run has changed it.
        self.invalidate_recordset(["queue_length", "oldest_waiting", "open_count"])
        for connector in self:
            if connector._is_foreign():
                continue
            moved = max(
                filter(None, (connector.queue_moved, connector.connected_date)), default=limit
            )
            stands = connector.oldest_waiting and max(connector.oldest_waiting, moved) <= limit
            if stands:
                connector._call_administrator(
                    self.env._("The queue to Nox Finans stands still"),
                    connector.connection_message or connector._get_first_trouble(),
                )
            elif connector.state == "connected":
                connector._withdraw_questions([CONNECTION_ACTIVITY])

    def _get_first_trouble(self):
        case = self.env["nox.finans.case"].search(
            [("company_id", "=", self.company_id.id), ("state", "in", QUEUE_STATES)],
            order="queued_date, id",
            limit=1,
        )
        return f"{case.move_id.name}: {case.status_message}"
