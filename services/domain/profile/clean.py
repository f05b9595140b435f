"""What may be done to a cell before it is read, one small step each."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final

from services.domain.contacts import normalise_phone
from services.errors import BadInput

Step = Callable[[str], str]

_SPACE = re.compile(r"\s+")
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
# What Excel writes to keep figures as text: ="0012" and '0012.
_AS_TEXT = re.compile(r'="?(.*?)"?')


def _title(text: str) -> str:
    return _WORD.sub(lambda word: word[0][0].upper() + word[0][1:].lower(), text)


def _plain_text(text: str) -> str:
    if text.startswith("'"):
        return text[1:]
    found = _AS_TEXT.fullmatch(text)
    return found[1] if found and text.startswith('="') else text


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())


STEPS: Final[dict[str, tuple[Step, str]]] = {
    "trim": (str.strip, "takes space off both ends"),
    "squeeze": (lambda text: _SPACE.sub(" ", text).strip(), "makes one space of many"),
    "upper": (str.upper, "writes capitals"),
    "lower": (str.lower, "writes small letters"),
    "title": (_title, "writes Names Like This"),
    "digits": (_digits, "keeps the digits alone"),
    "unquote": (_plain_text, 'takes off what a spreadsheet puts before text: \'0012, ="0012"'),
    "unpad": (lambda text: text.lstrip("0") or text[-1:], "takes leading zeros off"),
}
"""Every step by name, and what it does."""

PHONE: Final = "phone"
"""Writes a telephone number in full; it needs the sender's country and is therefore no step like the others."""


def steps_of(names: Sequence[str], region: str) -> tuple[Step, ...]:
    """The steps, in their order."""
    return tuple(partial(_phone, region=region) if name == PHONE else STEPS[name][0] for name in names)


def _phone(text: str, region: str) -> str:
    """The number in E.164 where it is one; what is none stays as it is, and is found by the check of the row."""
    if not text.strip():
        return text
    try:
        return normalise_phone(text, region)
    except BadInput:
        return text
