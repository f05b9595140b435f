"""One record of a file, whatever the file is."""

from __future__ import annotations

from typing import Final, NamedTuple

# A record beyond this is no row of anybody's debts; what is kept of it shows which one it was.
ROW_LIMIT: Final = 100_000
KEPT_OF_LONG: Final = 2_000


class RawRow(NamedTuple):
    """One record as sent: row 1 is the first below the header (row 0), ``line`` its first line in the file, from 1.

    ``unclosed`` is a record whose quote never closes: its first line stands alone, split at every delimiter. ``cut`` is
    one so long that only its beginning is here. ``offset`` and ``length`` are its bytes, its line end not among them,
    in the file that the container holds; of a workbook there are none.
    """

    number: int
    line: int
    text: str
    cells: tuple[str, ...]
    unclosed: bool = False
    cut: bool = False
    offset: int | None = None
    length: int | None = None
