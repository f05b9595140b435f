"""Free text on its way into the database: what a person typed, but nothing that must never be kept."""

from __future__ import annotations

import unicodedata
from typing import Final

from services.domain.quoting import holds_card_number
from services.errors import BadInput, Refused

INSTEAD: Final = "take the number out; its last 4 digits are enough"


def prose(text: str, field: str, limit: int, *, required: bool = False) -> str:
    """The text without surrounding space; raises BadInput on ``field``, Refused where it holds a card number."""
    clean = text.replace("\r\n", "\n").strip()
    if required and not clean:
        raise BadInput(field, f"{_named(field)} is missing", hint="type a few words")
    if len(clean) > limit:
        raise BadInput(field, f"{_named(field)} has {len(clean)} characters, {len(clean) - limit} too many")
    if any(unicodedata.category(char) in ("Cc", "Cs") and char not in "\n\t" for char in clean):
        raise BadInput(field, f"{_named(field)} holds control characters", hint="type it instead of pasting it")
    refuse_card_number(clean, _named(field))
    return clean


def refuse_card_number(text: str, where: str) -> None:
    """Raise Refused where a text holds what looks like a card number."""
    if holds_card_number(text):
        raise Refused(f"{where} holds what looks like a card number: it is not kept", rule="card-number", hint=INSTEAD)


def _named(field: str) -> str:
    return f"the {field.replace('_', ' ')}"
