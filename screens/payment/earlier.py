"""What was paid on this account before."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.payment.fields import full
from screens.widgets import Heading, money_text, plain, words

if TYPE_CHECKING:
    from services.accounts.results import Account, PaymentRow

MOST = 20


class EarlierPayments(Vertical):
    """The account's payments, newest first, as many as there is room for."""

    def __init__(self) -> None:
        super().__init__(id="earlier")
        self._list = Static("")

    def compose(self) -> ComposeResult:
        yield Heading("Paid before")
        yield self._list

    def show(self, account: Account) -> None:
        """Show the payments of an account."""
        rows = account.payments[:MOST]
        self._list.update(Content("\n").join(_lines(rows)) if rows else plain("nothing yet", "$text-muted"))


def _lines(rows: tuple[PaymentRow, ...]) -> Iterator[Content]:
    width = max(len(row.amount.figures) for row in rows)
    for row in rows:
        figure = money_text(row.amount)
        gone = row.reversed_by or row.reverses or (row.returned is not None and row.returned == row.amount)
        how = f"  {words(row.method)} {row.reference or ''}"
        yield Content.assemble(
            plain(f"{full(row.effective_on):<13}", "$text-muted"),
            " " * (width + 1 - figure.cell_length),
            figure,
            plain(f"{how} reversed" if gone else how, "$text-muted"),
        )
