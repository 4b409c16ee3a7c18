import functools
import logging

import psycopg2
from lxml import etree
from odoo import SUPERUSER_ID, api, fields, models
from odoo.exceptions import UserError
from odoo.tools import convert_file, file_open, format_datetime

from ..exchange.locks import try_lock
from .nox_finans_connector_queue import STANDSTILL
from .nox_finans_gate import gate
from .nox_finans_notification import show_message

_logger = logging.getLogger(__name__)

MODULE = "nox_finans"
CRON_FILE = "data/ir_cron.xml"
EXCHANGE_CRON = "ir_cron_exchange"
SCHEDULE_ACTIVITY = "nox_finans.mail_activity_type_schedule"


@functools.cache
def cron_names():
    """Return the add-on's scheduled actions: a dict from the id in the data file to the name."""
    with file_open(f"{MODULE}/{CRON_FILE}", "rb") as file:
        records = etree.parse(file).iterfind("record[@model='ir.cron']")
        return {record.get("id"): record.findtext("field[@name='name']") for record in records}


class NoxFinansConnector(models.Model):
    """The scheduled actions: whether they run, and what to do when they do not.

    Who sends meanwhile is not refused: the queue keeps all, no clerk can mend it, and to mark
    everything once more later is work. It is said in the dialog, in the answer to it, above the
    selection and on the connection, and the responsible gets an activity.
    """

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    is_schedule_broken = fields.Boolean(compute="_compute_is_schedule_broken")

    def _compute_is_schedule_broken(self):
        self.is_schedule_broken = bool(self._get_broken_crons())

    @api.model
    def _get_crons(self):
        """Return our scheduled actions by their id in the data file; none for one that was deleted.

        Full rights: those who may send may wake the one that sends, and be told whether it runs.
        """
        Data, Cron = self.env["ir.model.data"].sudo(), self.env["ir.cron"].sudo()
        ids = {
            name: Data._xmlid_to_res_id(f"{MODULE}.{name}", raise_if_not_found=False)
            for name in cron_names()
        }
        there = Cron.browse(id_ for id_ in ids.values() if id_).exists()
        return {name: there & Cron.browse(id_) for name, id_ in ids.items()}

    @api.model
    def _trigger_exchange(self, at=None):
        """Let the exchange run as soon as possible, or not later than the datetime `at`."""
        self._trigger_cron(EXCHANGE_CRON, at)

    @api.model
    def _trigger_cron(self, name, at=None):
        """Let a scheduled action of ours run as soon as possible, or not later than `at`; where it
        does not run, let it be known.

        :param name: its id in the data file
        """
        cron = self._get_crons()[name]
        if cron:
            cron._trigger(at)
        if not cron.active:
            self._watch_schedule()

    # -------------------------------------------------------------------------
    # What is wrong
    # -------------------------------------------------------------------------

    @api.model
    def _get_broken_crons(self):
        """Return what of our scheduled actions an administrator can put right by the button: a dict
        from the id in the data file to what is wrong, in words."""
        broken = {}
        for name, cron in self._get_crons().items():
            if not cron:
                broken[name] = self.env._("“%s” has been deleted.", cron_names()[name])
            elif not cron.active:
                broken[name] = self.env._("“%s” is switched off.", cron.name)
            elif cron.user_id.id != SUPERUSER_ID:
                broken[name] = self.env._(
                    "“%(action)s” runs in the name of %(user)s and not of the system.",
                    action=cron.name,
                    user=cron.user_id.name,
                )
        return broken

    @api.model
    def _get_late_crons(self):
        """Return the same for what is switched on and does not come to run all the same.

        The daily ones come late after each weekend that a server was off for; they run, or fail,
        where the one that sends runs.
        """
        limit, late = fields.Datetime.now() - STANDSTILL, {}
        for name, cron in self._get_crons().items():
            if not cron.active:
                continue
            if cron.first_failure_date and cron.first_failure_date <= limit:
                late[name] = self.env._(
                    "“%(action)s” has failed since %(date)s.",
                    action=cron.name,
                    date=format_datetime(self.env, cron.first_failure_date),
                )
            elif name == EXCHANGE_CRON and cron.nextcall <= limit:
                late[name] = self.env._(
                    "“%(action)s” was to run at %(date)s and has not.",
                    action=cron.name,
                    date=format_datetime(self.env, cron.nextcall),
                )
        return late

    @api.model
    def _get_schedule_trouble(self, running=None):
        """Return in words which scheduled actions do not run and what comes of it, or None.

        :param running: the id in the data file of the one that just does
        """
        broken, late = self._get_broken_crons(), self._get_late_crons()
        late = {name: late[name] for name in late if name not in broken and name != running}
        if not broken and not late:
            return None
        sentences = [self.env._("Scheduled actions do not run:"), *broken.values(), *late.values()]
        if EXCHANGE_CRON in broken | late:
            sentences.append(
                self.env._(
                    "Nothing is sent or followed up until it runs again; what is queued stays "
                    "queued."
                )
            )
        if broken:
            sentences.append(
                self.env._("An administrator switches them on under Nox Finans > Connection.")
            )
        if late:
            sentences.append(
                self.env._("See the server's log, and whether it runs scheduled actions at all.")
            )
        return " ".join(sentences)

    def _get_warning(self):
        return self._get_schedule_trouble() or super()._get_warning()

    @api.model
    @gate("read", on="any")
    def get_sending_banners(self) -> list[dict[str, str]]:
        """Return what goes where, as ever; whoever opens the selection watches the schedule."""
        if self._get_schedule_trouble():
            self._watch_schedule()
        return super().get_sending_banners()

    # -------------------------------------------------------------------------
    # Who is told
    # -------------------------------------------------------------------------

    @api.model
    def _watch_schedule(self, running=None):
        """Let the responsible of each connection in use know when scheduled actions do not run.

        Called by what the schedule does not need to run: the selection when it is opened, whatever
        wants to wake the cron, and each of the scheduled actions for the others.
        """
        # Full rights: told are those who look after a connection, whoever has noticed.
        connectors = self.sudo().search([("state", "!=", "disconnected")])
        if not self._get_schedule_trouble(running):
            connectors._withdraw_questions([SCHEDULE_ACTIVITY])
            return
        for connector in connectors:
            if connector._is_foreign() or not connector._lock_watch():
                continue
            connector._tell_of_schedule(running)

    def _tell_of_schedule(self, running):
        """Ask the responsible, once; what somebody does who has noticed goes on if that fails."""
        note = self._in_words_of_administrator()._get_schedule_trouble(running)
        # What the caller has changed is not ours: where that fails, Odoo tries all of it again.
        self.env.cr.flush()
        try:
            with self.env.cr.savepoint():
                self._ask(SCHEDULE_ACTIVITY, note, self._get_administrator())
        except (UserError, psycopg2.Error) as error:
            _logger.warning("Nox Finans, company %s: %s Not told: %s", self.id, note, error)

    def _in_words_of_administrator(self):
        lang = self._get_administrator().lang
        return self.with_context(lang=lang or self.env.lang)

    def _lock_watch(self):
        """Return whether nobody else is just about to tell the responsible."""
        return try_lock(self.env.cr, f"{self._table}/watch", self.id)

    # -------------------------------------------------------------------------
    # What an administrator does about it
    # -------------------------------------------------------------------------

    @gate("write", on="one")
    def action_mend_schedule(self) -> dict:
        """Switch the add-on's scheduled actions on; make anew those that were deleted."""
        self._check_administrator()
        broken = self._get_broken_crons()
        if not broken:
            return show_message("info", self.env._("All are switched on."))
        # Full rights: the administrator has been let through above.
        system = self.sudo().env
        # Only what is missing is made by it, with its name in `ir.model.data`: the file's records
        # are not updated.
        convert_file(system, MODULE, CRON_FILE, None, mode="update", noupdate=True)
        crons = self._get_crons()
        system["ir.cron"].union(*(crons[name] for name in broken)).write(
            {
                "active": True,
                "user_id": SUPERUSER_ID,
                "failure_count": 0,
                "first_failure_date": False,
            }
        )
        self._watch_schedule()
        self._trigger_exchange()
        message = self.env._("The scheduled actions are switched on.")
        self.sudo().message_post(
            body=self.env._(
                "The scheduled actions are switched on. Before: %s", " ".join(broken.values())
            )
        )
        return show_message("success", message)
