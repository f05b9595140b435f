"""The reading half of a review: the batch, what was found in it, and the rows that the cursor asks for."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.containers import Container
from textual.timer import Timer

from screens.base import BaseScreen, Desk, Draft, whose
from screens.batch.detail import RowDetail
from screens.batch.filters import Filter, filters
from screens.batch.head import BatchHead
from screens.batch.lists import Lists
from screens.batch.ports import Review
from screens.batch.release import Release
from screens.dialogs.problem import Problem
from screens.navigation import GoBack
from screens.widgets import EmptyState, PagedTable
from services.errors import DebtFlowError, NotFound

if TYPE_CHECKING:
    from services.imports.results import Batch, ImportRow, News, RowPage, RuleCount

PAGE = 100
DWELL = 0.12
WATCH_EVERY = 1.0
MOST_NEWS = 500
UNDER_WAY = {
    "releasing": "This batch is being released. R goes on with it, should that have been interrupted.",
    "undoing": "This release is being taken back. U goes on with it, should that have been interrupted.",
}
NOT_YOURS = """Your role, {role}, does not review import files.

{who}"""


class ReviewScreen(BaseScreen):
    """Shows one batch and follows what happens to it; what is done to it is said in the subclass."""

    def __init__(self, desk: Desk, imports: Review, batch: int) -> None:
        super().__init__(desk)
        self._imports = imports
        self._number = batch
        self._batch: Batch | None = None
        self._filters: tuple[Filter, ...] = ()
        self._narrowed: Filter | None = None
        self._columns: tuple[str, ...] = ()
        self._release: Release | None = None
        self._dwelling: Timer | None = None
        self._head = BatchHead(desk)
        self._lists = Lists()
        self._detail = RowDetail()
        self._detail.unsent.update(desk.drafts.recall(self.draft_name()) or {})

    @property
    def crumb(self) -> str:
        return f"{self._number} {self._batch.file}" if self._batch else f"Batch {self._number}"

    def same_place(self, other: BaseScreen) -> bool:
        return isinstance(other, ReviewScreen) and other._number == self._number

    def draft_name(self) -> str:
        return f"batch {self._number}"

    def draft(self) -> Draft | None:
        return dict(self._detail.unsent) or None

    @property
    def _mine(self) -> bool:
        return self.desk.session.may("import.work")

    @property
    def _reviewing(self) -> bool:
        """Whether rows may still be changed."""
        under_review = self._batch is not None and self._batch.state == "in_review"
        return self._mine and under_review and self._release is None

    def body(self) -> ComposeResult:
        if not self._mine:
            yield EmptyState(NOT_YOURS.format(**whose(self.desk.session, "import.work")))
            return
        yield self._head
        with Container(id="work"):
            yield self._lists
            yield self._detail

    def on_mount(self) -> None:
        if self._mine:
            self._detail.show(None)
            self.set_interval(WATCH_EVERY, self._watch)
            if self._detail.unsent:
                self.say(f"{len(self._detail.unsent)} corrections that were not sent are kept in their cells", "warn")

    # ---- reading ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        if self._mine:
            first = self._batch is None
            both = lambda: (self._imports.show(self._number), self._imports.findings(self._number))  # noqa: E731
            self.ask(both, partial(self._show, rows=True), hold=first, failed=self._missing)

    def _missing(self, error: DebtFlowError) -> bool:
        """A batch that is not there leaves nothing to stay for."""
        if not isinstance(error, NotFound) or self._batch is not None:
            return False

        def leave(_closed: None) -> None:
            self.post_message(GoBack())

        self.app.push_screen(Problem(error), leave)
        return True

    def _show(self, answer: tuple[Batch, tuple[RuleCount, ...]], *, rows: bool) -> None:
        batch, findings = answer
        first, self._batch = self._batch is None, batch
        self._head.show(batch)
        self._filters = (*([self._narrowed] if self._narrowed else []), *filters(batch, findings))
        self._detail.currency = batch.currency
        self._lists.findings.fill(self._filters, keep=not first)
        if first:
            self._lists.filter = self._filters[0]
            self._show_where()
        if rows:
            self._read_rows(keep=not first, hold=first)
        self.refresh_bindings()

    def _read_rows(self, *, keep: bool, hold: bool = False) -> None:
        self.ask(
            partial(self._page, self._lists.filter, None), partial(self._lists.show_rows, keep=keep), topic="rows",
            hold=hold,
        )  # fmt: skip

    def _page(self, chosen: Filter, after: str | None, limit: int = PAGE) -> RowPage:
        return self._imports.rows(
            self._number, state=chosen.state, rule=chosen.rule, column=chosen.column, value=chosen.value, after=after,
            limit=limit,
        )  # fmt: skip

    @on(PagedTable.NearEnd)
    def _more(self) -> None:
        question = partial(self._page, self._lists.filter, self._lists.next)
        self.ask(question, self._lists.add_rows, topic="next page")

    def _count_again(self) -> None:
        """Read counts and findings; the rows stay as they are."""
        both = lambda: (self._imports.show(self._number), self._imports.findings(self._number))  # noqa: E731
        self.ask(both, partial(self._show, rows=False), quiet=True)

    def _watch(self) -> None:
        """Follow what others do to the batch, a release above all."""
        if self._batch is not None and self._release is None and not self.waiting:
            self.ask(lambda: self._imports.show(self._number), self._watched, topic="watch", quiet=True)

    def _watched(self, batch: Batch) -> None:
        before = self._batch
        if before is None or batch == before:
            return
        if batch.state in UNDER_WAY:
            self._batch = batch
            self._head.show(batch)
            self.say(UNDER_WAY[batch.state], "plain")
            self.refresh_bindings()
        elif before.state in UNDER_WAY:
            back = before.state == "undoing"
            over = f"{batch.undone:,} rows are taken back" if back else f"{batch.released:,} {batch.kind} released"
            self.say(f"{'It' if back else 'The release'} is over: {over}", "good")
            self.look_again()
        elif batch.version == before.version:
            self.look_again()
        else:
            self.ask(lambda: self._news(before.version), self._caught_up, topic="news", quiet=True)

    def _news(self, since: int) -> tuple[News, tuple[ImportRow, ...]]:
        """What is new, and the rows in question as they are now."""
        news = self._imports.news(self._number, since)
        rows = self._imports.rows(self._number, numbers=news.rows, limit=MOST_NEWS).rows if news.rows else ()
        return news, rows

    def _caught_up(self, answer: tuple[News, tuple[ImportRow, ...]]) -> None:
        """Show what others did, without moving the cursor or what is typed."""
        news, rows = answer
        shown = {row.row for row in self._lists.rows.items}
        for row in rows:
            if row.row in shown:
                self._lists.rows.replace(row)
        if news.by:
            self.say(f"{' and '.join(news.by)} changed {news.changed:,} row{'s' * (news.changed != 1)}", "plain")
        if len(self._lists.rows.items) <= PAGE and not self._detail.editing:
            self.look_again()
        else:
            self._count_again()

    @property
    def waiting(self) -> bool:
        return self._dwelling is not None or super().waiting

    # ---- moving ----------------------------------------------------------------------------------------------------

    @on(PagedTable.Moved, "#findings")
    def _finding_moved(self) -> None:
        """The rows follow the cursor after a moment."""
        if self._dwelling is not None:
            self._dwelling.stop()
            self._dwelling = None
        chosen = self._lists.findings.current
        if chosen is not None and chosen.key != self._lists.filter.key:
            self._dwelling = self.set_timer(DWELL, self._follow)

    def _follow(self, *, hold: bool = False) -> None:
        if self._dwelling is not None:
            self._dwelling.stop()
            self._dwelling = None
        chosen = self._lists.findings.current
        if chosen is not None and chosen.key != self._lists.filter.key:
            before, self._lists.filter = self._lists.filter, chosen
            self._lists.chosen.clear()
            # Where the finding has gone, nobody moved: what has just been said of its rows stays to be read.
            moved = self._lists.findings.has_focus and any(each.key == before.key for each in self._filters)
            if moved and (chosen.what or before.what):
                self.say(f"{chosen.label}: {chosen.what}" if chosen.what else "")
            self._read_rows(keep=False, hold=hold)

    @on(PagedTable.Opened, "#findings")
    def _finding_opened(self) -> None:
        self._follow(hold=True)
        self._lists.rows.focus()

    @on(PagedTable.Moved, "#rows")
    def _row_moved(self) -> None:
        row = self._lists.rows.current
        if row is None or self._detail.row is None or row.row != self._detail.row.row:
            self._detail.show(row, self._lists.filter.column_of(row) if row is not None else None)
        self.refresh_bindings()
