"""What the payment service takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from services.domain.money import Money

METHODS = ("cash", "check", "bank_transfer", "paid_to_client")
PAYERS = ("debtor", "spouse", "attorney", "employer", "third_party")
REVERSAL_REASONS = ("nsf", "chargeback", "refund", "void")


@dataclass(frozen=True, slots=True)
class PaymentForm:
    """One payment as entered; ``version`` is the one that was looked at, ``submission_id`` the payment's only key."""

    account: str
    amount: Money
    method: str
    reference: str | None = None
    effective_on: date | None = None
    payer: str = "debtor"
    version: int | None = None
    overpayment: str = "refuse"
    allow_duplicate: bool = False
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class AllocationLine:
    """How much of a payment falls on one bucket, and the rule that says so."""

    bucket: str
    before: Money
    amount: Money
    after: Money
    rule: str


@dataclass(frozen=True, slots=True)
class Earlier:
    """A payment of the same amount within 24 hours."""

    receipt: str
    by: str
    recorded_at: datetime
    method: str
    reference: str | None


@dataclass(frozen=True, slots=True)
class Preview:
    """What posting would do now; ``outcome`` is ``posted`` or the rule that refuses, ``message`` says why.

    ``held`` is promised by charges under way and not to be had.
    """

    outcome: str
    message: str | None
    hint: str | None
    lines: tuple[AllocationLine, ...]
    before: Money
    after: Money
    unapplied: Money
    held: Money
    version: int
    status_after: str
    policy: str
    earlier: Earlier | None


@dataclass(frozen=True, slots=True)
class Receipt:
    """A posted payment; ``replayed`` says that this submission had been posted before and nothing was done now."""

    payment: str
    receipt: str
    submission_id: UUID
    replayed: bool
    account: str
    debtor: str
    amount: Money
    method: str
    reference: str | None
    effective_on: date
    recorded_at: datetime
    by: str
    allocation: tuple[AllocationLine, ...]
    balance: Money
    version: int


@dataclass(frozen=True, slots=True)
class Reversal:
    """A linked transfer that took a payment back."""

    payment: str
    reversal: str
    receipt: str
    account: str
    amount: Money
    reason: str
    replayed: bool
    balance: Money


@dataclass(frozen=True, slots=True)
class DayLine:
    """The entries of one method on one day; reversals count negative."""

    method: str
    count: int
    total: Money


@dataclass(frozen=True, slots=True)
class DayEntry:
    receipt: str
    account: str
    debtor: str
    amount: Money
    method: str
    reference: str | None
    recorded_at: datetime
    reason: str | None


@dataclass(frozen=True, slots=True)
class DaySheet:
    """What one person entered on one day of the agency's calendar."""

    user: str
    day: date
    lines: tuple[DayLine, ...]
    total: Money
    entries: tuple[DayEntry, ...]
