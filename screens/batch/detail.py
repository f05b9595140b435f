"""One row in full: the record as it was sent, what was found, and the line in which a cell is corrected."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from screens.batch.compared import compared
from screens.batch.filters import ranked, worst
from screens.widgets import GONE, Heading, plain, typable, words

if TYPE_CHECKING:
    from services.imports.results import ImportRow

LONGEST = 4000
HIDDEN = "hidden, for what stands in it may be; v shows it, and that is recorded"


class RowDetail(Vertical):
    """Shows a row; ``begin`` puts the cursor into a cell; what is typed and not sent is kept in ``unsent``."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "column(1)", "next column", show=False),
        Binding("up", "column(-1)", "column before", show=False),
    ]

    class Corrected(Message):
        """Enter was pressed on a corrected cell."""

        def __init__(self, row: ImportRow, column: str, value: str) -> None:
            super().__init__()
            self.row = row
            self.column = column
            self.value = value

    def __init__(self) -> None:
        super().__init__(id="detail")
        self.unsent: dict[str, str] = {}
        self.row: ImportRow | None = None
        self.column = ""
        self.currency = ""
        self._heading = Heading("Row", id="row-heading")
        self._raw = Static("", id="raw")
        self._cells = Static("", id="cells")
        self._compared = Static("", id="compared")
        self._found = Static("", id="found")
        self._label = Static("", id="fix-label")
        self._input = Input(max_length=LONGEST, compact=True, id="fix-input")
        self._input.cursor_blink = False
        self._verdict = Static("", id="verdict")

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._raw
        yield self._cells
        yield self._compared
        yield self._found
        with Horizontal(id="fix"):
            yield self._label
            yield self._input
            yield self._verdict

    @property
    def editing(self) -> bool:
        """Whether the cursor is in a cell."""
        return self._input.has_focus

    def show(self, row: ImportRow | None, column: str | None = None) -> None:
        """Show a row, or none; the cell in hand is ``column``, else the worst."""
        self.row = row
        self._verdict.update("")
        self.set_class(row is None, "-none")
        self._compare()
        if row is None:
            self._heading.rename("Row")
            return
        # What is found in the row as a whole points at no cell; what else is found in it may.
        self.column = column or next((each.column for each in ranked(row) if each.column in row.values), "")
        self.column = self.column or next(iter(row.values), "")
        said = f": {row.reason}" if row.reason else f": account {row.account}" if row.account else ""
        self._heading.rename(f"Row {row.row:,} · {words(row.state)}{said}")
        raw = plain(row.raw[:LONGEST]) if row.raw else plain(HIDDEN, "$text-muted")
        self._raw.update(plain("as sent   ", "$text-muted") + raw)
        self._cells.update(Content("\n").join(_cells(row)))
        self._show_cell()

    def on_resize(self) -> None:
        self._compare()

    def _compare(self) -> None:
        """One column a line where there is room for it."""
        wide = self.screen.has_class("-wide")
        said = compared(self.row, self.currency, "\n" if wide else " · ") if self.row is not None else None
        self._compared.display = said is not None
        self._compared.update(said or "")

    def begin(self) -> None:
        """Put the cursor into the cell in hand."""
        self._input.focus()

    def judge(self, row: ImportRow) -> None:
        """Show a row that has just been checked again, and what came of it."""
        corrected = self.column
        self.unsent.pop(self._key(row), None)
        still = worst(row)
        self.show(row, still.column if still is not None and still.severity == "error" else corrected)
        good = row.state in ("valid", "warning")
        said = "valid again ✓" if good else f"still {words(row.state)}"
        self._verdict.update(plain(said, "$text-accent" if good else "$text-error"))

    def action_column(self, by: int) -> None:
        if self.row is not None and self.editing:
            columns = list(self.row.values)
            self.column = columns[(columns.index(self.column) + by) % len(columns)]
            self._show_cell()

    def _show_cell(self) -> None:
        row = self.row
        if row is None:
            return
        self._label.update(plain("fix       ", "$text-muted") + plain(self.column, "bold"))
        with self._input.prevent(Input.Changed):
            self._input.value = self.unsent.get(self._key(row), typable(row.values.get(self.column, "")))
        self._input.cursor_position = len(self._input.value)
        self._found.update(Content("\n").join(_found(row, self.column)))

    def _key(self, row: ImportRow) -> str:
        return f"{row.row} {self.column}"

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self.row is None:
            return
        self._verdict.update("")
        if event.value == typable(self.row.values.get(self.column, "")):
            self.unsent.pop(self._key(self.row), None)
        else:
            self.unsent[self._key(self.row)] = event.value

    @on(Input.Submitted)
    def _sent(self, event: Input.Submitted) -> None:
        event.stop()
        if self.row is not None:
            self.post_message(self.Corrected(self.row, self.column, event.value.strip()))


def _found(row: ImportRow, column: str) -> Iterator[Content]:
    """What was found in the cell in hand, else in the whole row."""
    here = [finding for finding in row.findings if finding.column in (column, "")] or list(row.findings)
    for finding in here:
        style = "$text-error" if finding.severity == "error" else ""
        where = f"{finding.column}: " if finding.column not in (column, "") else ""
        yield plain(f"{finding.rule:<16}", "$text-muted") + plain(f"{where}{finding.message}", style)


def _cells(row: ImportRow) -> Iterator[Content]:
    """Every cell of the record, those at fault marked."""
    faults = {finding.column: finding.severity for finding in reversed(row.findings)}
    width = min(24, max(map(len, row.values), default=0))
    for column, value in row.values.items():
        severity = faults.get(column)
        mark = {"error": "✗ ", "warning": "! "}.get(severity or "", "  ")
        style = "$text-error" if severity == "error" else "" if value else "$text-muted"
        yield Content.assemble(
            plain(mark, "$text-error"), plain(f"{column:<{width}}  ", "$text-muted"), plain(value or GONE, style)
        )
