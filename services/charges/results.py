"""What the charge service takes and gives back."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Final
from uuid import UUID, uuid4

from services.domain.money import Money

OPEN_STATES: Final = ("pending", "unknown", "processing")
"""The states in which a charge is not decided and its amount is held."""

MAY_BEGIN_AGAIN: Final = ("not_sent", "breaker_open")
"""Why a charge failed that never left the house: the same form may be sent again."""

NOT_SENT: Final = (*MAY_BEGIN_AGAIN, "never_reached")
"""Why a charge failed without the provider having said no."""


@dataclass(frozen=True, slots=True)
class ChargeForm:
    """A saved method to be charged; ``version`` is the one that was looked at, ``submission_id`` the charge's id."""

    account: str
    amount: Money
    method_id: int
    version: int | None = None
    submission_id: UUID = field(default_factory=uuid4)
    allow_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class LinkForm:
    """A page of the provider's to be made, where the debtor pays; it lives for ``minutes``, 30 to 1440."""

    account: str
    amount: Money
    version: int | None = None
    submission_id: UUID = field(default_factory=uuid4)
    save: bool = True
    minutes: int = 60
    allow_duplicate: bool = False


@dataclass(frozen=True, slots=True)
class Charge:
    """Where a charge stands; its amount is held while the state is one of ``OPEN_STATES``.

    ``shown`` names how it is paid. ``receipt`` is the payment's once posted. ``late`` says that the provider's success
    was heard of after the charge had been given up. ``told`` is what the provider says where that is another amount.
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
    late: bool = False
    told: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is not decided yet."""
        return self.state in OPEN_STATES


@dataclass(frozen=True, slots=True)
class SavedMethod:
    """What a debtor left at the provider; ``expires`` is MM/YY, None for a bank account."""

    id: int
    kind: str
    brand: str
    last4: str
    expires: str | None
    added_on: date


@dataclass(frozen=True, slots=True)
class Refund:
    """Money on its way back, or back; ``receipt`` is its own once posted, ``left`` what could still be refunded."""

    receipt: str | None
    of: str
    amount: Money
    left: Money
    state: str
    replayed: bool
    reason: str | None = None
    id: UUID | None = None


@dataclass(frozen=True, slots=True)
class RefundUnderWay:
    """A refund that the provider has not confirmed yet, of the payment ``of``; ``shown`` names where it goes."""

    id: UUID
    of: str
    amount: Money
    shown: str
    state: str
    started_at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Breaker:
    """Whether the provider is called: while ``open`` nobody does, until ``next_try_at``."""

    state: str
    cause: str | None
    since: datetime | None
    next_try_at: datetime | None


@dataclass(frozen=True, slots=True)
class Heard:
    """What came of a webhook: ``processed``, ``replayed`` (known already) or ``ignored``; ``why`` in words."""

    outcome: str
    why: str
