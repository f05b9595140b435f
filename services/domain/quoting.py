"""How a value that somebody typed or sent may appear in a message."""

from __future__ import annotations

import re

_DIGIT_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,}")
_RUN_OR_GROUPS = re.compile(
    r"(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?!\d)",
)
_SOCIAL = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def shown(text: str, limit: int = 40) -> str:
    """The value on one short printable line, with card numbers and social security numbers taken out."""
    line = "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in redacted(text[: limit * 8]))
    return line if len(line) <= limit else line[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def is_text(value: str) -> bool:
    """Whether it can be kept: bytes that were no text came in as half characters, which no encoding takes."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def redacted(text: str) -> str:
    """The text with every long digit run that may be a card number, and every social security number, taken out."""
    return _SOCIAL.sub("[SSN]", _DIGIT_RUN.sub("[number]", text))


def holds_card_number(text: str) -> bool:
    """Whether a run of 13 to 19 digits, solid or in the groups printed on cards, passes the Luhn check."""
    return any(_luhn(match.group()) for match in _RUN_OR_GROUPS.finditer(text))


def _luhn(run: str) -> bool:
    digits = [int(char) for char in run if char.isdigit()]
    return (sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0
