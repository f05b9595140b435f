"""A release under way: it says how far it is, and can be stopped between two steps."""

from __future__ import annotations

from collections.abc import Callable
from threading import Event
from typing import TYPE_CHECKING

from screens.batch.ports import Review
from services.errors import DebtFlowError

if TYPE_CHECKING:
    from services.imports.results import Batch, Progress


class Stopped(DebtFlowError):
    """The person stopped the release; what is released stays released, the rest stays ready."""

    code = "stopped"


class Release:
    """Call it in a thread; ``tell`` is called there too, after each step."""

    def __init__(self, imports: Review, batch_id: int, *, leave_errors: bool, tell: Callable[[Progress], None]) -> None:
        self._imports = imports
        self._batch_id = batch_id
        self._leave_errors = leave_errors
        self._tell = tell
        self._stop = Event()

    def __call__(self) -> Batch:
        return self._imports.release(self._batch_id, leave_errors=self._leave_errors, progress=self._step)

    def stop(self) -> None:
        """End after the step under way."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    def _step(self, progress: Progress) -> None:
        self._tell(progress)
        if self._stop.is_set() and progress.total != progress.done:
            raise Stopped("the release was stopped")
