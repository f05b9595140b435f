"""What a worker does with a job in hand, and what it writes down and says of it."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

from debtflow_tui.saying import Say
from services.errors import DebtFlowError
from services.webhooks.processing import Hearer

if TYPE_CHECKING:
    from debtflow_tui.wiring import Services
    from debtflow_tui.worker.chores import Chore
    from services.charges.results import Heard
    from services.gateways.base import Notice


A_MINUTE: Final = timedelta(minutes=1)


class GaveUp(Exception):
    """The job came to nothing; the reason stands with what it was about."""


class Duties:
    """Jobs in a worker's hands; ``services`` are those of its own login, ``charges`` knows what events mean."""

    def __init__(self, services: Services, charges: Callable[[], Hearer], say: Say) -> None:
        self._services = services
        self._charges = charges
        self._say = say
        self._pulses: dict[str, tuple[datetime, str | None]] = {}

    def webhook(self, event: int, *, last: bool) -> None:
        """Look at an event. Raises what may pass by itself, and GaveUp where it failed for good."""
        try:
            outcome = self._services.webhooks.process(event, self, last=last)
        except DebtFlowError as error:
            self._say(f"webhook {event}: will be tried again: {error.message}")
            raise
        except Exception as bug:
            self._say(f"webhook {event}: a bug of ours: {_where(bug)}")
            raise
        self._say(f"webhook {event}: {outcome or 'somebody has looked at it already'}")
        if outcome == "failed":
            raise GaveUp(str(event))

    def hear(self, notice: Notice) -> Heard:
        """What an event means; whoever knows is asked for now, so what keeps them away is the event's reason."""
        return self._charges().hear(notice)

    def chore(self, chore: Chore) -> None:
        """Do a chore and write down how it went; what it did not do, it does the next time."""
        started = datetime.now(UTC)
        done, error = self._outcome(chore)
        if error is not None:
            self._say(f"{chore.name}: {error}")
        elif done:
            self._say(f"{chore.name}: {done}")
        self._services.jobs.ran(chore.name, chore.every, started, done, error)

    def pulse(self, chore: Chore) -> None:
        """Do a chore that never rests: it is written down once a minute, and when it goes wrong or right again."""
        started = datetime.now(UTC)
        done, error = self._outcome(chore)
        earlier = self._pulses.get(chore.name)
        if earlier is not None and earlier[1] == error and started - earlier[0] < A_MINUTE:
            return
        if error is not None:
            self._say(f"{chore.name}: {error}")
        self._pulses[chore.name] = (started, error)
        self._services.jobs.ran(chore.name, chore.every, started, done, error)

    def _outcome(self, chore: Chore) -> tuple[int, str | None]:
        try:
            return chore.run(self._services), None
        except DebtFlowError as trouble:
            return 0, f"{trouble.message} ({trouble.hint})" if trouble.hint else trouble.message
        except Exception as bug:
            return 0, f"a bug of ours: {_where(bug)}"


def _where(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__}: {error} at {last.name}:{last.lineno}"
