"""The life of one thing: every change of it, and what it was after each, or on any day."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar, Self

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container
from textual.timer import Timer
from textual.widgets import Static

from screens.audit.browsing import account_of
from screens.audit.instant import WhichInstant
from screens.audit.narrowing import OPENED_BY, place_of
from screens.audit.state import StatePane
from screens.audit.telling import apart, mark, moment, what, when
from screens.base import BaseScreen, Desk, key
from screens.navigation import OpenAudit
from screens.widgets import Column, EmptyState, PagedTable, cell, plain
from services.audit.changes import changes
from services.audit.names import NO_NAMES
from services.domain.lexer import quoted
from services.domain.trail import KINDS, parse_audit
from services.errors import BadInput, DebtFlowError, NotFound

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screens.audit.ports import Trail
    from services.audit.names import Names
    from services.audit.results import AuditEvent, AuditPage, EntityState

PAGE = 100
DWELL = 0.12
REMEMBERED = 500
COLUMNS = (
    Column("", 1),
    Column("WHEN", 12),
    Column("AFTER", 9, wide=True),
    Column("WHO", 7),
    Column("ACT", 16),
    Column("WHAT", 10, flex=True),
)


class LifeScreen(BaseScreen):
    """Changes above, the whole of it at the instant under the cursor below, or beside where there is room."""

    CSS_PATH = "audit.tcss"
    AUTO_FOCUS = "#changes"
    HELP = """Each line is a change, the newest on top. Below, or beside, stands all that was kept of it right after
the change under the cursor; ▸ marks what the change touched, and what differs now stands in the right column.

