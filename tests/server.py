"""Odoo's command line for a server that does not wait for the service's rate limit.

All else is Odoo's and the add-on's unchanged code; the sandbox's limit has to be off. How the limit
is kept is tested with servers and workers that keep it.
"""

import sys

from odoo.cli import main
from odoo.tools import config

if __name__ == "__main__":
    config.parse_config(sys.argv[1:])
    from odoo.addons.nox_finans.api import rate_limit

    rate_limit.MAX_REQUESTS, rate_limit.RESERVED = 10_000, 1_000
    main()
