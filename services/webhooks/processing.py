"""The worker's look at one event: in any order, twice, late."""

from __future__ import annotations

from typing import Any, Final, Protocol

from services.charges.results import Heard
from services.errors import Busy, DebtFlowError, Misconfigured, NotFound, SessionExpired, Stale, Unreachable
from services.gateways.base import Notice, ProviderUnavailable
from services.gateways.notices import notice_of
from services.store import Store

HEARD: Final = ("stripe",)
"""The providers whose events mean something to a gateway of ours; others are kept for the record."""

PASSING: Final = (Busy, Unreachable, Stale, NotFound, ProviderUnavailable, SessionExpired, Misconfigured)
"""What may be over by the next try: news may even come before what it is about."""

TAKE: Final = "select * from debtflow.webhook_take(%s)"
SETTLE: Final = "select debtflow.webhook_settle(%s, %s, %s)"


class Hearer(Protocol):
    """Whoever knows what an event means for charges."""

    def hear(self, notice: Notice) -> Heard: ...


def process(store: Store, event: int, charges: Hearer, *, last: bool = False) -> Heard | None:
    """Look at an event and write down what became of it; None where somebody already has.

    What may pass by itself is raised, to be tried again, unless this is the ``last`` try; everything else that goes
    wrong makes the event ``failed``, with the reason. A bug is both: written down, and raised.
    """
    found = _taken(store, event)
    if found is None:
        return None
    try:
        heard = _hear(found, charges)
    except PASSING as error:
        outcome = "failed" if last else "queued"
        _settle(store, event, outcome, _told(error))
        if last:
            return Heard(outcome, _told(error))
        raise
    except DebtFlowError as error:
        heard = Heard("failed", _told(error))
    except Exception as error:
        _settle(store, event, "failed", f"a bug of ours: {type(error).__name__}: {error}")
        raise
    _settle(store, event, heard.outcome, heard.why)
    return heard


def give_up(store: Store, event: int, why: str) -> None:
    """Mark an event that nobody will look at again by itself."""
    _settle(store, event, "failed", why)


def _taken(store: Store, event: int) -> Any | None:
    return store.act(lambda c: c.exec_driver_sql(TAKE, (event,)).one_or_none())


def _hear(found: Any, charges: Hearer) -> Heard:
    if found.provider not in HEARD:
        return Heard("ignored", f"no gateway of ours speaks with {found.provider}; kept for the record")
    heard = charges.hear(notice_of(found.provider, bytes(found.body)))
    return heard if heard.why else Heard(heard.outcome, f"{found.type}: {heard.outcome}")


def _settle(store: Store, event: int, outcome: str, why: str | None) -> None:
    said = None if why is None else why.replace("\x00", "")
    store.act(lambda c: c.exec_driver_sql(SETTLE, (event, outcome, said)))


def _told(error: DebtFlowError) -> str:
    return f"{error.message} ({error.hint})" if error.hint else error.message