g asks for any instant: a day is meant to its end. d shows only what differs from now. Tab goes to the columns, to
scroll them.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("g,y", "instant", "on a day", "As it was on any day, at any time"),
        key("d", "differing", "differing", "Only what differs from now; again: everything"),
        key("e", "trail", "in the trail", "The same changes in the audit browser"),
        key("c", "copy", "copy", "Copy the change", show=False),
    ]

    def __init__(self, desk: Desk, audit: Trail, entity: str, at: datetime | None = None) -> None:
        super().__init__(desk)
        self._audit = audit
        self._entity = entity
        self._at = at
        self._head = Static("", id="life-head")
        self._table: PagedTable[AuditEvent] = PagedTable(
            COLUMNS, self._cells, lambda each: str(each.id), id="changes", roomy=85
        )
        self._empty = EmptyState("", id="nothing")
        self._pane = StatePane(desk)
        self._next: str | None = None
        self._now: EntityState | None = None
        self._names = NO_NAMES
        self._known: dict[datetime, EntityState] = {}
        self._older: dict[int, datetime] = {}
        """When the change before each one was."""
        self._dwelling: Timer | None = None
        self._pinned = False
        """Whether the pane shows an instant that was asked for, and not that of the cursor."""

    @property
    def crumb(self) -> str:
        return f"Life of {self._about.removeprefix('account ')}"

    def take_over(self, other: Self) -> bool:
        """Another instant of the same life."""
        if other._at is not None and self._table.items:
            self._go_to(other._at)
        return True

    @property
    def _about(self) -> str:
        kind, _, ref = self._entity.partition("/")
        return f"{KINDS.get(kind, kind)} {ref}"

    @property
    def subject(self) -> str | None:
        return account_of(self._entity)

    @property
    def enter_does(self) -> str:
        event = self._table.current
        return OPENED_BY.get(event.entity.partition("/")[0], "") if event is not None else ""

    def body(self) -> ComposeResult:
        yield self._head
        with Container(id="work"):
            with Container(id="list"):
                yield self._table
                yield self._empty
            yield self._pane

    def on_mount(self) -> None:
        self._empty.display = False

    @property
    def waiting(self) -> bool:
        return self._dwelling is not None or super().waiting

    # ---- asking ----------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        asked = parse_audit(f"entity:{quoted(self._entity)}")
        # The clock of this machine may be behind the database's: what is now is what will be known tomorrow.
        entity, now = self._entity, self.desk.now() + timedelta(days=1)
        self._known.clear()

        def look() -> tuple[AuditPage, Names]:
            return self._audit.list(asked, limit=PAGE), self._audit.names()

        self.ask(look, self._show, failed=self._nothing)
        self.ask(lambda: self._audit.as_it_was(entity, now), self._know_now, topic="now", quiet=True,
                 failed=self._unknown)  # fmt: skip

    def _nothing(self, error: DebtFlowError) -> bool:
        if not isinstance(error, NotFound | BadInput):
            return False
        self._table.display, self._empty.display = False, True
        self._empty.tell(f"{error.message[:1].upper()}{error.message[1:]}.\n\n{error.hint or ''}")
        return True

    def _unknown(self, error: DebtFlowError) -> bool:
        return isinstance(error, NotFound | BadInput)

    def _know_now(self, now: EntityState) -> None:
        self._now = now
        self._look_at_cursor()

    def _show(self, found: tuple[AuditPage, Names]) -> None:
        page, self._names = found
        self._next = page.next
        self._learn(page.events)
        self._table.fill(page.events, more=page.next is not None)
        self._table.display, self._empty.display = bool(page.events), not page.events
        self._empty.tell("Nothing was recorded of it yet.")
        if self._at is not None:
            wanted, self._at = self._at, None
            self._go_to(wanted)
        self._say_head()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        asked, after = parse_audit(f"entity:{quoted(self._entity)}"), self._next
        self.ask(lambda: self._audit.list(asked, limit=PAGE, after=after), self._add, topic="next page")

    def _add(self, page: AuditPage) -> None:
        self._next = page.next
        self._learn((*self._table.items[-1:], *page.events))
        self._table.extend(page.events, more=page.next is not None)
        self._say_head()

    def _learn(self, events: Sequence[AuditEvent]) -> None:
        self._older |= {event.id: older.at for event, older in pairwise(events)}

    def _say_head(self) -> None:
        shown = self._table.items
        count = f"{len(shown)} shown, more below" if self._next else f"{len(shown)} change{'s' * (len(shown) != 1)}"
        first = f" since {moment(self.desk, shown[-1].at)}" if shown and not self._next else ""
        self._head.update(plain(f" {self._about}  ", "bold") + plain(f"{count}{first}", "$text-muted"))

    # ---- the instant -----------------------------------------------------------------------------------------------

    def _go_to(self, at: datetime) -> None:
        """The cursor on the last change before the instant, or on the oldest that is loaded."""
        items = self._table.items
        row = next((place for place, event in enumerate(items) if event.at <= at), len(items) - 1)
        self._table.move_cursor(row=max(0, row))

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        if self._dwelling is not None:
            self._dwelling.stop()
            self._dwelling = None
        if self._pinned:
            self._pinned = False
        else:
            self._dwelling = self.set_timer(DWELL, self._look_at_cursor)
        self.refresh_bindings()

    def _look_at_cursor(self) -> None:
        if self._dwelling is not None:
            self._dwelling.stop()
            self._dwelling = None
        event = self._table.current
        if event is not None:
            self._look_at(event.at)

    def _look_at(self, at: datetime) -> None:
        if (known := self._known.get(at)) is not None:
            self._paint(known)
            return
        entity = self._entity
        self.ask(lambda: self._audit.as_it_was(entity, at), self._keep, topic="then", failed=self._not_there)

    def _keep(self, state: EntityState) -> None:
        if len(self._known) >= REMEMBERED:
            self._known.clear()
        self._known[state.at] = state
        self._paint(state)

    def _not_there(self, error: DebtFlowError) -> bool:
        if not isinstance(error, NotFound | BadInput):
            return False
        self._pane.clear(f"{error.message[:1].upper()}{error.message[1:]}.")
        return True

    def _paint(self, state: EntityState) -> None:
        event = self._table.current
        touched: set[str] = set()
        if event is not None and event.at == state.at:
            touched = {change.column for change in changes(event, self.desk.session.currency, self._names)}
        self._pane.show(state, self._now, touched, self._names)

    def action_instant(self) -> None:
        def chosen(at: datetime | None) -> None:
            if at is None:
                return
            # The cursor goes to the change that made it so; the instant itself is what is shown.
            before = self._table.cursor_row
            self._go_to(at)
            self._pinned = self._table.cursor_row != before
            self._look_at(at)

        self.app.push_screen(WhichInstant(self.desk, self._about), chosen)

    def action_differing(self) -> None:
        self._pane.only_differing = not self._pane.only_differing
        self._pane.draw_again()
        self.say("Only what differs from now" if self._pane.only_differing else "Everything that was kept")

    # ---- elsewhere -------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        event = self._table.current
        place = place_of(event) if event is not None else None
        if place is not None:
            self.post_message(place)
        elif event is not None:
            self.say(f"There is no screen for {event.about}")

    def action_trail(self) -> None:
        self.post_message(OpenAudit(f"entity:{quoted(self._entity)}"))

    def action_copy(self) -> None:
        event = self._table.current
        if event is not None:
            said = f"{self._about}\t{moment(self.desk, event.at)}\t{event.who}\t{event.act}\t"
            said += what(self.desk, event, self._names)
            self.say(f"The change {self.desk.copy(said)}", "good")

    # ---- a line ----------------------------------------------------------------------------------------------------

    def _cells(self, event: AuditEvent) -> tuple[Text, ...]:
        return (
            cell(mark(event)),
            cell(when(self.desk, event.at)),
            cell(apart(event.at - self._older[event.id]) if event.id in self._older else ""),
            cell(event.who),
            cell(event.act),
            cell(what(self.desk, event, self._names)),
        )
