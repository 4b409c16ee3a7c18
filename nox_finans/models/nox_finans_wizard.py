from typing import Self

from odoo import api, fields, models
from odoo.exceptions import UserError
from odoo.fields import Command

from ..core.text import list_some
from .nox_finans_gate import check_ids
from .nox_finans_notification import show_message


class NoxFinansWizard(models.AbstractModel):
    """A dialog is about what its user may see; that it is the user's own, a record rule says.

    What it is opened on is checked before it is kept, and before anything is computed from it: a
    related field would show it with full rights, also of a dialog that is not saved.
    """

    _name = "nox.finans.wizard"
    _description = "Nox Finans Dialog"

    # The fields that hold what the dialog is opened on.
    _subjects = ()

    @api.model
    def default_get(self, fields: list[str]) -> dict:
        """:raises AccessError: the user may not see what the context opens the dialog on"""
        defaults = {name: self.env.context.get(f"default_{name}") for name in self._subjects}
        self._check_subjects(defaults)
        return super().default_get(fields)

    def _prepare_create_values(self, vals_list):
        vals_list = super()._prepare_create_values(vals_list)
        for values in vals_list:
            self._check_subjects(values)
        return vals_list

    def write(self, vals: dict) -> bool:
        self._check_subjects(vals)
        return super().write(vals)

    def onchange(self, values: dict, field_names: list[str], fields_spec: dict) -> dict:
        """:raises AccessError: the user may not see what the dialog on the page is about"""
        self._check_subjects(values)
        return super().onchange(values, field_names, fields_spec)

    def new(
        self,
        values: dict | None = None,
        origin: models.BaseModel | None = None,
        ref: str | None = None,
    ) -> Self:
        self._check_subjects(values or {})
        return super().new(values, origin, ref)

    def _check_subjects(self, values):
        """:raises AccessError: the user may not see what the dialog is to be about
        :raises UserError: it is not said in a way that could be understood"""
        for name in self._subjects:
            if name in values:
                records = self._get_subject(name, values[name])
                # Of thousands only what the record rules ask about is read.
                records.with_context(prefetch_fields=False).check_access("read")

    def _get_subject(self, name, value):
        """Return the records that a value of the field means, in any form that Odoo takes."""
        is_list = isinstance(value, tuple | list)
        if isinstance(value, models.BaseModel):
            ids = value._ids
        elif self._fields[name].type == "many2one":
            # With or without its name.
            ids = value[:1] if is_list else [value]
        else:
            ids = [it for item in value for it in _list_ids(item)] if is_list else [value]
        ids = [number for number in map(_find_id, ids) if number]
        check_ids(self.env, ids)
        return self.env[self._fields[name].comodel_name].browse(ids)


def _find_id(value):
    """Return the id of the existing record that is meant."""
    if isinstance(value, dict):
        return value.get("id")
    return value.origin if isinstance(value, api.NewId) else value


def _list_ids(item):
    """Return what an item of a x2many value, an id or a command, names as ids."""
    if not isinstance(item, tuple | list):
        return [item]
    command, number, several = (*item, None, None, None)[:3]
    if command == Command.SET:
        return several if isinstance(several, tuple | list) else [several]
    return [] if command in (Command.CREATE, Command.CLEAR) else [number]


class NoxFinansDialog(models.AbstractModel):
    """A dialog that does something belongs to what was true when it was opened.

    For each of its records it keeps what that was. Where it is another now, somebody has been
    there meanwhile: the record is left out, in words that say who did what.
    """

    _name = "nox.finans.dialog"
    _inherit = "nox.finans.wizard"
    _description = "Nox Finans Dialog with Consequences"

    seen = fields.Json(
        help="By record, what was true when the dialog was opened; where it is so no longer, "
        "nothing is done."
    )

    @api.model_create_multi
    def create(self, vals_list: list[dict]) -> Self:
        dialogs = super().create(vals_list)
        for dialog in dialogs.filtered(lambda dialog: not dialog.seen):
            dialog.seen = dialog._see(dialog[dialog._subjects[0]])
        # Now, with the user's own rights: whoever else ends the transaction has others.
        dialogs.flush_recordset()
        return dialogs

    @api.model
    def default_get(self, fields: list[str]) -> dict:
        """Of a dialog that is saved only when it is confirmed, the page keeps what was true."""
        values = super().default_get(fields)
        name = self._subjects[0]
        if "seen" in fields and (subject := self.env.context.get(f"default_{name}")):
            values["seen"] = self._see(self._get_subject(name, subject))
        return values

    def _see(self, records):
        """Return a dict from the ids of records (as text) to what must stay as it is."""
        return {str(record.id): record._get_nox_finans_revision() for record in records}

    def _hold_unchanged(self, records):
        """Keep others from the records until the end, and compare them with what was seen.

        :return: the records that are unchanged, and a dict from each other one to the reason
        """
        held = records.try_lock_for_update(allow_referencing=True)
        held.invalidate_recordset()
        busy = self.env._("Somebody else is changing it right now.")
        left_out = dict.fromkeys(records - held, busy)
        now = self._see(held)
        for record in held:
            seen = self._get_seen(record)
            if now.get(str(record.id), {}).get("is") != seen.get("is"):
                news = self._describe_news(record, seen)
                left_out[record] = self.env._("%s Open the dialog again.", news)
        return held - held.browse(record.id for record in left_out), left_out

    def _get_seen(self, record):
        """Return what was true of the record when the dialog was opened."""
        seen = self.seen.get(str(record.id)) if isinstance(self.seen, dict) else None
        return seen if isinstance(seen, dict) else {}

    def _describe_news(self, record, seen):
        """Return in words what has happened to the record since it was `seen` so."""
        return record._describe_nox_finans_news(seen)

    def _check_any_left(self, records, left_out):
        """:raises UserError: nothing can be done, since all was left out; says why"""
        if not records:
            raise UserError(
                self._list_reasons(left_out)
                or self.env._("Mark first what this is to be done with.")
            )

    def _list_reasons(self, reasons):
        """Return a line for each record, up to a number, from a dict from records to reasons."""

        def describe(left_out):
            record, reason = left_out
            return f"{record.display_name}: {reason}"

        return "\n".join(list_some(self.env, list(reasons.items()), describe))

    def _answer(self, message, left_out):
        """Return the action that says what was done, and what was left out."""
        if left_out:
            message += "\n" + self.env._("Left out:") + "\n" + self._list_reasons(left_out)
        kind = "warning" if left_out else "success"
        return show_message(kind, message, is_sticky=bool(left_out))
