"""How large a number, how far a date and how long a text may be that a person enters.

The only place that knows them: of each field of ours that can be written, and that could overflow
a type, a reckoning with dates or a page. Codes of Fortnox's have their own check, `is_code`.
"""

import math
from collections import namedtuple
from datetime import date

from odoo import api, models
from odoo.exceptions import ValidationError
from odoo.fields import Date
from odoo.tools import format_date

from ..api import payloads
from . import account_move, nox_finans_connector  # noqa: F401 - extended here, so they come first

# `highest` is included. Numbers in the field's own unit; dates as dates.
Range = namedtuple("Range", "lowest highest")

# No claim on one customer comes near it, and no price of one sending near the other.
AMOUNTS = Range(0, 1_000_000_000)
PRICES = Range(0, 1_000_000)
# Whatever is reckoned from such a day is still a day.
DATES = Range(date(2000, 1, 1), date(2099, 12, 31))
NAME_LENGTH = 200
LINE_LENGTH = 1000
LETTER_LENGTH = 100_000

# For each model its fields: a range, or the most characters of a text.
LIMITS = {
    "account.move": {
        "nox_finans_tax_reduction": AMOUNTS,
        "nox_finans_property_designation": payloads.LENGTHS["PropertyDesignation"],
    },
    "nox.finans.action": {
        "amount": AMOUNTS,
        "paused_until": DATES,
        "mail_subject": LINE_LENGTH,
        "mail_body": LETTER_LENGTH,
    },
    "nox.finans.connect": {"client_id": NAME_LENGTH, "client_secret": NAME_LENGTH},
    "nox.finans.connector": {
        "statement_days": Range(0, 366),
        "collection_days": Range(0, 60),
        # Fortnox's chart of accounts has four digits.
        "payment_method_account": Range(1000, 9999),
        "price_list_url": LINE_LENGTH,
        "keep_log_days": Range(7, 730),
        # Up to seven years, for which Swedish law keeps the accounts themselves.
        "keep_personal_days": Range(30, 2557),
    },
    "nox.finans.dispute": {"reason": LINE_LENGTH},
    "nox.finans.price": {"price": PRICES, "date_from": DATES},
    "nox.finans.rule": {
        "name": NAME_LENGTH,
        "sequence": Range(0, 1_000_000),
        "days_overdue": Range(1, 3650),
        "least_amount": AMOUNTS,
        "max_per_day": Range(1, 10_000),
    },
}


class NoxFinansLimits(models.AbstractModel):
    """Refuses what is beyond the limits before anything is reckoned with it, or stored.

    A constraint would come too late: PostgreSQL would have refused the row, without words.
    """

    _name = "nox.finans.limits"
    _description = "Nox Finans Limits"

    @api.model
    def default_get(self, fields: list[str]) -> dict:
        # Before they are converted.
        wanted = {name: self.env.context.get(f"default_{name}") for name in fields}
        self._check_nox_finans_limits(wanted)
        return super().default_get(fields)

    def _add_missing_default_values(self, values):
        # Here a new record's defaults are known, those of the user too.
        values = super()._add_missing_default_values(values)
        self._check_nox_finans_limits(values)
        return values

    def write(self, vals: dict) -> bool:
        self._check_nox_finans_limits(vals)
        return super().write(vals)

    def onchange(self, values: dict, field_names: list[str], fields_spec: dict) -> dict:
        # The form is told while it is filled in.
        self._check_nox_finans_limits(values)
        return super().onchange(values, field_names, fields_spec)

    @api.model
    def _get_nox_finans_limits(self):
        """Return a dict from each limited field to its limit."""
        return LIMITS.get(self._name, {})

    @api.model
    def _check_nox_finans_limits(self, values):
        """:raises ValidationError: a value is beyond its field's limit; says which one it is"""
        for name, limit in self._get_nox_finans_limits().items():
            value = values.get(name)
            is_empty = value is None or value is False or value == ""
            if not is_empty and not _is_within(value, limit):
                raise ValidationError(self._describe_nox_finans_limit(name, limit))

    def _describe_nox_finans_limit(self, name, limit):
        label = self._fields[name]._description_string(self.env)
        if isinstance(limit, int):
            return self.env._(
                "“%(field)s” may have at most %(count)s characters.", field=label, count=limit
            )
        lowest, highest = limit
        if isinstance(lowest, date):
            lowest, highest = format_date(self.env, lowest), format_date(self.env, highest)
        return self.env._(
            "“%(field)s” must be from %(lowest)s to %(highest)s.",
            field=label,
            lowest=lowest,
            highest=highest,
        )


def _is_within(value, limit):
    """Tell whether a value, as a form or another system writes it, is within its limit."""
    if isinstance(limit, int):
        return len(str(value)) <= limit
    try:
        if not isinstance(limit.lowest, date):
            number = float(value)
            return math.isfinite(number) and limit.lowest <= number <= limit.highest
        return limit.lowest <= Date.to_date(value) <= limit.highest
    except (TypeError, ValueError, OverflowError):
        # No number, or no day at all.
        return False


class AccountMove(models.Model):
    _name = "account.move"
    _inherit = ["account.move", "nox.finans.limits"]


class NoxFinansConnector(models.Model):
    _name = "nox.finans.connector"
    _inherit = ["nox.finans.connector", "nox.finans.limits"]
