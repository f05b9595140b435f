"""What a review needs of the import service."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.imports.results import Batch, ImportRow, Progress, RowPage, RuleCount


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
        after: str | None = None,
        limit: int = 100,
    ) -> RowPage: ...

    def row(self, batch_id: int, row: int) -> ImportRow: ...

    def fix(self, batch_id: int, row: int, values: Mapping[str, str], *, version: int | None = None) -> ImportRow: ...

    def exclude(self, batch_id: int, rows: Sequence[int], reason: str) -> Batch: ...
    def include(self, batch_id: int, rows: Sequence[int]) -> Batch: ...

    def release(
        self, batch_id: int, *, leave_errors: bool = False, progress: Callable[[Progress], None] | None = None
    ) -> Batch: ...

    def reject(self, batch_id: int, reason: str) -> Batch: ...
