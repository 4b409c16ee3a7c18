import logging
import uuid
from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, LockError, UserError

from ..api import payloads
from ..api.errors import RefusedError
from ..core.backoff import JITTER, MAX_TRIES, get_pause
from ..core.words import (
    ACTIONS,
    CHANNELS,
    ENVIRONMENTS,
    OPEN_STATES,
    SERVICES,
    STATES,
    STEPS,
)
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)

# What is known of a case for so long only needs not be asked for again before a report.
FRESH = timedelta(seconds=30)

REFERENCE_PREFIX = "NOX-"


class NoxFinansCase(models.Model):
    """One invoice handed over to Nox Finans, from the moment a user pressed Send."""

    _name = "nox.finans.case"
    _description = "Nox Finans Case"
    _inherit = ["mail.thread", "mail.activity.mixin"]
    # Nobody writes cases but the system; who may read one may write a note about it.
    _mail_post_access = "read"
    _order = "id desc"
    _rec_names_search = ["move_id.name", "ocr_number", "reference", "remote_number"]
    _check_company_auto = True

    move_id = fields.Many2one(
        comodel_name="account.move",
        string="Invoice",
        required=True,
        readonly=True,
        index=True,
        ondelete="restrict",
        check_company=True,
    )
    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, index=True
    )
    company_currency_id = fields.Many2one(
        comodel_name="res.currency",
        string="Service's Currency",
        compute="_compute_company_currency_id",
        # Stored, or amounts could not be summed in lists.
        store=True,
    )
    partner_id = fields.Many2one(
        comodel_name="res.partner", string="Customer", readonly=True, index=True
    )
    commercial_partner_id = fields.Many2one(comodel_name="res.partner", readonly=True, index=True)
    user_id = fields.Many2one(comodel_name="res.users", string="Sent by", readonly=True)
    invoice_date_due = fields.Date(related="move_id.invoice_date_due")
    service = fields.Selection(selection=SERVICES, required=True, readonly=True)
    channel = fields.Selection(selection=CHANNELS, required=True, readonly=True)
    # Written by `_move` only.
    # `_get_allowed_actions` is the only gate for what a user may do with a case.
    state = fields.Selection(
        selection=STATES,
        required=True,
        readonly=True,
        default="queued",
        index=True,
    )
    step = fields.Selection(selection=STEPS, string="Last Step Done", readonly=True)
    reference = fields.Char(
        required=True,
        readonly=True,
        default=lambda self: new_reference(),
        help="Our own reference, by which the invoice is found again at the service.",
    )
    is_mended = fields.Boolean(
        readonly=True, help="Sent again after a refusal: compare with what the service has got."
    )
    is_doubted = fields.Boolean(
        readonly=True,
        help="Somebody else may have sent it on: every step is looked up before anything is sent.",
    )
    environment = fields.Selection(
        selection=ENVIRONMENTS,
        required=True,
        readonly=True,
        help="Where the invoice was sent: what one environment has, the other does not know.",
    )
    card_id = fields.Many2one(
        comodel_name="nox.finans.card",
        string="Customer's Card",
        readonly=True,
        index="btree_not_null",
        help="Under which number the customer stands at the service.",
    )
    accounting_method = fields.Char(
        readonly=True, help="How the service's ledger is kept, by what it says of the invoice."
    )
    # Together with what it is about, the invoice's number there: the committed intent.
    is_undo_due = fields.Boolean(
        readonly=True,
        help="What the service has got of the invoice is to be cancelled or credited there.",
    )
    snapshot = fields.Json(
        string="What Was Sent",
        readonly=True,
        groups=GROUP_SEND,
        help="Customer and invoice as the service got them.",
    )
    changed_since_sent = fields.Char(
        compute="_compute_changed_since_sent",
        groups=GROUP_SEND,
        help="What is another now in Odoo than what the service got.",
    )
    listed_hash = fields.Char(
        readonly=True, help="The invoice's row when the service last listed it as changed."
    )
    remote_number = fields.Char(string="Service's Invoice Number", readonly=True)
    remote_status = fields.Char(string="Service's Status", readonly=True)
    next_event = fields.Char(readonly=True)
    next_event_date = fields.Date(string="Date of Next Step", readonly=True)
    ocr_number = fields.Char(string="OCR Number", readonly=True)
    capital_balance = fields.Monetary(
        currency_field="company_currency_id", string="Balance", readonly=True
    )
    balance_with_fees = fields.Monetary(
        currency_field="company_currency_id", string="Balance with Fees", readonly=True
    )
    fees = fields.Monetary(currency_field="company_currency_id", compute="_compute_fees")
    document_url = fields.Char(string="Document", readonly=True)
    error_message = fields.Char(string="Message", readonly=True)
    status_message = fields.Char(compute="_compute_status_message", string="Where It Stands")
    accepted_date = fields.Datetime(readonly=True)
    confirmed_date = fields.Datetime(readonly=True)
    is_announced = fields.Boolean(
        readonly=True, help="The sender has been told that the service has confirmed."
    )
    synced_date = fields.Datetime(string="Last Status", readonly=True)
    queued_date = fields.Datetime(
        string="In the Queue Since", readonly=True, default=fields.Datetime.now
    )
    try_count = fields.Integer(string="Tries", readonly=True, aggregator=None)
    is_stuck = fields.Boolean(
        string="Needs You",
        readonly=True,
        help="Tried too often: it is not tried again by itself.",
    )
    is_tried_now = fields.Boolean(readonly=True, help="A person has asked for a try at once.")
    next_try = fields.Datetime(readonly=True, index="btree_not_null")
    # What a user has asked for and the connector has not done yet. Once it is on its way, it is
    # never repeated by itself: without a clear answer the status is fetched, and a person decides.
    requested_action = fields.Selection(selection=ACTIONS, readonly=True, index="btree_not_null")
    requested_date = fields.Date(string="Paused Until", readonly=True)
    requested_amount = fields.Monetary(
        currency_field="company_currency_id", string="Reported Payment", readonly=True
    )
    requested_takes_fees = fields.Boolean(
        readonly=True, help="The company pays the fees that were added."
    )
    # Kept until the case is closed: the answer to a stop may be lost, or come before its effect.
    stop_asked_by = fields.Many2one(
        comodel_name="res.users",
        readonly=True,
        help="Who has asked for the stop that the service has not confirmed yet.",
    )
    # Written to the customer once the service has confirmed that it does nothing more.
    stop_mail_subject = fields.Char(readonly=True, groups=GROUP_SEND)
    stop_mail_body = fields.Html(readonly=True, groups=GROUP_SEND)
    requested_by = fields.Many2one(comodel_name="res.users", readonly=True)
    is_request_sent = fields.Boolean(readonly=True)
    exchange_ids = fields.One2many(
        comodel_name="nox.finans.exchange", inverse_name="case_id", string="Exchanges"
    )
    allowed_actions = fields.Char(compute="_compute_allowed_actions")

    _one_open_case = models.UniqueIndex(
        "(move_id) WHERE state NOT IN ('refused', 'closed')",
        "The invoice has already been sent via Nox Finans.",
    )
    _unique_reference = models.UniqueIndex("(reference)")
    _work_idx = models.Index(
        "(company_id, next_try) WHERE state IN ('queued', 'sending', 'uncertain', 'accepted')"
    )
    _undo_idx = models.Index("(company_id) WHERE is_undo_due IS TRUE")
    _remote_number_idx = models.Index("(company_id, remote_number) WHERE remote_number IS NOT NULL")

    @api.depends("move_id.name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = self.env._("%s at Nox Finans", case.move_id.name)

    @api.depends("company_id")
    def _compute_company_currency_id(self):
        # The interface speaks of SEK only, whatever the company's own currency is.
        self.company_currency_id = self.env.ref("base.SEK")

    @api.depends("capital_balance", "balance_with_fees")
    def _compute_fees(self):
        for case in self:
            case.fees = case.balance_with_fees - case.capital_balance

    def _is_same(self, amount, other):
        return self.company_currency_id.compare_amounts(amount, other) == 0

    @api.depends("state", "remote_status", "error_message")
    def _compute_status_message(self):
        for case in self:
            case.status_message = case._get_status_message()

    def _get_status_message(self):
        """Return where the case stands, in one line for the clerk."""
        if self.state in OPEN_STATES and self._is_elsewhere():
            labels = dict(self._fields["environment"]._description_selection(self.env))
            return self.env._(
                "Sent to another environment than the company works with now: %s. "
                "Nothing more happens with it from here.",
                labels[self.environment],
            )
        if self.state == "queued":
            # Full rights: a clerk may know that the service is down, from whichever company's
            # connection the clerk's own case hangs on.
            connector = self.company_id.sudo()._get_nox_finans_connector()
            down = connector.connection_message
            return self.error_message or down or self.env._("Waiting to be sent.")
        if self.state == "sending":
            return self.env._("Being sent to Nox Finans.")
        if self.state in ("uncertain", "refused"):
            return self.error_message
        if self.state == "closed":
            return self.env._("Closed at Nox Finans.")
        return {
            payloads.STATUS_UNKNOWN: self.env._(
                "Received by Nox Finans, waiting for the confirmation (this can take minutes)."
            ),
            payloads.STATUS_NOT_AUTHORIZED: self.env._(
                "Received by Nox Finans, waiting to be approved there."
            ),
            payloads.STATUS_OPEN: self.env._("Approved, Nox Finans handles the invoice."),
            payloads.STATUS_PAUSED: self.env._("Paused at Nox Finans."),
            payloads.STATUS_CLOSED: self.env._(
                "Closed at Nox Finans, but its two balances do not agree yet: it is asked again."
            ),
        }.get(self.remote_status, self.remote_status)

    def _compute_changed_since_sent(self):
        # Addresses belong to the customer and may change; the service goes on with what it got.
        for case in self:
            case.changed_since_sent = case.state == "accepted" and case._list_changes_since_sent()

    def _list_changes_since_sent(self):
        sent = self._get_sent("customer") | self._get_sent("invoice") | self._get_sent("told")
        # Full rights: compared is what the service got of the case that the user may see.
        case = self.sudo()
        try:
            now = case._prepare_customer() | case._prepare_invoice()
        except RefusedError:
            return False
        labels = self._get_address_labels()
        changes = [
            f"{label}: {sent.get(name) or '–'} → {now.get(name) or '–'}"
            for name, label in labels.items()
            if sent and sent.get(name) != now.get(name)
        ]
        return "; ".join(changes) or False

    def _get_address_labels(self):
        """Return what of the customer may change after the sending, with its names."""
        return {
            "CustomerName": self.env._("Name"),
            "Address1": self.env._("Street"),
            "Address2": self.env._("Second address line"),
            "ZipCode": self.env._("Postal code"),
            "City": self.env._("Town"),
            "OrganisationNumber": self.env._("Organisation or personal number"),
            "Email": self.env._("E-mail"),
        }

    # -------------------------------------------------------------------------
    # What a user may do
    # -------------------------------------------------------------------------

    @api.depends(
        "state", "step", "next_try", "is_stuck", "remote_status", "requested_action", "fees"
    )
    @api.depends_context("uid")
    def _compute_allowed_actions(self):
        for case in self:
            actions = sorted(case._get_allowed_actions())
            # Commas around each: one name is part of another.
            case.allowed_actions = f",{','.join(actions)}," if actions else False

    def _get_allowed_actions(self):
        """Return the names of what the current user may do with the case now."""
        self.ensure_one()
        if not self._may_steer():
            return set()
        actions = set()
        if self.state == "refused":
            actions |= {"send_again", "give_up"}
        if self.state in ("queued", "uncertain") and (self.next_try or self.is_stuck):
            actions.add("try_now")
        if (self.state == "queued" and not self.step) or self._is_of_sandbox_only():
            actions.add("withdraw")
        return actions | self._get_service_actions()

    def _is_of_sandbox_only(self):
        """Tell whether the case was tried out in the sandbox, and the company has left it since."""
        is_open = self.state in OPEN_STATES
        return is_open and self.environment == "sandbox" and self._is_elsewhere()

    def _is_elsewhere(self):
        """Tell whether the case is known in another environment than the company works with."""
        # Full rights: where one sends to is for all to see who send.
        return self.environment != self.company_id.sudo()._get_nox_finans_connector().environment

    def _may_steer(self):
        return self.env.user.has_group(GROUP_SEND)

    def _get_service_actions(self):
        """Return what may be asked of the service now: one thing at a time."""
        if self.state != "accepted" or self.requested_action or self._is_elsewhere():
            return set()
        actions = {
            payloads.STATUS_OPEN: {"pause", "report_payment", "stop"},
            payloads.STATUS_PAUSED: {"unpause", "report_payment", "stop"},
        }.get(self.remote_status, set())
        return actions | {"take_fees"} if actions and self.fees > 0 else actions

    def _check_allowed(self, action):
        """:raises AccessError: the case is not the user's to see, or the user may not send
        :raises UserError: the case is not in a state for `action`"""
        self.check_access("read")
        if not self._may_steer():
            raise AccessError(self.env._("Only those who invoice may steer Nox Finans cases."))
        for case in self:
            if action not in case._get_allowed_actions():
                raise UserError(case._get_refusal())

    def _get_refusal(self):
        """Return in words that what was asked for cannot be done, and where the case stands."""
        return self.env._(
            "This cannot be done now with %(case)s: %(status)s",
            case=self.display_name,
            status=self.status_message,
        )

    @gate("read", GROUP_SEND)
    def action_send_again(self):
        self._check_allowed("send_again")
        return self.move_id.action_nox_finans_open_send()

    @gate("read", GROUP_SEND)
    def action_try_now(self):
        self._hold("try_now")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo().write({"next_try": False, "is_stuck": False, "is_tried_now": True})
        self.env["nox.finans.connector"]._trigger_exchange()

    @gate("read", GROUP_SEND)
    def action_withdraw(self):
        """Take a case back of which nothing has reached the service, or only the sandbox."""
        # A run that is just taking the case holds its row.
        self._hold("withdraw")
        moves = self.move_id
        for case in self:
            case.move_id.message_post(
                body=self.env._("Taken back from the sandbox, where it was tried out.")
                if case._is_of_sandbox_only()
                else self.env._("Taken out of the queue to Nox Finans.")
            )
        # Full rights: nobody deletes cases but the system; the gate above has let the user through.
        self.sudo().unlink()
        if len(moves) == 1:
            return moves._get_records_action()
        return {"type": "ir.actions.act_window_close"}

    @gate("read", GROUP_SEND)
    def action_request(self):
        """Open the dialog that says what the action named in the context does.

        :raises UserError: the context names none, or the only case is not in a state for it
        """
        action = self.env.context.get("nox_finans_action")
        # Not looked up in a dict: whatever a caller has put there.
        if action not in [name for name, _label in ACTIONS]:
            raise UserError(self.env._("There is no such action: %s", action))
        if len(self) == 1:
            self._check_allowed(action)
        wizard = self.env["nox.finans.action"].create(
            {"case_ids": [(6, 0, self.ids)], "action": action}
        )
        return {
            **wizard._get_records_action(name=dict(wizard._get_action_labels())[action]),
            "target": "new",
        }

    def _hold(self, action):
        """Keep others from the cases until the end, and see what they are now.

        :raises LockError: the connector is at one of them right now
        :raises UserError, AccessError: `action` is not allowed now
        """
        try:
            self.lock_for_update()
        except LockError as error:
            raise LockError(
                self.env._(
                    "Somebody else, or the exchange with Nox Finans, is at it right now. Look at "
                    "it again in a moment."
                )
            ) from error
        self.invalidate_recordset()
        self._check_allowed(action)

    def _request(self, action, date=False, amount=0, takes_fees=False, mail=None):
        """Ask the connector to carry out `action`; the only way to it.

        :param mail: subject and body that the customer gets once the case is stopped
        :raises LockError: the connector is at the case right now
        :raises UserError, AccessError: it is not allowed now
        """
        self._hold(action)
        stop = {}
        if action == "stop":
            subject, body = mail or (False, False)
            stop = {
                "stop_asked_by": self.env.uid,
                "stop_mail_subject": subject,
                "stop_mail_body": body,
            }
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo().write(
            {
                **stop,
                "requested_action": action,
                # Shown as long as the pause lasts, whatever else is asked for meanwhile.
                "requested_date": date or self.requested_date,
                "requested_amount": amount,
                "requested_takes_fees": takes_fees,
                "requested_by": self.env.uid,
                "is_request_sent": False,
                "next_try": False,
            }
        )
        # Full rights, as above.
        self.sudo()._note_asked()
        self.env["nox.finans.connector"]._trigger_exchange()

    def _note_asked(self):
        """Keep on the timeline who has asked for what; whether it is done, the answer tells."""
        self.request_count += 1
        amount = self.requested_amount if self.requested_action == "report_payment" else 0
        texts = {
            "pause": self.env._(
                "Asked for a pause until and including %s",
                fields.Date.to_string(self.requested_date),
            ),
            "unpause": self.env._("Asked to resume"),
            "report_payment": self.env._("Reported a payment of %s", self._format(amount)),
            "take_fees": self.env._("Asked to take over the fees"),
            "stop": self.env._("Asked to stop"),
        }
        self._note_event("request", texts[self.requested_action], amount, user=self.env.user)

    def _end_request(self):
        self._clear_request()

    def _end_stop(self):
        """Forget the stop; a customer whose case is stopped is told how to pay what is left."""
        if self.close_reason == "stopped" and self.stop_mail_body:
            self._write_to_customer()
        self.write({"stop_asked_by": False, "stop_mail_subject": False, "stop_mail_body": False})

    def _write_to_customer(self):
        self.move_id.message_post(
            subject=self.stop_mail_subject,
            body=self.stop_mail_body,
            author_id=self.stop_asked_by.partner_id.id,
            email_from=self.stop_asked_by.email_formatted,
            partner_ids=self.partner_id.ids,
            message_type="comment",
            subtype_xmlid="mail.mt_comment",
        )

    def _clear_request(self):
        self.write(
            {
                "requested_action": False,
                "is_request_sent": False,
                "error_message": False,
            }
        )

    def _note_refused_request(self, _message):
        """The service has said no to what was asked for."""
        if self.requested_action == "stop" and self.remote_status != payloads.STATUS_CLOSED:
            self._end_stop()
        self._clear_request()

    def _perform_request(self, client, commit):
        """Carry out what was asked for; return whether the service has clearly answered.

        The intent is committed before the call. A request that was on its way when the answer was
        lost is not repeated: the status is fetched instead.
        """
        if self.is_request_sent:
            self._sync(client)
            return False
        if self.requested_action in ("report_payment", "stop"):
            self._check_still_open(client)
        self.is_request_sent = True
        commit()
        client.purpose = "request"
        number = self.remote_number
        calls = {
            "pause": lambda: client.pause(number, self.requested_date),
            "unpause": lambda: client.unpause(number),
            "stop": lambda: client.stop(number),
            "take_fees": lambda: client.take_fees(number),
            "report_payment": lambda: client.report_payment(number, self._prepare_report()),
        }
        self._apply(client, calls[self.requested_action](), is_clear=True)
        return True

    def _prepare_report(self):
        """Return the report of a payment, or of a credit, which the service must not book."""
        connector = self.company_id._get_nox_finans_connector()
        return payloads.payment(
            self.requested_amount,
            connector.payment_method_code,
            connector.payment_method_account,
            takes_fees=self.requested_takes_fees,
            is_bookkept=not self.requested_is_credit,
        )

    def _check_still_open(self, client):
        """See just before a report what the balance is, to know afterwards what the report did;
        and just before a stop whether an earlier one, or the customer, has ended the case.

        :raises RefusedError: the case was closed meanwhile
        """
        is_fresh = self.synced_date and self.synced_date >= fields.Datetime.now() - FRESH
        if self.requested_action == "stop" or not is_fresh:
            self._sync(client)
        if self.remote_status == payloads.STATUS_CLOSED:
            raise RefusedError(self.env._("Nothing was asked for: the case is closed."))

    @gate("read", GROUPS, on="one")
    def action_open_move(self):
        return self.move_id._get_records_action()

    @gate("read", GROUPS, on="one")
    def action_open_document(self):
        """:raises UserError: the service has told of no document yet"""
        if not self.document_url:
            raise UserError(self.env._("Nox Finans has not given a document yet."))
        return {"type": "ir.actions.act_url", "url": self.document_url, "target": "new"}

    # -------------------------------------------------------------------------
    # What goes wrong
    # -------------------------------------------------------------------------

    def _postpone(self, message):
        """Plan the next try after a fault that can pass, or leave the case to a person."""
        tries = self.try_count + 1
        values = {"try_count": tries, "error_message": message}
        if self.state == "accepted" or self.is_undo_due or tries < MAX_TRIES:
            values["next_try"] = fields.Datetime.now() + get_pause(tries - 1, jitter=JITTER)
        else:
            values |= {
                "is_stuck": True,
                "next_try": False,
                "error_message": self.env._(
                    "%(message)s Tried %(tries)s times; it is not tried again by itself. "
                    "Press “Try Now” when the cause is mended.",
                    message=message,
                    tries=tries,
                ),
            }
        self.write(values)

    # -------------------------------------------------------------------------
    # What others may not do meanwhile
    # -------------------------------------------------------------------------

    def _get_next_step_for_user(self):
        """Return what a user has to do before the invoice can be changed."""
        if self.state == "queued" and not self.step:
            return self.env._(
                "It is in the queue: take it out first (gavel > Take out of the Queue)."
            )
        if self.state == "accepted":
            return self.env._(
                "Nox Finans has it: make a credit note, "
                "or stop the case there first (gavel > Stop)."
            )
        return self.env._(
            "It is being sent. Wait until it has been accepted or refused (the gavel shows it)."
        )


def new_reference():
    """Return a reference of our own that no other invoice has."""
    return f"{REFERENCE_PREFIX}{uuid.uuid4().hex}"
