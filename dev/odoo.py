"""Odoo's own command line in the project's environment."""

import configparser
import os
import sys
from pathlib import Path

from . import odoo_source
from .project import BUILD, ROOT, RUN

DATA = BUILD / "data"
PYTHON = sys.executable


def odoo_root():
    return Path(os.environ["NOX_DEV_ODOO"])


def write_configuration(server, name="default", **options):
    """Write a configuration file for `server` and return its path."""
    addons = [*odoo_source.addons_folders(odoo_root()), ROOT]
    values = {
        "addons_path": ",".join(map(str, addons)),
        "data_dir": str(DATA),
        "http_interface": "127.0.0.1",
        "list_db": "False",
        "db_host": server.host or "False",
        "db_port": server.port or "False",
        "db_user": server.user,
        "db_password": server.password or "False",
        **{key: str(value) for key, value in options.items()},
    }
    parser = configparser.RawConfigParser()
    parser.read_dict({"options": values})
    path = RUN / f"odoo-{name}.conf"
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        parser.write(file)
    return path


def prefork_command(configuration, *arguments):
    """Return the command line for a server with several workers."""
    return [PYTHON, ROOT / "dev" / "prefork", "-c", configuration, *arguments]


def command(configuration, *arguments):
    """Return the command line for Odoo; a subcommand (`shell`, `i18n export`) comes first."""
    options = next(
        (index for index, argument in enumerate(arguments) if str(argument).startswith("-")),
        len(arguments),
    )
    subcommand, rest = arguments[:options], arguments[options:]
    return [PYTHON, "-m", "odoo", *subcommand, "-c", configuration, *rest]
