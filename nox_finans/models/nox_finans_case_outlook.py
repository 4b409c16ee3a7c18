from datetime import timedelta

from odoo import api, fields, models
from odoo.fields import Domain

from ..api import payloads
from ..api.errors import RefusedError
from ..core.course import COLLECTION, NEED_ID_NUMBER
from ..criteria import Rules
from ..exchange.steps import CUSTOMER
from . import nox_finans_case, nox_finans_connector  # noqa: F401 - extended here
from .nox_finans_gate import GROUP_SEND, GROUPS, gate

COLLECTION_ACTIVITY = "nox_finans.mail_activity_type_collection"
CUSTOMER_ACTIVITY = "nox_finans.mail_activity_type_customer"


class NoxFinansConnector(models.Model):
    """The daily look at what comes, so that a person can act in time."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    @api.model
    def _cron_look_ahead(self):
        """Ask the responsible before an invoice goes to debt collection, and for what is missing
        on customers."""
        self._for_each("_look_ahead")

    def _look_ahead(self):
        Case = self.env["nox.finans.case"]
        of_company = Domain("company_id", "=", self.company_id.id) & Domain(
            "state", "=", "accepted"
        )
        if self.collection_days:
            last = Rules(self.company_id).today + timedelta(days=self.collection_days)
            near = Case._get_collection_domain() & Domain("next_event_date", "<=", last)
            for case in Case.search(of_company & near):
                case._ask_before_collection()
        for case in Case.search(
            of_company & Case._get_missing_domain() & Domain("is_customer_asked", "=", False)
        ):
            case._ask_for_customer()


class NoxFinansCase(models.Model):
    """What a person is asked to do in time."""

    _inherit = "nox.finans.case"  # pylint: disable=consider-merging-classes-inherited

    warned_date = fields.Date(
        readonly=True, help="The day of the debt collection that the responsible was told of."
    )
    let_run_date = fields.Date(
        readonly=True, help="The day of the debt collection that a person has agreed to."
    )
    # Stored: a domain compares a field with a value, not dates with each other.
    is_collection_near = fields.Boolean(compute="_compute_is_collection_near", store=True)
    missing_on_customer = fields.Char(compute="_compute_missing_on_customer")
    is_customer_asked = fields.Boolean(
        readonly=True, help="Somebody was asked to complete the customer."
    )
    is_customer_due = fields.Boolean(
        readonly=True, help="The customer is to be reported to the service once more."
    )

    _customer_idx = models.Index(
        "(company_id) WHERE is_customer_due IS TRUE OR is_customer_asked IS TRUE"
    )

    # -------------------------------------------------------------------------
    # Before debt collection
    # -------------------------------------------------------------------------

    @api.model
    def _get_collection_domain(self):
        """Return the domain of the cases whose next event is the debt-collection demand."""
        return Domain("next_event", "=", COLLECTION) & Domain(
            "remote_status", "=", payloads.STATUS_OPEN
        )

    @api.depends(
        "state", "remote_status", "next_event", "next_event_date", "warned_date", "let_run_date"
    )
    def _compute_is_collection_near(self):
        for case in self:
            case.is_collection_near = (
                case.state == "accepted"
                and case.remote_status == payloads.STATUS_OPEN
                and case.next_event == COLLECTION
                and case.warned_date == case.next_event_date != case.let_run_date
            )

    def _ask_before_collection(self):
        """Tell the responsible once of each day that debt collection is planned for."""
        if self.next_event_date in (self.warned_date, self.let_run_date):
            return
        self.warned_date = self.next_event_date
        case = self._for_responsible()
        case._ask_responsible(
            COLLECTION_ACTIVITY,
            case.env._(
                "%(invoice)s goes to debt collection on %(day)s: pause it, report a payment, "
                "or let it run.",
                invoice=case.move_id.name,
                day=fields.Date.to_string(case.next_event_date),
            ),
            max(self.next_event_date - timedelta(days=1), Rules(self.company_id).today),
        )

    @gate("read", GROUP_SEND)
    def action_let_run(self) -> None:
        """Agree to the debt collection that comes."""
        self._hold("let_run")
        for case in self:
            # Full rights: nobody writes cases but the system; the gate has let the user through.
            case.sudo().let_run_date = case.next_event_date
            case._close_questions([COLLECTION_ACTIVITY])
            day = fields.Date.to_string(case.next_event_date)
            case.sudo()._note_event(
                "let_run",
                case.env._("Agreed: debt collection on %s", day),
                user=case.env.user,
            )
            case.message_post(
                body=case.env._(
                    "%(user)s lets it go to debt collection on %(day)s.",
                    user=case.env.user.name,
                    day=day,
                )
            )

    def _review_collection_question(self):
        """Close the question whose debt collection is no longer near.

        Paused, paid, stopped, agreed to, or planned for another day, which is told anew.
        """
        if self.warned_date and not self.is_collection_near:
            self.warned_date = False
            self._close_questions([COLLECTION_ACTIVITY])

    # -------------------------------------------------------------------------
    # What the service needs of the customer
    # -------------------------------------------------------------------------

    @api.model
    def _get_missing_domain(self):
        """Return the domain of the confirmed cases whose customer lacks what the service needs.

        The service's help pages say that a missing number stops the debt collection; that an
        address is needed is what it demands of an invoice. It tells neither by its interface.
        """
        is_confirmed = Domain("confirmed_date", "!=", False)
        no_number = Domain("next_event", "in", NEED_ID_NUMBER) & Domain(
            "commercial_partner_id.nox_finans_has_id_number", "=", False
        )
        no_address = Domain("partner_id.nox_finans_has_address", "=", False)
        return is_confirmed & (no_number | no_address)

    @api.depends(
        "state",
        "next_event",
        "confirmed_date",
        "commercial_partner_id.nox_finans_has_id_number",
        "partner_id.nox_finans_has_address",
    )
    def _compute_missing_on_customer(self):
        missing = self.filtered(lambda case: case.state == "accepted").filtered_domain(
            self._get_missing_domain()
        )
        for case in self:
            case.missing_on_customer = case in missing and case._list_missing()

    def _list_missing(self):
        parts = []
        # Full rights: told is only whether the case's own customer is complete.
        case = self.sudo()
        if case._lacks_number():
            parts.append(
                self.env._(
                    "organisation or personal number (without it there is no debt collection)"
                )
            )
        if not case.partner_id.nox_finans_has_address:
            parts.append(self.env._("street, postal code and town"))
        return "; ".join(parts)

    def _lacks_number(self):
        # Full rights: told is only whether the case's own customer is complete.
        has_number = self.sudo().commercial_partner_id.nox_finans_has_id_number
        return self.next_event in NEED_ID_NUMBER and not has_number

    def _ask_for_customer(self):
        self.is_customer_asked = True
        case = self._for_responsible()
        case._ask_responsible(
            CUSTOMER_ACTIVITY,
            case.env._(
                "Missing on %(customer)s: %(missing)s. It is reported to Nox Finans as soon as it "
                "is filled in.",
                customer=case.commercial_partner_id.name,
                missing=case._list_missing(),
            ),
        )

    def _review_customer_question(self):
        """Of a closed case nobody is asked: neither what is missing on the customer, nor what the
        service has refused of the new details."""
        if self.state == "closed":
            self.is_customer_asked = False
            self._close_questions([CUSTOMER_ACTIVITY])

    @api.model
    def _get_customer_domain(self):
        """Return the domain of the cases whose customer is to be reported once more."""
        filled_in = Domain("is_customer_asked", "=", True) & ~self._get_missing_domain()
        return Domain("is_customer_due", "=", True) | filled_in

    @gate("read", GROUPS, on="one")
    def action_open_customer(self) -> dict:
        """Open just the details of the contact where something is missing, to be filled in."""
        customer = self.commercial_partner_id if self._lacks_number() else self.partner_id
        return {
            **customer._get_records_action(name=self.env._("Complete the Customer")),
            "views": [(self.env.ref("nox_finans.res_partner_view_form_details").id, "form")],
            "target": "new",
            "context": {
                "nox_finans_needs_number": self._lacks_number(),
                # Full rights, as above.
                "nox_finans_needs_address": not customer.sudo().nox_finans_has_address,
            },
        }

    @gate("read", GROUP_SEND)
    def action_report_customer(self) -> None:
        """Ask the connector to report the customer, as it is now, to the service."""
        self._hold("report_customer")
        # Full rights: nobody writes cases but the system; the gate above has let the user through.
        cases = self.sudo()
        cases.is_customer_due = True
        for case in cases:
            case._note_event(
                "customer",
                case.env._("The customer's new details are to be reported"),
                user=self.env.user,
            )
        self.env["nox.finans.connector"]._trigger_exchange()

    def _report_customer(self, client):
        """Bring customer and invoice at the service in step with ours; repeated, it does no harm.

        :raises NoxFinansError: no clear answer; it is tried again
        """
        self.is_customer_due = True
        try:
            self._send_customer_again(client)
        except RefusedError as error:
            self._ask_responsible(CUSTOMER_ACTIVITY, str(error))
        else:
            self._close_questions([CUSTOMER_ACTIVITY])
            self._note_event(
                "customer",
                self.env._("Nox Finans has got the customer's new details."),
                user=self.env["res.users"],
            )
        self.write({"is_customer_due": False, "is_customer_asked": False})

    def _send_customer_again(self, client):
        client.purpose = "customer"
        CUSTOMER.send(self, client, self._prepare_customer())
        # What is bookkept there stands. What may still change of it was told with the customer.
        labels = self._get_address_labels()
        invoice = self._prepare_invoice()
        told = {name: invoice[name] for name in labels if name in invoice}
        self._note_snapshot("told", told)
