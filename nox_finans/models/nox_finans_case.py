import hashlib
import json
import logging
import uuid
from datetime import datetime, timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import float_compare

from ..api import payloads
from ..api.errors import NotFoundError, RefusedError, UncertainError

_logger = logging.getLogger(__name__)

# Who sees anything of Nox Finans: those who invoice and those who read the accounts.
GROUP_SEND = "account.group_account_invoice"
GROUPS = f"{GROUP_SEND},account.group_account_readonly"

SERVICES = [("invoice", "Invoice service"), ("reminder", "Reminder service")]
CHANNELS = [
    ("letter", "Letter"),
    ("email", "E-mail"),
    ("einvoice", "E-invoice"),
    ("none", "Not delivered"),
]

# The way of an invoice to Nox Finans, in order.
STEPS = [
    ("customer", "Customer"),
    ("invoice", "Invoice"),
    ("tax_reduction", "Tax reduction"),
    ("bookkept", "Bookkept"),
    ("sent", "Marked as sent"),
    ("handed_over", "Handed over"),
]
STEP_ORDER = {False: -1} | {step: index for index, (step, _label) in enumerate(STEPS)}

# What a user may ask of the service while it has the invoice.
ACTIONS = [
    ("pause", "Pause"),
    ("unpause", "Resume"),
    ("report_payment", "Report a payment"),
    ("take_fees", "Take over the fees"),
    ("stop", "Stop"),
]
# Documented: a manual pause is at most this long.
MAX_PAUSE_DAYS = 60

