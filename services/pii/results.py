"""What forgetting says."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

REASONS: Final = ("request", "retention", "order", "mistake")
"""Why somebody is forgotten: they asked, time is over, an authority or a court says so, it was never theirs."""


@dataclass(frozen=True, slots=True)
class Block:
    """One thing that keeps a person from being forgotten; ``what`` says what to do, or who may lift it."""

    rule: str
    account: str | None
    said: str
    what: str


@dataclass(frozen=True, slots=True)
class AtProvider:
    """A customer of theirs at a payment provider, who is asked there to forget them as well."""

    gateway: str
    customer: str


@dataclass(frozen=True, slots=True)
class Traces:
    """Where a person's data are, in numbers; ``accounts`` are those of everybody who is linked as the same person."""

    accounts: tuple[str, ...]
    forgotten_at: datetime | None
    last_work: datetime | None
    kept_days: int
    blocks: tuple[Block, ...]
    contacts: int
    lines: int
    references: int
    rows: int
    files: int
    providers: tuple[AtProvider, ...]


@dataclass(frozen=True, slots=True)
class Done:
    """What was taken away, in numbers; ``trail`` are values that stood beside the audit trail."""

    contacts: int = 0
    lines: int = 0
    references: int = 0
    rows: int = 0
    files: int = 0
    webhooks: int = 0
    trail: int = 0


@dataclass(frozen=True, slots=True)
class Forgotten:
    """``objects_left`` are files in a bucket that could not be removed; the next act tries again."""

    accounts: tuple[str, ...]
    done: Done
    providers: tuple[AtProvider, ...] = ()
    objects_left: int = 0


@dataclass(frozen=True, slots=True)
class Forgetting:
    """One act of forgetting, as it is kept: numbers, and nobody's name."""

    accounts: tuple[str, ...]
    reason: str
    at: datetime
    by: str
    done: Done


@dataclass(frozen=True, slots=True)
class Hold:
    """A legal hold on a debtor, by one of their accounts."""

    account: str
    reason: str
    placed_by: str
    placed_at: datetime
    lifted_by: str | None
    lifted_at: datetime | None
