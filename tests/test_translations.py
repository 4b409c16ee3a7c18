"""The template is in step with the source, and the Swedish is complete."""

import subprocess

import polib
import pytest

from dev import databases, odoo, translations
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


def test_template_is_in_step_with_the_source(export, add_on):
    now = {entry.msgid for entry in export(add_on)}
    kept = {entry.msgid for entry in read_template(add_on)}
    assert now == kept


def test_all_is_translated_and_in_order(add_on):
    """Complete, nothing fuzzy, nothing twice, the same placeholders."""
    assert not translations.get_problems(add_on)


@pytest.mark.parametrize(
    ("text", "translation", "problem"),
    [
        ("Send %s", "Skicka %s", ""),
        ("Send %s", "", "not translated"),
        ("Send %s", "Skicka", "other placeholders"),
        ("%(a)s of %(b)s", "%(b)s av %(a)s", "other placeholders"),
        ("Send\n", "Skicka", "another beginning or end"),
    ],
)
def test_what_is_wrong_is_found(tmp_path, monkeypatch, text, translation, problem):
    monkeypatch.setattr(translations, "ROOT", tmp_path)
    folder = tmp_path / "add_on" / "i18n"
    folder.mkdir(parents=True)
    for name, word in (("add_on.pot", ""), ("sv.po", translation)):
        catalogue = polib.POFile()
        catalogue.metadata = {"Content-Type": "text/plain; charset=UTF-8"}
        catalogue.append(polib.POEntry(msgid=text, msgstr=word))
        catalogue.save(str(folder / name))
    found = translations.get_problems(tmp_path / "add_on")
    assert bool(found) == bool(problem) and all(problem in words for words in found), found


def test_swedish_uses_the_words_of_the_field():
    translations = {entry.msgid: entry.msgstr for entry in read_swedish(MODULE)}
    assert {word: translations[word] for word in WORDS} == WORDS
