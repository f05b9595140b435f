"""What spreading a receipt needs of the services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.receipts.results import GroupReceipt, Spread, SpreadForm


class ReceiptBook(Protocol):
    """The part of the receipt service that takes money."""

    def preview(self, form: SpreadForm) -> Spread: ...
    def post(self, form: SpreadForm, *, dry_run: bool = False) -> GroupReceipt: ...
