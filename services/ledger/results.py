"""What the ledger service gives back. Amounts of a ledger account count positive on its own side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from services.domain.money import Money

KINDS: Final = ("trust", "receivable", "unapplied", "control", "client_due", "commission", "escrow", "written_off")
"""The ledger accounts that every client's book has."""


@dataclass(frozen=True, slots=True)
class Clocks:
    """The moment a question is about: the last day that counts, and the last moment at which it had to be recorded.

    None is now.
    """

    as_of: date | None = None
    known_at: datetime | None = None


NOW: Final = Clocks()


@dataclass(frozen=True, slots=True)
class LedgerBalance:
    """One ledger account; ``client`` is None for a book that is nobody's."""

    client: str | None
    kind: str
    side: str
    what: str
    balance: Money

    @property
    def debit(self) -> Money:
        """The balance with debits positive, whatever side the account is on."""
        return self.balance if self.side == "debit" else -self.balance


@dataclass(frozen=True, slots=True)
class Chart:
    """Every ledger account of the agency with its balance."""

    as_of: date | None
    known_at: datetime | None
    accounts: tuple[LedgerBalance, ...]


@dataclass(frozen=True, slots=True)
class TrialLine:
    client: str | None
    kind: str
    debit: Money
    credit: Money


@dataclass(frozen=True, slots=True)
class TrialTotal:
    """What debits and credits of one currency add up to; ``difference`` is zero, or the books are broken."""

    currency: str
    debit: Money
    credit: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class TrialBalance:
    as_of: date | None
    known_at: datetime | None
    ok: bool
    lines: tuple[TrialLine, ...]
    totals: tuple[TrialTotal, ...]


@dataclass(frozen=True, slots=True)
class TrustLine:
    """Cash in trust beside what it is held for; ``difference`` is zero where the equation holds.

    ``client`` is None in a total.
    """

    client: str | None
    currency: str
    cash: Money
    client_due: Money
    commission: Money
    escrow: Money
    unapplied: Money
    difference: Money


@dataclass(frozen=True, slots=True)
class Trust:
    """Trust cash = due to clients + commission not yet drawn + escrow + unapplied, per client and in all."""

    as_of: date | None
    known_at: datetime | None
    holds: bool
    clients: tuple[TrustLine, ...]
    totals: tuple[TrustLine, ...]


@dataclass(frozen=True, slots=True)
class DebtBalance:
    """What was owed on one account at a moment of both clocks."""

    account: str
    as_of: date | None
    known_at: datetime | None
    balance: Money
    buckets: Mapping[str, Money]
    unapplied: Money


@dataclass(frozen=True, slots=True)
class Subject:
    """Whose statement: an account's debt, or the ledger accounts of one kind, of a client or of the whole agency."""

    account: str | None = None
    client: str | None = None
    kind: str = "trust"
    currency: str | None = None

    def __str__(self) -> str:
        if self.account is not None:
            return f"account {self.account}"
        return f"{self.client or 'the agency'} {self.kind}"


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One leg of one transfer; ``after`` is the balance when it had moved. ``buckets`` only in the statement of a debt.

    ``other`` is the ledger account on the other side.
    """

    transfer: int
    leg: int
    kind: str
    receipt: str | None
    effective_on: date
    recorded_at: datetime
    by: str | None
    reason: str | None
    client: str | None
    account: str | None
    other: str | None
    amount: Money
    after: Money
    buckets: Mapping[str, Money] | None


@dataclass(frozen=True, slots=True)
class Statement:
    """A page of a statement, newest recorded first; ``balance`` is what it comes to at its clocks."""

    of: str
    as_of: date | None
    known_at: datetime | None
    balance: Money
    lines: tuple[StatementLine, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class LedgerName:
    client: str | None
    kind: str

    def __str__(self) -> str:
        return f"{self.client} {self.kind}" if self.client else self.kind


@dataclass(frozen=True, slots=True)
class TransferLeg:
    no: int
    debit: LedgerName
    credit: LedgerName
    account: str | None
    amount: Money
    buckets: Mapping[str, Money] | None


@dataclass(frozen=True, slots=True)
class Relative:
    """A transfer of the same family: the payment, its reversal, the reversal of that."""

    id: int
    kind: str
    receipt: str | None
    effective_on: date
    recorded_at: datetime
    by: str | None
    reverses: int | None
    reason: str | None
    amount: Money


@dataclass(frozen=True, slots=True)
class Source:
    """The document a transfer comes from: a receipt, a reversal, a row of an import file, or the act itself."""

    kind: str
    ref: str
    facts: Mapping[str, str | int]


@dataclass(frozen=True, slots=True)
class Transfer:
    id: int
    kind: str
    receipt: str | None
    effective_on: date
    recorded_at: datetime
    by: str | None
    account: str | None
    reverses: int | None
    reversed_by: int | None
    legs: tuple[TransferLeg, ...]
    family: tuple[Relative, ...]
    source: Source


@dataclass(frozen=True, slots=True)
class Reopening:
    closed_at: datetime
    at: datetime
    by: str
    reason: str


@dataclass(frozen=True, slots=True)
class Period:
    """A month of the books; ``late`` counts what was posted under it after it was closed."""

    month: str
    closed_at: datetime | None
    closed_by: str | None
    transfers: int
    late: int
    may_close: bool
    reopened: tuple[Reopening, ...]


@dataclass(frozen=True, slots=True)
class Parting:
    """The first posting that a stored balance does not hold."""

    transfer: int
    leg: int


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not what its postings say.

    ``parts_at`` is known where the stored balance ever was what the postings said; ``last_transfer`` is the last one
    that touched it.
    """

    what: str
    stored: Money
    replayed: Money
    parts_at: Parting | None
    last_transfer: int | None


@dataclass(frozen=True, slots=True)
class Replay:
    """Every balance of the caller's agency rebuilt from the postings and compared to the minor unit.

    The first difference is the one that parts earliest.
    """

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
