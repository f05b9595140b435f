"""The upper lines of a review: what the batch holds, and how far it is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from screens.batch.kinds import counted_rows
from screens.widgets import plain, words
from services.domain.pace import Pace

if TYPE_CHECKING:
    from screens.base import Desk
    from services.imports.results import Batch, Progress

COUNTED = ("valid", "warnings", "errors", "duplicates", "excluded", "released", "undone")
ALARMING = frozenset({"errors"})
AFTER_BAR = 32
WIDE = 100


class BatchHead(Vertical):
    """Counts above, a bar below: ready while under review, done while it is released."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="head")
        self._desk = desk
        self._counts = Static("", id="counts")
        self._bar = Static("", id="bar")
        self._batch: Batch | None = None
        self._share = (0, 0, "")
        self._pace = Pace(lambda: desk.now().timestamp())

    def compose(self) -> ComposeResult:
        yield self._counts
        yield self._bar

    def show(self, batch: Batch) -> None:
        """Show a batch as it stands."""
        self._batch = batch
        self._count()
        if batch.state == "releasing":
            self.show_progress(batch.released, batch.released + batch.ready)
        elif batch.state == "undoing":
            self.show_progress(batch.undone, batch.undone + batch.released, "taken back")
        elif batch.state == "in_review":
            self._share = (
                batch.ready,
                max(1, batch.rows - batch.excluded - batch.duplicates),
                f"of {batch.kind} ready",
            )
            self._draw()
        else:
            self._bar.update(plain(f" {self._end(batch)}", "$text-muted"))

    def follow(self, progress: Progress) -> None:
        """Show how far a release of ours is."""
        undoing, total = progress.stage == "undo", progress.total or progress.done
        word = "taken back" if undoing else "released"
        if self._batch is not None:
            left, done = total - progress.done, progress.done
            self._batch = (
                replace(self._batch, state="undoing", undone=done, released=left)
                if undoing
                else replace(self._batch, state="releasing", released=done, valid=left, warnings=0)
            )
            self._count()
        self.show_progress(progress.done, total, word)

    def show_progress(self, done: int, total: int, word: str = "released") -> None:
        """Show what is done and what is left."""
        fast = self._pace.words(done, total)
        self._share = (done, max(1, total), f"{word} · {total - done:,} left{' · ' * bool(fast)}{fast}")
        self._draw()

    def _count(self) -> None:
        if self._batch is not None:
            self._counts.update(Content("").join(_counts(self._batch, whose=self.size.width >= WIDE)))

    def on_resize(self) -> None:
        self._count()
        if self._share[2]:
            self._draw()

    def _draw(self) -> None:
        part, whole, word = self._share
        room = max(10, self.size.width - max(AFTER_BAR, len(word) + 12))
        full = part * room // whole
        # Rounded down: 100 % is said only when nothing is missing.
        percent = part * 1000 // whole / 10
        figure = f"{percent:.0f} %" if percent == int(percent) else f"{percent:.1f} %"
        self._bar.update(
            Content.assemble(
                " ", ("━" * full, "$text-accent"), ("━" * (room - full), "$rule"), plain(f" {figure} {word}", "bold")
            )
        )

    def _end(self, batch: Batch) -> str:
        at = f" on {self._desk.local(batch.finished_at):%-d %b %Y, %H:%M}" if batch.finished_at else ""
        if batch.state == "rejected":
            return f"rejected{at}: {batch.reason or 'no reason given'}"
        if batch.state == "undone":
            return f"taken back: {batch.undo_reason or 'no reason given'}"
        return f"{words(batch.state)}{at}: {counted_rows(batch.kind, batch.released)} of {batch.client}"


def _counts(batch: Batch, *, whose: bool) -> Iterator[Content]:
    state = words(batch.state)
    if batch.approved_by and batch.state == "in_review":
        yield plain(f" approved by {batch.approved_by}{' ·' if whose else ''}", "$text-accent")
        state = state if whose else ""
    rows = f"{counted_rows(batch.kind, batch.rows)} of {batch.client}" if whose else f"{batch.rows:,} rows"
    yield plain(f" {state}", "bold") if state else plain("")
    yield plain(f" · {rows} ·", "$text-muted")
    for name in COUNTED:
        count = getattr(batch, name)
        if count:
            loud = "$text-error" if name in ALARMING else "bold" if name == "valid" else ""
            said = name.removesuffix("s") if count == 1 else name
            yield plain(f" {count:,}", loud) + plain(f" {said}", loud if name in ALARMING else "$text-muted") + " "
