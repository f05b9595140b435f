"""What the import service gives back."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from services.domain.agreed import Unmet
from services.domain.files.reading import ENCODINGS, Reading
from services.domain.placement import Finding

ROW_STATES = ("valid", "warning", "error", "duplicate", "excluded", "released", "undone")
BATCH_STATES = ("in_review", "releasing", "released", "rejected", "undoing", "undone")


@dataclass(frozen=True, slots=True)
class Batch:
    """An import file on its way; the counts exclude each other and sum to ``rows``.

    ``version`` moves with every change that somebody makes to its rows; an approval lasts until the next.
    ``currency`` is the one the client places in.
    """

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
    version: int
    approved_by: str | None
    approved_at: datetime | None
    kind: str = "placements"
    undone: int = 0
    undo_reason: str | None = None
    currency: str = ""
    reading: Reading = field(default_factory=Reading)

    @property
    def ready(self) -> int:
        """Rows that a release would carry to the accounts."""
        return self.valid + self.warnings


@dataclass(frozen=True, slots=True)
class ImportRow:
    """One row as read; ``row`` counts from 1 after the header, ``raw`` is the record as the client sent it.

    ``verdict`` is how it stands to the accounts: changed, unchanged, conflict, closed, other_client, unknown, or None
    where it is new; ``difference`` what it changes, by column before and after, amounts in minor units.
    """

    row: int
    line: int
    state: str
    values: Mapping[str, str]
    findings: tuple[Finding, ...]
    raw: str
    version: int
    reason: str | None
    account: str | None
    verdict: str | None = None
    difference: Mapping[str, tuple[str | int | None, str | int | None]] = field(default_factory=dict)
    byte_at: int | None = None
    byte_count: int | None = None


@dataclass(frozen=True, slots=True)
class RawBytes:
    """A row's own bytes, and where they begin in the file (in what its container holds)."""

    row: int
    line: int
    offset: int
    data: bytes
    encoding: str

    @property
    def text(self) -> str:
        """The bytes in the file's encoding; what is no text in it comes as U+FFFD."""
        codec = "utf-16-le" if self.encoding == "utf-16" else ENCODINGS.get(self.encoding, "utf-8")
        return self.data.decode(codec, "replace")


@dataclass(frozen=True, slots=True)
class KeptFile:
    """A file by the hash of what was sent; ``bucket`` and ``key`` are None in the database.

    ``missing`` counts lost pieces. ``redacted``: somebody in it was forgotten, and what is kept is a copy without them.
    """

    sha256: str
    size: int
    bucket: str | None
    key: str | None
    stored_at: datetime
    batches: tuple[int, ...]
    missing: int
    redacted: bool = False

    @property
    def where(self) -> str:
        """In one line."""
        place = "the database" if self.bucket is None else f"{self.bucket}: {self.key}"
        return f"{place}, redacted" if self.redacted else place


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
    """How far a stage, release or undo is; ``total`` is None until it is known."""

    stage: str
    done: int
    total: int | None


@dataclass(frozen=True, slots=True)
class Where:
    """Which rows of a batch are meant: all that fit everything that is given.

    ``column`` alone means rows in which that cell was found fault with; with ``value``, rows that hold exactly that.
    """

    state: str | None = None
    rule: str | None = None
    column: str | None = None
    value: str | None = None
    rows: tuple[int, ...] | None = None

    @property
    def everything(self) -> bool:
        return self == Where()


@dataclass(frozen=True, slots=True)
class ValueCount:
    """How many of the rows in question hold a value in one column."""

    value: str
    rows: int


@dataclass(frozen=True, slots=True)
class Sample:
    """What a correction does to one row."""

    row: int
    before: str
    after: str
    state_before: str
    state_after: str


@dataclass(frozen=True, slots=True)
class AlikePreview:
    """What a correction of many rows would do: ``matched`` rows fit, ``changes`` of them would change.

    ``valid`` to ``duplicates`` say what those would be afterwards; ``samples`` are the first of them.
    """

    what: str
    matched: int
    changes: int
    valid: int
    warnings: int
    errors: int
    duplicates: int
    samples: tuple[Sample, ...]


@dataclass(frozen=True, slots=True)
class Changed:
    """What a change of many rows did; ``skipped`` rows were changed by somebody else meanwhile and stay theirs.

    ``change`` is None where no row changed.
    """

    change: int | None
    changed: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Change:
    """What somebody did to rows of a batch; ``kind`` is fix, alike, exclude, include or undo."""

    id: int
    kind: str
    what: str
    by: str
    at: datetime
    rows: int
    version: int
    undoes: int | None
    undone_by: int | None


@dataclass(frozen=True, slots=True)
class News:
    """What others did since a version: who, and to which rows, the first few hundred of them."""

    version: int
    by: tuple[str, ...]
    rows: tuple[int, ...]
    changed: int


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a release under conditions: the batch, and the conditions that did not hold."""

    batch: Batch
    unmet: tuple[Unmet, ...]

    @property
    def released(self) -> bool:
        return not self.unmet
