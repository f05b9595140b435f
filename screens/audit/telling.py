"""Moments, proofs and values as people read them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING

from screens.widgets import day, words
from services.audit.changes import brief

SHORT = {"account": "", "payment_batch": "pmt batch", "payment_batch_line": "line"}
"""Kinds that a narrow column has another word for."""

if TYPE_CHECKING:
    from screens.base import Desk
    from services.audit.names import Names
    from services.audit.results import AuditEvent

_DAY = re.compile(r"\d{4}-\d\d-\d\d")
_DAYS = re.compile(r"(?<![\w-])\d{4}-\d\d-\d\d(?![\w-])")
_MOMENT = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d(?::?\d\d)?)")
_CODES = re.compile(r"(?<![\w.@/-])[a-z]+(?:_[a-z]+)+(?![\w.@/-])")
_CODE = re.compile(r"[a-z]+(?:_[a-z]+)+")


def when(desk: Desk, at: datetime) -> str:
    """A moment in a narrow column: the time today, the day and time this year, the day and year before."""
    here, today = desk.local(at), desk.today
    if here.date() == today:
        return f"{here:%H:%M:%S}"
    return f"{here.day:>2} {here:%b} {here.year}" if here.year != today.year else f"{here.day:>2} {here:%b %H:%M}"


def moment(desk: Desk, at: datetime) -> str:
    """A moment in full."""
    here = desk.local(at)
    return f"{day(here.date())} {here:%H:%M:%S}"


def minute(desk: Desk, at: datetime) -> str:
    """A moment to the minute; the day only where it is not today."""
    here = desk.local(at)
    return f"{here:%H:%M}" if here.date() == desk.today else f"{day(here.date())} {here:%H:%M}"


def apart(span: timedelta) -> str:
    """How long between two changes, roughly: *3 days*, *2 h*."""
    seconds = int(span.total_seconds())
    for size, name in ((31_557_600, "year"), (2_629_800, "month"), (604_800, "week"), (86_400, "day")):
        if seconds >= size * (2 if name in ("week", "month") else 1):
            count = seconds // size
            return f"{count} {name}{'s' * (count != 1)}"
    if seconds >= 3600:
        return f"{seconds // 3600} h"
    return f"{seconds // 60} min" if seconds >= 60 else f"{seconds} s" if seconds else "at once"


def about(event: AuditEvent) -> str:
    """What was changed, in a narrow column: an account is its number."""
    kind, _, ref = event.entity.partition("/")
    return " ".join(filter(None, (SHORT.get(kind, kind), ref)))


def what(desk: Desk, event: AuditEvent, names: Names) -> str:
    """What happened, in a line."""
    listed = event.after.get("ids")
    if event.act == "seal.events" and isinstance(listed, list):
        return f"{len(listed)} security event{'s' * (len(listed) != 1)} sealed by a list"
    if event.act == "seal.archive":
        return f"{event.after.get('rows')} rows of {str(event.after.get('month'))[:7]} archived in a file"
    said = _CODES.sub(lambda code: words(code.group()), brief(event, desk.session.currency, names))
    return _DAYS.sub(lambda on: readable(desk, on.group()), said)


def readable(desk: Desk, value: str) -> str:
    """A kept value as people write it: days, moments and codes; anything else as it is."""
    try:
        if _DAY.fullmatch(value):
            return day(date.fromisoformat(value))
        if _MOMENT.fullmatch(value):
            return moment(desk, datetime.fromisoformat(value.replace(" ", "T")))
    except (ValueError, OverflowError):
        return value
    return words(value) if _CODE.fullmatch(value) else value


# ---- proof -------------------------------------------------------------------------------------------------------


def waits(event: AuditEvent) -> bool:
    """Whether it will be sealed and is not yet."""
    return event.proof.state != "sealed" and not event.of_security


def mark(event: AuditEvent) -> str:
    """One cell: ✓ sealed and checked since, • sealed, · still waiting; what happened at the door is sealed by lists."""
    proof = event.proof
    if event.of_security and proof.state != "sealed":
        return ""
    return "·" if proof.state != "sealed" else "✓" if proof.verified_at is not None else "•"


def proved(desk: Desk, event: AuditEvent) -> str:
    """The same in words."""
    proof = event.proof
    if event.of_security and proof.state != "sealed":
        return "sealed in a list of such events: debtflow audit verify checks it"
    if proof.state != "sealed":
        return "· not sealed yet: the next seal takes it in"
    checked = f"checked {minute(desk, proof.verified_at)}" if proof.verified_at is not None else "not checked since"
    return f"{mark(event)} sealed, no. {proof.seal}, {checked}"
