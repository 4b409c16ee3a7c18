from odoo import SUPERUSER_ID, api

BATCH = 1000
NAMES = (
    "nox_finans_has_address",
    "nox_finans_has_email",
    "nox_finans_has_id_number",
    "nox_finans_has_name",
    "nox_finans_has_personal_number",
    "nox_finans_has_vat_number",
    "nox_finans_is_too_long",
)


def migrate(cr, _version):
    """Judge all contacts anew: an address, a number, an e-mail must now be one, not just filled."""
    env = api.Environment(cr, SUPERUSER_ID, {"active_test": False})
    partners = env["res.partner"].search([])
    for start in range(0, len(partners), BATCH):
        batch = partners[start : start + BATCH]
        for name in NAMES:
            env.add_to_compute(partners._fields[name], batch)
        batch._recompute_recordset(NAMES)
        env.flush_all()
        env.invalidate_all()
