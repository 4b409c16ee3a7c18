import logging
import uuid

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import payloads
from ..core.backoff import JITTER, MAX_TRIES, get_pause
from ..core.words import (
    CHANNELS,
    ENVIRONMENTS,
    OPEN_STATES,
    SERVICES,
    STATES,
    STEPS,
)
from . import nox_finans_questions  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)


REFERENCE_PREFIX = "NOX-"


class NoxFinansCase(models.Model):
    """One invoice handed over to Nox Finans, from the moment a user pressed Send."""

    _name = "nox.finans.case"
    _description = "Nox Finans Case"
    _inherit = ["nox.finans.questions", "mail.thread", "mail.activity.mixin"]
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
    # Written by `_move` only. `exchange.actions.CHOICES` is the only gate for what a user may do.
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
    exchange_ids = fields.One2many(
        comodel_name="nox.finans.exchange", inverse_name="case_id", string="Exchanges"
    )

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

    def _is_elsewhere(self):
        """Tell whether the case is known in another environment than the company works with."""
        # Full rights: where one sends to is for all to see who send.
        return self.environment != self.company_id.sudo()._get_nox_finans_connector().environment

    @gate("read", GROUPS, on="one")
    def action_open_move(self) -> dict:
        return self.move_id._get_records_action()

    @gate("read", GROUPS, on="one")
    def action_open_document(self) -> dict:
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
