"""Days as a sender writes them, spelled ``DD.MM.YYYY``; what they come to is ``2025-11-30``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from functools import lru_cache
from typing import Final

from services.domain.quoting import shown
from services.errors import BadInput

Reader = Callable[[str], date | None]

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_TOKENS: Final = {
    "YYYY": "(?P<year>[0-9]{4})",
    "YY": "(?P<short>[0-9]{2})",
    "MON": "(?P<name>[A-Za-z]{3,9})[.]?",
    "MM": "(?P<month>[0-9]{2})",
    "M": "(?P<month>[0-9]{1,2})",
    "DD": "(?P<day>[0-9]{2})",
    "D": "(?P<day>[0-9]{1,2})",
}
_PART = re.compile("YYYY|YY|MON|MM|M|DD|D|.", re.IGNORECASE | re.DOTALL)
_CLOCK = re.compile(r"[ T][0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]+)?)?(?: ?[AaPp][Mm]|Z|[+-][0-9]{2}:?[0-9]{2})?$")
# Years of two figures: what this program takes as a date begins in 1970.
_PIVOT: Final = 70

COMMON: Final = (
    "YYYY-MM-DD", "YYYYMMDD", "D.M.YYYY", "D/M/YYYY", "M/D/YYYY", "D-M-YYYY", "M-D-YYYY", "D MON YYYY", "D-MON-YYYY",
    "D-MON-YY", "D.M.YY", "D/M/YY", "M/D/YY", "DDMMYYYY", "MMDDYYYY", "YYYY/M/D", "YYMMDD",
)  # fmt: skip
"""The spellings that are looked for in a file nobody has described yet."""


def check_format(text: str) -> str:
    """A spelling in capitals; raises BadInput where it lacks day, month or year, or says one twice."""
    pattern = text.strip().upper()
    tokens = [part for part in _PART.findall(pattern) if part in _TOKENS]
    said = sorted({"YYYY": "Y", "YY": "Y", "MON": "M"}.get(token, token[0]) for token in tokens)
    rest = "".join(part for part in _PART.findall(pattern) if part not in _TOKENS)
    if said != ["D", "M", "Y"] or any(char.isalnum() for char in rest) or len(pattern) > 20:
        raise BadInput(
            "dates",
            f"“{shown(text)}” spells no date: it names day, month and year once each",
            hint="write it like DD.MM.YYYY, MM/DD/YY, YYYYMMDD or D-MON-YYYY",
        )
    return pattern


@lru_cache(maxsize=64)
def reader(format: str) -> Reader:
    """Reads one spelling; a time of day behind it is dropped, None is what is no such day."""
    parts = (_TOKENS.get(part) or re.escape(part) for part in _PART.findall(format))
    pattern = re.compile("".join(parts))

    def read(text: str) -> date | None:
        found = pattern.fullmatch(text)
        return _day(found.groupdict()) if found else None

    return read


def read_day(text: str, formats: Iterable[str]) -> date | None:
    """The day by the first spelling that fits, or None."""
    bare = _CLOCK.sub("", text) if ":" in text else text
    return next((day for format in formats if (day := reader(format)(bare)) is not None), None)


def _day(said: dict[str, str]) -> date | None:
    if "short" in said:
        year = int(said["short"])
        year += 1900 if year >= _PIVOT else 2000
    else:
        year = int(said["year"])
    try:
        month = int(said["month"]) if "month" in said else _MONTHS.index(said["name"].lower()[:3]) + 1
        return date(year, month, int(said["day"]))
    except ValueError:
        return None


def likely_formats(samples: Sequence[str]) -> tuple[str, ...]:
    """The spellings in which most samples are days, those that could be meant beside each other; empty for none."""
    texts = [text.strip() for text in samples if text.strip()]
    fits = {format: sum(read_day(text, (format,)) is not None for text in texts) for format in COMMON}
    best = max(fits.values())
    return tuple(format for format in COMMON if texts and fits[format] == best and best * 3 >= len(texts) * 2)
