"""How long what is kept: personal data goes when nobody needs it any more, evidence stays."""

from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Domain
from odoo.tools.constants import GC_UNLINK_LIMIT

from . import (  # noqa: F401 - extended here, so they come first
    nox_finans_case,
    nox_finans_connector,
    nox_finans_exchange,
)
from .nox_finans_gate import gate

# Cases at once: each has a few rows of its own in other tables.
BATCH = 200
# The words of a snapshot that stay: whose they are they do not tell. So do all numbers.
EVIDENCE = {
    "Currency",
    "CustomerNumber",
    "DeliveredQuantity",
    "DeliveryDate",
    "DiscountType",
    "DueDate",
    "ExternalInvoiceReference1",
    "ExternalInvoiceReference2",
    "HouseWorkType",
    "InvoiceAdministrationFee",
    "InvoiceDate",
    "InvoiceFreight",
    "InvoiceType",
    "Language",
    "ReferenceDocumentType",
    "ReferenceNumber",
    "TaxReductionType",
    "TermsOfPayment",
    "Type",
    "Unit",
    "VATType",
    "WorkType",
}


class NoxFinansConnector(models.Model):
    """A company's choice."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    keep_log_days = fields.Integer(
        string="The Log Is Kept (Days)",
        required=True,
        default=90,
        tracking=True,
        help="The log of calls is for finding faults, which show within weeks.",
    )
    keep_personal_days = fields.Integer(
        string="Personal Data Is Kept after Closing (Days)",
        required=True,
        default=365,
        tracking=True,
        help="During this time a customer may complain, or a credit note follow. Then personal "
        "numbers, names, addresses and free texts go; numbers, amounts and dates stay as evidence "
        "for the accounts.",
    )

    def _get_old(self, days_field, date_field, now):
        """Return the domain of what each company has kept for as long as it wants to.

        :param days_field: the setting, in days
        :param date_field: from when it is counted
        """
        return Domain.OR(
            Domain("company_id", "=", connector.company_id.id)
            & Domain(date_field, "<", now - timedelta(days=connector[days_field]))
            # One for each company.
            for connector in self.search([])  # pylint: disable=no-search-all
        )


class NoxFinansExchange(models.Model):
    """The log: for a while, and found by whom it is about."""

    _inherit = "nox.finans.exchange"  # pylint: disable=consider-merging-classes-inherited

    # Stored: what a person is known by is looked up in the tables.
    partner_id = fields.Many2one(related="case_id.partner_id", store=True, index="btree_not_null")
    commercial_partner_id = fields.Many2one(
        related="case_id.commercial_partner_id", store=True, index="btree_not_null"
    )

    @api.autovacuum
    def _gc_exchanges(self):
        old = self.env["nox.finans.connector"]._get_old(
            "keep_log_days", "date", fields.Datetime.now()
        )
        exchanges = self.search(old, limit=GC_UNLINK_LIMIT)
        exchanges.unlink()
        return len(exchanges), len(exchanges) == GC_UNLINK_LIMIT  # done, remaining


class NoxFinansCase(models.Model):
    """A closed case forgets whom it was about.

    What reads a snapshot reads that of a case that is not closed: see `_get_sent`.
    """

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    closed_date = fields.Datetime(string="Closed on", readonly=True, copy=False)
    forgotten_date = fields.Datetime(
        string="Personal Data Removed on",
        readonly=True,
        copy=False,
        help="Personal numbers, names, addresses and free texts are gone since then.",
    )

    _forgettable_idx = models.Index(
        "(company_id, closed_date) WHERE state = 'closed' AND forgotten_date IS NULL"
    )

    def write(self, vals: dict) -> bool:
        if "state" in vals:
            closed = fields.Datetime.now() if vals["state"] == "closed" else False
            vals = {"closed_date": closed, "forgotten_date": False, **vals}
        return super().write(vals)

    def _may_forget(self):
        # A claim that is disputed, or taken back there, is not over.
        is_over = self.state == "closed" and not self.is_undo_due and not self.is_disputed
        return is_over and not self.forgotten_date

    @gate("read", "account.group_account_manager")
    def action_forget(self) -> None:
        """Remove the personal data of closed cases now: a customer may ask for it."""
        self._hold("forget")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        self.sudo()._forget()

    @api.autovacuum
    def _gc_personal_data(self):
        """Let cases forget that were closed long enough ago; a few at a time."""
        old = self.env["nox.finans.connector"]._get_old(
            "keep_personal_days", "closed_date", fields.Datetime.now()
        )
        is_over = Domain(
            [
                ("state", "=", "closed"),
                ("forgotten_date", "=", False),
                ("is_undo_due", "=", False),
                ("move_id.nox_finans_is_disputed", "=", False),
            ]
        )
        cases = self.search(old & is_over, order="closed_date, id", limit=BATCH)
        cases._forget()
        return len(cases), len(cases) == BATCH  # done, remaining

    def _forget(self):
        """Remove what tells whom the cases were about; numbers, amounts and dates stay."""
        for case in self:
            case.write(
                {
                    "snapshot": _keep_evidence(case.snapshot),
                    "listed_hash": False,
                    "error_message": False,
                    "forgotten_date": fields.Datetime.now(),
                }
            )
        self.exchange_ids.message = False
        self.request_ids._forget_texts()
        self._forget_texts()
        self._forget_cards()

    def _forget_texts(self):
        """Remove what people have written, and what they were asked about the customer."""
        events = self.event_ids.filtered(lambda event: event.kind == "dispute")
        labels = dict(events._fields["kind"]._description_selection(self.env))
        events.text = labels["dispute"]
        self.move_id.nox_finans_dispute_reason = False
        own = [("res_model", "=", self._name), ("res_id", "in", self.ids)]
        self.env["mail.activity"].with_context(active_test=False).search(own).unlink()
        self.message_ids.unlink()

    def _forget_cards(self):
        """Remove what was sent of a customer, unless another case needs it still."""
        cards = self.card_id
        needed = self.search([("card_id", "in", cards.ids), ("forgotten_date", "=", False)])
        (cards - needed.card_id).sent = False

    # -------------------------------------------------------------------------
    # Who asks for all to be deleted
    # -------------------------------------------------------------------------

    @api.ondelete(at_uninstall=False)
    def _unlink_except_evidence(self):
        for case in self:
            is_untouched = case.state == "queued" and not case.step
            if not (is_untouched or case._is_of_sandbox_only()):
                raise UserError(
                    self.env._(
                        "%(case)s cannot be deleted: it is evidence for the accounts. "
                        "%(next_step)s",
                        case=case.display_name,
                        next_step=case._get_forgetting_in_words(),
                    )
                )

    def _get_forgetting_in_words(self):
        """Return what is done instead of a deletion."""
        if self.forgotten_date:
            return self.env._("Whom it was about is removed from it already.")
        if self.state == "closed":
            return self.env._(
                "Its personal data is removed by itself some time after it was closed, or at once "
                "by an accounting manager: open it, Remove Personal Data."
            )
        return self.env._("Its personal data is removed some time after it is closed.")


def _keep_evidence(value, name=None):
    """Return what stays of a snapshot: its numbers, and the words that tell nobody."""
    if isinstance(value, dict):
        parts = {key: _keep_evidence(part, key) for key, part in value.items()}
        return {key: part for key, part in parts.items() if part is not None}
    if isinstance(value, list):
        return [_keep_evidence(part, name) for part in value]
    return None if isinstance(value, str) and name not in EVIDENCE else value
