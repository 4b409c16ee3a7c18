"""Texts as the interface takes them: one place for the characters, the spaces and the length.

Fortnox refuses other characters with code 2000359; which ones it takes is told by its developer
pages and by the patterns in several public clients.
"""

# ruff: noqa: RUF001
# What looks like another character is what this is about.

import unicodedata

from . import answers

ALLOWED_MARKS = "’\\–:.`´,;^¤#%§£$€¢¥©™°&/()=+-*_!?²³®½@"
# A combining ring, which some systems write å with.
ALLOWED_COMBINING = "\u030a"
# What a person would write instead. What is not here is taken apart, or left out.
REPLACEMENTS = {
    "[": "(",
    "{": "(",
    "<": "(",
    "]": ")",
    "}": ")",
    ">": ")",
    "|": "/",
    "~": "-",
    "\t": " ",
    **dict.fromkeys("\"'“”„‟«»‘‚‛‹›′″ʹʺ", "´"),
    **dict.fromkeys("‐‑‒—―−⁃", "-"),
    **dict.fromkeys("•·‣◦▪●○■□◆", "*"),
    "…": "...",
    "×": "x",
    "÷": "/",
    "±": "+/-",
    "≤": "=",
    "≥": "=",
    "≈": "=",
    "→": "-",
    "⇒": "-",
    "←": "-",
    "⁄": "/",
    "№": "nr",
    "☐": "*",
    "✓": "*",
    "✔": "*",
}


def is_allowed(character: str) -> bool:
    """Tell whether the interface takes this character in a text of one line."""
    return (
        character in ALLOWED_MARKS
        or character in " \u00a0"
        or character in ALLOWED_COMBINING
        or "0" <= character <= "9"
        or unicodedata.category(character)[0] == "L"
    )


def one_line(text: str, length: int | None = None) -> str:
    """Return `text` as one line of allowed characters without needless spaces, cut at `length`."""
    clean = " ".join(_replace(answers.text(text or "", None)).split())
    return clean[:length].strip()


def many_lines(text: str, length: int | None = None) -> str:
    """Return `text` with its line breaks, each line as :func:`one_line` has it, cut at `length`.

    Empty lines stay, but none at the ends and never two in a row.
    """
    lines: list[str] = []
    for line in (text or "").replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        clean = one_line(line)
        if clean or (lines and lines[-1]):
            lines.append(clean)
    return "\n".join(lines)[:length].strip()


def split(text: str, length: int) -> list[str]:
    """Return `text` in pieces of at most `length` characters, broken at spaces where there are."""
    pieces, rest = [], text.strip()
    while rest:
        piece, rest = cut(rest, length)
        pieces.append(piece)
    return pieces


def cut(text: str, length: int) -> tuple[str, str]:
    """Return as many lines and words of `text` as fit into `length` characters, and the rest."""
    if len(text) <= length:
        return text, ""
    end = max(text.rfind("\n", 1, length + 1), text.rfind(" ", 1, length + 1))
    end = end if end > 0 else length
    return text[:end].rstrip(), text[end:].lstrip()


def _replace(text: str) -> str:
    return "".join(map(_nearest, unicodedata.normalize("NFC", text)))


def _nearest(character: str) -> str:
    if is_allowed(character):
        return character
    if character in REPLACEMENTS:
        return REPLACEMENTS[character]
    if character.isspace():
        return " "
    apart = unicodedata.normalize("NFKD", character)
    if apart == character:
        return ""
    return "".join(map(_nearest, apart))
