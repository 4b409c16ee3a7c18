"""The documents for people: what they point to is there."""

import re

import pytest

from dev.project import NODE_MODULES, ROOT

FENCE = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)\s]+)\)")
ELSEWHERE = ("http://", "https://", "mailto:")
PAGES = sorted(
    page.relative_to(ROOT).as_posix()
    for page in ROOT.rglob("*.md")
    if not any(part[0] == "." or part == NODE_MODULES.name for part in page.relative_to(ROOT).parts)
)


def get_anchors(page):
    """Return the names that a hosting site gives the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", FENCE.sub("", page.read_text()), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_to_files(name):
    page = ROOT / name
    for link in LINK.findall(FENCE.sub("", page.read_text())):
        if link.startswith(ELSEWHERE):
            continue
        path, _hash, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), link
        assert not anchor or anchor in get_anchors(target), link


def test_every_decision_stands_in_the_index():
    index = LINK.findall((ROOT / "docs" / "architecture.md").read_text())
    for page in (ROOT / "docs" / "decisions").glob("*.md"):
        assert f"decisions/{page.name}" in index, page.name
