"""People as their supervisor sees them: what they hold, how it is spread, and how it goes to others."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the agency; ``most`` is how many open accounts they may hold, None for who holds none by role.

    ``due`` counts accounts whose follow-up day has come. Who has left keeps ``held`` until it is handed over.
    """

    login: str
    full_name: str
    role: str
    team: str | None
    held: int
    most: int | None
    due: int
    created_at: datetime
    disabled_at: datetime | None


@dataclass(frozen=True, slots=True)
class Team:
    """``most`` is how many accounts each of them may hold, None where the team says nothing."""

    name: str
    most: int | None
    members: tuple[str, ...]
    held: int


@dataclass(frozen=True, slots=True)
class OpenBatch:
    """An unfinished batch of payments; ``goes`` is whether somebody else can go on with it."""

    id: int
    title: str | None
    state: str
    goes: bool


@dataclass(frozen=True, slots=True)
class OpenWork:
    """What somebody has under way; follow-ups, promises, plans and offers are those of their open accounts."""

    login: str
    accounts: int
    follow_ups: int
    due: int
    promises: int
    plans: int
    settlements: int
    batches: tuple[OpenBatch, ...]
    clients: tuple[str, ...]
    questions: int

    @property
    def nothing(self) -> bool:
        """Whether nobody has to take anything over."""
        return not (self.accounts or self.batches or self.clients)


@dataclass(frozen=True, slots=True)
class HandOver:
    """What went to others: accounts, batches, places as a client's collector; questions were refused.

    ``left`` are accounts that did not go.
    """

    login: str
    accounts: int = 0
    batches: int = 0
    clients: int = 0
    questions: int = 0
    left: int = 0


@dataclass(frozen=True, slots=True)
class Share:
    """One person of a rebalancing: what they hold now, at most, and at its end."""

    login: str
    held: int
    most: int
    target: int

    @property
    def change(self) -> int:
        return self.target - self.held


@dataclass(frozen=True, slots=True)
class Rebalanced:
    """A rebalancing as it was planned (``shares``), and how many accounts went (None: it was only planned)."""

    team: str | None
    shares: tuple[Share, ...]
    moved: int | None


@dataclass(frozen=True, slots=True)
class Given:
    """How many accounts there were to give, how many fit, and how many went (None: nothing was given yet)."""

    accounts: int
    room: int
    moved: int | None
