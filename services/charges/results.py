"""What the charge service takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID, uuid4

from services.domain.money import Money

KINDS = ("card", "us_bank_account")
OPEN_STATES = ("pending", "unknown", "processing")
"""States in which the amount is held and nothing is decided."""


@dataclass(frozen=True, slots=True)
class ChargeForm:
    """A charge of a saved method; ``version`` is the account's that was looked at."""

    account: str
    amount: Money
    method_id: int
    version: int | None = None
    submission_id: UUID = field(default_factory=uuid4)


@dataclass(frozen=True, slots=True)
class LinkForm:
    """A payment link that is open for ``minutes``; ``save`` keeps the method that was paid with for the next time."""

    account: str
    amount: Money
    version: int | None = None
    submission_id: UUID = field(default_factory=uuid4)
    save: bool = True
    minutes: int = 60


@dataclass(frozen=True, slots=True)
class Charge:
    """Money asked for at the provider.

    ``kind`` is ``saved`` or ``link``; ``method`` one of ``KINDS``; ``shown`` is what people call it ("visa ···4242",
    "link"); ``state`` is ``pending``, ``unknown``, ``processing``, ``posted``, ``failed``, ``expired`` or ``canceled``.
    ``reason`` says in words why it failed or is unknown; ``receipt`` is there once it is posted.
    """

    id: UUID
    account: str
    debtor: str
    amount: Money
    kind: str
    method: str
    shown: str
    state: str
    reason: str | None
    url: str | None
    expires_at: datetime | None
    receipt: str | None
    started_at: datetime
    by: str
    next_ask_at: datetime | None
    version: int


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """A card or bank account kept at the provider; ``expires`` is MM/YY, None for a bank account."""

    id: int
    kind: str
    brand: str
    last4: str
    expires: str | None
    added_on: date


@dataclass(frozen=True, slots=True)
class Refund:
    """Money given back; ``receipt`` is the refund's own, ``of`` the payment's, ``left`` what could still be refunded.

    ``state`` is ``posted``, ``pending``, ``failed`` or ``unknown``.
    """

    receipt: str | None
    of: str
    amount: Money
    left: Money
    state: str
    replayed: bool


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether the provider is called: ``closed`` yes, ``open`` not before ``next_try_at``, ``half_open`` one probe."""

    state: str
    cause: str | None
    since: datetime | None
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What a notice of the provider came to: ``processed``, ``replayed`` or ``ignored``, and why."""

    outcome: str
    why: str | None
