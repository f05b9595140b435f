"""Release: reviewed rows become accounts, one chunk a transaction."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Final

from sqlalchemy import Connection

from services.imports.queries import known_batch
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
