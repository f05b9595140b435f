"""What payment providers sent, and what became of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.dialogs.reader import Reader
from screens.navigation import OpenJobs
from screens.widgets import GONE, Column, EmptyState, PagedTable, cell, plain, words
from services.webhooks.results import STATES

if TYPE_CHECKING:
    from services.webhooks.results import Raw, Webhook

PAGE = 50
COLUMNS = (
    Column("ID", 6, right=True),
    Column("RECEIVED", 12),
    Column("FROM", 8),
    Column("WHAT", 16, flex=True),
    Column("SEEN", 4, right=True),
    Column("STATE", 9),
    Column("SETTLED", 12, wide=True),
)
NOT_YOURS = """Webhooks are looked after by those who oversee the agency.

Your role is {role}. What a payment came to stands on its account."""
NONE_YET = """No webhook came in yet.

debtflow webhook serve takes them in; docs/worker.md says how to tell the provider where."""
NONE_IN_STATE = "No webhook is {state}.\n\nf shows other states."


class Inbox(Protocol):
    """The part of the webhook service that people look through."""

    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Webhook, ...], int | None]: ...
    def reveal(self, webhook: int) -> Raw: ...
    def redrive(self, webhook: int) -> Webhook: ...


class InboxScreen(BaseScreen):
    """The webhooks of the agency, latest first; redriving one, and reading it as it came."""

    CSS_PATH = "inbox.tcss"
    AUTO_FOCUS = "#webhooks"
    HELP = """Every event that a payment provider sent is kept as it came, once, however often it is sent. The worker
