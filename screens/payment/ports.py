"""What payment entry needs of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.accounts.results import Account
    from services.payments.results import PaymentForm, Preview, Receipt


class Till(Protocol):
    """The part of the payment service that takes money."""

    def preview(self, form: PaymentForm) -> Preview: ...
    def post(self, form: PaymentForm, *, dry_run: bool = False) -> Receipt: ...


class AccountBook(Protocol):
    """The part of the account service that says what is owed."""

    def show(self, number: str) -> Account: ...
    def version(self, number: str) -> int: ...
