"""Debts as the rules of the house have them, worked out a second time: what each act does to buckets and books.

Written from docs/adjustments.md, docs/several-debts.md, docs/cards.md and the decisions behind them; nothing here has
seen a leg of ours. Every rule gives what goes into the second ledger, debit positive.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

from tests.kernel.second_ledger import BUCKETS, allocated, book_name, bucket_name, commission, unapplied_name

Legs = dict[str, int]
ON_WRITE_OFF = {"write_off": "written_off"}


@dataclass(frozen=True)
class Terms:
    """A client's contract."""

    client: str
    rate: int
    order: tuple[str, ...]
    interest_bp: int


@dataclass
class Paid:
    """A payment that stands: how it fell, and how much of it went back since."""

    fell: dict[str, int]
    over: int
    held: bool
    back: int = 0

    @property
    def applied(self) -> int:
        return sum(self.fell.values())

    def next_back(self, order: Sequence[str], minor: int) -> dict[str, int]:
        """The buckets that a piece falls back on: the last that was filled first."""
        skip, parts = self.back, dict.fromkeys(BUCKETS, 0)
        for bucket in reversed(order):
            gone = min(skip, self.fell[bucket])
            parts[bucket] = min(self.fell[bucket] - gone, minor)
            skip, minor = skip - gone, minor - parts[bucket]
        assert minor == 0
        return parts


@dataclass
class Debt:
    """One account."""

    number: str
    terms: Terms
    placed: date
    due: dict[str, int]
    principal: list[tuple[date, int]] = field(default_factory=list)
    free: set[date] = field(default_factory=set)
    accrued: int = 0

    @property
    def owed(self) -> int:
        return sum(self.due.values())

    # ---- acts

    def place(self) -> Legs:
        self.principal = [(self.placed, self.due["principal"])]
        return self._receivable(self.due) | {self._book("control"): -self.owed}

    def pay(self, minor: int, on: date, *, held: bool) -> tuple[Legs, Paid]:
        """What finds no room in the buckets is unapplied; the commission is on what does."""
        paid = Paid(allocated(minor, self.due, self.terms.order), 0, held)
        paid.over = minor - paid.applied
        self._move(on, {bucket: -part for bucket, part in paid.fell.items()})
        return self.payment_legs(paid), paid

    def payment_legs(self, paid: Paid) -> Legs:
        earned, applied = commission(paid.applied, self.terms.rate), paid.applied
        return self._receivable({bucket: -part for bucket, part in paid.fell.items()}) | {
            unapplied_name(self.number): -paid.over,
            self._book("trust"): applied + paid.over if paid.held else 0,
            self._book("control"): applied,
            self._book("client_due"): earned - applied if paid.held else earned,
            self._book("commission"): -earned,
        }

    def unpay(self, paid: Paid, on: date) -> Legs:
        """A reversal is the payment turned round, whatever happened since."""
        self._move(on, paid.fell)
        return {name: -minor for name, minor in self.payment_legs(paid).items()}

    def give_back(self, paid: Paid, minor: int, on: date) -> Legs:
        """The commission goes back in proportion, rounded half up on the running total."""
        parts = paid.next_back(self.terms.order, minor)
        whole = commission(paid.applied, self.terms.rate)
        earned = _share(whole, paid.back + minor, paid.applied) - _share(whole, paid.back, paid.applied)
        paid.back += minor
        self._move(on, parts)
        return self._receivable(parts) | {
            self._book("trust"): -minor,
            self._book("control"): -minor,
            self._book("client_due"): minor - earned,
            self._book("commission"): earned,
        }

    def adjust(self, kind: str, parts: Mapping[str, int], on: date) -> Legs:
        """Parts are signed: what a debt grows by is owed through the client, what is given up stands by itself."""
        self._move(on, parts)
        other = self._book(ON_WRITE_OFF.get(kind, "control"))
        return self._receivable(parts) | {other: -sum(parts.values())}

    def written_off(self, minor: int) -> dict[str, int]:
        return {bucket: -part for bucket, part in allocated(minor, self.due, self.terms.order).items()}

    def accrue(self, today: date) -> Legs:
        """The whole since the placement, rounded once, less what was posted; too much goes back from what is owed."""
        if not self.owed:
            return {}
        minor = max(self.interest(today) - self.accrued, -self.due["interest"])
        self.accrued += minor
        return self.adjust("interest", {"interest": minor}, today)

    # ---- days

    def day_passes(self, today: date) -> None:
        """A day on which nothing is owed at its end costs nothing, whatever is found out about it later."""
        if not self.owed:
            self.free.add(today)

    def interest(self, until: date) -> int:
        """Actual/365: every day costs what the principal at its end says, by the day each posting counts from."""
        basis, day = 0, self.placed
        while day < until:
            standing = sum(minor for since, minor in self.principal if since <= day)
            basis += 0 if day in self.free else max(standing, 0) * self.terms.interest_bp
            day += timedelta(days=1)
        return (2 * basis + 3_650_000) // (2 * 3_650_000)

    # ---- inside

    def _move(self, on: date, parts: Mapping[str, int]) -> None:
        for bucket, minor in parts.items():
            self.due[bucket] += minor
        self.principal.append((on, parts.get("principal", 0)))

    def _receivable(self, parts: Mapping[str, int]) -> Legs:
        return {bucket_name(self.number, bucket): minor for bucket, minor in parts.items()}

    def _book(self, kind: str) -> str:
        return book_name(self.terms.client, kind)


def _share(whole: int, part: int, of: int) -> int:
    return (2 * whole * part + of) // (2 * of)


def spread(minor: int, debts: Sequence[Debt]) -> list[tuple[Debt, int]]:
    """A receipt over several debts, oldest first; the debts come in that order."""
    parts = []
    for debt in debts:
        part = min(minor, debt.owed)
        minor -= part
        if part:
            parts.append((debt, part))
    return parts
