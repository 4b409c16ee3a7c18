import hashlib
import json
import logging
import random
import uuid
from datetime import datetime, time, timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..api import answers, payloads
from ..api.errors import AccessDeniedError, NotFoundError, RefusedError, UncertainError
from ..core.backoff import JITTER, LONGEST_PAUSE, MAX_TRIES, get_pause
from ..core.words import (
    CHANNELS,
    ENVIRONMENTS,
    OPEN_STATES,
    SERVICES,
    STATES,
    STEP_ORDER,
    STEPS,
)
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

_logger = logging.getLogger(__name__)

# Documented: the personal number is used already on this document.
NUMBER_USED_CODE = 2000600
# Recorded: there is no such customer.
CUSTOMER_NOT_FOUND_CODE = 2000433
# Recorded: a company that keeps its books by cash bookkeeps an invoice when it is paid.
CASH_ACCOUNTING = "CASH"
# How far, in SEK, the service's way to round VAT may lie from ours: an öre for each row, and the
# whole krona that some invoices are rounded to. More is a mistake, not a rounding.
ROUNDING_PER_ROW = 0.01
LARGEST_ROUNDING = 1.0
# What nothing points to is asked for all the same before a week has passed.
FULL_ROUND = timedelta(days=6)
# The service works through its events in the course of a day.
EVENT_HOUR = time(6)
EVENT_PAUSE = timedelta(hours=6)

REFERENCE_PREFIX = "NOX-"
# What does not keep a case that is open already from being sent on.
SENDING_IGNORES = {"open_case"}


