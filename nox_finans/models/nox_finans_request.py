from odoo import fields, models

from ..api import payloads
from ..api.errors import RefusedError
from ..core.words import ACTIONS, REQUEST_STATES
from ..exchange.actions import SERVICE_ACTIONS
from ..exchange.failures import CONNECTION_ERRORS
from .nox_finans_gate import GROUP_SEND


class NoxFinansRequest(models.Model):
    """What a person, a dispute or the bookkeeping has asked of the service, and what came of it.

    asked ──> sent ──> done       the service has done it
      ^        │  ├──> refused    the service has said no
      └────────┘  └──> unclear    no clear answer: the status was fetched, and a person decides
      not reached

    Once it is on its way, it is never repeated by itself. One of a case is open at a time.
    """

    _name = "nox.finans.request"
    _description = "Nox Finans Request"
    _order = "id desc"
    _rec_name = "action"

    case_id = fields.Many2one(
        comodel_name="nox.finans.case", required=True, ondelete="cascade", index=True
    )
    company_id = fields.Many2one(related="case_id.company_id", store=True, index=True)
    currency_id = fields.Many2one(related="case_id.company_currency_id")
    action = fields.Selection(selection=ACTIONS, string="What For", required=True)
    until = fields.Date(string="Paused Until")
    amount = fields.Monetary(currency_field="currency_id", string="Reported Payment")
    takes_fees = fields.Boolean(help="The company pays the fees that were added.")
    is_credit = fields.Boolean(
        help="What is to be reported was credited: no payment is booked for it at the service."
    )
    # Written to the customer once the service has confirmed that it does nothing more.
    mail_subject = fields.Char(groups=GROUP_SEND)
    mail_body = fields.Html(groups=GROUP_SEND)
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="By",
        help="Empty: the bookkeeping, by itself.",
    )
    date = fields.Datetime(string="Asked on", required=True, default=fields.Datetime.now)
    state = fields.Selection(selection=REQUEST_STATES, required=True, default="asked")
    end_date = fields.Datetime(string="Answered on")
    # Of what the service says of a customer, personal numbers may be part.
    answer = fields.Char(groups=GROUP_SEND, help="Why the service has refused it.")

    _one_open_request = models.UniqueIndex(
        "(case_id) WHERE state IN ('asked', 'sent')",
        "Something has been asked for already, and is not done yet.",
    )

    def _perform(self, client, commit):
        """Carry out what was asked for; return whether the service has clearly answered.

        The intent is committed before the call. A request that was on its way when the answer was
        lost is not repeated: the status is fetched instead.

        :param commit: called without arguments to commit
        :raises NoxFinansError: refused, not reached, or no clear answer
        """
        if self.state == "sent":
            self.case_id._sync(client)
            self._end("unclear")
            return False
        self._check_still_open(client)
        self.state = "sent"
        commit()
        client.purpose = "request"
        try:
            answer = SERVICE_ACTIONS[self.action].call(client, self)
        except CONNECTION_ERRORS:
            # Nothing was done: it is asked for again as soon as it can be. Of what fails before or
            # after this call, the same cannot be said.
            self.state = "asked"
            raise
        self.case_id._apply(client, answer, is_clear=True)
        self._end("done")
        return True

    def _check_still_open(self, client):
        """See just before the call how the case stands, where the action has to know.

        :raises RefusedError: the case was closed meanwhile
        """
        case, max_age = self.case_id, SERVICE_ACTIONS[self.action].max_age
        if max_age is None:
            return
        if not case.synced_date or case.synced_date <= fields.Datetime.now() - max_age:
            case._sync(client)
        if case.remote_status == payloads.STATUS_CLOSED:
            raise RefusedError(self.env._("Nothing was asked for: the case is closed."))

    def _refuse(self, message):
        """The service has said no to what was asked for, in the words of `message`."""
        self.case_id._put_off_dispute(self.action, message)
        SERVICE_ACTIONS[self.action].note_refused(self.case_id)
        self._end("refused", message)

    def _end(self, state, answer=False):
        self.write({"state": state, "answer": answer, "end_date": fields.Datetime.now()})
        # The next one is not kept before this one has ended in the database too.
        self.flush_recordset(["state"])
        self.case_id.write({"request_id": False, "error_message": False})

    def _forget_texts(self):
        """Remove what was or would be written to the customer, and what the service has said."""
        self.write({"mail_subject": False, "mail_body": False, "answer": False})
