"""What reaches the accounts: the release of a batch, and taking the whole of it back."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.message import Message

from screens.batch.forms import ReleaseForm, UndoForm
from screens.batch.kinds import counted_rows
from screens.batch.release import RELEASING, UNDOING, Release, Steps, Stopped, Wording
from screens.batch.together import TogetherScreen
from services.errors import DebtFlowError

if TYPE_CHECKING:
    from services.imports.results import Batch, Progress

UNDOABLE = frozenset({"released", "undoing"})


class PostingScreen(TogetherScreen):
    """Runs a release or its undoing step by step, beside what else the person does."""

    class Moved(Message):
        """A release of ours, or its undoing, has gone a step further."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    # ---- release ---------------------------------------------------------------------------------------------------

    def action_release(self) -> None:
        batch = self._batch
        if batch is None:
            return
        if not batch.ready and batch.state == "in_review":
            self.say("No row is ready: correct one, or take one back, before you release", "warn")
            return
        self.app.push_screen(ReleaseForm(self.desk, batch), self._begin_release)

    def _begin_release(self, leave_errors: bool | None) -> None:
        if leave_errors is not None:
            steps = partial(self._imports.release, self._number, leave_errors=leave_errors)
            self._run(lambda tell: steps(progress=tell), RELEASING, self._released)

    def _released(self, batch: Batch) -> None:
        behind = f"; {batch.errors:,} in error stay behind" if batch.errors else ""
        self._changed(f"{counted_rows(batch.kind, batch.released)} of {batch.client} released{behind}")

    # ---- taking it back --------------------------------------------------------------------------------------------

    def action_undo(self) -> None:
        """A batch that is released has no other change left to take back than its release."""
        batch = self._batch
        if batch is None or batch.state not in UNDOABLE:
            super().action_undo()
        elif not batch.released:
            self.say("Nothing of this batch stands any more")
        else:
            self.app.push_screen(UndoForm(self.desk, batch), self._begin_undo)

    def _begin_undo(self, reason: str | None) -> None:
        if reason is not None:
            steps = partial(self._imports.undo, self._number, reason)
            self._run(lambda tell: steps(progress=tell), UNDOING, self._taken_back)

    def _taken_back(self, batch: Batch) -> None:
        self._changed(f"{batch.undone:,} rows taken back")
        if batch.released:
            self.say(f"{batch.undone:,} rows taken back; {batch.released:,} stand: somebody works on them", "warn")

    # ---- under way -------------------------------------------------------------------------------------------------

    def _run(self, steps: Steps, wording: Wording, done: Callable[[Batch], None]) -> None:
        def tell(progress: Progress) -> None:
            self.post_message(self.Moved(progress))

        def over(batch: Batch) -> None:
            self._release = None
            done(batch)

        self._release = Release(steps, wording, tell)
        self.say(wording.under_way, "busy")
        self.refresh_bindings()
        # Not an act of the screen: keys stay free to stop it, and every step is a whole one.
        self.ask(self._release, over, topic="release", quiet=True, failed=partial(self._not_done, self._release))

    @on(Moved)
    def _follow_release(self, event: Moved) -> None:
        if self._release is not None:
            self._head.follow(event.progress)

    def _not_done(self, release: Release, error: DebtFlowError) -> bool:
        self._release = None
        self.look_again()
        if isinstance(error, Stopped):
            self.say(release.wording.stopped, "warn")
        else:
            self.say(release.failed(error), "error")
            self.trouble(error)
        return True

    def action_stop(self) -> None:
        if self._release is not None:
            self._release.stop()
            self.say("Stopping after the rows under way…", "busy")
            self.refresh_bindings()
