"""A headless Chromium for the browser tests."""

import shutil
import subprocess

from .project import IS_ROOT, say

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def find_browser():
    """Return the browser's path, or None and why there is none."""
    if not (found := _installed()) and IS_ROOT and shutil.which("apt-get"):
        say("Installing Debian's package chromium …")
        subprocess.run(["apt-get", "-qq", "update"])
        subprocess.run(["apt-get", "-qq", "install", "-y", "chromium"], stdout=subprocess.DEVNULL)
        found = _installed()
    if found:
        return found, ""
    return None, f"no browser is installed (one of {', '.join(NAMES)})"


def _installed():
    return next(filter(_works, filter(None, map(shutil.which, NAMES))), None)


def _works(browser):
    """Some systems have a script of this name that only says what to install."""
    return subprocess.run([browser, "--version"], capture_output=True).returncode == 0
