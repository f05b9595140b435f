"""What a file most likely is: every guess from its bytes, none that people have not to be shown."""

from __future__ import annotations

import codecs
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice
from typing import BinaryIO, Final

from services.domain.columns import COLUMNS, count_known
from services.domain.files.fixed import guess_widths
from services.domain.files.lines import read_lines
from services.domain.files.reading import DELIMITERS, Reading
from services.domain.files.record import RawRow
from services.domain.files.records import all_records, holds_anything, is_separator_hint, read_records
from services.domain.quoting import shown
from services.errors import BadInput

Known = Callable[[Sequence[str]], int]

_BLOCK: Final = 1 << 20
_SAMPLE_ROWS: Final = 20
_HEADER_WITHIN: Final = 12
# A file may begin with blank lines without end, and each guess reads it anew.
_LOOKED_AT: Final = 10_000
_FOREIGN: Final = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook, or one behind a password",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
    b"Rar!": "a RAR archive",
    b"7z\xbc\xaf\x27\x1c": "a 7-Zip archive",
    b"BZh": "a bzip2 archive",
    b"\xfd7zXZ": "an xz archive",
}


def guess(file: BinaryIO, said: Reading, known: Known = count_known) -> Reading:
    """The reading with every open part guessed, for a file that is in no container and no workbook.

    ``known`` says how many of a header's cells mean something to whoever asks. Raises BadInput for what is no text.
    """
    if said.encoding is None:
        _refuse_foreign(file)
        said = replace(said, encoding=_encoding(file))
    if said.kind is None:
        said = replace(said, kind="fixed" if said.widths else _kind(file, said, known))
    if said.kind == "fixed" and said.widths is None:
        said = replace(said, widths=_widths_of(file, said))
    if said.kind == "csv":
        said = replace(said, quote='"' if said.quote is None else said.quote)
        said = replace(said, delimiter=said.delimiter or _delimiter(file, said, known))
    return replace(said, header_line=header_line(file, said, known))


def refuse_no_rows(file: BinaryIO, reading: Reading, known: Known = count_known) -> None:
    """Raises BadInput for a file without a header line that means something, or without a row below it."""
    rows = list(islice(read_records(file, reading), 2))
    refuse_unknown(rows[0], known)
    if len(rows) == 1:
        raise BadInput("file", "the file has a header line but no rows below it", hint="send at least one row")


def refuse_unknown(header: RawRow, known: Known = count_known) -> None:
    """Raises BadInput for a header that names nothing that is known."""
    if known(header.cells) == 0:
        raise BadInput(
            "header",
            f"the first line names no column that is known here: {shown(header.text, 60)}",
            hint=f"name the columns in the first line: {', '.join(COLUMNS)}",
        )


def header_line(file: BinaryIO, said: Reading, known: Known = count_known) -> int:
    """The line that names the columns: that which names most of them, else the first that holds anything."""
    if said.header_line is not None:
        return said.header_line
    if said.names:
        return 0
    first = _records(file, said, _HEADER_WITHIN)
    if not first:
        raise BadInput("file", "the file is empty", hint=f"send a header line ({', '.join(COLUMNS)}) and rows below it")
    best = max(first, key=lambda record: known(record.cells))
    return best.line if known(first[0].cells) == 0 and known(best.cells) > 0 else first[0].line


def _kind(file: BinaryIO, said: Reading, known: Known) -> str:
    if said.delimiter is not None:
        return "csv"
    found = replace(said, kind="csv", quote=said.quote or '"', delimiter=_delimiter(file, said, known))
    rows = _records(file, found, _SAMPLE_ROWS)
    divided = sum(len(row.cells) > 1 for row in rows)
    return "csv" if not rows or divided * 2 > len(rows) or not _widths_of(file, said, quiet=True) else "fixed"


def _widths_of(file: BinaryIO, said: Reading, *, quiet: bool = False) -> tuple[int, ...]:
    lines = [line.text.rstrip("\r\n") for line in islice(read_lines(file, said.encoding or "utf-8"), 200)]
    lines = [line for line in lines if line.strip()]
    if said.header_line:
        lines = lines[said.header_line - 1 :]
    widths = guess_widths(lines)
    if not widths and not quiet:
        hint = "say how wide: --widths 10,30,12"
        raise BadInput("widths", "the widths of the columns cannot be told from the file", hint=hint)
    return widths


def _delimiter(file: BinaryIO, said: Reading, known: Known) -> str:
    def fit(delimiter: str) -> tuple[int, int]:
        """Columns known, then rows as wide as the header."""
        rows = _records(file, replace(said, kind="csv", delimiter=delimiter), _SAMPLE_ROWS)
        if not rows:
            return 0, 0
        head = max(rows[:_HEADER_WITHIN], key=lambda row: known(row.cells))
        width = len(head.cells)
        return known(head.cells), sum(len(row.cells) == width for row in rows) if width > 1 else 0

    return max(DELIMITERS, key=fit)


def _records(file: BinaryIO, said: Reading, most: int) -> list[RawRow]:
    found = (
        row
        for row in islice(all_records(file, said), _LOOKED_AT)
        if holds_anything(row) and not (row.line < 9 and is_separator_hint(row.text))
    )
    return list(islice(found, most))


def _refuse_foreign(file: BinaryIO) -> None:
    file.seek(0)
    start = file.read(400)
    for magic, what in _FOREIGN.items():
        if start.startswith(magic):
            raise BadInput("file", f"this is {what}, not text", hint="save it as CSV (UTF-8) and send that")
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise BadInput("file", "the file is written in UTF-32", hint="save it as CSV (UTF-8) and send that")
    marked = start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    if start.count(0) * 3 > len(start) and not marked and _unmarked_utf16(start) is None:
        raise BadInput("file", "the file is not text", hint="save it as CSV (UTF-8) and send that")


def _encoding(file: BinaryIO) -> str:
    file.seek(0)
    start = file.read(400)
    if start.startswith(codecs.BOM_UTF16_LE):
        return "utf-16"
    if start.startswith(codecs.BOM_UTF16_BE):
        return "utf-16-be"
    if (unmarked := _unmarked_utf16(start)) is not None:
        return unmarked
    if start.startswith(codecs.BOM_UTF8):
        return "utf-8"
    broken, letters = _counted(file)
    # A few broken bytes spoil a UTF-8 file: read as Windows-1252, every accent in it would come out wrong.
    return "utf-8" if broken == 0 or letters > broken else "windows-1252"


def _unmarked_utf16(start: bytes) -> str | None:
    """UTF-16 without its mark: letters of the Latin alphabet have one NUL byte each, always on the same side."""
    pairs = len(start) // 2
    for first, codec in ((1, "utf-16-le"), (0, "utf-16-be")):
        beside = start[first : pairs * 2 : 2]
        if pairs > 4 and beside.count(0) * 10 > pairs * 8 and start[1 - first : pairs * 2 : 2].count(0) * 10 < pairs:
            return codec
    return None


def _counted(file: BinaryIO) -> tuple[int, int]:
    """How many places of the whole file are broken as UTF-8, and how many letters beyond ASCII are whole."""
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    broken = letters = 0
    file.seek(0)
    while block := file.read(_BLOCK):
        if block.isascii() and not decoder.getstate()[0]:
            continue
        text = decoder.decode(block)
        bad = text.count("\ufffd")
        broken += bad
        letters += len(text) - len(text.encode("ascii", "ignore")) - bad
    return broken + decoder.decode(b"", final=True).count("\ufffd"), letters
