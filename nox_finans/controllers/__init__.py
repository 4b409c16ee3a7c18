from . import nox_finans, portal
