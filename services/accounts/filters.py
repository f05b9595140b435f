"""The conditions of a lookup as lists and ranges that the database compares with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from services.domain.lookup import STATUSES, Condition
from services.domain.money import MAX_MINOR

OPEN = tuple(status for status in STATUSES if status not in ("settled", "closed", "open"))

Filter = dict[str, object]
Ends = tuple[int, int]

_WHOLE: dict[str, Ends] = {
    "balance": (0, MAX_MINOR * 10),
    "priority": (0, 3),
    "followup": (date.min.toordinal(), date.max.toordinal()),
}
_NOTHING: Ends = (1, 0)


def needs_agency(conditions: Iterable[Condition]) -> bool:
    """Whether a condition can only be read with the agency's currency and date."""
    return any(condition.key in ("balance", "followup") for condition in conditions)


def as_filter(conditions: Iterable[Condition], currency: str, today: date) -> Filter | None:
    """The conditions as one filter, None for none; raises BadInput on a value that this agency's money cannot have."""
    wanted: Filter = {}
    ranges: dict[str, Ends] = {}
    for condition in conditions:
        if condition.key in _WHOLE:
            within = ranges.get(condition.key, _WHOLE[condition.key])
            ranges[condition.key] = _narrowed(within, condition.op, _number(condition, currency, today))
        else:
            wanted |= _named(condition.key, condition.value)
    for key, ends in ranges.items():
        wanted |= _ranged(key, ends, currency)
    return wanted or None


def _number(condition: Condition, currency: str, today: date) -> int:
    """Money, priorities and days all compare as whole numbers."""
    match condition.key:
        case "balance":
            return condition.money(currency).minor
        case "followup":
            return condition.day(today).toordinal()
        case _:
            return int(condition.value)


def _narrowed(within: Ends, op: str, value: int) -> Ends:
    low, high = within
    match op:
        case "<":
            return low, min(high, value - 1)
        case "<=":
            return low, min(high, value)
        case ">":
            return max(low, value + 1), high
        case ">=":
            return max(low, value), high
        case _:
            return max(low, value), min(high, value)


def _ranged(key: str, ends: Ends, currency: str) -> Filter:
    low, high = ends if ends[0] <= ends[1] else _NOTHING
    if key == "followup":
        return {
            "follow_from": date.fromordinal(low).isoformat(),
            "follow_to": date.fromordinal(max(high, 1)).isoformat(),
        }
    money: Filter = {"currency": currency} if key == "balance" else {}
    return {f"{key}_from": low, f"{key}_to": high} | money


def _named(key: str, value: str) -> Filter:
    if key == "status":
        return {"statuses": list(OPEN) if value == "open" else [value]}
    return {key: value.upper() if key == "client" else value}
