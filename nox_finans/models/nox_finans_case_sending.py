from odoo import fields, models
from odoo.fields import Domain

from ..api.errors import RefusedError
from ..core.backoff import JITTER, get_pause
from ..criteria import COUNTING, CREDITABLE
from ..exchange.payload import Source
from . import nox_finans_case  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import GROUP_SEND


class NoxFinansCase(models.Model):
    """What a case knows of its way to the service; `exchange/sending.py` goes that way."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    is_credit_begun = fields.Boolean(
        readonly=True,
        help="The original had no credit note at the service when we asked for this one.",
    )

    changed_since_sent = fields.Char(
        compute="_compute_changed_since_sent",
        groups=GROUP_SEND,
        help="What is another now in Odoo than what the service got.",
    )

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

    def _requeue(self, service, channel):
        """Send a refused case again: it goes on where it stopped, or where it is found to be.

        Customer and invoice are compared once more, since what was mended must reach the service.
        """
        self._note_customer()
        self._move(
            "check_again" if self.is_doubted else "send_again",
            is_mended=True,
            service=service,
            channel=channel,
            user_id=self.env.uid,
            queued_date=fields.Datetime.now(),
            error_message=False,
            try_count=0,
            next_try=False,
            is_stuck=False,
        )

    def _note_accepted(self):
        """The service has got all: from now on it is asked how it goes."""
        now = fields.Datetime.now()
        self._move(
            "accept",
            accepted_date=now,
            error_message=False,
            try_count=0,
            next_try=now + get_pause(0, jitter=JITTER),
            is_tried_now=False,
        )

    def _note_customer(self):
        """Keep who is on the invoice: from the first step on, all goes to the same customer."""
        move = self.move_id
        if self.partner_id != move.partner_id:
            self.partner_id = move.partner_id
        if self.commercial_partner_id != move.commercial_partner_id:
            self.commercial_partner_id = move.commercial_partner_id

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

    # -------------------------------------------------------------------------
    # Credit notes
    # -------------------------------------------------------------------------

    def _is_credit_note(self):
        return Source(self).move.move_type == "out_refund"

    def _get_credited_case(self):
        """Return the case of the invoice that this credit note credits; empty if it has none here.

        One that was handed over, and where this one goes to: elsewhere the same number is another
        invoice's.
        """
        cases = self.move_id.reversed_entry_id.nox_finans_case_ids.filtered_domain(
            COUNTING & CREDITABLE & Domain("environment", "=", self.environment)
        )
        return max(cases, key=lambda case: case.id, default=cases)

    def _check_credited(self):
        """:raises RefusedError: a credit note's invoice has not been handed over"""
        if self._is_credit_note() and not self._get_credited_case().remote_number:
            raise RefusedError(
                self.env._(
                    "The invoice that this credit note credits has not been sent via Nox Finans."
                )
            )
