"""Browsing the audit trail: one line filters it, newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol, Self

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Horizontal
from textual.timer import Timer
from textual.widgets import Input, Static

from screens.audit.detail import ChangeDetail
from screens.base import BaseScreen, Desk, key
from screens.navigation import OpenAccount, OpenBatch, OpenPaymentBatch
from screens.widgets import Column, EmptyState, PagedTable, cell, plain, typable
from services.audit.changes import brief
from services.domain.lexer import quoted
from services.domain.numbers import parse_account_number
from services.domain.quoting import holds_card_number
from services.domain.trail import AuditQuery, parse_audit
from services.errors import BadInput, DebtFlowError, NotFound

if TYPE_CHECKING:
    from services.audit.results import AuditEvent, AuditPage

PAGE = 100
DEBOUNCE = 0.25
COLUMNS = (
    Column("WHEN", 12),
    Column("WHO", 7),
    Column("ACT", 15),
    Column("ENTITY", 10),
    Column("WHAT", 10, flex=True),
)
NOTHING = """Nothing recorded for this.

Try fewer filters: who:ana  act:payment.*  entity:account/10023-3  since:-7d  until:2026-11-20"""


class Trail(Protocol):
    """The part of the audit service that a browser needs."""

    def list(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage: ...


class AuditScreen(BaseScreen):
    """The list above, the change under the cursor below, beside it where there is room."""

    CSS_PATH = "audit.tcss"
    AUTO_FOCUS = "#events"
    HELP = """The line filters: who:ana, act:payment.post or act:payment.*, entity:account/10023-3 or just the number,
since:-7d, since:today, until:2026-11-20, tx:99120. The same line is understood by debtflow audit list.

A collector sees own acts and, with entity:, all that happened on an account of theirs.