looks at it: processed moved something here, replayed was known already, ignored is no news for us, failed was looked at
in vain. Refused ones were never accepted: nobody knows who sent them. Looking at one again never does a thing twice.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("r", "redrive", "redrive", "Have the event under the cursor looked at again"),
        key("enter,v", "raw", "as it came", "Read headers and body as they came; this goes on record", show=False),
        key("f", "filter", "state", "Show the webhooks of the next state only"),
        key("y", "copy", "copy id", "Copy the provider's event id"),
        key("j", "jobs", "jobs", "The queue of background work"),
    ]

    def __init__(self, desk: Desk, webhooks: Inbox, state: str | None = None) -> None:
        super().__init__(desk)
        self._webhooks = webhooks
        self._state = state
        self._next: int | None = None
        self._which = Static("", id="which")
        self._count = Static("", id="count")
        self._about = Static("", id="about")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[Webhook] = PagedTable(COLUMNS, self._cells, lambda each: str(each.id), id="webhooks")

    @property
    def crumb(self) -> str:
        return "Webhooks"

    @property
    def _mine(self) -> bool:
        return self.desk.session.role != "collector"

    @property
    def enter_does(self) -> str:
        return "as it came" if self.check_action("raw", ()) else ""

    def body(self) -> ComposeResult:
        if not self._mine:
            yield EmptyState(NOT_YOURS.format(role=words(self.desk.session.role)))
            return
        with Horizontal(id="head"):
            yield self._which
            yield self._count
        yield self._table
        yield self._about
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False
        self._head()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Not everybody redrives and reads; what was refused is never redriven."""
        current = self._table.current
        match action:
            case "redrive":
                return self.desk.session.may("webhook.redrive") and current is not None and current.state != "refused"
            case "raw":
                return self.desk.session.may("webhook.reveal") and current is not None
            case "copy":
                return current is not None and current.event_id is not None
            case "filter" | "jobs":
                return self._mine
            case _:
                return True

    def take_over(self, other: BaseScreen) -> bool:
        """The same inbox, asked for in another state."""
        if isinstance(other, InboxScreen) and other._state != self._state:
            self._turn_to(other._state)
        return True

    # ---- the list ----------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self._mine:
            state = self._state
            self.ask(lambda: self._webhooks.list(state=state, limit=PAGE), self._show)

    def _show(self, page: tuple[tuple[Webhook, ...], int | None]) -> None:
        found, self._next = page
        self._table.fill(found, more=self._next is not None)
        for widget in (self._table, self._about):
            widget.display = bool(found)
        self._empty.display = not found
        self._empty.tell(NONE_IN_STATE.format(state=words(self._state)) if self._state else NONE_YET)
        self._head()
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        state, after = self._state, self._next
        self.ask(lambda: self._webhooks.list(state=state, after=after, limit=PAGE), self._add, topic="next page")

    def _add(self, page: tuple[tuple[Webhook, ...], int | None]) -> None:
        found, self._next = page
        self._table.extend(found, more=self._next is not None)
        self._head()

    def _head(self) -> None:
        self._which.update(plain(f" {words(self._state).capitalize() if self._state else 'All webhooks'}", "bold"))
        count = len(self._table.items)
        said = f"{count} shown, more below" if self._next else f"{count} in all" if count else ""
        self._count.update(plain(f"{said} ", "$text-muted"))

    @on(PagedTable.Moved)
    def _moved(self) -> None:
        current = self._table.current
        self._about.update(Content("\n").join(self._lines(current)) if current else "")
        self.refresh_bindings()

    def _lines(self, each: Webhook) -> tuple[Content, ...]:
        tone = "$text-error" if each.state in ("failed", "refused") else ""
        times = f"came {each.deliveries} ×, looked at {each.attempts} ×, {each.size:,} bytes"
        last = f", last at {self.desk.local(each.last_delivery_at):%-d %b %H:%M:%S}" if each.deliveries > 1 else ""
        return (
            plain(f"{each.provider} {each.event_id or 'names no event'}", "bold"),
            plain(times + last, "$text-muted"),
            plain(each.reason or words(each.state), tone),
        )

    # ---- keys --------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        states: tuple[str | None, ...] = (None, *STATES)
        self._turn_to(states[(states.index(self._state) + 1) % len(states)])

    def _turn_to(self, state: str | None) -> None:
        self._state = state
        self._head()
        self.look_again()

    def action_redrive(self) -> None:
        current = self._table.current
        if current is not None:
            self.act(lambda: self._webhooks.redrive(current.id), self._redriven, doing="Queueing…")

    def _redriven(self, webhook: Webhook) -> None:
        self._table.replace(webhook)
        self._moved()
        self.say(f"Webhook {webhook.id} is queued: the worker will look at it again", "good")

    @on(PagedTable.Opened)
    def action_raw(self) -> None:
        current = self._table.current
        if current is not None and self.check_action("raw", ()):
            title = f"Webhook {current.id} as it came"
            self.ask(
                lambda: self._webhooks.reveal(current.id),
                lambda raw: self._read(title, raw),
                topic="raw",
                hold=True,
            )

    def _read(self, title: str, raw: Raw) -> None:
        headers = "\n".join(f"{name}: {value}" for name, value in raw.headers)
        self.app.push_screen(Reader(title, f"{headers}\n\n{_legible(raw.body)}", lines=True))

    def action_copy(self) -> None:
        current = self._table.current
        if current is not None and current.event_id is not None:
            self.say(f"{current.event_id} {self.desk.copy(current.event_id)}", "good")

    def action_jobs(self) -> None:
        self.post_message(OpenJobs())

    # ---- a line ------------------------------------------------------------------------------------------------------

    def _cells(self, each: Webhook) -> tuple[Text, ...]:
        variables = self.app.theme_variables
        muted, alarm = variables["text-muted"], variables["text-error"]
        tone = {"failed": alarm, "refused": alarm, "queued": ""}.get(each.state, muted)
        return (
            cell(each.id, right=True),
            cell(f"{self.desk.local(each.received_at):%-d %b %H:%M}", muted),
            cell(each.provider),
            cell(each.type or each.reason or GONE),
            cell(each.deliveries if each.deliveries > 1 else "", right=True),
            cell(words(each.state), tone),
            cell(f"{self.desk.local(each.settled_at):%-d %b %H:%M}" if each.settled_at else GONE, muted),
        )


def _legible(body: bytes) -> str:
    """The body, over several lines where it came in one."""
    text = body.decode("utf-8", "backslashreplace")
    if "\n" in text:
        return text
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text
