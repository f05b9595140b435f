"""What a worker does with a job in hand, and what it writes down and says of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from debtflow_tui.saying import Say
from services.errors import DebtFlowError
from services.webhooks.processing import Hearer

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from debtflow_tui.worker.chores import Chore


class GaveUp(Exception):
    """The job came to nothing; the reason stands with what it was about."""


class Duties:
    """Jobs in a worker's hands; ``services`` are those of its own login, ``charges`` knows what events mean."""

    def __init__(self, services: Services, charges: Callable[[], Hearer], say: Say) -> None:
        self._services = services
        self._charges = charges
        self._say = say

    def webhook(self, event: int, *, last: bool) -> None:
        """Look at an event. Raises what may pass by itself, and GaveUp where it failed for good."""
        try:
            outcome = self._services.webhooks.process(event, self._charges(), last=last)
        except DebtFlowError as error:
            self._say(f"webhook {event}: will be tried again: {error.message}")
            raise
        except Exception as bug:
            self._say(f"webhook {event}: a bug of ours: {_where(bug)}")
            raise
        self._say(f"webhook {event}: {outcome or 'somebody has looked at it already'}")
        if outcome == "failed":
            raise GaveUp(str(event))

    def chore(self, chore: Chore) -> None:
        """Do a chore and write down how it went; what it did not do, it does the next time."""
        started = datetime.now(UTC)
        done, error = 0, None
        try:
            done = chore.run(self._services)
        except DebtFlowError as trouble:
            error = f"{trouble.message} ({trouble.hint})" if trouble.hint else trouble.message
        except Exception as bug:
            error = f"a bug of ours: {_where(bug)}"
        if error is not None:
            self._say(f"{chore.name}: {error}")
        elif done:
            self._say(f"{chore.name}: {done}")
        self._services.jobs.ran(chore.name, chore.every, started, done, error)


def _where(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {last.name}:{last.lineno}"
