"""What the plan screen needs of the services."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from services.charges.results import SavedMethod
    from services.domain.money import Money
    from services.plans.results import Offer, Outlook, Plan, PlanChange, PlanForm, Promise, PromiseForm, Proposal


class PlanBook(Protocol):
    """The plan service."""

    def outlook(self, number: str) -> Outlook: ...
    def propose(self, number: str, form: PlanForm) -> Proposal: ...
    def make(self, number: str, form: PlanForm, *, version: int, submission_id: UUID) -> Plan: ...
    def change(self, number: str, change: PlanChange, *, version: int) -> Plan: ...
    def hold(self, number: str, reason: str, *, version: int) -> Plan: ...
    def release(self, number: str, reason: str, *, version: int) -> Plan: ...
    def cancel(self, number: str, reason: str, *, version: int) -> Plan: ...


class PromiseBook(Protocol):
    """The promise service."""

    def make(self, number: str, form: PromiseForm, *, submission_id: UUID) -> Promise: ...
    def cancel(self, number: str, promise: int, reason: str = "") -> Promise: ...


class OfferBook(Protocol):
    """The settlement service."""

    def offer(
        self, number: str, amount: Money, expires_on: date, *, version: int, reason: str = "", submission_id: UUID
    ) -> Offer: ...
    def accept(self, number: str) -> Offer: ...
    def cancel(self, number: str, reason: str = "") -> Offer: ...


class Wallet(Protocol):
    """What the debtor saved for later charges."""

    def methods(self, number: str) -> tuple[SavedMethod, ...]: ...
