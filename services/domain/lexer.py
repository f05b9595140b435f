"""The filter language that every search box and command shares: words, ``key:value``, ``key>value``, "phrases"."""

from __future__ import annotations

import re
from dataclasses import dataclass

MAX_LENGTH = 1000

_TERM = re.compile(
    r"""(?:(?P<key>[A-Za-z][A-Za-z_]*)(?P<op>[<>]=|[:=<>]))?
        (?:"(?P<quoted>(?:[^"]|"")*)(?:"|\Z)|(?P<bare>\S*))""",
    re.VERBOSE,
)
_NEEDS_QUOTES = re.compile(r"""[\s":=<>]|\A\Z""")


@dataclass(frozen=True, slots=True)
class Filter:
    """One ``key op value``; ``op`` is one of ``: = < > <= >=`` and the value may be empty while it is being typed."""

    key: str
    op: str
    value: str

    def __str__(self) -> str:
        return f"{self.key}{self.op}{quoted(self.value) if self.value else ''}"


@dataclass(frozen=True, slots=True)
class Terms:
    """What a text says: ``str()`` gives a text that says the same."""

    words: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()

    def __str__(self) -> str:
        return " ".join([*map(quoted, self.words), *map(str, self.filters)])


def quoted(word: str) -> str:
    """The word as the language wants it typed, in quotes only where it needs them."""
    return '"' + word.replace('"', '""') + '"' if _NEEDS_QUOTES.search(word) else word


def lex(text: str) -> Terms:
    """Words and filters in the order typed; never raises, cuts a text at ``MAX_LENGTH``."""
    clean = _printable(text[:MAX_LENGTH])
    words: list[str] = []
    filters: list[Filter] = []
    for match in _TERM.finditer(clean):
        value = match["bare"] if match["quoted"] is None else match["quoted"].replace('""', '"').strip()
        if match["key"]:
            filters.append(Filter(match["key"].lower(), match["op"], value))
        elif value:
            words.append(value)
    return Terms(tuple(words), tuple(filters))


def _printable(text: str) -> str:
    """Control characters and halves of surrogate pairs are no text that a database takes."""
    return "".join(char if char.isprintable() else " " for char in text)
