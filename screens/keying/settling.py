"""Two keyings beside each other, where they differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.base import Desk, Working, key
from screens.keying.ports import Stacks
from screens.widgets import Column, Key, KeyBar, PagedTable, cell, plain
from services.batches.results import Choice

if TYPE_CHECKING:
    from services.batches.results import Batch, BatchDifference, BatchLine, Comparison

COLUMNS = (
    Column("ACCOUNT", 9),
    Column("FIRST", 10, right=True),
    Column("REFERENCE", 10),
    Column("DATE", 6),
    Column("SECOND", 10, right=True),
    Column("REFERENCE", 10),
    Column("DATE", 6),
)


class SettlingScreen(Working[None], ModalScreen[None]):
    """Shows each difference and takes the side that the slip says."""

    AUTO_FOCUS = "#differences"
    BINDINGS: ClassVar[list[BindingType]] = [
        key(
            "1", "take('first')", "first is right", "The first keying is right; for the second operator or a supervisor"
        ),
        key("2", "take('second')", "second is right", "The second keying is right; for the first operator"),
        key("escape,f3,f12", "close", "back", "Back to the lines"),
    ]

    def __init__(self, desk: Desk, batches: Stacks, number: int) -> None:
        super().__init__(desk.keyboard, desk.stop_reading)
        self._batches = batches
        self._number = number
        self._about = Static("", classes="about")
        self._table: PagedTable[BatchDifference] = PagedTable(COLUMNS, _cells, _key, id="differences")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog settling") as box:
            box.border_title = plain(f" Batch {self._number}: two keyings ")
            yield self._about
            yield self._table
            yield self._message
            yield KeyBar(Key("1", "first is right"), Key("2", "second is right"), Key("Esc", "back"), always=())

    def on_mount(self) -> None:
        self._look()

    def _look(self) -> None:
        self.ask(lambda: self._batches.differences(self._number), self._show, hold=True)

    def _show(self, found: Comparison) -> None:
        self._table.fill(found.differences)
        count = len(found.differences)
        told = f"{count} to settle, by the slip. You may give in, not stand by your own." if count else "Both agree."
        self._about.update(plain(told))

    def action_take(self, side: str) -> None:
        pair = self._table.current
        if pair is None:
            return
        choice = Choice(pair.first.line if pair.first else None, pair.second.line if pair.second else None, side)
        self.act(lambda: self._batches.settle(self._number, [choice]), self._settled)

    def _settled(self, _batch: Batch) -> None:
        self.say("Settled", "good")
        self._look()

    def action_close(self) -> None:
        if not self.acting:
            self.dismiss(None)


def _key(pair: BatchDifference) -> str:
    return f"{pair.first.line if pair.first else ''}/{pair.second.line if pair.second else ''}"


def _cells(pair: BatchDifference) -> tuple[Text, ...]:
    account = (pair.first or pair.second).account if (pair.first or pair.second) else ""  # type: ignore[union-attr]
    return (cell(account), *_side(pair.first), *_side(pair.second))


def _side(line: BatchLine | None) -> tuple[Text, Text, Text]:
    if line is None:
        return cell("missing", right=True), cell(""), cell("")
    return cell(line.amount.figures, right=True), cell(line.reference or ""), cell(f"{line.effective_on:%-d %b}")
