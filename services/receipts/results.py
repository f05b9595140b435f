"""What a receipt over several debts is made from, and what comes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from services.domain.money import Money
from services.payments.results import AllocationLine

SPREAD_METHODS = ("cash", "check", "bank_transfer")
INSTRUCTIONS = ("memo", "letter", "phone", "email", "in_person")
REMAINDERS = ("refuse", "unapplied")


@dataclass(frozen=True, slots=True)
class SpreadForm:
    """One receipt as entered for the person who owes ``account``.

    Without ``lines`` the clients' policy spreads it. ``lines`` says by hand what each account gets; with
    ``instruction``, how the payer said so, they are the payer's own and reach disputed accounts too. ``versions`` are
    those that were looked at, by account.
    """

    account: str
    amount: Money
    method: str
    reference: str | None = None
    effective_on: date | None = None
    payer: str = "debtor"
    lines: Mapping[str, Money] | None = None
    instruction: str | None = None
    remainder: str = "refuse"
    versions: Mapping[str, int] = field(default_factory=dict)
    allow_duplicate: bool = False
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class SpreadLine:
    """What one debt gets, and the rule behind it; ``skipped`` is the code of why it gets nothing, ``room`` what it
    could take at most."""

    account: str
    client: str
    debtor: str
    status: str
    placed_on: date
    version: int
    before: Money
    room: Money | None
    amount: Money
    after: Money
    unapplied: Money
    allocation: tuple[AllocationLine, ...]
    skipped: str | None
    rule: str
    receipt: str | None = None
    reversed_by: str | None = None


@dataclass(frozen=True, slots=True)
class Spread:
    """What posting would do now; ``outcome`` is ``posted`` or the rule that refuses, ``rest`` what finds no room."""

    outcome: str
    message: str | None
    hint: str | None
    basis: str
    policy: str
    amount: Money
    rest: Money
    lines: tuple[SpreadLine, ...]

    @property
    def versions(self) -> dict[str, int]:
        """What was looked at, as posting takes it."""
        return {line.account: line.version for line in self.lines}


@dataclass(frozen=True, slots=True)
class GroupReceipt:
    """A receipt over several debts; ``whole`` says that the caller may see all of them, ``replayed`` that this
    submission had been posted before and nothing was done now."""

    receipt: str
    submission_id: UUID
    replayed: bool
    account: str
    amount: Money
    method: str
    reference: str | None
    effective_on: date
    recorded_at: datetime
    by: str
    basis: str
    instruction: str | None
    policy: str
    whole: bool
    lines: tuple[SpreadLine, ...]
