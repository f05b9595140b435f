"""A look at a file before it is staged: how it would be read, and what its first records are."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice

from services.domain.columns import count_known
from services.domain.files.guess import Known
from services.domain.files.reading import Reading
from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.imports.opening import opened
from services.imports.spool import Source, spooled


@dataclass(frozen=True, slots=True)
class Look:
    """``guessed`` names the parts of the reading that nobody gave."""

    sha256: str
    size: int
    reading: Reading
    guessed: tuple[str, ...]
    header: RawRow
    rows: tuple[RawRow, ...]


def look(source: Source, reading: Reading | None = None, *, rows: int = 5, known: Known = count_known) -> Look:
    """Look into a file without keeping it; asks no database. Raises BadInput for what cannot be read."""
    said = reading or Reading()
    with spooled(source) as sent, opened(sent.file, sent.size, said, known) as (file, settled):
        header, *first = islice(read_records(file, settled), rows + 1)
    guessed = tuple(part for part in settled.facts() if part not in said.facts())
    return Look(sent.sha256.hex(), sent.size, settled, guessed, header, tuple(first))
