"""The core is tested without Odoo: `python -m pytest --confcutdir=tests/core tests/core` does."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "nox_finans"))
