from odoo import api, fields, models

from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import gate
from .nox_finans_notification import reload


def bare_number(text):
    """Return an organisation number's ten digits, however it is written.

    Also from a Swedish VAT number (SE556677889901) and with the century or 16 before it, as
    authorities write it.
    """
    text = (text or "").strip().upper()
    digits = "".join(char for char in text if char.isdecimal())
    if len(digits) != 12:
        return digits
    return digits[:10] if text.startswith("SE") else digits[2:]


class NoxFinansConnector(models.Model):
    """Whose company is on the other side, and whether that is right."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    is_company_doubted = fields.Boolean(compute="_compute_is_company_doubted")

    @api.depends(
        "state",
        "remote_registry",
        "confirmed_registry",
        "company_id.company_registry",
        "company_id.vat",
    )
    def _compute_is_company_doubted(self):
        for connector in self:
            is_other = connector.state == "connected" and connector.remote_registry
            connector.is_company_doubted = connector.state == "confirm" or bool(
                is_other and not connector._is_own_number(connector.remote_registry)
            )

    def _is_own_number(self, number):
        """Tell whether an organisation number is the company's, or was called the right one."""
        # Full rights: numbers of the connection's own company, compared and not shown.
        connector = self.sudo()
        company = connector._get_numbered_company()
        own = (company.company_registry, company.vat, connector.confirmed_registry)
        return bool(number) and bare_number(number) in {bare_number(text) for text in own if text}

    def _get_numbered_company(self):
        """Return the company whose organisation number counts: for a branch without one, the next
        above it that has one."""
        company = self.company_id
        above = reversed(company.parent_ids)
        return next((each for each in above if each.company_registry or each.vat), company)

    def _get_state_obstacle(self):
        if self.state == "confirm":
            return self._get_company_question()
        return super()._get_state_obstacle()

    def _get_company_question(self):
        # Full rights: name and number of the connection's own company, for all who see it.
        company = self.sudo()._get_numbered_company()
        return self.env._(
            "The connection leads to %(name)s (organisation number %(number)s), but this company "
            "is %(own_name)s (%(own_number)s). Nothing is sent until somebody has said, under Nox "
            "Finans > Connection, whether that is right.",
            name=self.remote_company or "–",
            number=self.remote_registry or self.env._("not told"),
            own_name=company.name,
            own_number=company.company_registry or company.vat or self.env._("no number"),
        )

    @gate("write", on="one")
    def action_confirm_company(self) -> dict | None:
        """Call the company on the other side the right one."""
        self._check_may_connect()
        if not self.is_company_doubted:
            return None
        # Full rights: only the system writes the state; who may connect has been let through above.
        connector = self.sudo()
        connector.write({"confirmed_registry": self.remote_registry, "state": "connected"})
        connector.message_post(
            body=self.env._(
                "%(user)s has called %(company)s (%(number)s) the right company.",
                user=self.env.user.name,
                company=self.remote_company or "–",
                number=self.remote_registry or "–",
            )
        )
        self._trigger_exchange()
        return reload()

    def _note_remote_company(self, company):
        """Keep the company's name and number as the other side reports them."""
        name = company.name or self.env._("a company without a name")
        self._write_changes({"remote_company": name, "remote_registry": company.number or False})

    def _write_changes(self, values):
        """Write what the service says, where it says something new.

        Where nothing is new nothing is written: the row may have been changed meanwhile by the
        transaction that has renewed the access.
        """
        # Full rights: what the service says, not the user.
        connector = self.sudo()
        changes = {name: value for name, value in values.items() if connector[name] != value}
        if changes:
            connector.write(changes)

    def _leave_environment(self):
        result = super()._leave_environment()
        # Whose number it was, only the other environment knows, and how it is set up.
        self._forget_company()
        return result

    def _forget_company(self):
        # Full rights: what the system has noted of the other side.
        connectors = self.sudo()
        connectors.write({"remote_registry": False, "confirmed_registry": False})
        connectors.check_ids.unlink()
