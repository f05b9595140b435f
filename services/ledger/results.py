"""What the ledger service gives back."""

from __future__ import annotations

from dataclasses import dataclass

from services.domain.money import Money


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not what its postings say."""

    what: str
    stored: Money
    replayed: Money


@dataclass(frozen=True, slots=True)
class Replay:
    """Every balance of the caller's agency rebuilt from the postings and compared to the minor unit."""

    ok: bool
    scope: str
    transfers: int
    differences: tuple[Difference, ...]


@dataclass(frozen=True, slots=True)
class Check:
    name: str
    ok: bool
    detail: str


@dataclass(frozen=True, slots=True)
class Health:
    """What ``debtflow doctor`` says; ``scope`` names what was looked at."""

    ok: bool
    scope: str
    checks: tuple[Check, ...]
