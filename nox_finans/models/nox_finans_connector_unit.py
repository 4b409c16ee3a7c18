import re

from odoo import Command, fields, models

from ..api.errors import NoxFinansError
from ..exchange.messages import describe
from ..exchange.set_up_check import read_codes
from . import nox_finans_connector  # noqa: F401 - extended here, so it comes first
from .nox_finans_gate import gate
from .nox_finans_notification import show_message

# What Odoo's own units are called in Fortnox's register, the usual first. A company may have
# called them otherwise, or made others: those are chosen by hand.
USUAL_CODES = {
    "uom.product_uom_unit": ("st", "styck"),
    "uom.product_uom_dozen": ("dussin",),
    "uom.product_uom_hour": ("tim", "h", "timmar", "timme"),
    "uom.product_uom_day": ("dag", "dagar"),
    "uom.product_uom_minute": ("min", "minuter"),
    "uom.product_uom_square_meter": ("m2", "m²", "kvm"),
    "uom.product_uom_cubic_meter": ("m3", "m³", "kbm"),
    "uom.product_uom_litre": ("l", "lit", "liter"),
    "uom.product_uom_kgm": ("kg",),
    "uom.product_uom_ton": ("ton",),
}


class NoxFinansConnector(models.Model):
    """The units of measure that Fortnox knows."""

    _inherit = "nox.finans.connector"  # pylint: disable=consider-merging-classes-inherited

    unit_ids = fields.One2many(
        comodel_name="nox.finans.unit",
        inverse_name="connector_id",
        string="Codes of Units",
        help="Rows in other units go without a unit.",
    )

    def _get_unit_code(self, uom):
        """Return the code of a unit in Fortnox's own register, or None: then none is sent."""
        # In the records' cache after the first row: no query a row.
        for unit in self.unit_ids:
            if unit.uom_id == uom:
                return unit.code
        return None

    # -------------------------------------------------------------------------
    # What Fortnox has
    # -------------------------------------------------------------------------

    @gate("write", on="one")
    def action_fetch_codes(self) -> dict:
        """Read Fortnox's payment terms and units, and fill in the codes that are not chosen yet.

        What is chosen already stays as it is.
        """
        try:
            with self._speak_aside() as client:
                terms = read_codes(client.list_terms_of_payment())
                units = read_codes(client.list_units())
        except NoxFinansError as error:
            return show_message("danger", describe(error, self.env))
        self._note_registers(terms, units)
        found = self._propose_term_codes(terms), self._propose_unit_codes(units)
        return show_message(
            "success",
            self.env._(
                "Filled in: %(terms)s codes of payment terms, %(units)s of units. Look at them; "
                "what Fortnox has stands below the lists.",
                terms=found[0],
                units=found[1],
            ),
        )

    def _propose_term_codes(self, codes):
        """Give active terms without a code the one of as many days; return how many got one.

        :param codes: dict from a code to its description
        """
        count = 0
        for term in self.with_company(self.company_id).active_term_ids:
            days = term._get_nox_finans_days()
            if term.nox_finans_code or days is None:
                continue
            if code := _find_code_of_days(codes, days):
                term.nox_finans_code = code
                count += 1
        return count

    def _propose_unit_codes(self, codes):
        """Give units without a code the one of the same name; return how many got one."""
        known = {name.casefold(): code for code, name in codes.items() if name}
        known |= {code.casefold(): code for code in codes}
        uoms = self.env["uom.uom"].search([("id", "not in", self.unit_ids.uom_id.ids)])
        xml_ids = uoms.get_external_id()
        proposals = []
        for uom in uoms:
            names = (*USUAL_CODES.get(xml_ids[uom.id], ()), uom.name.casefold())
            if code := next((known[name] for name in names if name in known), None):
                proposals.append(Command.create({"uom_id": uom.id, "code": code}))
        self.unit_ids = proposals
        return len(proposals)


def _find_code_of_days(codes, days):
    """Return the code of payment terms of so many days, or None.

    Most are called by their days; else these stand in the description, as in "30 dagar netto".
    """
    if str(days) in codes:
        return str(days)
    named = [code for code, name in codes.items() if re.findall(r"\d+", name) == [str(days)]]
    return named[0] if len(named) == 1 else None
