from . import nox_finans_send
