"""How a value that somebody typed or sent may appear in a message."""

from __future__ import annotations

import re
from collections.abc import Iterator

_DIGIT_RUN = re.compile(r"(?<!\d)\d(?:[ -]?\d){12,}")
_RUN_OR_GROUPS = re.compile(
    r"(?<!\d)(?:\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{1,7}|\d{4}([ -])\d{6}\2\d{4,5})(?!\d)",
)
# Possessive, and only from where a run begins: a cell of nothing but digits would else be read once for each of them.
_GROUPS = re.compile(r"(?<!\d)\d++(?:([ .\u00a0\u202f-])\d++)(?:\1\d++)*+")
_ISSUED = re.compile(
    r"4\d{12}(?:\d{3}){0,2}|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}|3[47]\d{13}|"
    r"3(?:0[0-5]|[689]\d)\d{11}|6(?:011|4[4-9]\d|5\d\d)\d{12}|35(?:2[89]|[3-8]\d)\d{12}|62\d{14,17}"
)
_SOCIAL = re.compile(r"(?<!\d)\d{3}[- ]\d{2}[- ]\d{4}(?!\d)")
_DOUBLED = (0, 2, 4, 6, 8, 1, 3, 5, 7, 9)


def shown(text: str, limit: int = 40) -> str:
    """The value on one short printable line, with card numbers and social security numbers taken out."""
    line = "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in redacted(text[: limit * 8]))
    return line if len(line) <= limit else line[: limit - 1] + "\N{HORIZONTAL ELLIPSIS}"


def for_spreadsheet(text: str) -> str:
    """A cell for people's spreadsheets, which take nothing in it for a formula."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@")) else text


def is_text(value: str) -> bool:
    """Whether it can be kept: bytes that were no text came in as half characters, which no encoding takes."""
    return not any("\ud800" <= char <= "\udfff" for char in value)


def redacted(text: str) -> str:
    """The text with every long digit run that may be a card number, and every social security number, taken out."""
    return _SOCIAL.sub("[SSN]", _DIGIT_RUN.sub("[number]", text))


def holds_card_number(text: str) -> bool:
    """Whether a run of 13 to 19 digits passes the Luhn check: solid, or in the groups printed on cards.

    In other groups (4242 42424242 4242) it must also begin and end as a card of one of the great issuers does: figures
    and days standing side by side pass the check by chance.
    """
    return any(_luhn(match.group()) for match in _RUN_OR_GROUPS.finditer(text)) or any(
        _ISSUED.fullmatch(run) is not None and _luhn(run) for run in _runs(text)
    )


def _runs(text: str) -> Iterator[str]:
    """Every run of neighbouring groups that could be one number written apart."""
    for match in _GROUPS.finditer(text):
        groups = match.group().split(match.group(1))
        for first in range(len(groups)):
            for last in range(first + 2, min(first + 7, len(groups) + 1)):
                if all(len(group) > 1 for group in groups[first:last]):
                    yield "".join(groups[first:last])


def _luhn(run: str) -> bool:
    digits = [int(char) for char in run if char.isdigit()]
    return (sum(digits[-1::-2]) + sum(_DOUBLED[digit] for digit in digits[-2::-2])) % 10 == 0
