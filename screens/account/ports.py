"""What the account screens need of the services."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Protocol
from uuid import UUID

if TYPE_CHECKING:
    from services.accounts.results import Account, Activity, Contact, Posting, Viewer
    from services.adjustments.results import Adjusted, AdjustmentForm, AdjustmentPreview, Payoff, Reason
    from services.domain.money import Money
    from services.payments.results import Reversal


class AccountBook(Protocol):
    """The account service, as far as one account goes."""

    def show(self, number: str) -> Account: ...
    def version(self, number: str) -> int: ...
    def postings(self, number: str, bucket: str | None) -> tuple[Posting, ...]: ...
    def activities(self, number: str, *, before_id: int | None = None, limit: int = 100) -> tuple[Activity, ...]: ...
    def note(self, number: str, text: str, *, submission_id: UUID) -> Activity: ...
    def call(
        self, number: str, outcome: str, text: str = "", promised_on: date | None = None,
        promised: Money | None = None, *, submission_id: UUID,
    ) -> Activity: ...  # fmt: skip
    def follow_up(self, number: str, on: date | None) -> Activity: ...
    def change_status(
        self, number: str, to: str, *, version: int, reason: str | None = None, note: str = ""
    ) -> int: ...
    def assign(self, numbers: Sequence[str], to: str) -> int: ...
    def save_contact(
        self, number: str, *, kind: str, value: str, label: str = "", contact_id: int | None = None,
        primary: bool = False,
    ) -> Contact: ...  # fmt: skip
    def remove_contact(self, number: str, contact_id: int) -> None: ...
    def raise_flag(self, number: str, kind: str, note: str) -> None: ...
    def lift_flag(self, number: str, kind: str, reason: str) -> None: ...
    def look(self, number: str) -> tuple[Viewer, ...]: ...
    def leave(self, number: str) -> None: ...


class AdjustmentBook(Protocol):
    """The part of the adjustment service that a form needs."""

    def reasons(self, kind: str | None = None) -> tuple[Reason, ...]: ...
    def preview(self, form: AdjustmentForm) -> AdjustmentPreview: ...
    def post(self, form: AdjustmentForm, *, dry_run: bool = False) -> Adjusted: ...


class InterestBook(Protocol):
    """What pays a debt off."""

    def payoff(self, account: str, on: date | None = None) -> Payoff: ...


class Reversals(Protocol):
    """The one thing the account screen does with payments itself."""

    def reverse(self, receipt: str, reason: str, *, submission_id: UUID) -> Reversal: ...
