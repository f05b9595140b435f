"""Dates as operators type them: ``t``, ``-1``, ``15``, ``21 Nov``, ``11/21/2026``; never a locale, never the clock."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from services.domain.quoting import shown
from services.errors import BadInput

Prefer = Literal["past", "future"]

_WORDS = {"t": 0, "today": 0, "yesterday": -1, "tomorrow": 1}
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_FULL_MONTHS = ("january", "february", "march", "april", "june", "july", "august", "september", "sept", "october",
                "november", "december")  # fmt: skip
_SHIFT = re.compile(r"([+-])([0-9]{1,5})")
_DAY = re.compile(r"[0-9]{1,2}")
_ISO = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})(?:[Tt ][0-9:.]+(?:[Zz]|[+-][0-9:]+)?)?")
_COMPACT = re.compile(r"((?:19|20)[0-9]{2})([0-9]{2})([0-9]{2})")
_SLASHED = re.compile(r"([0-9]{1,2})[/-]([0-9]{1,2})[/-]([0-9]{4})")
_DOTTED = re.compile(r"([0-9]{1,2})\.([0-9]{1,2})\.([0-9]{4})")
_DAY_MONTH = re.compile(r"([0-9]{1,2})(?:st|nd|rd|th)?[ -]([A-Za-z]{3,9})\.?(?:,?[ -]([0-9]{4}))?")
_MONTH_DAY = re.compile(r"([A-Za-z]{3,9})\.? ([0-9]{1,2})(?:st|nd|rd|th)?(?:,? ([0-9]{4}))?")
_MONTH_SLASH_DAY = re.compile(r"([0-9]{1,2})/([0-9]{1,2})")
_AGO = re.compile(r"-?([0-9]{1,5})\s*([mhdw])")
_MOMENT = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2})?(?:Z|[+-][0-9]{2}:?[0-9]{2})?")
_UNIT = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_date(text: str, today: date, *, prefer: Prefer = "past", field: str = "date") -> date:
    """The day that was typed; one without month or year is the nearest in the ``prefer``red direction, today included.

    Slashes are read in the agency's order, month first. Raises BadInput on ``field``.
    """
    typed = " ".join(text.split()).lower()
    if typed in _WORDS:
        return _shifted(today, _WORDS[typed], field)
    if shift := _SHIFT.fullmatch(typed):
        return _shifted(today, int(shift[1] + shift[2]), field)
    readings = calendar_readings(typed)
    if readings:
        return readings[0]
    if near := next(_nearest(typed, today, prefer), None):
        return near
    if readings is not None or _is_partial(typed):
        raise BadInput(field, f"there is no such day as “{shown(typed)}”", hint="check day and month")
    raise BadInput(
        field, f"“{shown(typed)}” is not a date" if typed else "a date is missing", hint="type t, -1, 15 or 2026-11-21"
    )


def calendar_readings(text: str) -> tuple[date, ...] | None:
    """Every day that a complete date can mean, the agency's month-first order first; None where it is no date's form.

    An empty tuple is a date's form without such a day (31/02/2025).
    """
    typed = text.strip()
    if match := _ISO.fullmatch(typed) or _COMPACT.fullmatch(typed):
        return _days((match[1], match[2], match[3]))
    if match := _SLASHED.fullmatch(typed):
        return _days((match[3], match[1], match[2]), (match[3], match[2], match[1]))
    if match := _DOTTED.fullmatch(typed):
        return _days((match[3], match[2], match[1]))
    parts = _named_month(typed)
    return _days((parts[0], str(parts[1]), parts[2])) if parts and parts[0] else None


def parse_since(text: str, now: datetime, *, field: str = "since") -> datetime:
    """The first moment meant by ``-7d``, ``-12h``, ``today`` or a date, in the zone of the aware ``now``."""
    return _moment(text, now, field, days=0)


def parse_until(text: str, now: datetime, *, field: str = "until") -> datetime:
    """The moment before which things count: a day named here is still included whole."""
    return _moment(text, now, field, days=1)


def _moment(text: str, now: datetime, field: str, days: int) -> datetime:
    typed = " ".join(text.split()).lower()
    if typed == "now":
        return now
    if ago := _AGO.fullmatch(typed):
        return _ago(now, timedelta(**{_UNIT[ago[2]]: int(ago[1])}), field)
    if _MOMENT.fullmatch(typed.upper()):
        return _exact(typed.upper(), now, field)
    try:
        day = _shifted(parse_date(typed, now.date(), field=field), days, field)
    except BadInput as error:
        raise BadInput(field, error.message, hint="type -7d, -12h, today or 2026-11-01") from None
    return datetime.combine(day, time.min, tzinfo=now.tzinfo)


def _ago(now: datetime, span: timedelta, field: str) -> datetime:
    try:
        return (now.astimezone(UTC) - span).astimezone(now.tzinfo)
    except OverflowError:
        raise BadInput(field, "that is before all calendars", hint="type -7d, -12h or 2026-11-01") from None


def _exact(typed: str, now: datetime, field: str) -> datetime:
    try:
        moment = datetime.fromisoformat(typed)
    except ValueError:
        raise BadInput(field, f"there is no such time as “{shown(typed)}”", hint="type 2026-11-01T14:30") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=now.tzinfo)


def _shifted(day: date, days: int, field: str) -> date:
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise BadInput(field, "that day is out of every calendar", hint="type a date such as 2026-11-21") from None


def _days(*candidates: tuple[str, str, str]) -> tuple[date, ...]:
    found: dict[date, None] = {}
    for year, month, day in candidates:
        if exact := _day(int(year), int(month), int(day)):
            found[exact] = None
    return tuple(found)


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _named_month(typed: str) -> tuple[str | None, int, str] | None:
    """Year if given, month, day."""
    if match := _DAY_MONTH.fullmatch(typed):
        day, name, year = match[1], match[2].lower(), match[3]
    elif match := _MONTH_DAY.fullmatch(typed):
        name, day, year = match[1].lower(), match[2], match[3]
    else:
        return None
    known = name in _MONTHS or name in _FULL_MONTHS
    return (year, _MONTHS.index(name[:3]) + 1, day) if known else None


def _nearest(typed: str, today: date, prefer: Prefer) -> Iterator[date]:
    """The days that a date without a year or month can mean, nearest first."""
    step = 1 if prefer == "future" else -1
    if _DAY.fullmatch(typed):
        months = (today.year * 12 + today.month - 1 + step * n for n in range(13))
        candidates = (_day(month // 12, month % 12 + 1, int(typed)) for month in months)
    elif partial := _month_and_day(typed):
        candidates = (_day(today.year + step * n, *partial) for n in range(9))
    else:
        return
    yield from (day for day in candidates if day and (day - today).days * step >= 0)


def _month_and_day(typed: str) -> tuple[int, int] | None:
    if match := _MONTH_SLASH_DAY.fullmatch(typed):
        return int(match[1]), int(match[2])
    named = _named_month(typed)
    return (named[1], int(named[2])) if named and not named[0] else None


def _is_partial(typed: str) -> bool:
    return _DAY.fullmatch(typed) is not None or _month_and_day(typed) is not None
