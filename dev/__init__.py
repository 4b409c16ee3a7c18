"""Brings up Odoo, PostgreSQL, the sandbox and a browser for this project: `python3 -m dev help`."""
