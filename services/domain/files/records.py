"""The records of a file under a settled reading: the header first, then the rows, counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import BinaryIO, Final

from services.domain.files.delimited import Delimited
from services.domain.files.fixed import fixed_records
from services.domain.files.reading import MOST_COLUMNS, Reading
from services.domain.files.record import RawRow
from services.domain.files.sheet import sheet_records
from services.errors import BadInput

_NOTHING: Final = " \t\x1a\ufeff"


def all_records(file: BinaryIO, reading: Reading) -> Iterator[RawRow]:
    """Everything in the file, empty and leading lines too, not counted yet."""
    encoding = reading.encoding or "utf-8"
    if reading.kind == "fixed":
        return fixed_records(file, encoding, reading.widths or ())
    if reading.kind == "xlsx":
        return sheet_records(file)
    quote = '"' if reading.quote is None else reading.quote
    return Delimited(file, encoding, reading.delimiter or ",", quote).records()


def read_records(
    file: BinaryIO, reading: Reading, aside: Callable[[RawRow], bool] = lambda _: False
) -> Iterator[RawRow]:
    """Row 0, the header, and then every record that holds anything, one at a time; never raises for what one holds.

    Lines before the header are left out, and what ``aside`` takes is neither header nor row. Where the file has no
    header, row 0 has the reading's names, or the columns' numbers. Raises BadInput for a header of too many columns,
    and where the file has no line that could be one.
    """
    found: Iterator[RawRow] = (
        record for record in all_records(file, reading) if holds_anything(record) and not aside(record)
    )
    if reading.header_line == 0:
        header, found = _made_up(found, reading)
    else:
        header = _header(found, reading.header_line)
    if len(header.cells) > MOST_COLUMNS:
        raise BadInput("header", f"the header has {len(header.cells):,} columns: {MOST_COLUMNS:,} are the most")
    yield header
    for number, record in enumerate(found, 1):
        yield record._replace(number=number)


def holds_anything(record: RawRow) -> bool:
    """Whether it is a row, and no blank line, spreadsheet hint or end mark."""
    return any(record.cells) and bool(record.text.strip(_NOTHING))


def is_separator_hint(text: str) -> bool:
    """Excel's ``sep=;`` in front of the header."""
    return len(text) == 5 and text.lower().startswith("sep=")


def _header(found: Iterator[RawRow], line: int | None) -> RawRow:
    for record in found:
        if line is None and not is_separator_hint(record.text):
            return record
        if line is not None and record.line >= line:
            return record
    if line is None:
        raise BadInput("file", "the file is empty", hint="send a header line and rows below it")
    raise BadInput("header_line", f"no record begins in line {line}", hint="debtflow import look FILE shows the lines")


def _made_up(found: Iterator[RawRow], reading: Reading) -> tuple[RawRow, Iterator[RawRow]]:
    first = next(found, None)
    if first is None:
        raise BadInput("file", "the file is empty", hint="send at least one row")
    width = len(reading.widths) if reading.widths else len(first.cells)
    names = reading.names or ()
    names = (*names, *(f"column {number}" for number in range(len(names) + 1, width + 1)))
    return RawRow(0, 0, "", names), chain([first], found)
