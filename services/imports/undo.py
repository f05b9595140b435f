"""Undo: what a release did is taken back, one chunk a transaction."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sqlalchemy import Connection

from services.domain.prose import prose
from services.imports.queries import known_batch
from services.imports.results import Progress
from services.store import Store

CHUNK: Final = 1000


def undo(store: Store, batch_id: int, reason: str, *, progress: Callable[[Progress], None] | None = None) -> None:
    """Take back what a batch released, joining an undo that is already under way or was interrupted."""
    parameters = (known_batch(batch_id), CHUNK, prose(reason, "reason", 400, required=True))

    def step(connection: Connection) -> tuple[str, int, int]:
        query = "select state, released, undone from debtflow.import_undo_chunk(%s, %s, %s)"
        state, released, undone = connection.exec_driver_sql(query, parameters).one()
        return state, released, undone

    state = "undoing"
    while state == "undoing":
        state, released, undone = store.act(step)
        if progress:
            progress(Progress("undo", undone, undone + released))
