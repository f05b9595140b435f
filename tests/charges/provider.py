"""A provider in memory: what it took it never forgets, and it answers, is silent or is away as the test says."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from threading import Lock
from typing import Any
from uuid import UUID

from services.domain.money import Money
from services.gateways.base import (
    KINDS,
    Charged,
    ChargeState,
    Disputed,
    Kind,
    Link,
    Notice,
    ProviderRefused,
    ProviderUnavailable,
    Refunded,
    RefundReason,
    RefundState,
    Saved,
)

Fault = str
"""``before``: nothing arrives, the caller cannot know. ``after``: done, the answer is lost. ``away``: no connection."""


@dataclass
class Provider:
    """Implements the gateway's protocol; ``faults`` are used up one a call, ``calls`` says what was asked."""

    provider: str = "stripe"
    live: bool = False
    faults: list[Fault] = field(default_factory=list)
    calls: list[str] = field(default_factory=list)
    charges: dict[str, Charged] = field(default_factory=dict)
    refunded: dict[UUID, Refunded] = field(default_factory=dict)
    answers: dict[UUID, Any] = field(default_factory=dict)
    declines: str | None = None
    state: ChargeState = "succeeded"
    refund_state: RefundState = "succeeded"
    during: Callable[[], None] | None = None
    lock: Lock = field(default_factory=Lock)

    def _arrives(self, what: str, key: UUID | None, do: Callable[[], Any]) -> Any:
        with self.lock:
            self.calls.append(what)
            fault = self.faults.pop(0) if self.faults else None
            if fault == "away":
                raise ProviderUnavailable("no connection", sent=False)
            if fault == "before":
                raise ProviderUnavailable("no answer in time", sent=True)
            if key is None or key not in self.answers:
                try:
                    done = do()
                except ProviderRefused as refusal:
                    done = refusal
                if key is not None:
                    self.answers[key] = done
            else:
                done = self.answers[key]
        if self.during:
            self.during()
        if fault == "after":
            raise ProviderUnavailable("no answer in time", sent=True)
        if isinstance(done, ProviderRefused):
            raise done
        return done

    def customer(self, key: UUID, name: str) -> str:
        return str(self._arrives("customer", key, lambda: f"cus_{key.hex[:12]}"))

    def charge(
        self, key: UUID, amount: Money, *, customer: str, method: Saved, description: str, metadata: Mapping[str, str]
    ) -> Charged:
        def take() -> Charged:
            if self.declines:
                raise ProviderRefused("declined", decline_code=self.declines)
            made = Charged(
                f"pi_{key.hex}", self.state, amount, Money(0, amount.currency), key=key, customer=customer,
                kind=method.kind,
            )  # fmt: skip
            self.charges[made.provider_id] = made
            return made

        return self._now(self._arrives("charge", key, take))

    def link(
        self, key: UUID, amount: Money, *, customer: str | None, description: str, expires_at: datetime,
        metadata: Mapping[str, str], save: bool, kinds: Sequence[Kind] = KINDS,
    ) -> Link:  # fmt: skip
        def make() -> Link:
            name = f"cs_{key.hex}"
            self.charges[name] = Charged(name, "open", amount, Money(0, amount.currency), key=key, link=name)
            return Link(name, f"https://pay.example/{name}", expires_at)

        made: Link = self._arrives("link", key, make)
        return made

    def link_state(self, provider_id: str) -> Charged:
        return self._now(self._arrives("link_state", None, lambda: self.charges[provider_id]))

    def expire_link(self, provider_id: str) -> Charged:
        def end() -> Charged:
            if self.charges[provider_id].state == "open":
                self.charges[provider_id] = replace(self.charges[provider_id], state="expired")
            return self.charges[provider_id]

        return self._now(self._arrives("expire_link", None, end))

    def look_up(self, key: UUID, *, customer: str | None, since: datetime) -> Charged | None:
        found: Charged | None = self._arrives(
            "look_up", None, lambda: next((each for each in self.charges.values() if each.key == key), None)
        )
        return found

    def look_at(self, provider_id: str) -> Charged:
        def look() -> Charged:
            if provider_id not in self.charges:
                raise ProviderRefused("no such payment", decline_code="resource_missing")
            return self.charges[provider_id]

        return self._now(self._arrives("look_at", None, look))

    def refund(
        self, key: UUID, provider_id: str, amount: Money, *, reason: RefundReason = "requested_by_customer"
    ) -> Refunded:
        def give() -> Refunded:
            if self.declines:
                raise ProviderRefused("no", decline_code=self.declines)
            made = Refunded(f"re_{key.hex}", self.refund_state, amount, key=key, payment=provider_id)
            self.refunded[key] = made
            return made

        self._arrives("refund", key, give)
        return self.refunded[key]

    def refunds(self, provider_id: str) -> tuple[Refunded, ...]:
        some: tuple[Refunded, ...] = self._arrives(
            "refunds", None, lambda: tuple(each for each in self.refunded.values() if each.payment == provider_id)
        )
        return some

    def methods(self, customer: str) -> tuple[Saved, ...]:
        return ()

    def forget(self, method: str) -> None:
        self._arrives("forget", None, lambda: None)

    def charged_from(self, notice: Notice) -> Charged | None:
        said = notice.object.get("charged")
        return said if isinstance(said, Charged) else None

    def refunded_from(self, notice: Notice) -> Refunded | None:
        said = notice.object.get("refunded")
        return said if isinstance(said, Refunded) else None

    def disputed_from(self, notice: Notice) -> Disputed | None:
        said = notice.object.get("disputed")
        return said if isinstance(said, Disputed) else None

    def _now(self, answer: Charged) -> Charged:
        return self.charges.get(answer.provider_id, answer)


def notice(**said: object) -> Notice:
    """A verified webhook that says this."""
    return Notice("stripe", "evt_1", "test", datetime.now(UTC), said)


def usd(minor: int) -> Money:
    return Money(minor, "USD")
