"""Odoo's command line as a file: with several workers Odoo starts one more process by its name."""

from odoo.cli import main

main()
