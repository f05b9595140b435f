"""Filters that a person keeps under a name: open one, keep one, drop one."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.base import Desk, FormDialog, Working, key
from screens.dialogs.confirm import Confirm
from screens.widgets import Column, EmptyState, Entry, Key, KeyBar, PagedTable, cell, plain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screens.audit.ports import Trail
    from services.audit.results import SavedFilter

NONE_YET = "No filter is kept yet. Esc, then k keeps the one in the line."


class SavedFilters(Working[str], ModalScreen[str]):
    """Gives the text of the filter that was chosen."""

    AUTO_FOCUS = "#filters"
    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,f3,f12", "close", "back", "Close without opening one"),
        key("d,delete", "drop", "drop", "Drop the filter under the cursor"),
    ]

    def __init__(self, desk: Desk, audit: Trail, kept: Sequence[SavedFilter]) -> None:
        super().__init__(desk.keyboard, desk.stop_reading)
        self._audit = audit
        self._kept = tuple(kept)
        columns = (Column("NAME", 18), Column("FILTER", 20, flex=True))
        self._table: PagedTable[SavedFilter] = PagedTable(columns, _cells, lambda each: each.name, id="filters")
        self._none = EmptyState(NONE_YET)

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall", id="saved") as box:
            box.border_title = plain(" Saved filters ")
            yield Static(plain("Yours alone; debtflow audit filters lists them, too.", "$text-muted"), classes="about")
            yield self._table
            yield self._none
            yield self._message
            yield KeyBar(Key("Enter", "open"), Key("d", "drop"), Key("Esc", "back"), always=())

    def on_mount(self) -> None:
        self._show(self._kept)

    def _show(self, kept: Sequence[SavedFilter]) -> None:
        self._kept = tuple(kept)
        self._table.fill(self._kept)
        self._table.display, self._none.display = bool(kept), not kept

    @on(PagedTable.Opened)
    def _open(self) -> None:
        chosen = self._table.current
        if chosen is not None:
            self.dismiss(chosen.text)

    def action_drop(self) -> None:
        chosen = self._table.current
        if chosen is not None:
            self.app.push_screen(
                Confirm("Drop it?", f"{chosen.name}: {chosen.text} is forgotten; the trail stays as it is.", "drop"),
                lambda sure: self._forget(chosen) if sure else None,
            )

    def _forget(self, chosen: SavedFilter) -> None:
        self.act(
            lambda: self._audit.drop_saved(chosen.name),
            lambda _done: self._show([each for each in self._kept if each.name != chosen.name]),
            doing="Dropping…",
        )

    def action_close(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
        else:
            self.dismiss(None)


class KeepFilter(FormDialog[str]):
    """Asks for a name; gives it once the filter is kept."""

    def __init__(self, desk: Desk, audit: Trail, text: str) -> None:
        self._audit = audit
        self._text = text
        super().__init__(desk, "Keep this filter", text or "(everything)", "keep")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("name", "Name", required=True, max_length=40),)

    def send(self) -> None:
        name = self.form.values["name"]

        def kept(_done: object) -> None:
            self.dismiss(name)

        self.act(lambda: self._audit.save(name, self._text), kept, doing="Keeping…")


def _cells(each: SavedFilter) -> tuple[Text, ...]:
    return cell(each.name), cell(each.text or "(everything)")
