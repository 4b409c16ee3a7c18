def post_init_hook(env):
    """Give each company that is there already its connection; later ones get theirs by create."""
    env["res.company"].search([])._create_nox_finans_connectors()


def uninstall_hook(env):
    """Leave nothing behind that the uninstallation itself does not know of."""
    env["nox.finans.connector"]._leave_nothing()
