"""The same correction for many cells: what it does to one of them."""

from __future__ import annotations

import calendar
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, TypeAlias

from services.domain.dates import calendar_readings
from services.domain.quoting import shown
from services.errors import BadInput

Unit = Literal["d", "w", "m", "y"]
_STEP = re.compile(r"([+-])([0-9]{1,4})([dwmy])")


@dataclass(frozen=True, slots=True)
class Replace:
    """Every occurrence of a text within the cell; upper and lower case differ."""

    column: str
    old: str
    new: str

    def of(self, text: str) -> str:
        return text.replace(self.old, self.new)


@dataclass(frozen=True, slots=True)
class Map:
    """Whole cells, as they stand without the spaces around them, become others; what is not named stays."""

    column: str
    values: Mapping[str, str]

    def of(self, text: str) -> str:
        return self.values.get(text.strip(), text)


@dataclass(frozen=True, slots=True)
class Set:
    """One value for every cell."""

    column: str
    value: str

    def of(self, text: str) -> str:  # noqa: ARG002 - what stood there makes no difference
        return self.value


@dataclass(frozen=True, slots=True)
class ShiftDate:
    """A day earlier or later; what is no date, or would leave the calendar, stays. The end of a month stays in it."""

    column: str
    by: int
    unit: Unit

    def of(self, text: str) -> str:
        readings = calendar_readings(text)
        moved = _moved(readings[0], self.by, self.unit) if readings else None
        return moved.isoformat() if moved else text


@dataclass(frozen=True, slots=True)
class DayFirst:
    """A date written with slashes is read day first; what is no date, or reads only one way, stays."""

    column: str

    def of(self, text: str) -> str:
        readings = calendar_readings(text)
        return readings[1].isoformat() if readings and len(readings) > 1 else text


Alike: TypeAlias = Replace | Map | Set | ShiftDate | DayFirst


def replacing(column: str, old: str, new: str) -> Replace:
    if not old:
        raise BadInput("replace", "nothing to look for was given", hint="name the text that is to be replaced")
    return Replace(column, old, new)


def mapping(column: str, pairs: Mapping[str, str]) -> Map:
    if not pairs:
        raise BadInput("map", "no value was given", hint="write it like PL=payment plan")
    return Map(column, {old.strip(): new for old, new in pairs.items()})


def shifting(column: str, text: str) -> ShiftDate:
    """Reads ``+1d``, ``-2w``, ``+1m``, ``-100y``."""
    step = _STEP.fullmatch(text.strip().lower())
    if step is None or not int(step[2]):
        raise BadInput("shift", f"“{shown(text)}” is no step", hint="write it like +1d, -2w, +1m or -100y")
    unit: Unit = step[3]  # type: ignore[assignment]
    return ShiftDate(column, int(step[1] + step[2]), unit)


def described(change: Alike) -> str:
    """What the correction does, in words."""
    match change:
        case Replace(column, old, new):
            return f"{column}: “{shown(old)}” becomes “{shown(new)}”" if new else f"{column}: “{shown(old)}” goes"
        case Map(column, values):
            return f"{column}: " + ", ".join(f"{shown(old)} → {shown(new)}" for old, new in values.items())
        case Set(column, value):
            return f"{column} becomes “{shown(value)}”" if value else f"{column} is emptied"
        case ShiftDate(column, by, unit):
            return f"{column}: {by:+d}{unit}"
        case DayFirst(column):
            return f"{column}: read day first"


def _moved(day: date, by: int, unit: Unit) -> date | None:
    try:
        if unit in ("d", "w"):
            return day + timedelta(days=by * (7 if unit == "w" else 1))
        month = day.year * 12 + day.month - 1 + by * (12 if unit == "y" else 1)
        year, month = month // 12, month % 12 + 1
        return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))
    except (ValueError, OverflowError, calendar.IllegalMonthError):
        return None
