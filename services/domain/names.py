"""Names of people: folded for searching, split for showing."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from functools import lru_cache

# Letters that Unicode does not take apart, as they are typed on a keyboard without them.
_LETTERS = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h"})
_PARTICLES = frozenset({"von", "van", "vom", "zu", "zum", "der", "den", "de", "del", "della", "di", "da", "dos",
                        "du", "la", "le", "el", "al", "bin", "ibn", "abu", "st", "san", "santa", "ter"})  # fmt: skip
_SUFFIXES = frozenset({"jr", "sr", "ii", "iii", "iv", "esq", "md", "phd"})


@dataclass(frozen=True, slots=True)
class Name:
    """A person's name as shown; ``first`` may be empty."""

    first: str
    last: str

    @property
    def first_norm(self) -> str:
        """The first names folded for searching."""
        return fold(self.first)

    @property
    def last_norm(self) -> str:
        """The last name folded for searching."""
        return fold(self.last)

    @property
    def display(self) -> str:
        """First names, then last name."""
        return f"{self.first} {self.last}".strip()


@lru_cache(maxsize=4096)
def fold(text: str) -> str:
    """Lower case without accents, punctuation as single spaces; letters of every script stay."""
    lowered = text.lower() if text.isascii() else _bare(_bare(text).casefold().translate(_LETTERS))
    return " ".join("".join(char if char.isalnum() else " " for char in lowered).split())


def _bare(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    return unicodedata.normalize("NFC", "".join(char for char in apart if unicodedata.category(char) != "Mn"))


def tokens(text: str) -> tuple[str, ...]:
    """The folded words of a text."""
    return tuple(fold(text).split())


def split_name(text: str) -> Name:
    """First and last name out of ``Last, First`` or ``First Last``; a lone word is a last name."""
    whole = " ".join(text.split()).strip(" ,")
    if "," not in whole:
        return _split_words(whole.split(" "))
    before, comma, after = (part.strip() for part in whole.partition(","))
    if comma and fold(after) not in _SUFFIXES:
        return Name(first=after, last=before)
    name = _split_words(before.split(" "))
    return Name(name.first, f"{name.last} {after}") if comma else name


def _split_words(words: list[str]) -> Name:
    if len(words) == 2 and _is_initial(words[1]) and not _is_initial(words[0]):
        return Name(first=words[1], last=words[0])
    start = len(words) - 1
    if start > 1 and fold(words[start]) in _SUFFIXES:
        start -= 1
    while start > 1 and fold(words[start - 1]) in _PARTICLES:
        start -= 1
    return Name(first=" ".join(words[:start]), last=" ".join(words[start:]))


def _is_initial(word: str) -> bool:
    return len(word.rstrip(".")) == 1
