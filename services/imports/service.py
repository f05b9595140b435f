"""Files that clients send: staged, reviewed, released, and undone where that was wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date

from services.domain.agreed import Agreed
from services.domain.alike import Alike
from services.domain.files.reading import Reading
from services.imports import alike, filestore, history, queries, release, report, returned, review, staging, undo
from services.imports.report import ErrorReport
from services.imports.results import (
    AlikePreview,
    Batch,
    Change,
    Changed,
    ImportRow,
    KeptFile,
    News,
    Progress,
    RawBytes,
    RowPage,
    RuleCount,
    ValueCount,
    Verdict,
    Where,
)
from services.imports.returned import Returned
from services.imports.spool import Source
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store


class Imports:
    """The way of a client's file into the accounts; for supervisors and agency administrators, others get NotAllowed.

    Every method raises NotFound for a batch or row that the caller does not see.
    """

    def __init__(self, store: Store, vault: Vault = IN_DATABASE) -> None:
        self._store = store
        self._vault = vault

    def stage(
        self,
        source: Source,
        name: str,
        client: str,
        *,
        kind: str = "placements",
        profile: int | None = None,
        reading: Reading | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Batch:
        """Keep the file, check every row, compare it with the accounts, and open a review of it.

        ``kind`` is placements, adjustments, payments (that the client received directly), recalls or contacts. What
        ``reading`` leaves open is guessed.

        It is read with the newest version of the client's profile for this ``kind`` of file, with the version that is
        named, or, where that is 0, with none. Raises BadInput for a file that cannot be read, has no rows or lacks a
        required column, NotFound for an unknown client, and Refused (``file-known``) for a file whose bytes are already
        here, unless that batch was rejected.
        """
        terms = staging.Terms(kind, profile, reading)
        return self.show(staging.stage(self._store, source, name, client, terms, progress, vault=self._vault))

    def file(self, batch_id: int) -> Iterator[bytes]:
        """The batch's file as it was sent, byte for byte; raises Refused at its end where the bytes are not its own.

        Who takes it is recorded.
        """
        return filestore.read(self._store, self.show(batch_id), self._vault)

    def kept(self) -> tuple[KeptFile, ...]:
        """Where the agency's files lie, newest first, and whether the bucket has lost some; none is read."""
        return filestore.kept(self._store, self._vault)

    def raw(self, batch_id: int, row: int) -> RawBytes:
        """The bytes of one row as they were sent, cards and all; who looks at them is recorded.

        Raises Refused (``no-bytes``) where the row has none: in a workbook, or staged before they were counted.
        """
        return filestore.row_bytes(self._store, self.show(batch_id), self.row(batch_id, row), self._vault)

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
        column: str | None = None,
        value: str | None = None,
        numbers: Sequence[int] | None = None,
        after: str | None = None,
        limit: int = 100,
    ) -> RowPage:
        """Rows in the order of the file, all or those that fit everything that is given, as ``Where`` says."""
        where = Where(state, rule, column, value, None if numbers is None else tuple(numbers))
        return queries.rows(self._store, batch_id, where, after, limit)

    def row(self, batch_id: int, row: int) -> ImportRow:
        """One row as it stands."""
        return queries.row(self._store, batch_id, row)

    def fix(
        self, batch_id: int, row: int, values: Mapping[str, str], *, version: int | None = None, rehearse: bool = False
    ) -> ImportRow:
        """Correct cells and check the row again; rows that were duplicates of it may become valid.

        ``rehearse`` gives the row as it would be. Raises Stale where the row is no longer at ``version``, BadInput for
        an unknown column, Refused (``batch-state``, ``row-excluded``) where the row may not change.
        """
        return review.fix(self._store, batch_id, row, values, version, rehearse=rehearse)

    def values(self, batch_id: int, column: str, where: Where) -> tuple[ValueCount, ...]:
        """What the rows in question hold in a column, the most frequent first."""
        return alike.values(self._store, batch_id, column, where)

    def preview_alike(
        self, batch_id: int, change: Alike, where: Where, *, progress: Callable[[Progress], None] | None = None
    ) -> AlikePreview:
        """What the same correction would do to all these rows; nothing is written."""
        return alike.preview(self._store, batch_id, change, where, progress)

    def fix_alike(
        self, batch_id: int, change: Alike, where: Where, *, progress: Callable[[Progress], None] | None = None
    ) -> Changed:
        """Make the same correction in all these rows, a thousand a transaction.

        Rows that somebody else changes meanwhile stay as they made them. Raises BadInput for an unknown column, Refused
        (``batch-state``) where rows may not change any more.
        """
        return alike.fix(self._store, batch_id, change, where, progress)

    def changes(self, batch_id: int, *, limit: int = 100) -> tuple[Change, ...]:
        """What was done to the rows of a batch, newest first."""
        self.show(batch_id)
        return history.changes(self._store, batch_id, limit)

    def news(self, batch_id: int, since: int, *, limit: int = 500) -> News:
        """What was done since the batch was at that version, and by whom besides the caller."""
        return history.news(self._store, batch_id, since, limit)

    def undo_change(self, batch_id: int, change: int, *, progress: Callable[[Progress], None] | None = None) -> Changed:
        """Give rows back what they held before a change; cells that were changed once more stay as they are.

        Raises Refused: ``change-undone``, ``change-include``, ``batch-state``.
        """
        return alike.undo(self._store, batch_id, change, progress)

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
        """Carry every valid row to the accounts, exactly once; repeat it to go on after an interruption.

        ``placed_on`` is the day the client placed new accounts, today by itself; the one a release began with stays.
        Raises Refused: ``errors-remain`` unless ``leave_errors``, ``nothing-to-release``, ``client-collectors`` where
        nobody could work the accounts, ``batch-state`` after a rejection. Duplicates are never released.
        """
        release.release(self._store, batch_id, leave_errors=leave_errors, placed_on=placed_on, progress=progress)
        return self.show(batch_id)

    def release_if(
        self,
        batch_id: int,
        agreed: Agreed,
        *,
        placed_on: date | None = None,
        rehearse: bool = False,
        progress: Callable[[Progress], None] | None = None,
    ) -> Verdict:
        """Release the good rows where every condition holds, else leave the batch for review and say why.

        Weighed and begun in one transaction. ``rehearse`` says what would come of it and does nothing. Raises what
        ``release`` raises, but for ``errors-remain``: how many errors may stay behind is a condition.
        """
        unmet = release.release_if(self._store, batch_id, agreed, placed_on=placed_on, rehearse=rehearse)
        if not unmet and not rehearse:
            release.release(self._store, batch_id, leave_errors=True, placed_on=placed_on, progress=progress)
        return Verdict(self.show(batch_id), tuple(unmet))

    def rehearse_release(self, batch_id: int, *, leave_errors: bool = False, placed_on: date | None = None) -> Batch:
        """The batch, where a release could begin; raises what ``release`` would raise."""
        release.rehearse(self._store, batch_id, leave_errors=leave_errors, placed_on=placed_on)
        return self.show(batch_id)

    def report(self, batch_id: int, *, states: Sequence[str] = ("error",)) -> ErrorReport:
        """The rows that failed, as the client sent them, with the reasons beside them; raises Refused for none."""
        return report.report(self._store, batch_id, tuple(states), self._vault)

    def returned(self, batch_id: int) -> Iterator[Returned]:
        """The accounts that a batch of recalls gave back, with the balance of that day; raises Refused for none."""
        return returned.returned(self._store, batch_id)

    def approve(self, batch_id: int, *, version: int | None = None) -> Batch:
        """Stand in for the batch as it was looked at; whoever has changed it may then release it.

        Raises Refused (``four-eyes``) where the caller has changed rows of it or accepted its totals, Stale where it is
        no longer at ``version``. The next change takes the approval away.
        """
        review.approve(self._store, batch_id, version)
        return self.show(batch_id)

    def four_eyes(self) -> bool:
        """Whether the agency wants a batch released by somebody else than who changed its rows."""
        return review.four_eyes(self._store)

    def set_four_eyes(self, wanted: bool) -> None:
        """For agency administrators; others get NotAllowed."""
        review.set_four_eyes(self._store, wanted)

    def undo(self, batch_id: int, reason: str, *, progress: Callable[[Progress], None] | None = None) -> Batch:
        """Take a whole release back, each transfer by a reversal that names it; repeat it to go on.

        Raises Refused ``undo-worked`` where somebody has worked on an account since (the message names the first of
        them); what somebody works on while it runs is left as it was released, with a finding of that rule, and the
        batch is then released again instead of undone.
        """
        undo.undo(self._store, batch_id, reason, progress=progress)
        return self.show(batch_id)

    def reject(self, batch_id: int, reason: str) -> Batch:
        """Close the batch without releasing anything; the file may be sent again."""
        review.reject(self._store, batch_id, reason)
        return self.show(batch_id)
