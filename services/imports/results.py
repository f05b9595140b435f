"""What the import service gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from services.domain.placement import Finding

ROW_STATES = ("valid", "warning", "error", "duplicate", "excluded", "released")
BATCH_STATES = ("in_review", "releasing", "released", "rejected")


@dataclass(frozen=True, slots=True)
class Batch:
    """An import file on its way; the counts exclude each other and sum to ``rows``."""

    id: int
    file: str
    client: str
    state: str
    rows: int
    valid: int
    warnings: int
    errors: int
    duplicates: int
    excluded: int
    released: int
    sha256: str
    encoding: str
    delimiter: str
    staged_by: str
    staged_at: datetime
    finished_at: datetime | None
    reason: str | None

    @property
    def ready(self) -> int:
        """Rows that a release would turn into accounts."""
        return self.valid + self.warnings


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row as read; ``row`` counts from 1 after the header, ``raw`` is the record as the client sent it."""

    row: int
    line: int
    state: str
    values: Mapping[str, str]
    findings: tuple[Finding, ...]
    raw: str
    version: int
    reason: str | None
    account: str | None


@dataclass(frozen=True, slots=True)
class RowPage:
    rows: tuple[ImportRow, ...]
    next: str | None


@dataclass(frozen=True, slots=True)
class RuleCount:
    """How many rows one rule found, and the column most of them are in."""

    rule: str
    severity: str
    column: str
    rows: int
    what: str


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a stage or release is; ``total`` is None until it is known."""

    stage: str
    done: int
    total: int | None
