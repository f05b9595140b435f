"""Every batch of payments, newest first."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.keying.forms import OpenForm
from screens.keying.ports import Stacks
from screens.navigation import OpenPaymentBatch
from screens.widgets import Column, EmptyState, PagedTable, cell, money_cell, plain, words

if TYPE_CHECKING:
    from services.batches.results import Batch

PAGE = 50
COLUMNS = (
    Column("BATCH", 5, right=True),
    Column("TITLE", 10, flex=True),
    Column("STATE", 11),
    Column("BY", 8, wide=True),
    Column("LINES", 9, right=True),
    Column("SUM", 10, right=True),
    Column("TO GO", 10, right=True),
    Column("FAILED", 6, right=True, wide=True),
    Column("OPENED", 12, wide=True),
)
NONE_YET = """No batch of payments yet.

o opens one: count the slips, add them up, then key them line by line."""


class BatchesScreen(BaseScreen):
    """The batches that the person may see."""

    CSS_PATH = "keying.tcss"
    AUTO_FOCUS = "#batches"
    HELP = """A batch is a stack of slips that is keyed in one go, against a count and a sum that were made before.
It is posted as a whole, and only when it comes to what was expected.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "key", "Key into the batch under the cursor", show=False),
        key("o", "begin", "open a batch", "Open a batch for another stack"),
        key("f", "filter", "all or unfinished", "Show all batches, or only those that are not finished"),
    ]

    def __init__(self, desk: Desk, batches: Stacks) -> None:
        super().__init__(desk)
        self._batches = batches
        self._state: str | None = "unfinished"
        self._next: int | None = None
        self._which = Static("", id="which")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[Batch] = PagedTable(COLUMNS, self._cells, lambda batch: str(batch.id), id="batches")

    @property
    def crumb(self) -> str:
        return "Batches"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "key"

    def body(self) -> ComposeResult:
        yield self._which
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Readers open none."""
        if action == "begin":
            return self.desk.session.may("payment.batch")
        return self._table.current is not None if action == "open" else True

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._table.is_mounted and self._which.is_mounted and self._table.items:
            self.look_again()

    def look_again(self) -> None:
        state = self._state
        self.ask(lambda: self._batches.list(state=state, limit=PAGE), self._show)

    def _show(self, page: tuple[tuple[Batch, ...], int | None]) -> None:
        found, self._next = page
        self._table.fill(found, more=self._next is not None)
        self._table.display, self._empty.display = bool(found), not found
        self._empty.tell(NONE_YET if self._state is None else f"{NONE_YET}\n\nf shows finished batches.")
        self._which.update(plain(f" {'All' if self._state is None else 'Unfinished'} batches", "bold"))
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        state, before = self._state, self._next
        self.ask(lambda: self._batches.list(state=state, before=before, limit=PAGE), self._add, topic="next page")

    def _add(self, page: tuple[tuple[Batch, ...], int | None]) -> None:
        found, self._next = page
        self._table.extend(found, more=self._next is not None)

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        batch = self._table.current
        if batch is not None:
            self.post_message(OpenPaymentBatch(batch.id))

    def action_filter(self) -> None:
        self._state = None if self._state else "unfinished"
        self.look_again()

    def action_begin(self) -> None:
        self.app.push_screen(OpenForm(self.desk, self._batches), self._begun)

    def _begun(self, batch: Batch | None) -> None:
        if batch is not None:
            self.look_again()
            self.post_message(OpenPaymentBatch(batch.id))

    def _cells(self, batch: Batch) -> tuple[Text, ...]:
        alarm = self.app.theme_variables["text-error"]
        muted = self.app.theme_variables["text-muted"]
        keyed = "·" if batch.hidden else f"{batch.keyed.count:,}"
        return (
            cell(batch.id, right=True),
            cell(batch.title or ""),
            cell(words(batch.state), muted if batch.finished else ""),
            cell(batch.opened_by),
            cell(f"{keyed} of {batch.expected.count:,}", right=True),
            money_cell(batch.expected.sum),
            cell("") if batch.hidden or batch.finished else money_cell(-batch.difference.sum, alarm),
            cell(f"{batch.failed:,}" if batch.failed else "", alarm, right=True),
            cell(f"{self.desk.local(batch.opened_at):%-d %b %H:%M}", muted),
        )