class NoxFinansCase(models.Model):
    """One invoice handed over to Nox Finans, from the moment a user pressed Send."""

    _name = "nox.finans.case"
    _description = "Nox Finans Case"
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
    # queued ──> sending ──> accepted ──> closed
    #    ^          │ │
    #    │          │ ├──> refused    the service said no; mended and sent again: queued
    #    │          │ └──> uncertain  no clear answer: looked up by `reference` before anything is
    #    │          │                 repeated, then accepted or on with the next step
    #    └──────────┘  the service was not reached: nothing happened, tried again later
    # What can pass is tried again with growing pauses; after MAX_TRIES the case `is_stuck` and a
    # person decides. A case found in `sending` when a run begins was left by a process that died:
    # uncertain.
    # `exchange.actions.CHOICES` is the only gate for what a user may do with a case.
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

    def _is_elsewhere(self):
        """Tell whether the case is known in another environment than the company works with."""
        # Full rights: where one sends to is for all to see who send.
        return self.environment != self.company_id.sudo()._get_nox_finans_connector().environment

    def _take_over(self, client, answer, is_clear=False):
        """Note what the service says of the case, book what has come in, and plan what comes next.

        :param is_clear: `answer` is that to a request
        """
        before = self.capital_balance
        capital = self._note_status(answer)
        self._note_report(before, capital, is_clear)
        self._note_receipts(client, capital)
        self._book_received()
        self._settle()
        if self.is_report_due and not self.request_id:
            self.env["nox.finans.connector"]._trigger_exchange()

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
    # Sending
    # -------------------------------------------------------------------------

    def _requeue(self, service, channel):
        """Send a refused case again: it goes on where it stopped, or where it is found to be.

        Customer and invoice are compared once more, since what was mended must reach the service.
        """
        self._note_customer()
        self.write(
            {
                "state": "uncertain" if self.is_doubted else "queued",
                "is_mended": True,
                "service": service,
                "channel": channel,
                "user_id": self.env.uid,
                "queued_date": fields.Datetime.now(),
                "error_message": False,
                "try_count": 0,
                "next_try": False,
                "is_stuck": False,
            }
        )

    def _send(self, client, commit, is_held_back):
        """Take the case through the steps that are left, to `accepted`.

        All that is sent is put together and checked before the first call: what cannot be said is
        not begun. What a step sends is read, and its intent committed, before its call; its answer
        after it, together with the next step's intent. So whatever dies in between, the next run
        knows which step to look up.

        :param commit: called without arguments to commit
        :param is_held_back: tells of an invoice whether a criterion keeps it from being sent
        :raises NoxFinansError: the step failed; the state is left to the caller
        """
        self.ensure_one()
        if not self.step and self.state == "queued":
            self._note_customer()
            self._check_bodies()
        if self.is_undo_due:
            self._undo_and_begin_anew(client, commit)
        if self.state == "uncertain":
            self._look_up_and_go_on(client, commit)
        if self.is_mended:
            self._send_changes(client, commit)
            self.is_mended = False
            commit()
            if self.state == "uncertain":
                # It could not be taken back: it was handed over.
                self._look_up_and_go_on(client, commit)
        self._take_steps(client, commit, is_held_back)
        now = fields.Datetime.now()
        self.write(
            {
                "state": "accepted",
                "accepted_date": now,
                "error_message": False,
                "try_count": 0,
                "next_try": now + get_pause(0, jitter=JITTER),
                "is_tried_now": False,
            }
        )

    def _note_customer(self):
        """Keep who is on the invoice: from the first step on, all goes to the same customer."""
        move = self.move_id
        if self.partner_id != move.partner_id:
            self.partner_id = move.partner_id
        if self.commercial_partner_id != move.commercial_partner_id:
            self.commercial_partner_id = move.commercial_partner_id

    def _look_up_and_go_on(self, client, commit):
        self._look_up(client)
        self.write({"state": "sending", "is_doubted": False})
        commit()

    def _take_steps(self, client, commit, is_held_back):
        is_noted = self.state == "sending"
        is_first = True
        while step := self._get_next_step():
            self = self._to_send()
            # The invoice may have been paid or changed since it was queued; what counts most is
            # the moment before the step that costs money.
            if is_first or step == "handed_over":
                self._check_still_sendable(is_held_back)
            is_first = False
            if take_step := self._prepare_step(step):
                if not is_noted:
                    self.state = "sending"
                    is_noted = True
                commit()
                client.purpose = step
                take_step(client, commit)
            self.step = step

    def _check_bodies(self):
        """Put together all that is sent of the invoice.

        :raises RefusedError: something of it cannot be said in the interface's words; says what
        """
        case = self._to_send()
        case._prepare_customer()
        case._prepare_invoice()
        case._check_credited()
        if case._get_move_to_send().nox_finans_tax_reduction:
            case._prepare_tax_reduction()

    def _note_overtaken(self, move):
        """Say on the invoice what somebody did to it while it was on its way."""
        if move.move_type != "out_refund" and move.amount_residual <= 0:
            move.message_post(
                body=self.env._(
                    "The invoice was paid while it was on its way to Nox Finans, which has it now. "
                    "The payment is reported there as soon as the case is confirmed."
                )
            )

    def _send_changes(self, client, commit):
        """Bring what the service has already got in step with what was mended since.

        What is bookkept there cannot be changed, nor a tax reduction once it is asked for. Where
        the debtor would get another invoice than Odoo says, it is taken back there and begun anew;
        else it is handed over as it stands.
        """
        client.purpose = "mend"
        if self._must_begin_anew() or not self._is_as_we_left_it(client):
            self._check_may_begin_anew()
            self._undo_and_begin_anew(client, commit)
            return
        for step in ("customer", "invoice"):
            is_coming = STEP_ORDER[step] > STEP_ORDER[self.step]
            if is_coming or (step == "invoice" and self._is_frozen()):
                return
            if take_step := self._prepare_step(step):
                take_step(client, commit)

    def _is_as_we_left_it(self, client):
        """Tell whether the service's invoice is there still, neither cancelled nor credited.

        Somebody may have done it there, because the invoice was refused.
        """
        if not self.remote_number:
            return True
        answer = found(client.get_invoice, self.remote_number)
        if answer is None:
            return False
        invoice = self._read_invoice(answer)
        if invoice.get("NoxFinans") is True:
            return True
        is_credited = not self._is_credit_note() and get_credit_reference(invoice)
        return not invoice["Cancelled"] and not is_credited

    def _must_begin_anew(self):
        """Tell whether what was mended can no longer be changed at the service."""
        is_asked = STEP_ORDER[self.step] >= STEP_ORDER["tax_reduction"]
        if is_asked and self._prepare_reduction() != self._get_sent("tax_reduction"):
            return True
        return self._is_frozen() and self._is_another_invoice()

    def _is_frozen(self):
        """Tell whether the service's invoice is bookkept: nothing of it can be changed then."""
        return (
            bool(self.remote_number)
            and self.accounting_method != CASH_ACCOUNTING
            and STEP_ORDER[self.step] >= STEP_ORDER["bookkept"]
        )

    def _is_another_invoice(self):
        """Tell whether the invoice is another now than what the service has got."""
        return digest(self._prepare_whole_invoice()) != digest(self._get_sent("invoice"))

    def _get_next_step(self):
        return next(iter(self._get_steps_left()), None)

    def _get_steps_left(self):
        """Return the steps that are not done yet and that this invoice needs, in order."""
        unneeded = set()
        if not self._get_move_to_send().nox_finans_tax_reduction:
            unneeded.add("tax_reduction")
        if self.accounting_method == CASH_ACCOUNTING:
            # Bookkept there when it is paid. The hand-over does not ask for it.
            unneeded.add("bookkept")
        if self.service != "reminder":
            # Only the reminder service asks that the invoice was sent before.
            unneeded.add("sent")
        done = STEP_ORDER[self.step]
        return [step for step, order in STEP_ORDER.items() if order > done and step not in unneeded]

    def _check_still_sendable(self, is_held_back):
        """:raises RefusedError: the invoice breaks a criterion; nothing more is sent"""
        if is_held_back(self.move_id):
            raise RefusedError(" ".join(self.move_id._get_nox_finans_rejections(SENDING_IGNORES)))

    def _prepare_step(self, step):
        """Return the function that takes the step by a client, or None when it needs no call.

        What is sent is read now.
        """
        return getattr(self, f"_prepare_step_{step}")()

    def _look_up(self, client):
        """Find out whether the step that was under way when the answer was lost has been done.

        Where somebody else may have gone on with it, the steps after that one too.
        """
        client.purpose = "look_up"
        if self.is_doubted and self._look_up_whole(client):
            return
        steps = self._get_steps_left()
        for step in steps if self.is_doubted else steps[:1]:
            if not getattr(self, f"_look_up_{step}")(client):
                return
            self.step = step

    def _look_up_whole(self, client):
        """Return whether somebody else has handed the invoice over already."""
        if not self.remote_number:
            invoice = client.find_invoice(self.reference)
            if not invoice:
                return False
            self._note_number(invoice)
        if not self._look_up_handed_over(client):
            return False
        self._note_snapshot("invoice", self._prepare_whole_invoice())
        self.step = "handed_over"
        return True

    def _look_up_customer(self, client):
        values = self._prepare_customer()
        if not self._get_card()._look_up(client, values):
            return False
        self._note_snapshot("customer", values)
        return True

    def _look_up_invoice(self, client):
        invoice = client.find_invoice(self.reference)
        if not invoice:
            return False
        self._note_number(invoice)
        if self.is_doubted and self._look_up_bookkept(client):
            # Too late to mend it.
            self._note_snapshot("invoice", self._prepare_whole_invoice())
            return True
        # Made from the invoice as it was then: the step itself compares and mends.
        return False

    def _look_up_tax_reduction(self, client):
        invoice = answers.mapping(client.get_invoice(self.remote_number))
        total = answers.amount(invoice.get("Total"))
        balance = answers.amount(invoice.get("Balance"))
        if None in (total, balance):
            raise UncertainError(self.env._("The answer holds no total or no balance."))
        if total - balance < self._get_asked_reduction():
            return False
        self._note_snapshot("tax_reduction", self._prepare_reduction())
        return True

    def _look_up_bookkept(self, client):
        return self._get_flag(client, "Booked")

    def _look_up_sent(self, client):
        return self._get_flag(client, "Sent")

    def _get_flag(self, client, name):
        """Ask for the service's invoice and return one of its yes-or-no fields.

        :raises UncertainError: the answer does not say
        """
        value = answers.mapping(client.get_invoice(self.remote_number)).get(name)
        if not isinstance(value, bool):
            raise UncertainError(self.env._("The answer does not say “%s”.", name))
        return value

    def _look_up_handed_over(self, client):
        try:
            answer = client.get_case(self.remote_number)
        except RefusedError as error:
            # What the service answers for an invoice that it has not got is not documented, and
            # neither how soon after the hand-over it knows it here: the invoice itself tells too.
            invoice = answers.mapping(found(client.get_invoice, self.remote_number))
            if invoice.get("NoxFinans") is True:
                return True
            if isinstance(error, NotFoundError) or invoice.get("NoxFinans") is False:
                return False
            raise UncertainError(str(error)) from error
        self._note_status(answer)
        return True

    def _prepare_step_customer(self):
        values = self._prepare_customer()
        card = self._get_card()
        if card._is_current(values):
            self._note_snapshot("customer", values)
            return None

        def tell(client, _commit):
            card._tell(client, values)
            self._note_snapshot("customer", values)

        return tell

    def _get_card(self):
        """Return the card of the invoice's customer; the case goes on with the one it has used."""
        customer = self.commercial_partner_id
        if not self.card_id or self.card_id.partner_id != customer:
            self.card_id = self.env["nox.finans.card"]._get_for(
                customer, self.company_id, self.environment
            )
        return self.card_id

    def _note_snapshot(self, part, values):
        self.snapshot = (self.snapshot or {}) | {part: values}

    def _get_sent(self, part):
        return (self.snapshot or {}).get(part) or {}

    def _prepare_step_invoice(self):
        self._check_credited()
        values = self._prepare_whole_invoice()
        if self.remote_number and digest(values) == digest(self._get_sent("invoice")):
            return None

        def tell(client, commit):
            # Another invoice of the customer may have changed the card since, and with it how the
            # service reckons this one's VAT.
            self._bring_card_in_step(client)
            if not self.remote_number and self._is_credit_note():
                self._note_number(self._credit_there(client, commit))
            if self.remote_number:
                answer = client.update_invoice(self.remote_number, values)
            else:
                answer = self._create_invoice(client, values)
            self._note_invoice(client, answer, values)
            self._note_snapshot("invoice", values)

        return tell

    def _prepare_whole_invoice(self):
        """Return the invoice's body with whose it is; a credit note is its original's."""
        values = self._prepare_invoice()
        if self._is_credit_note():
            return values
        return values | {"CustomerNumber": self._get_card().number}

    def _bring_card_in_step(self, client):
        values = self._prepare_customer()
        card = self._get_card()
        if not card._is_current(values):
            card._tell(client, values)
            self._note_snapshot("customer", values)

    def _create_invoice(self, client, values):
        """Create the invoice; a card that was deleted meanwhile is made anew, once."""
        numbered = values | {"CustomerNumber": self.card_id.number}
        try:
            return client.create_invoice(numbered)
        except RefusedError as error:
            self.card_id.sent = False
            if error.code != CUSTOMER_NOT_FOUND_CODE:
                self.step = False
                raise
        self._bring_card_in_step(client)
        return client.create_invoice(values | {"CustomerNumber": self.card_id.number})

    def _note_invoice(self, client, answer, values):
        """Keep the number that the service gave the invoice, and meet the total to the öre.

        How the service rounds VAT is not documented. Nothing is bookkept yet: what it comes to
        otherwise than by our own sum is made up for once, in the rounding row.

        :param values: what it was told
        :raises UncertainError: the answer holds no number
        :raises RefusedError: the service comes to another total
        """
        ours = self._get_move_to_send().amount_total
        theirs = self._note_number(answer)
        if self._is_same(theirs, ours):
            return
        rows = len(values["InvoiceRows"])
        if abs(theirs - ours) <= LARGEST_ROUNDING + ROUNDING_PER_ROW * rows:
            sign = -1 if self._is_credit_note() else 1
            mended = payloads.add_to_rounding(values, sign * round(ours - theirs, 2))
            theirs = self._note_number(client.update_invoice(self.remote_number, mended))
        if not self._is_same(theirs, ours):
            # Sent again, it is begun anew.
            self.is_undo_due = True
            raise RefusedError(
                self.env._(
                    "Fortnox comes to the total %(theirs).2f, the invoice says %(ours).2f, and "
                    "they must be the same to the öre. Look at the invoice's rows and taxes, and "
                    "whether Fortnox rounds invoices to whole kronor.",
                    theirs=theirs,
                    ours=ours,
                )
            )

    def _is_same(self, amount, other):
        return self.company_currency_id.compare_amounts(amount, other) == 0

    def _note_number(self, answer):
        """Keep the number that the service gave the invoice; return its total, or else ours.

        :raises UncertainError: the answer holds no number
        """
        answer = answers.mapping(answer)
        number = answers.word(answer.get("DocumentNumber"))
        if not number:
            raise UncertainError(self.env._("The answer holds no invoice number."))
        self.remote_number = number
        self.accounting_method = answers.word(answer.get("AccountingMethod")) or (
            self.accounting_method
        )
        total = answers.amount(answer.get("Total"))
        due = self._get_move_to_send().amount_total if total is None else abs(total)
        self.handed_over_amount = due - self._get_asked_reduction()
        return due

    def _prepare_step_tax_reduction(self):
        values = self._prepare_tax_reduction()

        def tell(client, _commit):
            try:
                client.create_tax_reduction(values)
            except RefusedError as error:
                if error.code != NUMBER_USED_CODE:
                    raise
            self._note_snapshot("tax_reduction", self._prepare_reduction())

        return tell

    def _prepare_reduction(self):
        """Return what the tax reduction says, apart from the invoice that it is for."""
        if not self._get_move_to_send().nox_finans_tax_reduction:
            return {}
        values = self._prepare_tax_reduction()
        return {name: value for name, value in values.items() if name != "ReferenceNumber"}

    def _prepare_step_bookkept(self):
        number = self.remote_number

        def tell(client, _commit):
            try:
                client.bookkeep_invoice(number)
            except RefusedError:
                # Perhaps because it is bookkept when it is paid, which no answer has said before.
                invoice = answers.mapping(client.get_invoice(number))
                if answers.word(invoice.get("AccountingMethod")) != CASH_ACCOUNTING:
                    raise
                self.accounting_method = CASH_ACCOUNTING

        return tell

    def _prepare_step_sent(self):
        number = self.remote_number
        return lambda client, _commit: client.mark_invoice_as_sent(number)

    def _prepare_step_handed_over(self):
        number = self.remote_number
        how = payloads.SEND_METHOD[self.channel], payloads.SERVICE[self.service]

        def tell(client, _commit):
            try:
                answer = client.hand_over(number, *how)
            except AccessDeniedError:
                raise
            except RefusedError:
                # Perhaps because it has the invoice already, and a look-up was too early to see it.
                answer = found(client.get_case, number)
                if answer is None:
                    raise
            self._note_status(answer)

        return tell

    # -------------------------------------------------------------------------
    # Status
    # -------------------------------------------------------------------------

    def _note_status(self, answer):
        """Take over what the service says; what is absent or unusable stays as it was.

        :return: the balance that it says, or None
        """
        answer = answers.mapping(answer)
        before = self._get_standing()
        now = fields.Datetime.now()
        said = answers.word(answer.get("Status"))
        status = said or self.remote_status or payloads.STATUS_UNKNOWN
        confirmed = not self.confirmed_date and status != payloads.STATUS_UNKNOWN
        values = {
            "remote_status": status,
            "next_event": answers.word(answer.get("NextEvent")),
            "next_event_date": answers.day(answer.get("NextEventDate")),
            "ocr_number": answers.word(answer.get("OCRNumber")),
            "capital_balance": answers.amount(answer.get("CurrentCapitalBalance")),
            "balance_with_fees": answers.amount(answer.get("BalanceIncludeFees")),
            "document_url": answers.link(answer.get("InvoiceDocumentURL")),
        }
        self.write(
            {name: value for name, value in values.items() if value is not None}
            | {"synced_date": now}
            | ({"confirmed_date": now} if confirmed else {})
            # Said to be none: the course has come to its end. While it is paused, it has not.
            | (
                {"next_event_date": False}
                if answer.get("NextEvent", "") is None and status != payloads.STATUS_PAUSED
                else {}
            )
        )
        self._note_events(before)
        return values["capital_balance"]

    def _sync(self, client):
        """Ask the service for the case, and plan when to ask again."""
        client.purpose = "status"
        try:
            answer = client.get_case(self.remote_number)
        except NotFoundError as error:
            _logger.warning("Nox Finans does not know invoice %s", self.remote_number)
            answer = {}
            self.error_message = str(error)
        else:
            self.error_message = False
        self._take_over(client, answer)

    def _settle(self):
        """Close the case when the service has closed it, or plan when to ask again."""
        if self._is_ended():
            self.write(
                {
                    "state": "closed",
                    "next_try": False,
                    "next_event": False,
                    "next_event_date": False,
                    "close_reason": self._get_close_reason(),
                }
            )
            self._note_event("closed", self._get_close_words())
            self._end_stop()
        else:
            self._plan_sync()

    def _is_ended(self):
        """Tell whether the service has closed the case, and how is known."""
        return self.remote_status == payloads.STATUS_CLOSED

    def _plan_sync(self):
        """Set when the service is asked again, if nothing else points to the case before that.

        Soon until it confirms, with growing pauses; then when the next event has come, and at the
        latest after a week. What changes in between shows in the service's list of invoices.
        """
        if self.remote_status in (payloads.STATUS_UNKNOWN, payloads.STATUS_NOT_AUTHORIZED):
            self.try_count += 1
            self.next_try = fields.Datetime.now() + get_pause(self.try_count, jitter=JITTER)
        else:
            self.write({"try_count": 0, "next_try": self._get_next_sync()})

    def _get_next_sync(self):
        now = fields.Datetime.now()
        if self.remote_status == payloads.STATUS_CLOSED or self.stop_id:
            # Only its end is still to be told, for which somebody waits.
            return now + timedelta(seconds=LONGEST_PAUSE)
        spread = timedelta(seconds=random.uniform(0, 12 * 3600))
        latest = now + FULL_ROUND + spread
        if not self.next_event_date:
            return latest
        # Full rights: events come by the service's clock, of which only the system knows.
        ahead = self.company_id.sudo()._get_nox_finans_connector().service_ahead
        day = datetime.combine(self.next_event_date, EVENT_HOUR) - timedelta(seconds=ahead)
        event = day + spread / 12
        # An event that should have come, and has not, comes in the course of the day.
        return min(latest, event if event > now else now + EVENT_PAUSE)

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


def digest(values):
    """Return a short word for JSON-able `values`: the same for the same values."""
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def get_credit_reference(invoice):
    """Return the number of the credit note that the service's invoice names, or None."""
    number = answers.word(invoice.get("CreditInvoiceReference"))
    return number if number not in (None, "0") else None


def found(call, *arguments):
    """Return what the call answers, or None when the service does not know what it is about."""
    try:
        return call(*arguments)
    except NotFoundError:
        return None
