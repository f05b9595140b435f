"""The list of events with the line that filters it and the change under the cursor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from screens.audit.detail import ChangeDetail
from screens.audit.line import FilterLine
from screens.audit.telling import about, mark, what, when
from screens.audit.words import Vocabulary
from screens.base import BaseScreen, Desk
from screens.widgets import Column, EmptyState, PagedTable, cell
from services.audit.names import NO_NAMES
from services.domain.numbers import parse_account_number
from services.domain.quoting import holds_card_number
from services.domain.trail import SECURITY, AuditQuery, parse_audit
from services.errors import BadInput, DebtFlowError, NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from screens.audit.ports import Trail
    from services.audit.names import Names
    from services.audit.results import AuditEvent, AuditPage

PAGE = 100
DEBOUNCE = 0.25
COLUMNS = (
    Column("", 1),
    Column("WHEN", 12),
    Column("WHO", 7),
    Column("ACT", 15),
    Column("ENTITY", 11),
    Column("WHAT", 10, flex=True),
)
NOTHING = """Nothing recorded for this.

Try fewer filters: who:ana  act:payment.*  entity:account/10023-3  since:-7d  until:2026-11-20"""
CARD = "This looks like a card number: it is not looked for, and none may be typed here"


class BrowsingScreen(BaseScreen):
    """The list above, the change under the cursor below, beside it where there is room."""

    def __init__(self, desk: Desk, audit: Trail, query: str = "") -> None:
        super().__init__(desk)
        self._audit = audit
        self._words = Vocabulary({desk.session.user})
        self._line = FilterLine(query, lambda: self._words)
        self._table: PagedTable[AuditEvent] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="events")
        self._empty = EmptyState("", id="nothing")
        self._detail = ChangeDetail(desk)
        self._typing: Timer | None = None
        self._next: str | None = None
        self._names = NO_NAMES
        self._listed = AuditQuery()
        """What the list answers; the line may be on its way to another question."""
        self._tail = ""
        self._total: int | None = None
        self._cursor_on: str | None = None
        """The event that the cursor has to go to once it is there."""

    @property
    def crumb(self) -> str:
        return "Audit"

    def take_over(self, other: Self) -> bool:
        """The trail of something else: asked in the same line."""
        if other._line.value:
            self._ask_for(other._line.value)
        return True

    def receive(self, text: str) -> None:
        self._ask_for(text)

    @property
    def subject(self) -> str | None:
        event = self._table.current
        return account_of(event.entity) if event is not None else None

    def body(self) -> ComposeResult:
        yield self._line
        with Container(id="work"):
            with Container(id="list"):
                yield self._table
                yield self._empty
            yield self._detail

    def on_mount(self) -> None:
        self._empty.display = False

    @property
    def in_line(self) -> bool:
        """Whether letters are text now."""
        return self._line.editor.has_focus

    @property
    def waiting(self) -> bool:
        return self._typing is not None or super().waiting

    @property
    def asked(self) -> AuditQuery:
        """What the line asks for."""
        return parse_audit(self._line.value)

    # ---- asking ----------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        """Read the first page anew; from further down, only what has come on top, so that the cursor can stay."""
        self._words.ready = False
        if self._table.cursor_row < PAGE:
            self._ask(keep=True)
        else:
            self.look_for_newer()

    def look_for_newer(self) -> None:
        """Read what has come since the list was read."""
        raise NotImplementedError

    @on(FilterLine.Edited)
    def _typed(self) -> None:
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self._ask)

    @on(FilterLine.Entered)
    def _entered(self) -> None:
        """To the list, where there is one: keys typed ahead wait until it is known."""
        self._ask(go=True)

    @on(FilterLine.WordsWanted)
    def _learn(self) -> None:
        """A key that was typed ahead waits until there are words to choose from."""

        def learned(names: Names) -> None:
            self._know(names)
            self._line.take_next()

        self.ask(self._audit.names, learned, topic="words", hold=True)

    def _know(self, names: Names) -> None:
        self._names = names
        self._words.learn(names.people.values())
        self._words.ready = True

    def _ask_for(self, text: str) -> None:
        self._line.value = text
        self._ask()

    def _ask(self, *, keep: bool = False, go: bool = False) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        if holds_card_number(self._line.value):
            self.say(CARD, "error")
            return
        asked = self.asked

        known = self._names if self._words.ready else None

        def look() -> tuple[AuditPage, Names]:
            return self._audit.list(asked, limit=PAGE), known or self._audit.names()

        def answered(found: tuple[AuditPage, Names]) -> None:
            self._know(found[1])
            self._show(found[0], asked, keep)
            if go:
                self.action_to_list()

        self.ask(look, answered, hold=go, failed=self._not_found)

    def _not_found(self, error: DebtFlowError) -> bool:
        """Half a name is nobody yet: that is said under the line, not in a dialog."""
        if not isinstance(error, NotFound | BadInput):
            return False
        self._fill((), None, keep=False)
        said = f"{error.message[:1].upper()}{error.message[1:]}"
        self._line.complain(said)
        self._empty.tell(f"{said}.\n\n{error.hint or ''}")
        return True

    def _show(self, page: AuditPage, asked: AuditQuery, keep: bool) -> None:
        self._listed, self._tail = asked, page.tail
        self._fill(page.events, page.next, keep=keep)
        self._empty.tell(NOTHING)
        if self._cursor_on is not None:
            wanted, self._cursor_on = self._cursor_on, None
            at = next((at for at, event in enumerate(page.events) if str(event.id) == wanted), 0)
            self._table.move_cursor(row=at)

    def _fill(self, shown: Sequence[AuditEvent], following: str | None, *, keep: bool) -> None:
        self._next, self._total = following, None
        self._words.learn({event.who for event in shown}, {event.act for event in shown})
        self._table.fill(shown, more=following is not None, keep=keep)
        if not shown and self._table.has_focus:
            self._line.editor.focus()
        self._table.display, self._empty.display = bool(shown), not shown
        self._say_count()
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        asked, after = self._listed, self._next
        self.ask(lambda: self._audit.list(asked, limit=PAGE, after=after), self._add, topic="next page")

    def _add(self, page: AuditPage) -> None:
        self._next = page.next
        self._table.extend(page.events, more=page.next is not None)
        self._say_count()

    def _say_count(self) -> None:
        self._line.say_count(" · ".join(filter(None, (*self.also_said(), self._counted()))))

    def also_said(self) -> tuple[str, ...]:
        """What stands before the count."""
        return ()

    def _counted(self) -> str:
        shown = len(self._table.items)
        if self._next is None:
            return f"{shown:,} event{'s' * (shown != 1)}"
        return f"{shown:,} shown, more below" if self._total is None else f"{shown:,} of {self._total:,}"

    # ---- moving ----------------------------------------------------------------------------------------------------

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self._detail.show(self._table.current, self._names)
        self.refresh_bindings()

    def action_to_line(self) -> None:
        self._line.editor.focus()

    def action_to_list(self) -> None:
        if self._table.items:
            self._table.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "up" and self._table.has_focus and self._table.cursor_row == 0:
            event.stop()
            self._line.editor.focus()

    # ---- a line ----------------------------------------------------------------------------------------------------

    def _cells(self, event: AuditEvent) -> tuple[Text, ...]:
        return (
            cell(mark(event)),
            cell(when(self.desk, event.at)),
            cell(event.who),
            cell(event.act.removeprefix(SECURITY)),
            cell(about(event)),
            cell(what(self.desk, event, self._names)),
        )

    def with_event(self, deed: Callable[[AuditEvent], object]) -> None:
        """Do something with the event under the cursor, if there is one."""
        event = self._table.current
        if event is not None:
            deed(event)


def account_of(entity: str) -> str | None:
    """The number, where the entity is an account that has one."""
    kind, _, ref = entity.partition("/")
    if kind != "account":
        return None
    try:
        return parse_account_number(ref)
    except BadInput:
        return None
