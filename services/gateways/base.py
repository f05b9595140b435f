"""What a payment provider can do for us, in our own words; no provider's library is loaded here.

Every call is made outside any transaction. Amounts are minor units with their currency, times carry a zone, and each
``key`` is the UUID of the payment it is for: the provider answers a repeated key with the first answer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Final, Literal, Protocol
from uuid import UUID

from services.domain.money import Money
from services.errors import DebtFlowError, Refused

Kind = Literal["card", "us_bank_account"]
ChargeState = Literal["succeeded", "processing", "failed", "canceled", "open", "expired"]
RefundState = Literal["succeeded", "pending", "failed"]
DisputeState = Literal["open", "won", "lost"]
RefundReason = Literal["duplicate", "fraudulent", "requested_by_customer"]

KINDS: Final[tuple[Kind, ...]] = ("card", "us_bank_account")
SETTLED: Final[frozenset[ChargeState]] = frozenset(("succeeded", "failed", "canceled", "expired"))
"""The states that a charge does not leave by itself."""


# ---- what a provider answers -----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Saved:
    """A payment method kept at the provider; ``expires`` is ``MM/YY``, None for a bank account."""

    provider_id: str
    kind: Kind
    brand: str
    last4: str
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class Charged:
    """Where a charge stands: ``processing`` is a bank debit under way, ``open`` a link that nobody has paid yet.

    ``provider_id`` is the payment's, or the link's while nothing was tried on it; refunds and disputes name the
    payment's. ``key`` is what the charge was made with. ``code`` and ``message`` say why it failed, or, while a link is
    open, why the last try on it did. ``saved`` is what it was paid with, where that may be charged again. A notice does
    not know ``refunded`` and ``saved``: ``look_at`` does.
    """

    provider_id: str
    state: ChargeState
    amount: Money
    refunded: Money
    code: str | None = None
    message: str | None = None
    customer: str | None = None
    saved: Saved | None = None
    key: UUID | None = None
    link: str | None = None
    kind: Kind | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A page of the provider's where a person pays; dead after ``expires_at``."""

    provider_id: str
    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Refunded:
    """Where a refund stands; ``payment`` is the provider's id of the payment it returns."""

    provider_id: str
    state: RefundState
    amount: Money
    code: str | None = None
    key: UUID | None = None
    payment: str | None = None


@dataclass(frozen=True, slots=True)
class Disputed:
    """A payer's objection, or a bank's return of a debit that had come in; ``payment`` is the provider's id of it.

    ``taken`` is what the provider holds back now: the amount from the first day on, nothing for a mere inquiry, nothing
    once it is won. ``fee`` is what it kept for the trouble so far, and keeps.
    """

    provider_id: str
    payment: str
    state: DisputeState
    amount: Money
    taken: Money
    fee: Money
    reason: str
    opened_at: datetime


@dataclass(frozen=True, slots=True)
class Notice:
    """A webhook whose signature was verified; ``object`` is what the provider sent, as it was at that moment."""

    provider: str
    event_id: str
    type: str
    created_at: datetime
    object: Mapping[str, Any]
    live: bool = False


# ---- what goes wrong -------------------------------------------------------------------------------------------------


class ProviderUnavailable(DebtFlowError):
    """The provider gave no usable answer; ``sent`` says whether a request may have arrived and may have been done."""

    code: ClassVar[str] = "provider_unavailable"
    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, sent: bool, hint: str | None = None) -> None:
        super().__init__(message, rule="provider_unavailable", hint=hint)
        self.sent = sent


class ProviderRefused(Refused):
    """The provider said no, for good: ``decline_code`` is its own word for why, ``provider_id`` what came of it."""

    def __init__(
        self, message: str, *, decline_code: str, hint: str | None = None, provider_id: str | None = None
    ) -> None:
        super().__init__(message, rule="provider", hint=hint)
        self.decline_code = decline_code
        self.provider_id = provider_id


# ---- what can be asked -----------------------------------------------------------------------------------------------


class Gateway(Protocol):
    """One payment provider; every method may take seconds and raises ProviderUnavailable or ProviderRefused."""

    @property
    def provider(self) -> str:
        """Its name, as payments and webhooks carry it."""

    @property
    def live(self) -> bool:
        """Whether real money moves."""

    def customer(self, key: UUID, name: str) -> str:
        """Make a customer whom methods can be saved for; gives the provider's id."""

    def charge(
        self,
        key: UUID,
        amount: Money,
        *,
        customer: str,
        method: Saved,
        description: str,
        metadata: Mapping[str, str],
    ) -> Charged:
        """Charge a saved method while its owner is away; a decline raises ProviderRefused, nothing was taken."""

    def link(
        self,
        key: UUID,
        amount: Money,
        *,
        customer: str | None,
        description: str,
        expires_at: datetime,
        metadata: Mapping[str, str],
        save: bool,
        kinds: Sequence[Kind] = KINDS,
    ) -> Link:
        """Make a page where a person pays this amount once; ``save`` keeps the method for later charges."""

    def link_state(self, provider_id: str) -> Charged:
        """Where a link stands."""

    def expire_link(self, provider_id: str) -> Charged:
        """End a link and say where it stands; one that was paid meanwhile stays paid."""

    def look_up(self, key: UUID, *, customer: str | None, since: datetime) -> Charged | None:
        """The charge or link that was made with this key at or after ``since``, or None where nothing ever arrived."""

    def look_at(self, provider_id: str) -> Charged:
        """Where a payment or a link stands now, by the provider's id."""

    def refund(
        self, key: UUID, provider_id: str, amount: Money, *, reason: RefundReason = "requested_by_customer"
    ) -> Refunded:
        """Return part or all of a payment; more than is left raises ProviderRefused."""

    def refunds(self, provider_id: str) -> tuple[Refunded, ...]:
        """Every refund of a payment, the newest first."""

    def methods(self, customer: str) -> tuple[Saved, ...]:
        """What a customer left for later charges."""

    def forget(self, method: str) -> None:
        """Take a saved method from its customer; it can never be charged again. Done twice is done."""

    def charged_from(self, notice: Notice) -> Charged | None:
        """What a notice says about a charge, None where it is about something else."""

    def refunded_from(self, notice: Notice) -> Refunded | None:
        """What a notice says about a refund, None where it is about something else."""

    def disputed_from(self, notice: Notice) -> Disputed | None:
        """What a notice says about a dispute, None where it is about something else."""
