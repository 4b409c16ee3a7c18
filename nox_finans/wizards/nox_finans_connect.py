from odoo import api, fields, models
from odoo.exceptions import UserError

from ..models.nox_finans_gate import gate


class NoxFinansConnect(models.TransientModel):
    """What the sign-in needs before it leads to the service. The secret is never kept here."""

    _name = "nox.finans.connect"
    _inherit = "nox.finans.wizard"
    _description = "Connect to Nox Finans"

    _subjects = ("connector_id",)

    connector_id = fields.Many2one(
        comodel_name="nox.finans.connector", required=True, ondelete="cascade"
    )
    environment = fields.Selection(related="connector_id.environment")
    base_url = fields.Char(related="connector_id.base_url")
    redirect_uri = fields.Char(compute="_compute_redirect_uri", string="Redirect Address")
    client_id = fields.Char(
        string="Client's ID", compute="_compute_client_id", inverse="_inverse_client_id"
    )
    client_secret = fields.Char(
        string="Client's Secret", compute="_compute_client_secret", inverse="_inverse_client_secret"
    )
    has_secret = fields.Boolean(compute="_compute_client_secret")
    is_checked = fields.Boolean(
        string="Let the Set-Up Be Checked",
        default=True,
        help="Asks also for the rights settings and bookkeeping. Nothing is written by them: they "
        "let the check look at financial year, locked period, payment terms, units and accounts.",
    )
    problem = fields.Char(readonly=True)

    def _get_subject(self, name, value):
        connectors = super()._get_subject(name, value)
        for connector in connectors:
            connector._check_may_connect()
        return connectors

    @api.depends("connector_id")
    def _compute_redirect_uri(self):
        for wizard in self:
            wizard.redirect_uri = wizard.connector_id._get_redirect_uri()

    @api.depends("connector_id")
    def _compute_client_id(self):
        # A dialog may be older than its user's rights.
        self.connector_id.check_access("write")
        for wizard in self:
            # Full rights: the id is no secret, it stands in the address of the consent page.
            wizard.client_id = wizard.connector_id.sudo().client_id

    @api.depends("connector_id")
    def _compute_client_secret(self):
        for wizard in self:
            wizard.client_secret = False
            # Full rights: told is only that there is one.
            wizard.has_secret = bool(wizard.connector_id.sudo().client_secret)

    def _inverse_client_id(self):
        self._hand_on("client_id")

    def _inverse_client_secret(self):
        self._hand_on("client_secret")

    def _hand_on(self, name):
        """Give the connector what was typed; an empty field leaves what it has."""
        for wizard in self:
            wizard.connector_id._check_may_connect()
            if value := (wizard[name] or "").strip():
                # Full rights: only the system reads and writes secrets; who may change the
                # connection has been let through above.
                wizard.connector_id.sudo()[name] = value

    def _open(self):
        """Return the action that shows the dialog, with what was typed."""
        return {
            **self._get_records_action(name=self.env._("Connect to Nox Finans")),
            "target": "new",
        }

    @gate("write", on="one")
    def action_connect(self) -> dict:
        """Go to the service's sign-in, once it knows the client; else say why not, in the dialog.

        :raises UserError: the id or the secret is missing, or the service has no address
        """
        connector = self.connector_id
        connector._check_may_connect()
        secrets = connector.sudo()  # only whether they are there
        if not secrets.client_id or not secrets.client_secret:
            raise UserError(self.env._("Enter the client's id and secret."))
        connector._check_address()
        self.problem = connector._get_client_trouble()
        if self.problem:
            return self._open()
        return {
            "type": "ir.actions.act_url",
            "url": f"/nox_finans/connect/{connector.id}?check={int(self.is_checked)}",
            "target": "self",
        }
