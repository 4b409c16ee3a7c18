from datetime import timedelta

from odoo import api, fields, models

from ..api.errors import NoxFinansError
from ..exchange.messages import describe
from ..exchange.set_up_check import YEAR_END_NOTICE, SetUpCheck
from .nox_finans_connector_sign_in import ACCESS_ACTIVITY
from .nox_finans_gate import gate
from .nox_finans_notification import show_message

SET_UP_ACTIVITY = "nox_finans.mail_activity_type_set_up"
# A little less than a week: the daily job does not come at the very same minute.
CHECK_EVERY = timedelta(days=6, hours=20)
# How long an unused refresh token lives: of the two documented times (31 days in Fortnox's
# questions and answers, 45 on its page on authorization) the shorter.
ACCESS_LIFE = timedelta(days=31)
ACCESS_NOTICE = timedelta(days=14)


class NoxFinansConnector(models.Model):
    """A connection's set-up is checked by hand, once a week, and before a year's end."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    check_ids = fields.One2many(
        comodel_name="nox.finans.check",
        inverse_name="connector_id",
        string="What the Check Has Found",
        readonly=True,
    )
    checked_date = fields.Datetime(string="Last Checked", compute="_compute_checked_date")
    year_end = fields.Date(
        readonly=True, copy=False, help="When Fortnox's present financial year ends."
    )
    terms_at_fortnox = fields.Char(string="Payment Terms at Fortnox", readonly=True, copy=False)
    units_at_fortnox = fields.Char(string="Units at Fortnox", readonly=True, copy=False)

    @api.depends("check_ids.date")
    def _compute_checked_date(self):
        for connector in self:
            connector.checked_date = max(connector.check_ids.mapped("date"), default=False)

    @gate("write", on="one")
    def action_test(self) -> dict:
        """Check the set-up and say in words what works and what does not."""
        try:
            check = self._check_set_up()
            if check.trouble:
                raise check.trouble
            kind, message = self._get_summary()
        except NoxFinansError as error:
            kind, message = "danger", describe(error, self.env)
        return show_message(kind, message)

    def _check_set_up(self):
        """Walk the list, keep what was found, and return the check.

        :raises ObstacleError: nothing can be asked by this connection
        """
        self._check_usable()
        with self._speak_aside() as client:
            check = SetUpCheck(self, client)
            findings = check.run()
        # Only now, that all is asked: what is written here would wait for the renewed access.
        self._keep_findings(findings)
        if check.company is not None:
            self._note_remote_company(check.company)
        self._note_registers(check.terms, check.units)
        if check.year_end:
            self._write_changes({"year_end": check.year_end})
        return check

    def _keep_findings(self, findings):
        now = fields.Datetime.now()
        # Full rights: nobody writes findings but the system.
        rows = self.sudo().check_ids
        known = {row.code: row for row in rows}
        for sequence, (code, finding) in enumerate(findings.items()):
            values = {**finding._asdict(), "sequence": sequence, "date": now}
            if code in known:
                known[code].write(values)
            else:
                rows.create([{**values, "connector_id": self.id, "code": code}])
        results = {finding.result for finding in findings.values()}
        if not results & {"mend", "unknown"}:
            self._withdraw_questions([SET_UP_ACTIVITY])

    def _note_registers(self, terms, units):
        registers = {"terms_at_fortnox": terms, "units_at_fortnox": units}
        self._write_changes(
            {name: ", ".join(codes) for name, codes in registers.items() if codes is not None}
        )

    def _get_summary(self):
        """Return the kind of message and the message that sums up the newest check."""
        labels = dict(self.env["nox.finans.check"]._fields["code"]._description_selection(self.env))
        by_result = self.check_ids.grouped("result")
        if to_mend := by_result.get("mend"):
            return "danger", " ".join(f"{labels[row.code]}: {row.message}" for row in to_mend)
        sentences = [self.env._("Connected to %s.", self.remote_company)]
        if untold := by_result.get("unknown"):
            names = ", ".join(labels[row.code] for row in untold)
            sentences.append(self.env._("Cannot be told: %s.", names))
            return "warning", " ".join(sentences)
        sentences.append(self.env._("Sign-in, rights and agreement are in order."))
        if denied := by_result.get("denied"):
            names = ", ".join(labels[row.code] for row in denied)
            sentences.append(self.env._("Not allowed to look at: %s.", names))
        return "success", " ".join(sentences)

    # -------------------------------------------------------------------------
    # By itself
    # -------------------------------------------------------------------------

    @api.model
    def _cron_check_set_up(self):
        """Check each connection once a week and before a year's end, and ask the responsible for
        what is to be mended; a connection that is idle renews its access by it."""
        self._for_each("_check_when_due")
        # Committed in between: the renewed access is seen.
        self._for_each("_warn_of_idle_access")

    def _check_when_due(self):
        if not self._is_check_due():
            return
        lang = self._get_administrator().lang or self.env.lang
        connector = self.with_context(lang=lang)
        connector._check_set_up()
        connector._ask_to_mend()

    def _is_check_due(self):
        now, last = fields.Datetime.now(), self.checked_date
        limit = now - CHECK_EVERY
        if not last or last <= limit or (self.token_renewed and self.token_renewed <= limit):
            return True
        notice = self.year_end and self.year_end - YEAR_END_NOTICE
        return bool(notice) and last.date() < notice <= now.date()

    def _ask_to_mend(self):
        """Give the responsible one activity, until all that was found is mended."""
        labels = dict(self.env["nox.finans.check"]._fields["code"]._description_selection(self.env))
        lines = [
            f"{labels[row.code]}: {row.message} {row.advice or ''}"
            for row in self.check_ids
            if row.result == "mend"
        ]
        if lines:
            self._ask(SET_UP_ACTIVITY, "\n".join(lines), self._get_administrator())

    def _warn_of_idle_access(self):
        """Warn in time of a refresh token that dies: whoever uses the connection renews it, and so
        does the weekly check. This is for when that has failed."""
        renewed = self.token_renewed
        if not renewed or renewed > fields.Datetime.now() - (ACCESS_LIFE - ACCESS_NOTICE):
            self._withdraw_questions([ACCESS_ACTIVITY])
            return
        user = self._get_administrator()
        env = self.with_context(lang=user.lang or self.env.lang).env
        self._ask(
            ACCESS_ACTIVITY,
            env._(
                "The access to Nox Finans was last renewed on %(renewed)s and ends on %(end)s if "
                "it is not used. Press Test the Connection; if that does not help, connect again.",
                renewed=fields.Date.to_string(renewed),
                end=fields.Date.to_string(renewed + ACCESS_LIFE),
            ),
            user,
        )
