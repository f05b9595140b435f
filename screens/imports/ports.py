"""What the list of batches needs of the services."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from services.domain.files.reading import Reading
    from services.imports.results import Batch, Progress
    from services.office.results import Client


class Intake(Protocol):
    """The part of the import service that stages files and lists them."""

    def stage(
        self,
        source: Path,
        name: str,
        client: str,
        *,
        kind: str = "placements",
        reading: Reading | None = None,
        progress: Callable[[Progress], None] | None = None,
    ) -> Batch: ...

    def batches(
        self, *, state: str | None = None, after: str | None = None, limit: int = 50
    ) -> tuple[tuple[Batch, ...], str | None]: ...


class ClientList(Protocol):
    """The part of the office that knows who sends files."""

    def list(self) -> tuple[Client, ...]: ...
