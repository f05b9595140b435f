"""Placement files: staged, reviewed, released."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from services.imports import queries, release, review, staging
from services.imports.results import Batch, ImportRow, Progress, RowPage, RuleCount
from services.store import Store


class Imports:
    """The way of a client's file into the accounts; for supervisors and agency administrators, others get NotAllowed.

    Every method raises NotFound for a batch or row that the caller does not see.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    def stage(self, data: bytes, name: str, client: str, progress: Callable[[Progress], None] | None = None) -> Batch:
        """Keep the file, check every row, and open a review of it.

        Raises BadInput for a file without rows or without the required columns, NotFound for an unknown client, and
        Refused (``file-known``) for a file whose bytes are already here, unless that batch was rejected.
        """
        return self.show(staging.stage(self._store, data, name, client, progress))

    def batches(
        self, *, state: str | None = None, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[Batch, ...], str | None]:
        """The agency's batches, newest first, and where the next page begins."""
        return queries.batches(self._store, state, after, limit)

    def show(self, batch_id: int) -> Batch:
        """One batch as it stands."""
        return queries.batch(self._store, batch_id)

    def findings(self, batch_id: int) -> tuple[RuleCount, ...]:
        """How many rows each rule found."""
        return queries.findings(self._store, batch_id)

    def rows(
        self,
        batch_id: int,
        *,
        state: str | None = None,
        rule: str | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> RowPage:
        """Rows in the order of the file, all or those in a state or found by a rule."""
        return queries.rows(self._store, batch_id, state, rule, after, limit)

    def row(self, batch_id: int, row: int) -> ImportRow:
        """One row as it stands."""
        return queries.row(self._store, batch_id, row)

    def fix(self, batch_id: int, row: int, values: Mapping[str, str], *, version: int | None = None) -> ImportRow:
        """Correct cells and check the row again; rows that were duplicates of it may become valid.

        Raises Stale where the row is no longer at ``version``, BadInput for an unknown column, Refused
        (``batch-state``, ``row-excluded``) where the row may not change.
        """
        return review.fix(self._store, batch_id, row, values, version)

    def exclude(self, batch_id: int, rows: Sequence[int], reason: str) -> Batch:
        """Leave rows out of the release; all of them or none."""
        review.exclude(self._store, batch_id, rows, reason)
        return self.show(batch_id)

    def include(self, batch_id: int, rows: Sequence[int]) -> Batch:
        """Take excluded rows back, in the state that their cells give."""
        review.include(self._store, batch_id, rows)
        return self.show(batch_id)

    def release(
        self,
        batch_id: int,
        *,
        leave_errors: bool = False,
        placed_on: date | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Batch:
        """Turn every valid row into an account, exactly once; repeat it to go on after an interruption.

        ``placed_on`` is the day the client placed them, today by itself; the one a release began with stays.
        Raises Refused: ``errors-remain`` unless ``leave_errors``, ``nothing-to-release``, ``client-collectors`` where
        nobody could work the accounts, ``batch-state`` after a rejection. Duplicates are never released.
        """
        release.release(self._store, batch_id, leave_errors=leave_errors, placed_on=placed_on, progress=progress)
        return self.show(batch_id)

    def reject(self, batch_id: int, reason: str) -> Batch:
        """Close the batch without releasing anything; the file may be sent again."""
        review.reject(self._store, batch_id, reason)
        return self.show(batch_id)
