"""A release under way, or its undoing: it says how far it is, and can be stopped between two steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import TYPE_CHECKING

from services.errors import DebtFlowError, Refused

if TYPE_CHECKING:
    from services.imports.results import Batch, Progress

Steps = Callable[["Callable[[Progress], None]"], "Batch"]


class Stopped(DebtFlowError):
    """The person stopped it; what is done stays done, the rest can follow."""

    code = "stopped"


@dataclass(frozen=True, slots=True)
class Wording:
    """What is said of it: while it runs, stopped, failed or refused before its first step, and before leaving it."""

    under_way: str
    stopped: str
    failed: str
    refused: str
    leaving: tuple[str, str]


RELEASING = Wording(
    "Releasing: s stops it after the rows under way",
    "Stopped. What is released stays released; R goes on with the rest.",
    "Not released to the end: R goes on with the rest",
    "Nothing is released",
    (
        "Stop the release?",
        "It stops after the rows under way. What is released stays released; R goes on with the rest later.",
    ),
)
UNDOING = Wording(
    "Taking back: s stops it after the rows under way",
    "Stopped. What is taken back stays so; U goes on with the rest.",
    "Not taken back to the end",
    "Nothing is taken back",
    (
        "Stop taking back?",
        "It stops after the rows under way. What is taken back stays so; U goes on with the rest later.",
    ),
)


class Release:
    """Call it in a thread; ``tell`` is called there too, after each of the ``steps``."""

    def __init__(self, steps: Steps, wording: Wording, tell: Callable[[Progress], None]) -> None:
        self._steps = steps
        self.wording = wording
        self._tell = tell
        self._begun = False
        self._stop = Event()

    def __call__(self) -> Batch:
        return self._steps(self._step)

    def stop(self) -> None:
        """End after the step under way."""
        self._stop.set()

    @property
    def stopping(self) -> bool:
        return self._stop.is_set()

    @property
    def leaving(self) -> tuple[str, str]:
        """What to ask before the person leaves it."""
        return self.wording.leaving

    def failed(self, error: DebtFlowError) -> str:
        """What is said where it came to no end."""
        refused = isinstance(error, Refused) and not self._begun
        return self.wording.refused if refused else self.wording.failed

    def _step(self, progress: Progress) -> None:
        self._begun = True
        self._tell(progress)
        if self._stop.is_set() and progress.total != progress.done:
            raise Stopped("it was stopped")
