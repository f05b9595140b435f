"""What the batch service takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from services.domain.keying import TypedLine
from services.domain.money import Money

BATCH_STATES = ("keying", "second", "compared", "part_posted", "posted", "cancelled")
MAX_LINES = 5000


@dataclass(frozen=True, slots=True)
class Totals:
    """What controls a batch; ``hash_total`` is the sum of the account numbers without their check digits."""

    count: int
    sum: Money
    hash_total: int | None


@dataclass(frozen=True, slots=True)
class BatchForm:
    """A batch before its first line: what the stack of slips is expected to come to."""

    expected: Totals
    title: str = ""
    second_keying: bool = False
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class BatchEntry:
    """One payment as keyed; its ``submission_id`` becomes the payment's."""

    account: str
    amount: Money
    method: str
    reference: str = ""
    effective_on: date | None = None
    payer: str = "debtor"
    allow_duplicate: bool = False
    overpayment: str = "refuse"
    submission_id: UUID = field(default_factory=uuid4)


def entry_of(typed: TypedLine, submission_id: UUID | None = None) -> BatchEntry:
    """A typed line as an entry, under a new submission id unless one is given."""
    return BatchEntry(
        typed.account,
        typed.amount,
        typed.method,
        typed.reference,
        typed.day,
        allow_duplicate=typed.second,
        overpayment="unapplied" if typed.unapplied else "refuse",
        submission_id=submission_id or uuid4(),
    )


@dataclass(frozen=True, slots=True)
class BatchLine:
    """A line as it is kept: ``state`` is open, posted, failed or dropped.

    ``outcome`` is the rule that speaks against it, ``message`` says so; for an open line it is what posting would have
    said when it was keyed. ``debtor`` and ``owing`` (what is owed now) are empty where the caller sees no such account.
    """

    line: int
    side: str
    submission_id: UUID
    account: str
    debtor: str | None
    owing: Money | None
    amount: Money
    method: str
    reference: str | None
    payer: str
    effective_on: date
    allow_duplicate: bool
    overpayment: str
    state: str
    outcome: str | None
    message: str | None
    hint: str | None
    receipt: str | None
    by: str
    version: int


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch and where it stands; ``difference`` is keyed minus expected, ``side`` the keying that is the caller's.

    ``hidden`` says that somebody else keys it blind: then nothing keyed shows. ``differences`` counts those between the
    two keyings once they are compared.
    """

    id: int
    title: str | None
    state: str
    second_keying: bool
    side: str
    hidden: bool
    expected: Totals
    keyed: Totals
    difference: Totals
    agrees: bool
    open: int
    posted: int
    posted_sum: Money
    failed: int
    flagged: int
    differences: int | None
    opened_by: str
    opened_at: datetime
    second_by: str | None
    posted_by: str | None
    posted_at: datetime | None
    finished_at: datetime | None
    reason: str | None
    submission_id: UUID
    version: int

    @property
    def finished(self) -> bool:
        return self.finished_at is not None


@dataclass(frozen=True, slots=True)
class BatchPage:
    """A batch with some of its lines."""

    batch: Batch
    lines: tuple[BatchLine, ...]


@dataclass(frozen=True, slots=True)
class BatchDifference:
    """One payment that the two keyings do not agree on; a side that lacks it is empty."""

    first: BatchLine | None
    second: BatchLine | None


@dataclass(frozen=True, slots=True)
class Comparison:
    batch: Batch
    differences: tuple[BatchDifference, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """Which side of a difference is right: ``take`` is first or second."""

    first: int | None
    second: int | None
    take: str
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class BatchPosting:
    """What posting said to every line; ``replayed`` says that it had been posted before and nothing was done now."""

    batch: Batch
    lines: tuple[BatchLine, ...]
    submission_id: UUID
    replayed: bool
    at: datetime
    by: str

    @property
    def posted(self) -> int:
        return sum(line.state == "posted" for line in self.lines)

    @property
    def refused(self) -> tuple[BatchLine, ...]:
        return tuple(line for line in self.lines if line.state != "posted")
