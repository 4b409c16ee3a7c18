"""Odoo 19: named by the user, importable, Debian's package, or a clone of its branch."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from .project import BUILD, CACHE, Problem, locked, run, say, step

SERIES = "19.0"
REPOSITORY = "https://github.com/odoo/odoo.git"
UNPACKED = BUILD / "odoo"
PARTIAL = BUILD / "odoo.partial"
# Odoo unpacked, the Python environment, the databases.
NEEDED_GIGABYTES = 3
PACKAGES = (
    # Odoo and what it links to, from the suite that has Odoo.
    ("sid", ("odoo-19", "libjs-jquery", "libjs-jquery-form", "libjs-underscore")),
    ("sid", ("fonts-ocr-b", "fonts-roboto-unhinted", "fonts-montserrat")),
    # Later suites have a Font Awesome without the files that Odoo wants.
    ("bookworm", ("fonts-font-awesome", "fonts-inconsolata")),
)
# Debian leaves this out; without it the web client logs an error at each start.
MISSING_ASSET = "addons/mail/static/lib/selfie_segmentation/selfie_segmentation.js"
MISSING_ASSET_TEXT = "// Background blur in calls is not available here.\n"
KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


def find_or_fetch():
    """Return the folder that holds the package `odoo`, and where it was taken from."""
    if named := os.environ.get("ODOO_PATH"):
        return _alone(_named(Path(named))), "ODOO_PATH"
    if found := _importable():
        return _alone(found), "the Odoo that this Python already has"
    if _is_odoo(_debian_root()):
        return _debian_root(), "Debian's package"
    if _is_odoo(UNPACKED):
        return UNPACKED, f"a clone of the branch {SERIES}"
    return _fetch()


def addons_folders(root):
    """Return the folders of add-ons that belong to the Odoo in `root`."""
    return [path for path in (root / "odoo" / "addons", root / "addons") if path.is_dir()]


def _is_odoo(root):
    release = root / "odoo" / "release.py"
    return release.is_file() and re.search(
        r"version_info\s*=\s*\(19,\s*0", release.read_text(encoding="utf-8")
    )


def _named(path):
    for root in (path, path.parent):
        if _is_odoo(root):
            return root.resolve()
    raise Problem(f"ODOO_PATH={path} holds no Odoo {SERIES}: name the folder with odoo/release.py.")


def _importable():
    spec = importlib.util.find_spec("odoo")
    for location in (spec and spec.submodule_search_locations) or []:
        if _is_odoo(Path(location).parent):
            return Path(location).parent.resolve()
    return None


def _alone(root):
    """Return a folder with that Odoo and nothing else.

    Beside an installed one are packages of the system, which would hide the pinned ones.
    """
    folder = BUILD / "odoo-link"
    folder.mkdir(exist_ok=True)
    for name in ("odoo", "addons"):
        link = folder / name
        if link.resolve() != root / name:
            link.unlink(missing_ok=True)
        if not link.is_symlink() and (root / name).is_dir():
            link.symlink_to(root / name)
    return folder


def _debian_root():
    return UNPACKED / "usr" / "lib" / "python3" / "dist-packages"


def _fetch():
    if shutil.disk_usage(BUILD).free < NEEDED_GIGABYTES * 10**9:
        raise Problem(f"{NEEDED_GIGABYTES} GB are needed in {BUILD}: make room on that disk.")
    try:
        debs = _download_debian()
    except Problem as problem:
        say(f"{problem} Trying a clone of Odoo's branch {SERIES} instead.")
        _clone()
        return UNPACKED, f"a clone of the branch {SERIES}"
    _unpack(debs)
    return _debian_root(), "Debian's package"


def _clone():
    shutil.rmtree(PARTIAL, ignore_errors=True)
    with step(f"Cloning Odoo {SERIES} (some hundred megabytes)"):
        run(
            ["git", "clone", "--depth", "1", "--branch", SERIES, REPOSITORY, PARTIAL],
            "Neither Debian's package nor Odoo's repository can be reached: check the network, "
            "or name an Odoo 19 that you have: ODOO_PATH=/path/to/odoo make demo",
        )
    _put_in_place()


def _download_debian():
    """:raises Problem: this is no Debian, or the packages cannot be had"""
    for program in ("apt-get", "dpkg-deb"):
        if not shutil.which(program):
            raise Problem(f"{program} is missing: Debian's package cannot be fetched.")
    mirror = debian_mirror()
    if not KEYRING.is_file():
        raise Problem("The package debian-archive-keyring is not installed.")
    folder = CACHE / "debs"
    folder.mkdir(parents=True, exist_ok=True)
    with locked(CACHE / "lock", waiting="Another set-up is downloading; waiting …"):
        return [deb for suite, names in PACKAGES for deb in _download(mirror, suite, names)]


def _unpack(debs):
    shutil.rmtree(PARTIAL, ignore_errors=True)
    with step("Unpacking Odoo (1.2 GB)"):
        for deb in debs:
            run(
                ["dpkg-deb", "-x", deb, PARTIAL],
                f"Is the disk full? If not, remove {CACHE} and try again.",
            )
    _complete(PARTIAL)
    _put_in_place()


def _put_in_place():
    shutil.rmtree(UNPACKED, ignore_errors=True)
    PARTIAL.rename(UNPACKED)


def _download(mirror, suite, names):
    folder = CACHE / "debs"
    kept = {name: sorted(folder.glob(f"{name}_*.deb")) for name in names}
    if all(kept.values()):
        return [files[-1] for files in kept.values()]
    options = _apt_options(mirror, suite)
    advice = "Check the network and that the system's own apt sources work."
    # Only what has arrived whole goes where the next run looks.
    with (
        step(f"Downloading from Debian's {suite}: {', '.join(names)}"),
        tempfile.TemporaryDirectory(dir=CACHE) as arriving,
    ):
        run(["apt-get", *options, "-qq", "update"], advice)
        run(["apt-get", *options, "download", *names], advice, cwd=arriving)
        for old in (file for files in kept.values() for file in files):
            old.unlink()
        for deb in Path(arriving).glob("*.deb"):
            deb.rename(folder / deb.name)
    return [next(folder.glob(f"{name}_*.deb")) for name in names]


def _apt_options(mirror, suite):
    """Give apt a state of its own: the system's sources stay as they are, and no root is needed."""
    state = CACHE / "apt" / suite
    for folder in ("lists/partial", "cache/archives/partial"):
        (state / folder).mkdir(parents=True, exist_ok=True)
    (state / "status").touch()
    source = state / "sources.list"
    source.write_text(f"deb [signed-by={KEYRING}] {mirror} {suite} main\n")
    settings = {
        "Dir::State": state,
        "Dir::State::Lists": state / "lists",
        "Dir::State::status": state / "status",
        "Dir::Etc::SourceList": source,
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::Cache": state / "cache",
        # As root, apt would otherwise hand the download to a user who may not write here.
        "APT::Sandbox::User": "root",
    }
    return [part for name, value in settings.items() for part in ("-o", f"{name}={value}")]


