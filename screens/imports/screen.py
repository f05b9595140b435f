"""Every import file on its way, newest first."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key, whose
from screens.imports.ports import ClientList, Intake
from screens.imports.stage import StageForm
from screens.imports.whose import WhoseForm
from screens.navigation import OpenBatch, OpenProfile
from screens.widgets import Column, EmptyState, PagedTable, cell, plain, words
from services.imports.results import BATCH_STATES

if TYPE_CHECKING:
    from services.imports.results import Batch
    from services.office.results import Client

PAGE = 50
MINUTE, HOUR, DAY = 60, 3600, 86400
COLUMNS = (
    Column("BATCH", 5, right=True),
    Column("FILE", 16, flex=True),
    Column("CLIENT", 7),
    Column("KIND", 11, wide=True),
    Column("STATE", 9),
    Column("ROWS", 7, right=True),
    Column("READY", 7, right=True),
    Column("ERRORS", 6, right=True),
    Column("RELEASED", 8, right=True, wide=True),
    Column("AGE", 4, right=True),
    Column("STAGED", 12, wide=True),
    Column("BY", 8, wide=True),
)
NOT_YOURS = """Your role, {role}, does not review import files. {who}

What a release assigns to you shows in F2, accounts."""
NONE_YET = """No import file yet.

s stages one: it is read and checked row by row, and nothing reaches the accounts before its release."""
NO_CLIENT = "There is no client yet: an administrator adds one with debtflow client add"
NONE_IN_STATE = "No batch is {state}.\n\nf shows other states."


def age(since: timedelta) -> str:
    """How long something waits, in four letters at most: *now*, *5m*, *3h*, *29d*."""
    seconds = int(since.total_seconds())
    for word, unit in (("d", DAY), ("h", HOUR), ("m", MINUTE)):
        if seconds >= unit:
            return f"{seconds // unit}{word}"
    return "now"


class ImportsScreen(BaseScreen):
    """The batches of the agency; staging another."""

    CSS_PATH = "imports.tcss"
    AUTO_FOCUS = "#batches"
    HELP = """A file that a client sends is staged, reviewed and released. Staging keeps its bytes and checks every row;
the same file again is refused. Ready rows reach the accounts at release, each kind of file in its own way.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "open", "review", "Review the batch under the cursor", show=False),
        key("s", "stage", "stage a file", "Stage a file that a client sent"),
        key("p", "profile", "profiles", "Look at how a client writes its files, and change it"),
        key("f", "filter", "state", "Show the batches of the next state only"),
    ]

    def __init__(self, desk: Desk, imports: Intake, clients: ClientList) -> None:
        super().__init__(desk)
        self._imports = imports
        self._clients = clients
        self._state: str | None = None
        self._next: str | None = None
        self._which = Static("", id="which")
        self._count = Static("", id="count")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[Batch] = PagedTable(COLUMNS, self._cells, lambda batch: str(batch.id), id="batches")

    @property
    def crumb(self) -> str:
        return "Imports"

    @property
    def _mine(self) -> bool:
        return self.desk.session.may("import.work")

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "review"

    def body(self) -> ComposeResult:
        if not self._mine:
            yield EmptyState(NOT_YOURS.format(**whose(self.desk.session, "import.work")))
            return
        with Horizontal(id="head"):
            yield self._which
            yield self._count
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False
        self._head()

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Nothing here for those who do not review."""
        if action in ("stage", "filter", "profile"):
            return self._mine
        return self._table.current is not None if action == "open" else True

    def on_screen_resume(self) -> None:
        super().on_screen_resume()
        if self._table.items:
            self.look_again()

    # ---- the list --------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self._mine:
            state = self._state
            self.ask(lambda: self._imports.batches(state=state, limit=PAGE), self._show)

    def _show(self, page: tuple[tuple[Batch, ...], str | None]) -> None:
        batches, self._next = page
        self._table.fill(batches, more=self._next is not None)
        self._table.display, self._empty.display = bool(batches), not batches
        self._empty.tell(NONE_IN_STATE.format(state=words(self._state)) if self._state else NONE_YET)
        self._head()
        self.refresh_bindings()

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        state, after = self._state, self._next
        self.ask(lambda: self._imports.batches(state=state, after=after, limit=PAGE), self._add, topic="next page")

    def _add(self, page: tuple[tuple[Batch, ...], str | None]) -> None:
        batches, self._next = page
        self._table.extend(batches, more=self._next is not None)
        self._head()

    def _head(self) -> None:
        self._which.update(plain(f" {words(self._state).capitalize() if self._state else 'All batches'}", "bold"))
        count = len(self._table.items)
        said = f"{count} shown, more below" if self._next else f"{count} in all" if count else ""
        self._count.update(plain(f"{said} ", "$text-muted"))

    # ---- keys ------------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        batch = self._table.current
        if batch is not None:
            self.post_message(OpenBatch(batch.id))

    def action_filter(self) -> None:
        states: tuple[str | None, ...] = (None, *BATCH_STATES)
        self._state = states[(states.index(self._state) + 1) % len(states)]
        self._head()
        self.look_again()

    def action_stage(self) -> None:
        """The clients are needed for the next key, so keys wait for them."""
        self.ask(self._clients.list, self._ask_file, topic="clients", hold=True)

    def action_profile(self) -> None:
        """As for staging, keys wait for the clients."""
        self.ask(self._clients.list, self._ask_whose, topic="clients", hold=True)

    def _ask_whose(self, clients: tuple[Client, ...]) -> None:
        if clients:
            self.app.push_screen(WhoseForm(self.desk, clients), self._go)
        else:
            self.say(NO_CLIENT, "warn")

    def _go(self, wish: OpenProfile | None) -> None:
        if wish is not None:
            self.post_message(wish)

    def _ask_file(self, clients: tuple[Client, ...]) -> None:
        if not clients:
            self.say(NO_CLIENT, "warn")
            return
        self.app.push_screen(StageForm(self.desk, self._imports, clients), self._staged)

    def _staged(self, batch: Batch | None) -> None:
        if batch is not None:
            self.look_again()
            self.post_message(OpenBatch(batch.id))

    # ---- a line ----------------------------------------------------------------------------------------------------

    def _cells(self, batch: Batch) -> tuple[Text, ...]:
        alarm = self.app.theme_variables["text-error"]
        muted = self.app.theme_variables["text-muted"]
        open_still = batch.state in ("in_review", "releasing")
        return (
            cell(batch.id, right=True),
            cell(batch.file),
            cell(batch.client),
            cell(batch.kind),
            cell(words(batch.state), "" if open_still else muted),
            cell(f"{batch.rows:,}", right=True),
            cell(f"{batch.ready:,}" if batch.ready and open_still else "", right=True),
            cell(f"{batch.errors:,}" if batch.errors else "", alarm if open_still else muted, right=True),
            cell(f"{batch.released:,}" if batch.released else "", right=True),
            cell(age(self.desk.now() - batch.staged_at), muted, right=True),
            cell(f"{self.desk.local(batch.staged_at):%-d %b %H:%M}", muted),
            cell(batch.staged_by, muted),
        )
