"""Release: reviewed rows become accounts, one chunk a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy import Connection

from services.domain.agreed import Agreed, Unmet, unmet
from services.imports.queries import currency_in, known_batch
from services.imports.results import Progress
from services.store import Store

CHUNK: Final = 1000


def release(
    store: Store,
    batch_id: int,
    *,
    leave_errors: bool,
    placed_on: date | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> None:
    """Release what is ready, joining a release that is already under way or was interrupted.

    Each step locks the batch, moves rows and creates their accounts in one transaction: stopping between two steps, by
    an exception out of ``progress`` or a kill, leaves a batch that the next call finishes.
    """
    parameters = (known_batch(batch_id), CHUNK, leave_errors, placed_on)

    def step(connection: Connection) -> tuple[str, int, int]:
        query = "select state, ready, released from debtflow.import_release_chunk(%s, %s, %s, %s)"
        state, ready, released = connection.exec_driver_sql(query, parameters).one()
        return state, ready, released

    state = "releasing"
    while state == "releasing":
        state, ready, released = store.act(step)
        if progress:
            progress(Progress("release", released, released + ready))


def release_if(store: Store, batch_id: int, agreed: Agreed, *, placed_on: date | None, rehearse: bool) -> list[Unmet]:
    """Begin the release where every condition holds; else say which do not, and begin nothing."""
    currency = store.ask(lambda c: currency_in(c, known_batch(batch_id)))
    values = (batch_id, agreed.json(currency), placed_on)

    def begin(connection: Connection) -> list[Unmet]:
        query = "select condition, agreed, found from debtflow.import_release_if(%s, %s::jsonb, %s)"
        found = connection.exec_driver_sql(query, values).fetchall()
        return [unmet(condition, wanted, there, currency) for condition, wanted, there in found]

    return (store.rehearse if rehearse else store.act)(begin)


def rehearse(store: Store, batch_id: int, *, leave_errors: bool, placed_on: date | None) -> None:
    """Begin a release for real and take it back: raises what a release would raise."""
    parameters = (known_batch(batch_id), 1, leave_errors, placed_on)
    query = "select from debtflow.import_release_chunk(%s, %s, %s, %s)"
    store.rehearse(lambda c: c.exec_driver_sql(query, parameters).fetchall())
