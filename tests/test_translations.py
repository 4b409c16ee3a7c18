"""The template is in step with the source, and the Swedish is complete."""

import re
import subprocess

import polib
import pytest

from dev import databases, odoo
from dev.project import MODULE, ROOT

# The add-ons that have texts of their own. The last one depends on the others.
TRANSLATED = (MODULE, ROOT / "nox_finans_payment")
# The field's words, and how the user reads them.
WORDS = {
    "Send via Nox Finans": "Skicka via Nox Finans",
    "Invoice service": "Fakturaservice",
    "Reminder service": "Påminnelseservice",
    "Approved": "Godkänd",
    "Approved with warning": "Godkänd med varning",
    "Rejected": "Ej godkänd",
    "Case": "Ärende",
    "Not Ready": "Ej klar",
    "Cash invoice": "Kontantfaktura",
    "Interest invoice": "Räntefaktura",
    "Payment Terms": "Betalningsvillkor",
    "Hide": "Dölj",
}


def read_template(add_on):
    return polib.pofile(str(add_on / "i18n" / f"{add_on.name}.pot"))


def read_swedish(add_on):
    return polib.pofile(str(add_on / "i18n" / "sv.po"))


@pytest.fixture(scope="module")
def export(new_database, postgresql, tmp_path_factory):
    """Return what Odoo finds to translate in an add-on of a database that has all of them."""
    name = new_database()
    databases.install_into(postgresql, name, TRANSLATED[-1].name)
    configuration = odoo.write_configuration(postgresql, name)

    def run(add_on):
        path = tmp_path_factory.mktemp("i18n") / f"{add_on.name}.pot"
        options = ["-d", name, "-l", "pot", "-o", path, add_on.name]
        command = odoo.command(configuration, "i18n", "export", *options)
        subprocess.run([str(part) for part in command], check=True, capture_output=True)
        return polib.pofile(str(path))

    return run


@pytest.fixture(params=TRANSLATED, ids=lambda add_on: add_on.name)
def add_on(request):
    return request.param


@pytest.fixture
def swedish(add_on):
    return read_swedish(add_on)


def test_template_is_in_step_with_the_source(export, add_on):
    now = {entry.msgid for entry in export(add_on)}
    kept = {entry.msgid for entry in read_template(add_on)}
    assert now == kept


def test_swedish_is_complete(swedish, add_on):
    assert {entry.msgid for entry in swedish} == {e.msgid for e in read_template(add_on)}
    assert not swedish.untranslated_entries() and not swedish.fuzzy_entries()


def test_swedish_keeps_the_placeholders(swedish):
    placeholder = re.compile(r"%(?:\(\w+\))?[\d.]*[sdf]")
    for entry in swedish:
        assert placeholder.findall(entry.msgid) == placeholder.findall(entry.msgstr), entry.msgid


def test_swedish_uses_the_words_of_the_field():
    translations = {entry.msgid: entry.msgstr for entry in read_swedish(MODULE)}
    assert {word: translations[word] for word in WORDS} == WORDS