Money is in its account's currency. (forgotten) stands for a personal value that was erased.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("slash", "to_line", "filter", "To the filter line"),
        key("t", "transaction", "same transaction", "All that was done in the same transaction; again: back"),
        key("e", "entity", "this entity", "All that happened to the same account, batch, person; again: back"),
        key("w", "who", "this person", "All that the same person did; again: back", show=False),
        key("c,y", "copy", "copy", "Copy the event"),
    ]

    def __init__(self, desk: Desk, audit: Trail, query: str = "") -> None:
        super().__init__(desk)
        self._audit = audit
        self._line = Input(typable(query), placeholder="who:  act:  entity:  since:  until:", id="line", max_length=300,
                           compact=True, select_on_focus=False)  # fmt: skip
        self._line.cursor_blink = False
        self._count = Static("", id="count")
        self._table: PagedTable[AuditEvent] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="events")
        self._empty = EmptyState("", id="nothing")
        self._detail = ChangeDetail(desk)
        self._typing: Timer | None = None
        self._next: str | None = None
        self._before: list[tuple[str, str]] = []
        """Filter lines that a key left, each with the event that the cursor stood on."""
        self._cursor_on: str | None = None

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
        return _account(event.entity) if event is not None else None

    @property
    def enter_does(self) -> str:
        if self._line.has_focus:
            return "to the list"
        event = self._table.current
        kind = event.entity.partition("/")[0] if event is not None else ""
        return {"account": "account", "batch": "batch", "payment_batch": "batch"}.get(kind, "")

    def body(self) -> ComposeResult:
        with Horizontal(id="ask"):
            yield Static(plain(" / ", "$text-muted"), id="prompt")
            yield self._line
            yield self._count
        with Container(id="work"):
            with Container(id="list"):
                yield self._table
                yield self._empty
            yield self._detail

    def on_mount(self) -> None:
        self._empty.display = False

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Letters are text in the line; keys for an event need one."""
        if action in ("transaction", "entity", "who", "copy"):
            back = action != "copy" and bool(self._before)
            return not self._line.has_focus and (back or self._table.current is not None)
        return not self._line.has_focus if action == "to_line" else True

    @property
    def waiting(self) -> bool:
        return self._typing is not None or super().waiting

    # ---- asking ----------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        self._ask(keep=True)

    @on(Input.Changed, "#line")
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if self._typing is not None:
            self._typing.stop()
        self._typing = self.set_timer(DEBOUNCE, self._ask)

    @on(Input.Submitted, "#line")
    def _entered(self, event: Input.Submitted) -> None:
        event.stop()
        self._ask(hold=True)
        self._table.focus()

    def _ask_for(self, text: str) -> None:
        with self._line.prevent(Input.Changed):
            self._line.value = typable(text)
        self._line.cursor_position = len(self._line.value)
        self._ask()

    def _ask(self, *, keep: bool = False, hold: bool = False) -> None:
        if self._typing is not None:
            self._typing.stop()
            self._typing = None
        if holds_card_number(self._line.value):
            self.say("This looks like a card number: it is not looked for, and none may be typed here", "error")
            return
        query = parse_audit(self._line.value)
        self.ask(
            lambda: self._audit.list(query, limit=PAGE), lambda page: self._show(page, query, keep),
            hold=hold, failed=self._not_found,
        )  # fmt: skip

    def _not_found(self, error: DebtFlowError) -> bool:
        """Half a name is nobody yet: that is said in place of the list, not in a dialog."""
        if not isinstance(error, NotFound | BadInput):
            return False
        self._fill((), None, keep=False)
        self._empty.tell(f"{error.message[:1].upper()}{error.message[1:]}.\n\n{error.hint or ''}")
        return True

    def _show(self, page: AuditPage, query: AuditQuery, keep: bool) -> None:
        self._fill(page.events, page.next, keep=keep)
        self._empty.tell(NOTHING)
        self.say(query.notes[0] if query.notes else "", "warn" if query.notes else "plain")
        if self._cursor_on is not None:
            wanted, self._cursor_on = self._cursor_on, None
            at = next((at for at, event in enumerate(page.events) if str(event.id) == wanted), 0)
            self._table.move_cursor(row=at)

    def _fill(self, events: tuple[AuditEvent, ...], following: str | None, *, keep: bool) -> None:
        self._next = following
        self._table.fill(events, more=following is not None, keep=keep)
        self._table.display, self._empty.display = bool(events), not events
        self._say_count()
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        query, after = parse_audit(self._line.value), self._next
        self.ask(lambda: self._audit.list(query, limit=PAGE, after=after), self._add, topic="next page")

    def _add(self, page: AuditPage) -> None:
        self._next = page.next
        self._table.extend(page.events, more=page.next is not None)
        self._say_count()

    def _say_count(self) -> None:
        count = len(self._table.items)
        said = f"{count} shown, more below" if self._next else f"{count} event{'s' * (count != 1)}"
        self._count.update(plain(f"{said} ", "$text-muted"))

    # ---- moving ----------------------------------------------------------------------------------------------------

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        self._detail.show(self._table.current)
        self.refresh_bindings()

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        """Go to what was changed; coming back finds the cursor where it was."""
        event = self._table.current
        if event is None:
            return
        kind, _, ref = event.entity.partition("/")
        number = _account(event.entity)
        if number is not None:
            self.post_message(OpenAccount(number, beside=True))
        elif kind == "batch" and ref.isdigit():
            self.post_message(OpenBatch(int(ref), beside=True))
        elif kind == "payment_batch" and ref.isdigit():
            self.post_message(OpenPaymentBatch(int(ref)))
        else:
            self.say(f"There is no screen for {event.about}")

    def action_to_line(self) -> None:
        self._line.focus()

    def on_key(self, event: events.Key) -> None:
        if event.key == "down" and self._line.has_focus and self._table.items:
            event.stop()
            self._table.focus()

    def action_transaction(self) -> None:
        """The moment is named too: without it the whole trail would have to be searched."""
        event = self._table.current
        around = ""
        if event is not None:
            at = self.desk.local(event.at)
            since, until = at - timedelta(minutes=10), at + timedelta(minutes=11)
            around = f"tx:{event.transaction} since:{since:%Y-%m-%dT%H:%M} until:{until:%Y-%m-%dT%H:%M}"
        self._narrow("tx:", around)

    def action_entity(self) -> None:
        event = self._table.current
        self._narrow("entity:", f"entity:{quoted(event.entity)}" if event is not None else "")

    def action_who(self) -> None:
        event = self._table.current
        self._narrow("who:", f"who:{quoted(event.who)}" if event is not None else "")

    def _narrow(self, begins: str, line: str) -> None:
        """Ask for what is related to the event under the cursor; the same key again goes back."""
        if self._before and (self._line.value.startswith(begins) or not line):
            self._widen()
        elif line:
            event = self._table.current
            self._before.append((self._line.value, str(event.id) if event is not None else ""))
            self._ask_for(line)

    def _widen(self) -> None:
        line, self._cursor_on = self._before.pop()
        self._ask_for(line)

    def action_copy(self) -> None:
        event = self._table.current
        if event is not None:
            self.say(f"Event {event.id} {self.desk.copy(self._as_text(event))}", "good")

    def action_back(self) -> None:
        if self._line.has_focus and self._table.items:
            self._table.focus()
        elif self._before:
            self._widen()
        else:
            super().action_back()

    # ---- a line ----------------------------------------------------------------------------------------------------

    def _cells(self, event: AuditEvent) -> tuple[Text, ...]:
        at = self.desk.local(event.at)
        return (
            cell(f"{at.day:>2} {at:%b %H:%M}"),
            cell(event.who),
            cell(event.act),
            cell(event.about.removeprefix("account ")),
            cell(brief(event, self.desk.session.currency)),
        )

    def _as_text(self, event: AuditEvent) -> str:
        at = self.desk.local(event.at)
        parts = (
            f"{at:%Y-%m-%d %H:%M:%S}",
            event.who,
            event.act,
            event.entity,
            brief(event, self.desk.session.currency),
        )
        return "\t".join(parts)


def _account(entity: str) -> str | None:
    """The number, where the entity is an account that has one."""
    kind, _, ref = entity.partition("/")
    if kind != "account":
        return None
    try:
        return parse_account_number(ref)
    except BadInput:
        return None
