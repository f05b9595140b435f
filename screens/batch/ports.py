"""What a review needs of the import service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.domain.alike import Alike
    from services.imports.report import ErrorReport
    from services.imports.results import (
        AlikePreview,
        Batch,
        Change,
        Changed,
        ImportRow,
        News,
        Progress,
        RawBytes,
        RowPage,
        RuleCount,
        ValueCount,
        Where,
    )


class Review(Protocol):
    """The part of the import service that works on one batch."""

    def show(self, batch_id: int) -> Batch: ...
    def findings(self, batch_id: int) -> tuple[RuleCount, ...]: ...

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
    ) -> RowPage: ...

    def row(self, batch_id: int, row: int) -> ImportRow: ...
    def raw(self, batch_id: int, row: int) -> RawBytes: ...

    def fix(self, batch_id: int, row: int, values: Mapping[str, str], *, version: int | None = None) -> ImportRow: ...

    def exclude(self, batch_id: int, rows: Sequence[int], reason: str) -> Batch: ...
    def include(self, batch_id: int, rows: Sequence[int]) -> Batch: ...

    def release(
        self, batch_id: int, *, leave_errors: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> Batch: ...

    def undo(self, batch_id: int, reason: str, *, progress: Callable[[Progress], None] | None = None) -> Batch: ...

    def reject(self, batch_id: int, reason: str) -> Batch: ...
    def values(self, batch_id: int, column: str, where: Where) -> tuple[ValueCount, ...]: ...
    def preview_alike(self, batch_id: int, change: Alike, where: Where) -> AlikePreview: ...

    def fix_alike(
        self, batch_id: int, change: Alike, where: Where, *, progress: Callable[[Progress], None] | None = None
    ) -> Changed: ...

    def changes(self, batch_id: int) -> tuple[Change, ...]: ...
    def news(self, batch_id: int, since: int) -> News: ...
    def undo_change(self, batch_id: int, change: int) -> Changed: ...
    def approve(self, batch_id: int, *, version: int | None = None) -> Batch: ...
    def report(self, batch_id: int) -> ErrorReport: ...