def debian_mirror(etc=Path("/etc/apt")):
    """Return the address of the Debian mirror that the system itself uses.

    :raises Problem: the system's sources name none
    """
    files = [
        *sorted(etc.glob("sources.list.d/*.sources")),
        *sorted(etc.glob("sources.list.d/*.list")),
    ]
    files.append(etc / "sources.list")
    for file in files:
        text = file.read_text(encoding="utf-8") if file.is_file() else ""
        for address in _addresses(text):
            # The archive itself, not its security branch nor somebody else's.
            # Cloud images name it in a list of mirrors.
            if re.search(r"/debian(/|\.list)?$", address):
                return address
    raise Problem("The system's apt sources name no Debian mirror.")


def _addresses(text):
    deb822 = re.findall(r"^URIs:\s*(.+)$", text, re.MULTILINE)
    one_line = re.findall(r"^deb\s+(?:\[[^]]*\]\s+)?(\S+)", text, re.MULTILINE)
    return [address for line in [*deb822, *one_line] for address in line.split()]


def _complete(root):
    packages = root / "usr" / "lib" / "python3" / "dist-packages"
    for folder in (packages, packages / "odoo"):
        asset = folder / MISSING_ASSET
        if asset.parent.parent.is_dir() and not asset.exists():
            asset.parent.mkdir(parents=True, exist_ok=True)
            asset.write_text(MISSING_ASSET_TEXT)
    dangling = [path for path in root.rglob("*") if path.is_symlink() and not path.exists()]
    if dangling:
        raise Problem(f"Debian's package links to files that are not there, e.g. {dangling[0]}.")


def version(root):
    """Return the exact version of the Odoo in `root`."""
    command = [sys.executable, "-c", "import odoo.release; print(odoo.release.version)"]
    return subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(root)}, capture_output=True, text=True
    ).stdout.strip()
