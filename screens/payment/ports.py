"""What payment entry needs of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.charges.results import Breaker, Charge, ChargeForm, LinkForm, SavedMethod
    from services.payments.results import PaymentForm, Preview, Receipt


class Till(Protocol):
    """The part of the payment service that takes money."""

    def preview(self, form: PaymentForm) -> Preview: ...
    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt: ...
    def show(self, receipt: str) -> Receipt: ...


class AccountBook(Protocol):
    """The part of the account service that says what is owed."""

    def show(self, number: str) -> Account: ...
    def version(self, number: str) -> int: ...


class Cashier(Protocol):
    """The part of the charge service that asks the payment provider for money."""

    def ready(self) -> bool: ...
    def methods(self, number: str) -> tuple[SavedMethod, ...]: ...
    def breaker(self) -> Breaker: ...
    def start(self, form: ChargeForm) -> Charge: ...
    def link(self, form: LinkForm) -> Charge: ...