# Some ledgers round an invoice to whole kronor: less than one krona is no difference.
TOTAL_TOLERANCE = 1.0
# Seconds until the next try or question: doubled each time, up to the last.
FIRST_PAUSE, LONGEST_PAUSE = 60, 3600
# How often a confirmed case is asked for, besides the day of its next event.
SYNC_INTERVAL = timedelta(hours=4)


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
    # A case found in `sending` when a run begins was left by a process that died: uncertain.
    # `_get_allowed_actions` is the only gate for what a user may do with a case.
    state = fields.Selection(
        selection=[
            ("queued", "Queued"),
            ("sending", "Sending"),
            ("uncertain", "Checking"),
            ("refused", "Refused"),
            ("accepted", "Accepted"),
            ("closed", "Closed"),
        ],
        required=True,
        readonly=True,
        default="queued",
        index=True,
    )
    step = fields.Selection(selection=STEPS, string="Last Step Done", readonly=True)
    reference = fields.Char(
        required=True,
        readonly=True,
        default=lambda self: f"NOX-{uuid.uuid4().hex}",
        help="Our own reference, by which the invoice is found again at the service.",
    )
    is_mended = fields.Boolean(
        readonly=True, help="Sent again after a refusal: compare with what the service has got."
    )
    customer_hash = fields.Char(readonly=True)
    invoice_hash = fields.Char(readonly=True)
    rows_hash = fields.Char(readonly=True)
    remote_number = fields.Char(string="Service's Invoice Number", readonly=True)
    remote_status = fields.Char(string="Service's Status", readonly=True)
    next_event = fields.Char(readonly=True)
    next_event_label = fields.Char(compute="_compute_next_event_label", string="Next Step")
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
    try_count = fields.Integer(readonly=True, aggregator=None)
    next_try = fields.Datetime(readonly=True, index="btree_not_null")
    # What a user has asked for and the connector has not done yet. Once it is on its way, it is
    # never repeated by itself: without a clear answer the status is fetched, and a person decides.
    requested_action = fields.Selection(selection=ACTIONS, readonly=True, index="btree_not_null")
    requested_date = fields.Date(string="Paused Until", readonly=True)
    requested_amount = fields.Monetary(
        currency_field="company_currency_id", string="Reported Payment", readonly=True
    )
    requested_by = fields.Many2one(comodel_name="res.users", readonly=True)
    is_request_sent = fields.Boolean(readonly=True)
    exchange_ids = fields.One2many(
        comodel_name="nox.finans.exchange", inverse_name="case_id", string="Exchanges"
    )
    allowed_actions = fields.Char(compute="_compute_allowed_actions")
    course = fields.Json(compute="_compute_course")

    _one_open_case = models.UniqueIndex(
        "(move_id) WHERE state NOT IN ('refused', 'closed')",
        "The invoice has already been sent via Nox Finans.",
    )
    _unique_reference = models.UniqueIndex("(reference)")
    _work_idx = models.Index(
        "(company_id, next_try) WHERE state IN ('queued', 'sending', 'uncertain', 'accepted')"
    )

    @api.depends("move_id.name")
    def _compute_display_name(self):
        for case in self:
            case.display_name = self.env._("%s at Nox Finans", case.move_id.name)

    def _compute_company_currency_id(self):
        # The interface speaks of SEK only, whatever the company's own currency is.
        self.company_currency_id = self.env.ref("base.SEK")

    @api.depends("capital_balance", "balance_with_fees")
    def _compute_fees(self):
        for case in self:
            case.fees = case.balance_with_fees - case.capital_balance

    @api.depends("next_event")
    def _compute_next_event_label(self):
        # The documentation calls this an open set: an unknown event is shown as it came.
        labels = self._get_event_labels()
        for case in self:
            case.next_event_label = labels.get(case.next_event, case.next_event)

    def _get_event_labels(self):
        """Return the service's events in the order of its course, with their names."""
        return {
            "INVOICEREMINDER": self.env._("Notice of overdue"),
            "REMINDER": self.env._("Reminder"),
            "COLLECTION": self.env._("Debt-collection demand"),
            "EXECUTIONCONTROLL": self.env._("Payment order"),
            "MONITORING": self.env._("Long-term monitoring"),
        }

    @api.depends("state", "next_event", "next_event_date", "accepted_date", "confirmed_date")
    def _compute_course(self):
        for case in self:
            case.course = case._get_past() + case._get_future()

    def _get_past(self):
        """Return what has happened, each with label, date (ISO, UTC) and whether it is done."""
        happened = [
            (self.env._("Put into the queue by %s", self.user_id.name), self.create_date),
            (self.env._("Handed over to Nox Finans"), self.accepted_date),
            (self.env._("Confirmed by Nox Finans"), self.confirmed_date),
        ]
        return [
            {"label": label, "date": fields.Datetime.to_string(date), "is_done": True}
            for label, date in happened
            if date
        ]

    def _get_future(self):
        """Return the next event with its date, and those that follow if nobody pays."""
        labels = self._get_event_labels()
        if self.state != "accepted" or not self.next_event:
            return []
        events = list(labels)
        position = events.index(self.next_event) if self.next_event in labels else len(events)
        following = [labels[event] for event in events[position + 1 :]]
        return [
            {
                "label": self.next_event_label,
                "date": fields.Date.to_string(self.next_event_date),
                "is_done": False,
            },
            *({"label": label, "date": False, "is_done": False} for label in following),
        ]

    @api.depends("state", "remote_status", "error_message")
    def _compute_status_message(self):
        for case in self:
            case.status_message = case._get_status_message()

    def _get_status_message(self):
        """Return where the case stands, in one line for the clerk."""
        if self.state == "queued":
            # Full rights: a clerk may know that the service is down, from whichever company's
            # connection the clerk's own case hangs on.
            down = self.company_id.sudo()._get_nox_finans_connector().error_message
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
        }.get(self.remote_status, self.remote_status)

    # -------------------------------------------------------------------------
    # What a user may do
    # -------------------------------------------------------------------------

    @api.depends("state", "step", "next_try", "remote_status", "requested_action", "fees")
    @api.depends_context("uid")
    def _compute_allowed_actions(self):
        for case in self:
            actions = sorted(case._get_allowed_actions())
            # Commas around each: one name is part of another.
            case.allowed_actions = f",{','.join(actions)}," if actions else False

    def _get_allowed_actions(self):
        """Return the names of what the current user may do with the case now."""
        self.ensure_one()
        if not self.env.user.has_group(GROUP_SEND):
            return set()
        actions = set()
        if self.state == "refused":
            actions.add("send_again")
        if self.state in ("queued", "uncertain") and self.next_try:
            actions.add("try_now")
        if self.state == "queued" and not self.step:
            actions.add("withdraw")
        return actions | self._get_service_actions()

    def _get_service_actions(self):
        """Return what may be asked of the service now: one thing at a time."""
        if self.state != "accepted" or self.requested_action:
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
        if not self.env.user.has_group(GROUP_SEND):
            raise AccessError(self.env._("Only those who invoice may steer Nox Finans cases."))
        for case in self:
            if action not in case._get_allowed_actions():
                raise UserError(
                    self.env._(
                        "This cannot be done now with %(case)s: %(status)s",
                        case=case.display_name,
                        status=case.status_message,
                    )
                )

    def action_send_again(self):
        self._check_allowed("send_again")
        return self.move_id.action_nox_finans_open_send()

    def action_try_now(self):
        self._check_allowed("try_now")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo().next_try = False
        self.env["nox.finans.connector"]._trigger_exchange()

    def action_withdraw(self):
        """Take a case out of the queue of which nothing has reached the service yet."""
        # A run that is just taking the case holds its row.
        self.lock_for_update()
        self.invalidate_recordset()
        self._check_allowed("withdraw")
        moves = self.move_id
        for move in moves:
            move.message_post(body=self.env._("Taken out of the queue to Nox Finans."))
        # Full rights: nobody deletes cases but the system; the gate above has let the user through.
        self.sudo().unlink()
        if len(moves) == 1:
            return moves._get_records_action()
        return {"type": "ir.actions.act_window_close"}

    def action_request(self):
        """Open the dialog that says what the action named in the context does."""
        action = self.env.context["nox_finans_action"]
        self._check_allowed(action)
        wizard = self.env["nox.finans.action"].create({"case_id": self.id, "action": action})
        return {
            **wizard._get_records_action(name=dict(wizard._get_action_labels())[action]),
            "target": "new",
        }

    def _request(self, action, date=False, amount=0):
        """Ask the connector to carry out `action`; the only way to it.

        :raises LockError: the connector is at the case right now
        :raises UserError, AccessError: it is not allowed now
        """
        self.lock_for_update()
        self.invalidate_recordset()
        self._check_allowed(action)
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo().write(
            {
                "requested_action": action,
                "requested_date": date,
                "requested_amount": amount,
                "requested_by": self.env.uid,
                "is_request_sent": False,
                "next_try": False,
            }
        )
        self.env["nox.finans.connector"]._trigger_exchange()

    def _clear_request(self):
        self.write({"requested_action": False, "is_request_sent": False, "error_message": False})

    def _perform_request(self, client, commit):
        """Carry out what was asked for; return whether the service has clearly answered.

        The intent is committed before the call. A request that was on its way when the answer was
        lost is not repeated: the status is fetched instead.
        """
        if self.is_request_sent:
            self._sync(client)
            return False
        self.is_request_sent = True
        commit()
        number = self.remote_number
        calls = {
            "pause": lambda: client.pause(number, self.requested_date),
            "unpause": lambda: client.unpause(number),
            "stop": lambda: client.stop(number),
            "take_fees": lambda: client.take_fees(number),
            "report_payment": lambda: client.report_payment(
                number, payloads.payment(self.requested_amount)
            ),
        }
        self._note_status(calls[self.requested_action]())
        self._settle()
        return True

    def action_open_move(self):
        self.ensure_one()
        return self.move_id._get_records_action()

    def action_open_document(self):
        self.ensure_one()
        return {"type": "ir.actions.act_url", "url": self.document_url, "target": "new"}

    # -------------------------------------------------------------------------
    # Sending
    # -------------------------------------------------------------------------

    def _requeue(self, service, channel):
        """Send a refused case again: it goes on where it stopped.

        Customer and invoice are compared once more, since what was mended must reach the service;
        what is unchanged costs no call.
        """
        self.write(
            {
                "state": "queued",
                "is_mended": True,
                "service": service,
                "channel": channel,
                "user_id": self.env.uid,
                "error_message": False,
                "try_count": 0,
                "next_try": False,
            }
        )

    def _send(self, client, commit):
        """Take the case through the steps that are left, to `accepted`.

        Each step's intent is committed before its call and its answer after it, so that whatever
        dies in between, the next run knows which step to look up.

        :param commit: called without arguments to commit
        :raises NoxFinansError: the step failed; the state is left to the caller
        """
        self.ensure_one()
        if self.state == "uncertain":
            self._look_up(client)
            self.state = "sending"
            commit()
        if self.is_mended:
            self._send_changes(client)
            self.is_mended = False
            commit()
        while step := self._get_next_step():
            # The invoice may have been paid or cancelled since it was queued.
            self._check_still_sendable()
            self.state = "sending"
            commit()
            getattr(self, f"_step_{step}")(client)
            self.step = step
            commit()
        now = fields.Datetime.now()
        self.write(
            {
                "state": "accepted",
                "accepted_date": now,
                "error_message": False,
                "try_count": 0,
                "next_try": now + timedelta(seconds=FIRST_PAUSE),
            }
        )

    def _send_changes(self, client):
        """Bring what the service has already got in step with what was mended since."""
        for step in ("customer", "invoice"):
            if STEP_ORDER[step] <= STEP_ORDER[self.step]:
                getattr(self, f"_step_{step}")(client)

    def _get_next_step(self):
        """Return the first step that is not done yet and that this invoice needs, or None."""
        unneeded = set()
        if not self.move_id.nox_finans_tax_reduction:
            unneeded.add("tax_reduction")
        if self.service != "reminder":
            # Only the reminder service asks that the invoice was sent before.
            unneeded.add("sent")
        left = (step for step, _label in STEPS if STEP_ORDER[step] > STEP_ORDER[self.step])
        return next((step for step in left if step not in unneeded), None)

    def _check_still_sendable(self):
        """:raises RefusedError: the invoice breaks a criterion; nothing more is sent"""
        reasons = self.move_id._get_nox_finans_rejections(ignore={"open_case"})
        if reasons:
            raise RefusedError(" ".join(reasons))

    def _look_up(self, client):
        """Find out whether the step that was under way when the answer was lost has been done."""
        step = self._get_next_step()
        if step and getattr(self, f"_look_up_{step}")(client):
            self.step = step

    def _look_up_customer(self, client):
        values = self._prepare_customer()
        if not _found(client.get_customer, values["CustomerNumber"]):
            return False
        client.update_customer(values["CustomerNumber"], values)
        self._note_customer(values)
        return True

    def _look_up_invoice(self, client):
        invoice = client.find_invoice(self.reference)
        if not invoice:
            return False
        self._note_invoice(invoice)
        # Made from the invoice as it was then: the step itself compares and mends.
        return False

    def _look_up_tax_reduction(self, client):
        invoice = client.get_invoice(self.remote_number)
        total, balance = _number(invoice.get("Total")), _number(invoice.get("Balance"))
        asked = self._get_asked_reduction()
        return None not in (total, balance) and total - balance >= asked

    def _look_up_bookkept(self, client):
        return client.get_invoice(self.remote_number).get("Booked") is True

    def _look_up_sent(self, client):
        return client.get_invoice(self.remote_number).get("Sent") is True

    def _look_up_handed_over(self, client):
        answer = _found(client.get_case, self.remote_number)
        if answer is None:
            return False
        self._note_status(answer)
        return True

    def _step_customer(self, client):
        values = self._prepare_customer()
        known = self._get_case_of_customer().customer_hash
        if known == _digest(values):
            return
        if known:
            client.update_customer(values["CustomerNumber"], values)
        else:
            self._create_customer(client, values)
        self._note_customer(values)

    def _create_customer(self, client, values):
        """Create the customer; one that is there already is brought up to date."""
        try:
            client.create_customer(values)
        except RefusedError:
            if not _found(client.get_customer, values["CustomerNumber"]):
                raise
            client.update_customer(values["CustomerNumber"], values)

    def _get_case_of_customer(self):
        """Return the case by which the service was last told of the customer."""
        return self.search(
            [
                ("company_id", "=", self.company_id.id),
                ("commercial_partner_id", "=", self.commercial_partner_id.id),
                ("customer_hash", "!=", False),
            ]
        )

    def _note_customer(self, values):
        self._get_case_of_customer().customer_hash = False
        self.customer_hash = _digest(values)

    def _step_invoice(self, client):
        values = self._prepare_invoice()
        if not self.remote_number:
            self._note_invoice(client.create_invoice(values))
        elif _digest(values) != self.invoice_hash:
            self._update_invoice(client, values)
        self.write({"invoice_hash": _digest(values), "rows_hash": _digest(values["InvoiceRows"])})

    def _update_invoice(self, client, values):
        """Bring the service's invoice in step with ours.

        :raises RefusedError: rows were changed that are bookkept at the service
        """
        if STEP_ORDER[self.step] >= STEP_ORDER["bookkept"]:
            if _digest(values["InvoiceRows"]) != self.rows_hash:
                raise RefusedError(
                    self.env._(
                        "The invoice's rows were changed after Nox Finans got it (number %s). "
                        "Change them back, or credit the invoice and make a new one.",
                        self.remote_number,
                    )
                )
            values = {key: value for key, value in values.items() if key != "InvoiceRows"}
        self._note_invoice(client.update_invoice(self.remote_number, values))

    def _note_invoice(self, answer):
        """Keep the number that the service gave the invoice, and compare the totals.

        :raises UncertainError: the answer holds no number
        :raises RefusedError: the service comes to another total; nothing is bookkept yet
        """
        answer = answer if isinstance(answer, dict) else {}
        number = _word(answer.get("DocumentNumber"))
        if not number:
            raise UncertainError(self.env._("The answer holds no invoice number."))
        self.remote_number = number
        total = _number(answer.get("Total"))
        if total is not None and abs(abs(total) - self.move_id.amount_total) >= TOTAL_TOLERANCE:
            raise RefusedError(
                self.env._(
                    "Nox Finans comes to the total %(theirs).2f, the invoice says %(ours).2f. "
                    "Look at the invoice's rows and taxes.",
                    theirs=total,
                    ours=self.move_id.amount_total,
                )
            )

    def _step_tax_reduction(self, client):
        client.create_tax_reduction(self._prepare_tax_reduction())

    def _step_bookkept(self, client):
        client.bookkeep_invoice(self.remote_number)

    def _step_sent(self, client):
        client.mark_invoice_as_sent(self.remote_number)

    def _step_handed_over(self, client):
        answer = client.hand_over(
            self.remote_number,
            payloads.SEND_METHOD[self.channel],
            payloads.SERVICE[self.service],
        )
        self._note_status(answer)

    # -------------------------------------------------------------------------
    # What is sent
    # -------------------------------------------------------------------------

    def _prepare_customer(self):
        """Return the customer as the interface wants it."""
        customer = self.move_id.commercial_partner_id
        return payloads.clean(
            {
                "CustomerNumber": f"ODOO-{customer.id}",
                "Name": customer._get_nox_finans_name() or self.partner_id._get_nox_finans_name(),
                "Type": "COMPANY" if customer.is_company else "PRIVATE",
                "OrganisationNumber": customer._get_nox_finans_id_number(),
                "Email": (customer.email or "").strip(),
                "Phone1": customer.phone,
                "Currency": "SEK",
                **self._prepare_address(customer),
                "CountryCode": customer.country_id.code,
            }
        )

    def _prepare_address(self, partner):
        return {
            "Address1": (partner.street or "").strip(),
            "Address2": (partner.street2 or "").strip(),
            "ZipCode": (partner.zip or "").strip()[: payloads.MAX_ZIP],
            "City": (partner.city or "").strip(),
        }

    def _prepare_invoice(self):
        """Return the invoice as the interface wants it."""
        move = self.move_id
        return payloads.clean(
            {
                "CustomerNumber": f"ODOO-{move.commercial_partner_id.id}",
                "ExternalInvoiceReference1": self.reference[: payloads.MAX_REFERENCE],
                "ExternalInvoiceReference2": move.name[: payloads.MAX_REFERENCE],
                "InvoiceDate": move.invoice_date.isoformat(),
                "DueDate": move.invoice_date_due.isoformat(),
                "Currency": move.currency_id.name,
                "InvoiceType": "INVOICE",
                "Language": "SV" if (self.partner_id.lang or "sv").startswith("sv") else "EN",
                "VATIncluded": False,
                "OurReference": (move.invoice_user_id.name or "")[: payloads.MAX_PERSON],
                "YourOrderNumber": (move.ref or "")[: payloads.MAX_ORDER_NUMBER],
                "Remarks": move.name[: payloads.MAX_REMARKS],
                "CustomerName": self.partner_id._get_nox_finans_name(),
                **self._prepare_address(self.partner_id),
                "Country": self.partner_id.country_id.with_context(lang="sv_SE").name,
                "EmailInformation": self._prepare_email_information(),
                "CreditInvoiceReference": self._get_credited_number(),
                "TaxReductionType": move.nox_finans_tax_reduction
                and move.nox_finans_tax_reduction_type,
                "InvoiceRows": [self._prepare_row(line) for line in move._get_nox_finans_lines()],
            }
        )

    def _prepare_email_information(self):
        email = (self.partner_id.email or "").strip()
        return {"EmailAddressTo": email} if email else None

    def _get_credited_number(self):
        """Return the service's number of the invoice that this credit note credits.

        :raises RefusedError: that invoice has not been handed over
        """
        if self.move_id.move_type != "out_refund":
            return None
        number = self.move_id.reversed_entry_id.nox_finans_case_id.remote_number
        if not number:
            raise RefusedError(
                self.env._(
                    "The invoice that this credit note credits has not been sent via Nox Finans."
                )
            )
        return number

    def _prepare_row(self, line):
        """Return one invoice row: as it stands where that adds up, else as one piece."""
        sign = -1 if self.move_id.move_type == "out_refund" else 1
        price, quantity, discount = line.price_unit, line.quantity, line.discount
        expected = line.currency_id.round(price * quantity * (1 - discount / 100))
        if float_compare(expected, line.price_subtotal, precision_digits=2) != 0:
            # Taxes included in the price, or more decimals than the interface keeps.
            price, quantity, discount = line.price_subtotal, 1, 0
        row = {
            "Description": " ".join((line.name or line.product_id.display_name or "-").split()),
            "DeliveredQuantity": payloads.quantity(sign * quantity),
            "Price": price,
            "VAT": self._get_vat_percent(line),
            "Unit": line.product_uom_id.name or None,
            "HouseWork": self._is_house_work(line),
        }
        if discount:
            row |= {"Discount": discount, "DiscountType": "PERCENT"}
        return {key: value for key, value in row.items() if value is not None}

    def _is_house_work(self, line):
        return bool(
            self.move_id.nox_finans_tax_reduction and line.product_id.type in (False, "service")
        )

    def _get_vat_percent(self, line):
        """Return the row's VAT in whole percent.

        :raises RefusedError: the row's taxes are not one whole percentage of its amount
        """
        taxes = line.tax_ids.flatten_taxes_hierarchy()
        percent = sum(taxes.mapped("amount"))
        if any(tax.amount_type != "percent" for tax in taxes) or percent != int(percent):
            raise RefusedError(
                self.env._(
                    "The taxes of the row “%s” cannot be expressed as a whole percentage.",
                    line.name,
                )
            )
        return int(percent)

    def _get_asked_reduction(self):
        """Return the tax reduction to ask for, in whole kronor as the interface wants it."""
        return round(self.move_id.nox_finans_tax_reduction)

    def _prepare_tax_reduction(self):
        move = self.move_id
        return payloads.clean(
            {
                "ReferenceDocumentType": "INVOICE",
                "ReferenceNumber": self.remote_number,
                "CustomerName": self.partner_id._get_nox_finans_name(),
                "SocialSecurityNumber": move.commercial_partner_id._get_nox_finans_id_number(),
                "AskedAmount": self._get_asked_reduction(),
                "PropertyDesignation": move.nox_finans_property_designation,
            }
        )

    # -------------------------------------------------------------------------
    # Status
    # -------------------------------------------------------------------------

    def _note_status(self, answer):
        """Take over what the service says; what is absent or unusable stays as it was."""
        answer = answer if isinstance(answer, dict) else {}
        now = fields.Datetime.now()
        status = _word(answer.get("Status")) or self.remote_status or payloads.STATUS_UNKNOWN
        confirmed = not self.confirmed_date and status != payloads.STATUS_UNKNOWN
        values = {
            "remote_status": status,
            "next_event": _word(answer.get("NextEvent")),
            "next_event_date": _date(answer.get("NextEventDate")),
            "ocr_number": _word(answer.get("OCRNumber")),
            "capital_balance": _number(answer.get("CurrentCapitalBalance")),
            "balance_with_fees": _number(answer.get("BalanceIncludeFees")),
            "document_url": _link(answer.get("InvoiceDocumentURL")),
        }
        self.write(
            {name: value for name, value in values.items() if value is not None}
            | {"synced_date": now}
            | ({"confirmed_date": now} if confirmed else {})
        )

    def _sync(self, client):
        """Ask the service for the case, and plan when to ask again."""
        try:
            answer = client.get_case(self.remote_number)
        except NotFoundError as error:
            _logger.warning("Nox Finans does not know invoice %s", self.remote_number)
            answer = {}
            self.error_message = str(error)
        self._note_status(answer)
        self._settle()

    def _settle(self):
        """Close the case when the service has closed it, or plan when to ask again."""
        if self.remote_status == payloads.STATUS_CLOSED:
            self.write({"state": "closed", "next_try": False, "next_event": False})
        else:
            self._plan_sync()

    def _plan_sync(self):
        """Set when the service is asked again: soon until it confirms, then now and then."""
        now = fields.Datetime.now()
        if self.remote_status in (payloads.STATUS_UNKNOWN, payloads.STATUS_NOT_AUTHORIZED):
            self.try_count += 1
            self.next_try = now + self._get_pause()
        else:
            self.write({"try_count": 0, "next_try": now + SYNC_INTERVAL})

    def _get_pause(self):
        return timedelta(seconds=min(FIRST_PAUSE * 2 ** min(self.try_count, 10), LONGEST_PAUSE))


def _digest(values):
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _found(getter, number):
    """Return what `getter` finds under `number`, or None when the service does not know it."""
    try:
        return getter(number)
    except NotFoundError:
        return None


def _word(value):
    """Return a service's word (a string or a number) as a short string, or None."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip()[:200] or None


def _number(value):
    """Return a service's amount as a float, or None for anything that is none."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    # Neither NaN nor infinity, nor more than a ledger holds.
    return number if abs(number) < 1e12 else None


def _date(value):
    try:
        return datetime.strptime(str(value)[:10], "%Y-%m-%d").date()
    except ValueError:
        return None


def _link(value):
    """Return `value` if it is a web address that a browser may safely open, else None."""
    if not isinstance(value, str):
        return None
    try:
        parts = urlsplit(value.strip())
    except ValueError:
        return None
    return value.strip() if parts.scheme in ("http", "https") and parts.netloc else None
