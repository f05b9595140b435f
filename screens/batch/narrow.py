"""Which rows to look at: those with a value in a column, an empty cell, or a fault in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import Static

from screens.base import Desk, FormDialog
from screens.batch.filters import Filter
from screens.batch.ports import Review
from screens.widgets import Entry, Form, plain

if TYPE_CHECKING:
    from services.errors import DebtFlowError
    from services.imports.results import ValueCount

HOLDS, EMPTY, AT_FAULT = "holds", "is_empty", "is_at_fault"
SHOWN = 6


class NarrowForm(FormDialog[Filter]):
    """Shows the values that a column has among the rows in question, and gives the rows with one of them."""

    def __init__(
        self, desk: Desk, imports: Review, batch: int, among: Filter, columns: Sequence[str], column: str
    ) -> None:
        self._imports = imports
        self._number = batch
        self._among = among
        self._columns = columns
        self._column = column
        super().__init__(desk, "Rows with", f"Among: {among.label}.", "look")
        self._seen = Static("", classes="foreseen")

    def entries(self) -> tuple[Entry, ...]:
        return (
            Entry("column", "Column", self._column, codes=self._columns),
            Entry("cell", "Its cell", codes=(HOLDS, EMPTY, AT_FAULT)),
            Entry("value", "Exactly", max_length=200),
        )

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._seen, after=self.form)
        self._ask_values()

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        if event.entry.field == "cell":
            self.form["value"].display = self.form["cell"].value == HOLDS
        elif event.entry.field == "column":
            self._ask_values()

    def _ask_values(self) -> None:
        column = self.form["column"].value
        self.ask(
            lambda: self._imports.values(self._number, column, self._among.where), self._show_values, topic="values",
            quiet=True, failed=self._not_seen,
        )  # fmt: skip

    def _not_seen(self, error: DebtFlowError) -> bool:
        self._seen.update(plain(error.message, "$text-error"))
        return True

    def _show_values(self, found: tuple[ValueCount, ...]) -> None:
        lines = [plain("these values are there", "$text-muted")]
        lines += [plain(f"{each.rows:>7,}  ", "$text-muted") + plain(each.value or "(empty)") for each in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(plain(f"… {len(found) - SHOWN:,} more values", "$text-muted"))
        self._seen.update(Content("\n").join(lines))

    def send(self) -> None:
        column, cell, value = (self.form[name].value for name in ("column", "cell", "value"))
        if cell == HOLDS and not value:
            self.form.show_error("value", "say which value, or choose empty cells")
            return
        said = {HOLDS: f"{column} = {value}", EMPTY: f"{column} is empty", AT_FAULT: f"{column} at fault"}[cell]
        what = f"among {self._among.label}" if self._among.rule or self._among.state else ""
        exactly = {HOLDS: value, EMPTY: "", AT_FAULT: None}[cell]
        self.dismiss(replace(self._among, label=said, what=what, rows=None, mark="/", column=column, value=exactly))
