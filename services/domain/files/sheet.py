"""Records of a workbook's sheet, out of the lines that the gateway wrote while it read the workbook."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from services.domain.files.record import KEPT_OF_LONG, ROW_LIMIT, RawRow


def sheet_records(file: BinaryIO) -> Iterator[RawRow]:
    """Every row of the sheet; its text is the cells with tabs between them. One JSON list of texts is a row."""
    file.seek(0)
    for number, line in enumerate(file, 1):
        cells = tuple(json.loads(line))
        text = "\t".join(cells)
        cut = len(text) > ROW_LIMIT
        if cut:
            text = text[:KEPT_OF_LONG]
            cells = tuple(text.split("\t"))
        yield RawRow(0, number, text, cells, cut=cut)
