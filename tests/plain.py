"""The add-on's plain parts without Odoo, for tests: `plain.exchange.status` and the like."""

from pathlib import Path

# A package whose modules are the add-on's, but not its `__init__`, which needs Odoo.
__path__ = [str(Path(__file__).resolve().parent.parent / "nox_finans")]
