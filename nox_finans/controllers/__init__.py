from . import nox_finans
