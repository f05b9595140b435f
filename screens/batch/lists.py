"""What was found on the left, the rows behind it on the right."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.text import Text
from textual.app import ComposeResult
from textual.containers import Horizontal

from screens.batch.filters import MARKS, PROBLEMS, Filter
from screens.widgets import Column, EmptyState, PagedTable, cell, words

if TYPE_CHECKING:
    from services.imports.results import ImportRow, RowPage

REF = "external_ref"
FINDINGS = (Column("", 1), Column("FINDING", 16, flex=True), Column("ROWS", 8, right=True))
ROWS = (Column("", 2), Column("ROW", 6, right=True), Column("COLUMN", 15), Column("VALUE", 6, flex=True))


class Lists(Horizontal):
    """Two tables; ``chosen`` are the row numbers that were marked, ``entered`` is the row last gone into."""

    def __init__(self) -> None:
        super().__init__(id="lists")
        self.findings: PagedTable[Filter] = PagedTable(
            FINDINGS, self._finding_cells, lambda each: each.key, id="findings"
        )
        self.rows: PagedTable[ImportRow] = PagedTable(ROWS, self._row_cells, lambda row: str(row.row), id="rows")
        self._none = EmptyState("", id="none")
        self.filter = Filter("all rows", "", 0)
        self.chosen: set[int] = set()
        self.entered: int | None = None
        self.next: str | None = None

    def compose(self) -> ComposeResult:
        yield self.findings
        yield self.rows
        yield self._none

    def on_mount(self) -> None:
        self._none.display = False

    def show_rows(self, page: RowPage, *, keep: bool) -> None:
        """Show the first page of the rows that the filter picks."""
        self.next = page.next
        self.rows.fill(page.rows, more=page.next is not None, keep=keep)
        self.rows.display, self._none.display = bool(page.rows), not page.rows
        self._none.tell(f"No row here any more:\n{self.filter.label}")

    def add_rows(self, page: RowPage) -> None:
        """Add the next page."""
        self.next = page.next
        self.rows.extend(page.rows, more=page.next is not None)

    def toggle(self) -> None:
        """Mark the row under the cursor, or take the mark away, and go on to the next."""
        row = self.rows.current
        if row is not None:
            self.chosen ^= {row.row}
            self.rows.replace(row)
            self.rows.action_cursor_down()

    def choose(self, numbers: Sequence[int]) -> None:
        """Mark exactly these rows."""
        self.chosen = set(numbers)
        for row in self.rows.items:
            self.rows.replace(row)

    @property
    def meant(self) -> list[int]:
        """The marked rows, else the one under the cursor."""
        row = self.rows.current
        return sorted(self.chosen) or ([row.row] if row is not None else [])

    def problem(self, by: int, *, fresh: bool = False) -> int | None:
        """The place of the next problem, down or up; the row under the cursor counts if it is new to the person."""
        rows, start, row = self.rows.items, self.rows.cursor_row, self.rows.current
        unseen = by > 0 and row is not None and row.row != self.entered
        if not (fresh or unseen or self.findings.has_focus):
            start += by
        places = range(start, len(rows) if by > 0 else -1, by)
        return next((at for at in places if rows[at].state in PROBLEMS and rows[at].findings), None)

    # ---- lines -----------------------------------------------------------------------------------------------------

    def _finding_cells(self, each: Filter) -> tuple[Text, ...]:
        colours = self.app.theme_variables
        rows = "" if each.rows is None else f"{each.rows:,}"
        if each.rule is None and each.column is None:
            muted = colours["text-muted"]
            return cell(each.mark, muted), cell(each.label, muted), cell(rows, muted, right=True)
        alarm = colours["text-error"] if each.mark == MARKS["error"] else ""
        return cell(each.mark, alarm), cell(each.label), cell(rows, alarm, right=True)

    def _row_cells(self, row: ImportRow) -> tuple[Text, ...]:
        colours = self.app.theme_variables
        found = self.filter.finding(row)
        mark = f"{'▪' if row.row in self.chosen else ' '}{MARKS[row.state]}"
        style = {"error": colours["text-error"], "valid": colours["text-accent"]}.get(row.state, "")
        if found is not None:
            value = row.values.get(found.column, found.value) if found.column else found.value
            column, shown = found.column or "(row)", value or ("" if found.column else row.values.get(REF, ""))
        else:
            column = row.account or words(row.state)
            shown = f"{row.values.get(REF, '')} {row.values.get('debtor_name', '')}"
        return cell(mark, style), cell(f"{row.row:,}", right=True), cell(column), cell(shown)
