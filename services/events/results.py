"""What the event service gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.domain.money import Money


@dataclass(frozen=True, slots=True)
class Event:
    """One event at its position; ``subject`` is the account's number, or what else the ``aggregate`` is known by.

    ``payload`` is as stored, its amount in minor units; ``amount`` says the same with its currency.
    """

    position: int
    id: int
    type: str
    aggregate: str
    subject: str
    recorded_at: datetime | None
    amount: Money | None
    payload: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Consumer:
    """Somebody who reads the stream: ``behind`` events are not dealt with yet; ``held_by`` is reading right now."""

    name: str
    position: int
    behind: int
    held_by: str | None
    held_since: datetime | None
    moved_at: datetime | None


@dataclass(frozen=True, slots=True)
class Stream:
    """How far the stream goes; ``waiting`` events have no position yet."""

    position: int
    waiting: int
    consumers: tuple[Consumer, ...]


@dataclass(frozen=True, slots=True)
class EventPage:
    events: tuple[Event, ...]
    next: int | None
    stream: Stream
