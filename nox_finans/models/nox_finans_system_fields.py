from typing import Self

from odoo import api, models
from odoo.exceptions import AccessError
from odoo.models import MAGIC_COLUMNS
from odoo.tools import ormcache

ADDON = "nox_finans"


class NoxFinansSystemFields(models.AbstractModel):
    """Fields that only the system computes or notes: no user's create, write or import sets them.

    Odoo's `readonly=True` concerns the form alone. Which fields these are follows from their
    declaration: those of this add-on, and of what extends it, that are readonly and not passed on
    to another field. The system's own writes on a user's behalf need a `sudo()`, with the reason.
    """

    _name = "nox.finans.system.fields"
    _description = "Nox Finans System Fields"

    @api.model
    @ormcache()
    def _get_nox_finans_system_fields(self):
        """Return the names of the model's fields that no user sets."""
        return frozenset(
            name
            for name, field in self._fields.items()
            if field.readonly and not field.inverse and is_of_modules(field, ADDON)
        )

    @api.model
    def default_get(self, fields: list[str]) -> dict:
        """Return defaults; neither context nor a user's own defaults set the system's fields."""
        if self.env.su:
            return super().default_get(fields)
        names = self._get_nox_finans_system_fields().intersection(fields)
        defaults = super().default_get([name for name in fields if name not in names])
        declared = (self._fields[name] for name in names)
        return defaults | {field.name: field.default(self) for field in declared if field.default}

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        """:raises AccessError: a user sets a field that only the system sets"""
        self._check_nox_finans_system_fields(*vals_list)
        return super().create(vals_list)

    def write(self, vals: dict) -> bool:
        """:raises AccessError: a user sets a field that only the system sets"""
        self._check_nox_finans_system_fields(vals)
        return super().write(vals)

    def copy_data(self, default: dict | None = None) -> list[dict]:
        """Return the values of copies: what the system has noted is not true of these."""
        names = self._get_nox_finans_system_fields() - (default or {}).keys()
        return [
            # None: copied already, as a part of something else.
            vals and {name: value for name, value in vals.items() if name not in names}
            for vals in super().copy_data(default)
        ]

    def _check_nox_finans_system_fields(self, *vals_list):
        if self.env.su:
            return
        system_fields = self._get_nox_finans_system_fields()
        refused = sorted(set().union(*(system_fields & vals.keys() for vals in vals_list)))
        if refused:
            labels = (self._fields[name]._description_string(self.env) for name in refused)
            raise AccessError(
                self.env._(
                    "Only the system sets this, it cannot be written or imported: %s. Leave it "
                    "out; the buttons and dialogs of Nox Finans change what may be changed.",
                    ", ".join(
                        f"{label} ({name})" for label, name in zip(labels, refused, strict=True)
                    ),
                )
            )


def is_of_modules(field, *prefixes):
    """Tell whether a module whose name begins so has first declared `field`, and not Odoo's ORM."""
    is_magic = field.name in MAGIC_COLUMNS
    return not is_magic and any(name.startswith(prefixes) for name in field._modules[:1])
