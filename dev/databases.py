"""Databases: the demo's, and those of the tests."""

import hashlib
import os
import shutil
from contextlib import ExitStack, contextmanager, suppress

from . import odoo_source
from .cluster import PORT
from .odoo import DATA, command, write_configuration
from .processes import run_logged
from .project import CHECKOUT, LOGS, MODULE, RUN, Problem, locked, run, say

BASE_MODULES = "account,l10n_se"
LANGUAGE = "sv_SE"
# As the add-on notes it itself: see `nox_finans/models/nox_finans_connector_database.py`.
ADOPT = """
    UPDATE nox_finans_connector
       SET database_mark = jsonb_build_object(
               'server', system_identifier::text, 'database', pg_database.oid::text,
               'table', 'nox_finans_connector'::regclass::oid::text, 'name', datname
           )
      FROM pg_database, pg_control_system()
     WHERE datname = current_database() AND database_mark IS NOT NULL
"""
SOURCE_SUFFIXES = {".py", ".xml", ".csv", ".js", ".scss", ".po", ".pot"}


def install(server, name, modules):
    """Make the database `name` with `modules`, in Swedish and English, without Odoo's demo data."""
    server.drop(name)
    install_into(server, name, modules, "--load-language", LANGUAGE, "--without-demo")


def install_into(server, name, modules, *options):
    """Install more modules into the database `name`."""
    log = LOGS / f"{name}.log"
    configuration = write_configuration(server, name)
    arguments = ["-d", name, "-i", modules, *options, "--stop-after-init", "--no-http"]
    run_logged(
        command(configuration, *arguments),
        f"Building the database {name} ({modules})",
        log,
        "`make clean` starts afresh.",
    )


def copy(server, source, name):
    server.drop(name)
    server.create(name, source)
    adopt(server, name)
    if (DATA / "filestore" / source).is_dir():
        shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)
        # Odoo never changes a stored file.
        shutil.copytree(
            DATA / "filestore" / source, DATA / "filestore" / name, copy_function=os.link
        )


def copy_across(source_server, source, server, name):
    """Copy a database to another server, whose own programs are used."""
    dump = RUN / f"{name}.dump"
    environment = {**os.environ, "PGPASSWORD": source_server.password}
    _run_tool(server, "pg_dump", source_server, environment, "-Fc", "-f", dump, source)
    try:
        server.create(name, "template0")
        _run_tool(server, "pg_restore", server, os.environ, "-j2", "-d", name, dump)
    finally:
        dump.unlink()
    adopt(server, name)


def _run_tool(server, program, at, environment, *arguments):
    where = ["-h", at.host, "-p", at.port or PORT, "-U", at.user]
    run([server.cluster.program(program), *where, *arguments], "See above.", env=environment)


def adopt(server, name):
    """Let the connections of a copied or renamed database count as its own: as if they had been
    made there."""
    known = server.query(
        name,
        "SELECT 1 FROM information_schema.columns"
        " WHERE table_name = 'nox_finans_connector' AND column_name = 'database_mark'",
    )
    if known:
        server.query(name, ADOPT)


def drop(server, name):
    server.drop(name)
    shutil.rmtree(DATA / "filestore" / name, ignore_errors=True)
    for file in (f"odoo-{name}.conf", f"{name}.py", f"{name}.sqlite"):
        (RUN / file).unlink(missing_ok=True)


def drop_all(server, prefix):
    for name in server.names(prefix):
        drop(server, name)


def rename(server, name, new_name):
    server.drop(new_name)
    server.rename(name, new_name)
    adopt(server, new_name)
    shutil.rmtree(DATA / "filestore" / new_name, ignore_errors=True)
    if (DATA / "filestore" / name).is_dir():
        (DATA / "filestore" / name).rename(DATA / "filestore" / new_name)


def template(server, odoo_root):
    """Return the name of a database with Odoo's own modules, made once and kept."""
    # A server may serve several checkouts; the file store is this one's.
    key = f"{odoo_source.version(odoo_root)} {BASE_MODULES} {LANGUAGE} {CHECKOUT}"
    name = f"nox_finans_base_{hashlib.sha256(key.encode()).hexdigest()[:8]}"
    with locked(RUN / name, waiting="Another command is building the base database; waiting …"):
        if not (server.exists(name) and _has_files(name)):
            half = f"{name}_building"
            install(server, half, BASE_MODULES)
            rename(server, half, name)
    return name


