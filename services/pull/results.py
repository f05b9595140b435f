"""Where files are fetched from, and what became of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from services.domain.agreed import Agreed
from services.gateways.drops import Login, Place

FILE_STATES: Final = ("waiting", "fetched", "staging", "staged", "refused", "taken", "quarantined", "gone")


@dataclass(frozen=True, slots=True)
class Source:
    """One client's server: which files are meant, how often they are looked for, how long they must stand still.

    ``kinds`` says by pattern of name what kind of file one is, the first that fits; without one it is ``kind``.
    ``agreed`` is what a batch must be to be released without anybody looking at it; without it none is.
    ``login`` is asked for when a connection is made; it raises Misconfigured where there is no secret.
    """

    client: str
    place: Place
    login: Callable[[], Login]
    pattern: str = "*"
    every: timedelta = timedelta(minutes=15)
    settle: timedelta = timedelta(minutes=1)
    processed: str = "processed"
    quarantine: str = "quarantine"
    kind: str = "placements"
    kinds: Mapping[str, str] = field(default_factory=dict)
    agreed: Agreed | None = None


@dataclass(frozen=True, slots=True)
class Sight:
    """A file that lies at a client's, and how far its way here is; ``ready`` where it stands still."""

    id: int
    name: str
    size: int
    modified_at: datetime
    state: str
    sha256: str | None
    ready: bool
    rule: str | None
    reason: str | None
    hint: str | None


@dataclass(frozen=True, slots=True)
class Step:
    """What a look did with one file: it is ``waiting``, ``taken``, ``refused``, or in ``trouble``.

    ``verdict`` of one that is taken: its batch is ``released``, or ``left`` for review, and then ``reason`` says why.
    """

    file: int
    name: str
    outcome: str
    batch: int | None = None
    reason: str | None = None
    verdict: str | None = None


@dataclass(frozen=True, slots=True)
class Pulled:
    """What one look at a client's server came to."""

    client: str
    files: tuple[Step, ...]

    def count(self, outcome: str) -> int:
        return sum(step.outcome == outcome for step in self.files)


@dataclass(frozen=True, slots=True)
class PulledFile:
    """A file that was seen at a client's: what it was, when, and what became of it.

    ``verdict`` is ``released`` where its batch was as agreed, ``left`` where it was not, and ``why``; None where that
    is not decided yet.
    """

    id: int
    client: str
    name: str
    size: int
    modified_at: datetime
    first_seen_at: datetime
    state: str
    since: datetime
    sha256: str | None
    batch: int | None
    batch_state: str | None
    rule: str | None
    reason: str | None
    hint: str | None
    moved_to: str | None
    trouble: str | None
    tries: int
    finished_at: datetime | None
    verdict: str | None
    why: str | None
    decided_at: datetime | None


@dataclass(frozen=True, slots=True)
class PulledClient:
    """A client whose server is looked at: when, when next, and what went wrong the last time."""

    client: str
    looked_at: datetime
    next_at: datetime
    looks: int
    failures: int
    trouble: str | None
    waiting: int
    taken: int
    refused: int
