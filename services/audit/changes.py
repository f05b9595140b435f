"""One recorded change in words: what a line says of it, and the columns before and after."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from services.audit.names import NO_NAMES, Names
from services.audit.results import AuditEvent
from services.domain.money import Money
from services.errors import BadInput

MONEY = frozenset({"owing", "unapplied", "original_amount"})
PRICED = frozenset({"amount", "fee", "expected_sum", "written_off"})
"""Money where the row names its currency."""
BUCKETS = ("principal", "interest", "fees", "costs")
TELLING = (
    "owing",
    "status",
    "collector",
    "collector id",
    "text",
    "note",
    "outcome",
    "amount",
    "value",
    "state",
    "follow up on",
    "name",
    "reason",
)
"""Columns that say most of a change, the best first."""

LONGEST = 300
_PLACE = {"number": 0, "status": 1, "owing": 2, "outcome": 2, "text": 2, "note": 2, "amount": 2, "version": 4}
"""Where a column stands among its like."""


@dataclass(frozen=True, slots=True)
class Change:
    """One column; empty where there was or is nothing, ``unit`` is the currency of money."""

    column: str
    before: str
    after: str
    unit: str = ""

    def brief(self, local_currency: str) -> str:
        """The change on a line."""
        unit = f" {self.unit}" if self.unit not in ("", local_currency) else ""
        if not self.before:
            return f"{self.column} {self.after}{unit}"
        return f"{self.column} {self.before} → {self.after or '—'}{unit}"


def changes(event: AuditEvent, local_currency: str, names: Names = NO_NAMES) -> tuple[Change, ...]:
    """The columns that differ; money in the currency of its own row, else of the agency."""
    currency = str(event.after.get("currency") or event.before.get("currency") or local_currency)
    columns = dict.fromkeys([*event.before, *event.after])
    differing = [name for name in columns if event.before.get(name) != event.after.get(name)]
    found = [change for name in differing for change in _column(name, event.before, event.after, currency, names)]
    return tuple(sorted(found, key=lambda change: _PLACE.get(change.column, 3)))


def kept(columns: Mapping[str, object], local_currency: str, names: Names = NO_NAMES) -> tuple[Change, ...]:
    """Columns as they stand, each in ``after``; money as in ``changes``."""
    currency = str(columns.get("currency") or local_currency)
    found = [change for name in columns for change in _column(name, {}, columns, currency, names)]
    return tuple(sorted(found, key=lambda change: _PLACE.get(change.column, 3)))


def brief(event: AuditEvent, local_currency: str, names: Names = NO_NAMES) -> str:
    """What happened, as far as a line can say it."""
    found = {change.column: change for change in changes(event, local_currency, names) if change.before or change.after}
    best = next((found[name] for name in TELLING if name in found), next(iter(found.values()), None))
    if best is None:
        return event.reason or ""
    written = best.column in ("text", "note") and not best.before
    said = best.after if written else best.brief(local_currency)
    if "outcome" in found and written:
        said = f"{found['outcome'].after}: {said}"
    more = f" (+{len(found) - 1})" if len(found) > 1 and not written and best.column != "owing" else ""
    return " · ".join(filter(None, (f"{said}{more}", event.reason)))


def _column(
    name: str, before: Mapping[str, object], after: Mapping[str, object], currency: str, names: Names
) -> Iterator[Change]:
    old, new = before.get(name), after.get(name)
    if name == "due":
        yield from _buckets(old, new, currency)
    elif _is_money(name, before, after) and isinstance(old, int | None) and isinstance(new, int | None):
        yield _money(_words(name), old, new, currency)
    elif name.endswith("_bp") and isinstance(old, int | None) and isinstance(new, int | None):
        yield Change(_words(name.removesuffix("_bp")), _percent(old), _percent(new))
    elif (was := names.of(name, old)) or names.of(name, new):
        yield Change(_words(name.removesuffix("_id")), was or _shown(old), names.of(name, new) or _shown(new))
    else:
        # A promise is an amount whose row does not name the currency.
        yield Change(_words(name), _shown(old), _shown(new), "minor units" if name == "promised" else "")


def _is_money(name: str, before: Mapping[str, object], after: Mapping[str, object]) -> bool:
    return name in MONEY or (name in PRICED and bool(after.get("currency") or before.get("currency")))


def _percent(basis_points: int | None) -> str:
    """A hundredth of a percent is what is kept: 650 is 6.5 %."""
    if basis_points is None:
        return ""
    whole, part = divmod(basis_points, 100)
    return f"{whole}.{part:02}".rstrip("0").rstrip(".") + " %"


def _buckets(old: object, new: object, currency: str) -> Iterator[Change]:
    """What is owed stands as one array: a line for each bucket that moved."""
    for bucket, was, now in zip(BUCKETS, _four(old), _four(new), strict=True):
        if was != now:
            yield _money(bucket, was, now, currency)


def _four(value: object) -> tuple[int | None, ...]:
    return tuple(value) if isinstance(value, list) and len(value) == len(BUCKETS) else (None,) * len(BUCKETS)


def _money(column: str, old: int | None, new: int | None, currency: str) -> Change:
    try:
        was, now = (None if minor is None else Money(minor, currency) for minor in (old, new))
    except BadInput:
        return Change(column, _shown(old), _shown(new), f"minor units of {currency}")
    return Change(column, _figures(was), _figures(now), currency)


def _figures(amount: Money | None) -> str:
    return "" if amount is None else amount.figures.replace("-", "−")


def _words(name: str) -> str:
    return name.replace("_", " ")


def _shown(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