def _has_files(name):
    return (DATA / "filestore" / name).is_dir()


@contextmanager
def test_run(server, name):
    """Drop every database whose name begins with `name` at the end, also after a killed run."""
    runs = RUN / "test-runs"
    runs.mkdir(exist_ok=True)
    with ExitStack() as stack:
        with locked(RUN / "test-runs.lock"):
            for other in runs.iterdir():
                with suppress(Problem), locked(other, taken="alive"):
                    drop_all(server, other.name)
                    other.unlink()
            stack.enter_context(locked(runs / name))
        try:
            yield
        finally:
            drop_all(server, name)
            (runs / name).unlink()


def demo_lock(name):
    """:raises Problem: the demo runs already"""
    return locked(
        RUN / f"{name}.lock",
        taken=f"The database {name} is already in use by `make demo` or `make demo-db`. "
        "Name another for a second demo: NOX_DEMO_DB=… make demo",
    )


def make_test_database(server, odoo_root, name):
    """Make the database `name` with the add-on freshly installed."""
    copy(server, template(server, odoo_root), name)
    install_into(server, name, "nox_finans")


def ensure_demo(server, odoo_root, name, sandbox_url):
    """Build the demo database, or bring its module up to date when the source has changed."""
    stamp = RUN / f"{name}.source"
    if not server.exists(name):
        half = f"{name}_building"
        copy(server, template(server, odoo_root), half)
        install_into(server, half, "nox_finans")
        fill_with_demo_data(server, half, sandbox_url)
        rename(server, half, name)
    elif not _has_files(name):
        raise Problem(
            f"The database {name} is there, but not its files, which were in {DATA}. "
            f"Drop it (dropdb {name}) or name another: NOX_DEMO_DB=… make demo"
        )
    elif not stamp.exists() or stamp.read_text() != source_hash():
        say("The add-on has changed since the demo database was built.")
        log = LOGS / f"{name}.log"
        arguments = ["-d", name, "-u", "nox_finans", "--stop-after-init", "--no-http"]
        run_logged(
            command(write_configuration(server, name), *arguments),
            "Upgrading the demo database",
            log,
            "`make clean` builds it afresh.",
        )
    stamp.write_text(source_hash())
    # As autovacuum would, which is off in the project's own cluster: also for what the demo has
    # left behind when it was served before.
    server.query(name, "VACUUM ANALYZE")


def fill_with_demo_data(server, name, sandbox_url):
    code = f"from dev.demo_data import build\nbuild(env, {sandbox_url!r})\n"
    run_code(server, name, code, "Filling it with a Swedish company, customers and invoices")


def run_code(server, name, code, text):
    """Run Python in Odoo's shell environment of the database `name`."""
    file = RUN / f"{name}.py"
    file.write_text(code)
    run_logged(
        command(write_configuration(server, name), "shell", "-d", name, "--no-http"),
        text,
        LOGS / f"{name}_code.log",
        "`make clean` starts afresh.",
        stdin=file,
    )


def set_addresses(server, name, sandbox_url, odoo_url=None):
    """Tell a demo database where the sandbox is this time, and Odoo itself if it is served."""
    addresses = {"nox_finans.sandbox_url": sandbox_url}
    if odoo_url:
        addresses["web.base.url"] = odoo_url
    connection = server.connect(name)
    try:
        with connection.cursor() as cursor:
            for key, url in addresses.items():
                cursor.execute(
                    "UPDATE ir_config_parameter SET value = %s WHERE key = %s", [url, key]
                )
            # The same sandbox with what it remembers, though it may be at another port.
            cursor.execute(
                "UPDATE nox_finans_connector SET token_origin = 'sandbox ' || %s"
                " WHERE environment = 'sandbox' AND token_origin IS NOT NULL",
                [sandbox_url],
            )
    finally:
        connection.close()


def source_hash():
    digest = hashlib.sha256()
    for path in sorted(MODULE.rglob("*")):
        if path.suffix in SOURCE_SUFFIXES and "tests" not in path.parts:
            digest.update(str(path.relative_to(MODULE)).encode() + path.read_bytes())
    return digest.hexdigest()
