"""A closer look: only the rows with a value in a column, and the bytes of a row as they were sent."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from screens.batch.narrow import NarrowForm
from screens.batch.review import ReviewScreen
from screens.dialogs.reader import Reader
from screens.widgets import harmless

if TYPE_CHECKING:
    from screens.batch.filters import Filter
    from services.imports.results import RawBytes

IN_A_LINE = 12
MOST_SHOWN = 4096


class LookingScreen(ReviewScreen):
    """Reads more of a batch than its lists show."""

    def action_narrow(self) -> None:
        row, now = self._lists.rows.current, self._lists.filter
        columns = tuple(row.values) if row is not None else self._columns
        if not columns:
            self.say("There is no row here to look among")
            return
        self._columns = columns
        column = self._detail.column if self._detail.column in columns else columns[0]
        form = NarrowForm(self.desk, self._imports, self._number, now.widened, columns, column)
        self.app.push_screen(form, self._narrow)

    def _narrow(self, chosen: Filter | None) -> None:
        """The chosen rows stand above the findings until others are chosen."""
        if chosen is None:
            return
        self._narrowed = chosen
        self._filters = (chosen, *(each for each in self._filters if each.column is None))
        self._lists.findings.fill(self._filters, keep=False)
        self._lists.findings.move_cursor(row=0)
        self._lists.filter = chosen
        self._lists.chosen.clear()
        self._read_rows(keep=False, hold=True)
        self._lists.rows.focus()

    def action_raw(self) -> None:
        row = self._lists.rows.current
        if row is not None:
            self.ask(lambda: self._imports.raw(self._number, row.row), self._show_raw, topic="bytes", hold=True)

    def _show_raw(self, raw: RawBytes) -> None:
        self.app.push_screen(Reader(f"Row {raw.row:,} as sent", "\n".join(_lines(raw)), lines=True))


def _lines(raw: RawBytes) -> Iterator[str]:
    """Where it is, its text, then the bytes themselves."""
    yield f"line {raw.line:,} · {len(raw.data):,} bytes at {raw.offset:,} · {raw.encoding} · looking is recorded"
    yield ""
    # One line, whatever it holds: ends of lines and tabs show as signs.
    yield harmless(raw.text[:MOST_SHOWN])
    yield ""
    for at in range(0, min(len(raw.data), MOST_SHOWN), IN_A_LINE):
        piece = raw.data[at : at + IN_A_LINE]
        letters = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in piece)
        yield f"{at:04x}  {piece.hex(' ', 2):<{IN_A_LINE * 5 // 2}} {letters}"
    if len(raw.data) > MOST_SHOWN:
        yield f"… {len(raw.data) - MOST_SHOWN:,} bytes more: debtflow import raw"
