"""The documented interface to Nox Finans: HTTP only, nothing of Odoo."""
