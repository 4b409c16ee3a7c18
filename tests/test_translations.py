"""The template is in step with the source, and the Swedish is complete."""

import re
import subprocess

import polib
import pytest

from dev import odoo
from dev.project import MODULE

POT = MODULE / "i18n" / "nox_finans.pot"
SWEDISH = MODULE / "i18n" / "sv.po"
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


@pytest.fixture(scope="module")
def swedish():
    return polib.pofile(str(SWEDISH))


def test_template_is_in_step_with_the_source(new_database, postgresql, tmp_path):
    name = new_database()
    exported = tmp_path / "nox_finans.pot"
    configuration = odoo.write_configuration(postgresql, name)
    command = odoo.command(
        configuration, "i18n", "export", "-d", name, "-l", "pot", "-o", exported, "nox_finans"
    )
    subprocess.run([str(part) for part in command], check=True, capture_output=True)
    now = {entry.msgid for entry in polib.pofile(str(exported))}
    kept = {entry.msgid for entry in polib.pofile(str(POT))}
    assert now == kept


def test_swedish_is_complete(swedish):
    assert {entry.msgid for entry in swedish} == {e.msgid for e in polib.pofile(str(POT))}
    assert not swedish.untranslated_entries() and not swedish.fuzzy_entries()


def test_swedish_keeps_the_placeholders(swedish):
    placeholder = re.compile(r"%(?:\(\w+\))?[\d.]*[sdf]")
    for entry in swedish:
        assert placeholder.findall(entry.msgid) == placeholder.findall(entry.msgstr), entry.msgid


def test_swedish_uses_the_words_of_the_field(swedish):
    translations = {entry.msgid: entry.msgstr for entry in swedish}
    assert {word: translations[word] for word in WORDS} == WORDS
