"""What adjustments and interest are made from, and what comes of them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from services.domain.money import Money

ADJUSTMENT_KINDS = ("fee", "cost", "write_off", "correct_up", "correct_down")


@dataclass(frozen=True, slots=True)
class AdjustmentForm:
    """One adjustment as entered; ``kind`` gives its direction. No ``amount`` writes off all that is owed.

    ``bucket`` names where a write-off or correction falls: by itself the contract's order, and the principal.
    """

    account: str
    kind: str
    reason: str
    amount: Money | None
    bucket: str | None = None
    effective_on: date | None = None
    version: int | None = None
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class BucketChange:
    bucket: str
    before: Money
    change: Money
    after: Money


@dataclass(frozen=True, slots=True)
class AdjustmentPreview:
    """What posting would do now; ``closes_as`` is the reason the account would be closed for, ``most`` the caller's
    limit for the day and ``used`` what is used of it."""

    outcome: str
    message: str | None
    hint: str | None
    lines: tuple[BucketChange, ...]
    before: Money
    after: Money
    closes_as: str | None
    most: Money | None
    used: Money | None
    version: int


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A posted adjustment, or one taken back; ``reverses`` is the receipt number of what it takes back."""

    adjustment: str
    receipt: str
    submission_id: UUID
    replayed: bool
    account: str
    debtor: str
    kind: str
    reason: str
    amount: Money
    effective_on: date
    recorded_at: datetime
    by: str
    lines: tuple[BucketChange, ...]
    balance: Money
    version: int
    closed_as: str | None
    reverses: str | None


@dataclass(frozen=True, slots=True)
class Adjustment:
    """One adjustment of an account's history."""

    receipt: str
    kind: str
    reason: str
    amount: Money
    effective_on: date
    recorded_at: datetime
    by: str
    reverses: str | None
    reversed_by: str | None


@dataclass(frozen=True, slots=True)
class Reason:
    """A reason for a kind of adjustment; ``closes_as`` closes the account where nothing is left."""

    kind: str
    name: str
    what: str
    closes_as: str | None


@dataclass(frozen=True, slots=True)
class Limit:
    """The most that a role may do of one kind on one account in 24 hours; ``agreed`` where the agency said so."""

    role: str
    kind: str
    most: Money
    agreed: bool


@dataclass(frozen=True, slots=True)
class Payoff:
    """What pays a debt off on a day: what is owed, and the interest that is not posted yet.

    ``stopped`` says why no interest runs (disputed, settled, closed, paused); ``daily`` is a day's interest in figures
    finer than a cent, for the days after; ``held`` is promised by charges under way and part of the figure.
    """

    account: str
    debtor: str
    on: date
    balance: Money
    interest_to_come: Money
    payoff: Money
    held: Money
    rate_bp: int
    since: date | None
    daily: str
    posted: Money
    stopped: str | None
    note: str | None
    paused_on: date | None
    version: int


@dataclass(frozen=True, slots=True)
class Accrual:
    """What today's run did: accounts it looked at, and those whose interest it posted."""

    accounts: int
    posted: int
