"""A table that grows by pages, however long the list behind it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

from rich.text import Text
from textual import events
from textual.binding import Binding, BindingType
from textual.coordinate import Coordinate
from textual.message import Message
from textual.widgets import DataTable

T = TypeVar("T")

AHEAD = 15
"""Rows before the end at which the next page is asked for."""

LEAST_FLEX = 6
"""Cells that a flexible column keeps, however little room there is."""

PAGE_LIMIT = 500
"""More rows than this at once cannot be painted while a person types."""


@dataclass(frozen=True, slots=True)
class Column:
    """One column; ``flex`` takes what is left of the width, ``wide`` shows only where there is room."""

    title: str
    width: int
    flex: bool = False
    right: bool = False
    wide: bool = False


class PagedTable(DataTable[Text], Generic[T]):
    """Rows made of items by ``cells``; ``key`` tells the same item in an older page and a newer one."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "select_cursor", "open", id="list.open", tooltip="Open what is under the cursor"),
        Binding("home", "scroll_top", "first", show=False),
        Binding("end", "scroll_bottom", "last", show=False),
    ]

    class NearEnd(Message):
        """The cursor nears the end of what is loaded and there is more."""

    class Moved(Message):
        """The cursor stands on another item, or on none."""

        def __init__(self, table: PagedTable[Any]) -> None:
            super().__init__()
            self.table = table

        @property
        def control(self) -> PagedTable[Any]:
            return self.table

    class Opened(Message):
        """Enter was pressed on an item."""

        def __init__(self, table: PagedTable[Any], item: Any) -> None:
            super().__init__()
            self.table = table
            self.item = item

        @property
        def control(self) -> PagedTable[Any]:
            return self.table

    def __init__(
        self,
        columns: Sequence[Column],
        cells: Callable[[T], Sequence[Text]],
        key: Callable[[T], str],
        *,
        id: str | None = None,
        roomy: int = 100,
    ) -> None:
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._layout = tuple(columns)
        self._cells = cells
        self._key = key
        self._roomy = roomy
        self._widths: tuple[int, ...] = ()
        self._needed: tuple[int, ...] = tuple(column.width for column in columns)
        self._more = False
        self.items: list[T] = []

    @property
    def current(self) -> T | None:
        """The item under the cursor."""
        return self.items[self.cursor_row] if 0 <= self.cursor_row < len(self.items) else None

    def fill(self, items: Sequence[T], *, more: bool = False, keep: bool = True) -> None:
        """Show these items instead; the cursor stays on the same item where it is still there and ``keep`` is set."""
        before = self._key(self.current) if keep and self.current is not None else None
        top = self.scroll_y
        self.items = list(items)[:PAGE_LIMIT]
        self._more = more
        self._measure(self.items)
        self._draw()
        place = next((at for at, item in enumerate(self.items) if self._key(item) == before), 0) if before else 0
        self.move_cursor(row=place, scroll=False)
        self.scroll_to(y=top if before else 0, animate=False)
        self.post_message(self.Moved(self))

    def extend(self, items: Sequence[T], *, more: bool) -> None:
        """Add the next page below."""
        self._more = more
        self.items.extend(items)
        self._measure(items)
        if self._fit(self.size.width) == self._widths:
            for item in items:
                self._add(item)
        else:
            self._redraw()

    def put_above(self, items: Sequence[T]) -> None:
        """Add newer items on top; the cursor stays on its item and in sight, what is on the screen moves no further."""
        row, top = self.cursor_row + len(items), int(self.scroll_y)
        self.items[:0] = items
        self._measure(items)
        self._draw()
        self.move_cursor(row=row, scroll=False)
        rows = max(1, self.scrollable_content_region.height - self.header_height)
        self.scroll_to(y=max(row - rows + 1, 0 if top == 0 else top + len(items)), animate=False)
        self.post_message(self.Moved(self))

    @property
    def shows_top(self) -> bool:
        """Whether the first item is in sight."""
        return self.scroll_y < 1

    def replace(self, item: T) -> None:
        """Show a newer state of an item in its place, if it is shown."""
        key = self._key(item)
        at = next((place for place, known in enumerate(self.items) if self._key(known) == key), None)
        if at is None:
            return
        self.items[at] = item
        shown = (cell for cell, width in zip(self._cells(item), self._widths, strict=True) if width)
        for column, value in enumerate(shown):
            self.update_cell_at(Coordinate(at, column), value)

    def on_resize(self, event: events.Resize) -> None:
        if self._fit(event.size.width) != self._widths:
            self._redraw()

    def _redraw(self) -> None:
        row = self.cursor_row
        self._draw()
        self.move_cursor(row=row)

    def _measure(self, items: Sequence[T]) -> None:
        """A figure is never cut: its column grows to the longest one."""
        rows = [self._cells(item) for item in items]
        self._needed = tuple(
            max([needed, *(row[at].cell_len for row in rows)]) if column.right else needed
            for at, (column, needed) in enumerate(zip(self._layout, self._needed, strict=True))
        )

    def _draw(self) -> None:
        widths = self._fit(self.size.width)
        if widths != self._widths or not self.columns:
            self._widths = widths
            self.clear(columns=True)
            for column, width in zip(self._layout, widths, strict=True):
                if width:
                    self.add_column(Text(column.title, justify="right" if column.right else "left"), width=width)
        else:
            self.clear()
        for item in self.items:
            self._add(item)

    def _add(self, item: T) -> None:
        self.add_row(*(cell for cell, width in zip(self._cells(item), self._widths, strict=True) if width))

    def _fit(self, room: int) -> tuple[int, ...]:
        """The width of each column, 0 for one that is not shown; the scroll bar keeps its place."""
        room -= 1
        sized = zip(self._layout, self._needed, strict=True)
        wanted = [(column, 0 if column.wide and room < self._roomy else width) for column, width in sized]
        fixed = sum(width for column, width in wanted if not column.flex)
        flexible = sum(bool(column.flex and width) for column, width in wanted) or 1
        gaps = 2 * self.cell_padding * sum(bool(width) for _, width in wanted)
        spare = max(0, room - fixed - gaps) // flexible
        return tuple(max(LEAST_FLEX, spare) if column.flex and width else width for column, width in wanted)

    def on_data_table_row_highlighted(self, event: DataTable.RowHighlighted) -> None:
        event.stop()
        self.post_message(self.Moved(self))
        if self._more and event.cursor_row >= len(self.items) - AHEAD:
            self._more = False
            self.post_message(self.NearEnd())

    def on_data_table_row_selected(self, event: DataTable.RowSelected) -> None:
        event.stop()
        if self.current is not None:
            self.post_message(self.Opened(self, self.current))
