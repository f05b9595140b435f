"""The background work: what waits, what runs, what failed and why, who does it and when."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar, Protocol

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, key
from screens.navigation import OpenInbox
from screens.widgets import Column, EmptyState, PagedTable, cell, plain, words
from services.jobs.results import JOB_STATES

if TYPE_CHECKING:
    from services.jobs.results import ChoreRun, Job, Queue, WorkerSeen

PAGE = 50
WATCH_EVERY = 5.0
COLUMNS = (
    Column("JOB", 7, right=True),
    Column("ABOUT", 16, flex=True),
    Column("STATE", 9),
    Column("TRIES", 5, right=True),
    Column("SINCE", 12),
    Column("DUE", 12, wide=True),
    Column("WHY", 20, flex=True),
)
NOT_YOURS = """Background work is looked after by those who oversee the agency.

Your role is {role}."""
NOTHING = "Nothing waits, runs or has failed."
NONE_IN_STATE = "No job is {state}.\n\nf shows other states."
UNATTENDED = "No worker is alive: what waits stays waiting. Start one: debtflow worker"


class Background(Protocol):
    """The part of the job service that people look at."""

    def queue(self) -> Queue: ...
    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Job, ...], int | None]: ...


Seen = tuple["Queue", "tuple[Job, ...]", "int | None"]


class JobsScreen(BaseScreen):
    """Counts and workers above, chores and when they come next, the jobs below; looked at anew by itself."""

    CSS_PATH = "jobs.tcss"
    AUTO_FOCUS = "#jobs"
    HELP = """Waiting is to be done now, scheduled is tried again later, running is under way, lost is under way at a
worker that died and will be taken back by another, failed was given up. Chores come again by themselves. A webhook that
failed is redriven from the webhooks screen.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("f", "filter", "state", "Show the jobs of the next state only"),
        key("w,enter", "inbox", "webhooks", "The webhooks that came in"),
    ]

    def __init__(self, desk: Desk, jobs: Background) -> None:
        super().__init__(desk)
        self._jobs = jobs
        self._state: str | None = None
        self._next: int | None = None
        self._counts = Static("", id="counts")
        self._workers = Static("", id="workers")
        self._chores = Static("")
        self._empty = EmptyState("", id="nothing")
        self._table: PagedTable[Job] = PagedTable(COLUMNS, self._cells, lambda job: str(job.id), id="jobs")

    @property
    def crumb(self) -> str:
        return "Jobs"

    @property
    def _mine(self) -> bool:
        return self.desk.session.role != "collector"

    @property
    def enter_does(self) -> str:
        return "" if self._table.current is None else "webhooks"

    def body(self) -> ComposeResult:
        if not self._mine:
            yield EmptyState(NOT_YOURS.format(role=words(self.desk.session.role)))
            return
        yield self._counts
        yield self._workers
        with VerticalScroll(id="chores"):
            yield self._chores
        yield self._table
        yield self._empty

    def on_mount(self) -> None:
        self._empty.display = False
        if self._mine:
            self.set_interval(WATCH_EVERY, lambda: self._look(quiet=True))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Nothing here for collectors."""
        return self._mine if action in ("filter", "inbox") else True

    def look_again(self) -> None:
        if self._mine:
            self._look()

    def _look(self, *, quiet: bool = False) -> None:
        state = self._state

        def both() -> Seen:
            return (self._jobs.queue(), *self._jobs.list(state=state, limit=PAGE))

        if (self.is_current and not self.waiting) or not quiet:
            self.ask(both, self._show, quiet=quiet)

    def _show(self, seen: Seen) -> None:
        queue, found, self._next = seen
        self._table.fill(found, more=self._next is not None)
        self._table.display, self._empty.display = bool(found), not found
        self._empty.tell(NONE_IN_STATE.format(state=words(self._state)) if self._state else NOTHING)
        self._counts.update(self._counted(queue))
        workers = [self._worker(each) for each in queue.workers if each.alive or each.running]
        self._workers.update(Content("\n").join(workers) if workers else plain(UNATTENDED, "$text-error"))
        troubled_first = sorted(queue.chores, key=lambda chore: chore.error is None)
        self._chores.update(Content("\n").join(map(self._chore, troubled_first)))

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        state, after = self._state, self._next
        self.ask(lambda: self._jobs.list(state=state, after=after, limit=PAGE), self._add, topic="next page")

    def _add(self, page: tuple[tuple[Job, ...], int | None]) -> None:
        found, self._next = page
        self._table.extend(found, more=self._next is not None)

    # ---- keys --------------------------------------------------------------------------------------------------------

    def action_filter(self) -> None:
        states: tuple[str | None, ...] = (None, *JOB_STATES)
        self._state = states[(states.index(self._state) + 1) % len(states)]
        self.look_again()

    @on(PagedTable.Opened)
    def action_inbox(self) -> None:
        job = self._table.current
        failed = job is not None and job.webhook is not None and job.state == "failed"
        self.post_message(OpenInbox("failed" if failed else ""))

    # ---- lines -------------------------------------------------------------------------------------------------------

    def _counted(self, queue: Queue) -> Content:
        parts = []
        for each in queue.counts:
            alarming = each.jobs > 0 and each.state in ("lost", "failed")
            chosen = each.state == self._state
            tone = "$text-error" if alarming else "" if each.jobs else "$text-muted"
            parts.append(plain(f"{each.jobs:,} {each.state}", f"{tone} bold" if chosen else tone))
        return plain(" ") + plain("  ·  ", "$text-muted").join(parts)

    def _worker(self, worker: WorkerSeen) -> Content:
        state = f"{worker.running} running" if worker.alive else f"dead, {worker.running} lost"
        since = f"since {self._at(worker.started_at)}"
        return plain(f"worker {worker.id} {worker.login}  {state}  {since}", "" if worker.alive else "$text-error")

    def _chore(self, chore: ChoreRun) -> Content:
        coming = chore.next_at - self.desk.now()
        when = "now" if coming <= timedelta(0) else f"in {_short(coming)}"
        if chore.error is not None:
            return plain(f"{chore.chore:<18} {when:>8}  {chore.error}", "$text-error")
        return plain(f"{chore.chore:<18} {when:>8}  ") + plain(
            f"every {_short(chore.every)}, last {self._at(chore.finished_at)}: {chore.done}", "$text-muted"
        )

    def _at(self, at: datetime | None) -> str:
        return f"{self.desk.local(at):%-d %b %H:%M}" if at is not None else ""

    def _cells(self, job: Job) -> tuple[Text, ...]:
        variables = self.app.theme_variables
        muted = variables["text-muted"]
        return (
            cell(job.id, right=True),
            cell(job.subject),
            cell(job.state, variables["text-error"] if job.state in ("lost", "failed") else ""),
            cell(job.attempts, right=True),
            cell(self._at(job.since), muted),
            cell(self._at(job.due_at), muted),
            cell(job.reason or "", muted),
        )


def _short(span: timedelta) -> str:
    seconds = int(span.total_seconds())
    for size, name in ((86_400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{round(seconds / size)} {name}"
    return f"{seconds} s"
