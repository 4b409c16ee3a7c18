from odoo import SUPERUSER_ID, api


def migrate(cr, _version):
    """Let the connections that are this database's, by its uuid, be noted as made in it, and their
    access as given by the address they are at.

    A copy that was made past Odoo before this cannot be told from the original any more.
    """
    env = api.Environment(cr, SUPERUSER_ID, {})
    for connector in env["nox.finans.connector"].search([("state", "!=", "disconnected")]):
        if connector.database_uuid == connector._get_database_uuid():
            origin = connector.base_url and connector._get_origin()
            connector.write({**connector._get_database_values(), "token_origin": origin})
