from datetime import timedelta
from urllib.parse import urlsplit

from odoo import api, fields, models
from odoo.exceptions import UserError, ValidationError
from odoo.fields import Domain

from ..core.words import CHANNELS, ENVIRONMENTS, SERVICES
from ..exchange.failures import ObstacleError
from . import (
    nox_finans_questions,  # noqa: F401 - extended here, so it comes first
    nox_finans_system_fields,  # noqa: F401 - extended here, so it comes first
)
from .account_payment_term import is_code
from .nox_finans_gate import gate

PRODUCTION_URL = "https://api.fortnox.se"
# The sandbox's address is the administrator's, for the whole database.
SANDBOX_URL_PARAMETER = "nox_finans.sandbox_url"
HELP_URL = "https://www.noxfinans.se"
CONNECTION_ACTIVITY = "nox_finans.mail_activity_type_connection"


class NoxFinansConnector(models.Model):
    """A company's connection to Nox Finans and its settings: one per company."""

    _name = "nox.finans.connector"
    _inherit = [
        "nox.finans.system.fields",
        "nox.finans.questions",
        "mail.thread",
        "mail.activity.mixin",
    ]
    _check_company_auto = True
    _description = "Nox Finans Connection"
    _rec_name = "company_id"
    _order = "company_id"

    company_id = fields.Many2one(
        comodel_name="res.company", required=True, readonly=True, ondelete="cascade"
    )
    environment = fields.Selection(
        selection=ENVIRONMENTS, required=True, default="sandbox", tracking=True
    )
    base_url = fields.Char(string="Address of the Service", compute="_compute_base_url")
    state = fields.Selection(
        selection=[
            ("disconnected", "Not connected"),
            # Signed in to a company that a person has not called the right one yet.
            ("confirm", "To be confirmed"),
            ("connected", "Connected"),
            ("sign_in", "Sign-in needed"),
        ],
        required=True,
        readonly=True,
        default="disconnected",
        tracking=True,
    )
    user_id = fields.Many2one(
        comodel_name="res.users",
        string="Responsible",
        help="Who is told when the connection needs attention: at first who has connected it.",
    )
    remote_company = fields.Char(string="Connected Company", readonly=True, tracking=True)
    remote_registry = fields.Char(
        string="Its Organisation Number", readonly=True, help="As the other side reports it."
    )
    confirmed_registry = fields.Char(
        readonly=True,
        copy=False,
        help="The organisation number that a person has called the right one, although it differs "
        "from the company's.",
    )
    connected_date = fields.Datetime(string="Connected on", readonly=True)
    token_renewed = fields.Datetime(string="Access Renewed on", readonly=True, copy=False)
    connection_message = fields.Char(compute="_compute_connection_message")
    error_message = fields.Char(string="Message", readonly=True)
    try_count = fields.Integer(readonly=True)
    next_try = fields.Datetime(readonly=True)
    last_success = fields.Datetime(string="Last Contact", readonly=True)

    # Only the system reads these.
    client_id = fields.Char(groups=fields.NO_ACCESS, copy=False)
    client_secret = fields.Char(groups=fields.NO_ACCESS, copy=False)
    access_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    refresh_token = fields.Char(groups=fields.NO_ACCESS, copy=False)
    token_expiry = fields.Datetime(groups=fields.NO_ACCESS, copy=False)
    # The environment and the address that the tokens were given by: see `_get_origin_trouble`.
    token_origin = fields.Char(groups=fields.NO_ACCESS, copy=False)
    granted_scope = fields.Char(groups=fields.NO_ACCESS, copy=False)

    default_service = fields.Selection(
        selection=SERVICES,
        help="For invoices without payment terms. Empty: these are not sent. Invoices with payment "
        "terms go only if their terms are active, whatever is chosen here.",
    )
    default_channel = fields.Selection(
        selection=CHANNELS,
        required=True,
        default="letter",
        help="For invoices, customers and payment terms that say nothing else.",
    )
    payment_journal_id = fields.Many2one(
        comodel_name="account.journal",
        string="Journal for Payments",
        domain=[("type", "in", ("bank", "cash"))],
        check_company=True,
        tracking=True,
        help="Where payments that come in at Nox Finans are registered. Empty: they are listed as "
        "differences and not booked.",
    )
    report_mode = fields.Selection(
        selection=[("ask", "Ask first"), ("auto", "Automatically")],
        string="Report Payments",
        required=True,
        default="ask",
        tracking=True,
        help="What happens when a payment or a credit note in Odoo lowers an invoice that Nox "
        "Finans has: its sender is asked, or it is reported at once.",
    )
    takes_customers = fields.Boolean(
        string="Use Existing Customers",
        tracking=True,
        help="A customer at Fortnox with the same organisation number that no system has marked as "
        "its own is used and brought up to date, instead of a new one being made.",
    )
    payment_method_code = fields.Char(
        string="Payment Method of Reported Payments",
        required=True,
        default="BG",
        tracking=True,
        help="The code of a payment method in Fortnox's own register.",
    )
    payment_method_account = fields.Integer(
        string="Account of Reported Payments",
        required=True,
        default=1930,
        tracking=True,
        help="The account in Fortnox's chart on which a reported payment is booked there: it must "
        "exist and be active.",
    )
    statement_days = fields.Integer(
        string="Bank Statement at Most This Old",
        default=7,
        help="In days. Invoices are yellow when the newest bank statement is older: who has paid "
        "meanwhile would be asked again. 0: never. Companies without bank statements are not told.",
    )
    collection_days = fields.Integer(
        string="Told before Debt Collection",
        default=3,
        help="So many days before an invoice goes to debt collection its sender is asked whether "
        "to let it. 0: not told.",
    )
    price_ids = fields.One2many(
        comodel_name="nox.finans.price", inverse_name="connector_id", string="Price List"
    )
    price_list_url = fields.Char(
        string="Link to the Price List",
        default=HELP_URL,
        help="Where the current price list of your agreement is found.",
    )

    _one_per_company = models.UniqueIndex(
        "(company_id)", "The company already has a connection to Nox Finans."
    )

    @api.depends("environment")
    def _compute_base_url(self):
        # Full rights: a system parameter, shown to those who may see the connection.
        sandbox = self.env["ir.config_parameter"].sudo().get_param(SANDBOX_URL_PARAMETER)
        for connector in self:
            is_production = connector.environment == "production"
            connector.base_url = PRODUCTION_URL if is_production else sandbox

    @api.depends("state", "error_message", "environment")
    def _compute_connection_message(self):
        for connector in self:
            connector.connection_message = connector._get_obstacle() or connector._get_warning()

    def _get_warning(self):
        """Hook: return in words what went wrong although invoices may be queued, or None."""
        return self.error_message

    def write(self, vals: dict) -> bool:
        changed = self.browse()
        if "environment" in vals:
            changed = self.filtered(lambda connector: connector.environment != vals["environment"])
            if changed.filtered(lambda connector: connector.state != "disconnected"):
                raise UserError(
                    self.env._(
                        "Disconnect before you change the environment: "
                        "a connection belongs to one environment."
                    )
                )
        result = super().write(vals)
        if changed:
            changed._leave_environment()
        return result

    def _leave_environment(self):
        """Hook: the environment was changed; what belongs to the one before is left behind."""
        self._move_queue_to_environment()
        # What was typed for one environment's sign-in is not shown at the other's. Full rights:
        # only the system writes secrets.
        self.sudo().write({"client_id": False, "client_secret": False})

    def _move_queue_to_environment(self):
        """Let go along what no service has got anything of; the rest stays where it is known."""
        for connector in self:
            # Full rights: nobody writes cases but the system; who may change the environment may
            # have the queue follow it.
            self.env["nox.finans.case"].sudo().search(
                [
                    ("company_id", "=", connector.company_id.id),
                    ("state", "in", ("queued", "refused")),
                    ("step", "=", False),
                ]
            ).environment = connector.environment

    # -------------------------------------------------------------------------
    # Settings
    # -------------------------------------------------------------------------

    @api.constrains("payment_method_code")
    def _check_payment_method(self):
        for connector in self:
            if not is_code(connector.payment_method_code):
                raise ValidationError(self.env._("This cannot be the code of a payment method."))

    @api.constrains("price_list_url")
    def _check_price_list_url(self):
        for connector in self:
            url = connector.price_list_url
            if url and urlsplit(url).scheme not in ("http", "https"):
                raise ValidationError(
                    self.env._("The link to the price list must begin with http:// or https://.")
                )

    def _is_statement_old(self, today):
        """Tell whether the newest bank statement of the company is older than it may be."""
        if not self.statement_days:
            return False
        Line = self.env["account.bank.statement.line"]
        # A branch's customers may pay to the bank account of those above it.
        of_company = Domain("company_id", "in", self.company_id.parent_ids.ids)
        journals = self.env["account.journal"].search(of_company & Domain("type", "=", "bank"))
        # One row for each journal, from an index: a company has few journals and many rows.
        newest = [
            Line.search_fetch(of_company & Domain("journal_id", "=", journal.id), ["date"], limit=1)
            for journal in journals
        ]
        dates = [line.date for line in newest if line]
        return bool(dates) and max(dates) < today - timedelta(days=self.statement_days)

    @api.model
    @gate("read", on="any")
    def get_sending_banners(self) -> list[dict[str, str]]:
        """Return for each chosen company where invoices go to, and what keeps them from going.

        For all who may send; the selection shows it above the list.
        """
        labels = dict(self._fields["environment"]._description_selection(self.env))
        return [
            {
                "company": connector.company_id.display_name,
                "environment": connector.environment,
                "label": labels[connector.environment],
                "message": connector.connection_message or "",
            }
            for connector in self.search([("company_id", "in", self.env.companies.ids)])
        ]

    @api.model
    @gate("read", on="any")
    def action_open_settings(self) -> dict:
        """Open the connection of the current company."""
        return self.env.company._get_nox_finans_connector()._get_records_action(
            name=self.env._("Nox Finans Connection")
        )

    def _get_environment_label(self):
        """Return in words where the companies' invoices go to."""
        labels = dict(self._fields["environment"]._description_selection(self.env))
        return ", ".join(sorted({labels[connector.environment] for connector in self}))

    def _get_administrator(self):
        """Return who has connected the company, or else somebody who can mend the connection."""
        if self.user_id.active:
            return self.user_id
        managers = self.env.ref("account.group_account_manager").all_user_ids
        here = managers.filtered(lambda user: user.active and self.company_id in user.company_ids)
        return here[:1] or self.env.ref("base.group_system").all_user_ids[:1]

    def _call_administrator(self, summary, text):
        """Give the administrator an activity: one, until it is done or the trouble is over."""
        self.ensure_one()
        if not self.activity_search([CONNECTION_ACTIVITY]):
            self._ask(CONNECTION_ACTIVITY, text, self._get_administrator(), summary=summary)

    # -------------------------------------------------------------------------
    # What keeps invoices from going
    # -------------------------------------------------------------------------

    def _get_obstacle(self):
        """Hook: return in words why nothing can be sent by this connection now, or None."""
        return (
            self._get_state_obstacle() or self._get_address_trouble() or self._get_origin_trouble()
        )

    def _get_state_obstacle(self):
        """Hook: return in words why nothing can be sent in this state, or None."""
        if self.state == "disconnected":
            return self._get_disconnected_words()
        if self.state == "sign_in":
            return self.error_message or self.env._("Somebody has to connect to Nox Finans again.")
        return None

    def _get_disconnected_words(self):
        # Full rights: names of companies, for all who see the connection.
        company = self.sudo().company_id
        if not company.parent_id:
            return self.env._("The company is not connected to Nox Finans.")
        return self.env._(
            "The branch %(branch)s is not connected to Nox Finans: it needs a connection of its "
            "own, that of %(parent)s is not used for it.",
            branch=company.name,
            parent=company.parent_id.name,
        )

    def _get_origin(self):
        """Return where tokens that are given now come from, to be kept beside them."""
        return f"{self.environment} {self.base_url}"

    def _get_origin_trouble(self):
        """Return in words why the access must not be shown at the service's present address.

        Else whoever changes the address, or the environment past the form, would be sent it.
        """
        # Full rights: only the system reads what belongs to the secrets.
        origin = self.sudo().token_origin
        if not origin or origin == self._get_origin():
            return None
        return self.env._(
            "The access to Nox Finans was given by %(origin)s, but the address is %(now)s now: it "
            "is not used there, and nothing is sent. Set the address back (system parameter "
            "%(parameter)s), or disconnect and connect again.",
            origin=origin,
            now=self._get_origin(),
            parameter=SANDBOX_URL_PARAMETER,
        )

    def _check_origin(self):
        """:raises ObstacleError: the tokens are not this address's"""
        if trouble := self._get_origin_trouble():
            raise ObstacleError(trouble)

    def _get_address_trouble(self):
        if urlsplit(self.base_url or "").scheme in ("http", "https"):
            return None
        return self.env._(
            "The address of the sandbox is missing "
            "(system parameter %s): an administrator sets it.",
            SANDBOX_URL_PARAMETER,
        )

    def _check_address(self):
        """:raises UserError: the service has no address that can be called"""
        if trouble := self._get_address_trouble():
            raise UserError(trouble)

    def _check_usable(self):
        """:raises ObstacleError: nothing can be sent by this connection; says why"""
        if obstacle := self._get_obstacle():
            raise ObstacleError(obstacle)

    def _check_ready_to_send(self):
        """:raises UserError: there is no connection to send by; says who mends it"""
        try:
            self._check_usable()
        except ObstacleError as error:
            raise UserError(
                self.env._(
                    "%(reason)s Ask the accounting manager: "
                    "Settings > Invoicing > Nox Finans. Nothing was sent.",
                    reason=error,
                )
            ) from error
