"""The linters that need Node.js: eslint, and prettier with its plug-in for XML."""

import hashlib
import json
import re
import shutil
import subprocess

from .processes import run_logged
from .project import LOGS, NODE_MODULES, ROOT

# Written last: without it the installation was interrupted.
MADE = NODE_MODULES / "made-for"


def get_trouble():
    """Return in words why these linters cannot run here, or None."""
    if not (shutil.which("node") and shutil.which("npm")):
        return "Node.js and npm are not installed"
    wanted = json.loads((ROOT / "package.json").read_text())["engines"]["node"]
    said = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    here, least = (tuple(map(int, re.findall(r"\d+", text)))[:2] for text in (said, wanted))
    return None if here >= least else f"Node.js {said.strip()} is older than {wanted}"


def ensure():
    """Install what `package-lock.json` pins, unless it is there already.

    :raises Problem: it cannot be had
    """
    wanted = hashlib.sha256((ROOT / "package-lock.json").read_bytes()).hexdigest()
    if MADE.exists() and MADE.read_text() == wanted:
        return
    run_logged(
        ["npm", "--prefix", ROOT, "ci", "--no-audit", "--no-fund", "--ignore-scripts"],
        "Installing the linters of package-lock.json",
        LOGS / "npm.log",
        "Check the network, the disk and npm's configuration (npm config list), then try again.",
    )
    MADE.write_text(wanted)


def program(name):
    return NODE_MODULES / ".bin" / name
