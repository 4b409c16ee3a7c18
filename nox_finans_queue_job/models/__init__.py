from . import nox_finans_connector
