"""What is wrong with translations that can be seen without Odoo; as `msgfmt -c`, and more."""

import re
from collections import Counter

import polib

from .project import ADD_ONS, ROOT, Problem

PLACEHOLDER = re.compile(r"%(?:\(\w+\))?[\d.]*[sdf]")


def get_catalogues(add_on):
    """Return an add-on's template, and its translations."""
    folder = add_on / "i18n"
    return folder / f"{add_on.name}.pot", sorted(folder.glob("*.po"))


def get_problems(add_on):
    """Return in words what is wrong with an add-on's translations, each with its file."""
    template, translations = get_catalogues(add_on)
    texts = {entry.msgid for entry in polib.pofile(str(template))}
    problems = []
    for path in (template, *translations):
        catalogue = polib.pofile(str(path))
        found = [*_look_at_catalogue(catalogue)]
        if path != template:
            found += _compare(catalogue, texts)
        problems += [f"{path.relative_to(ROOT)}: {problem}" for problem in found]
    return problems


def _look_at_catalogue(catalogue):
    if "charset=UTF-8" not in catalogue.metadata.get("Content-Type", ""):
        yield "the header does not say that it is UTF-8"
    counts = Counter((entry.msgctxt, entry.msgid) for entry in catalogue)
    yield from (f"twice: {text!r}" for (_context, text), count in counts.items() if count > 1)


def _compare(catalogue, texts):
    """Yield what is wrong with a translation of the template's `texts`."""
    there = {entry.msgid for entry in catalogue}
    yield from (f"missing: {text!r}" for text in sorted(texts - there))
    yield from (f"not in the template: {text!r}" for text in sorted(there - texts))
    for entry in catalogue:
        text, translation = entry.msgid, entry.msgstr
        if not translation or entry.fuzzy:
            yield f"not translated: {text!r}"
        elif PLACEHOLDER.findall(text) != PLACEHOLDER.findall(translation):
            yield f"other placeholders: {text!r}"
        elif [text.startswith("\n"), text.endswith("\n")] != [
            translation.startswith("\n"),
            translation.endswith("\n"),
        ]:
            yield f"another beginning or end of lines: {text!r}"


def check():
    """:raises Problem: something is wrong; says what"""
    translated = [add_on for add_on in ADD_ONS if (add_on / "i18n").is_dir()]
    if problems := [problem for add_on in translated for problem in get_problems(add_on)]:
        raise Problem("\n".join(["Translations:", *problems]))
