"""Delimited text as clients send it: encoding and delimiter found, rows streamed, a broken row kept apart."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from services.domain.columns import COLUMNS, count_known
from services.domain.quoting import shown
from services.errors import BadInput

DELIMITERS = (",", ";", "\t", "|")

# A quote that is never closed would swallow the rest of the file: a record ends here at the latest.
_RECORD_LINES = 60
_SAMPLE_ROWS = 20
# A control record may stand before the header line.
_HEAD_ROWS = 2

Known = Callable[[Sequence[str]], int]

_FOREIGN = {
    b"PK\x03\x04": "an Excel workbook or zip archive",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook",
    b"%PDF": "a PDF",
    b"\x1f\x8b": "a gzip archive",
}


@dataclass(frozen=True, slots=True)
class Dialect:
    """How a file is written: ``encoding`` is utf-8, utf-16 or windows-1252."""

    encoding: str
    delimiter: str
    had_bom: bool = False


@dataclass(frozen=True, slots=True)
class RawRow:
    """One record as sent: row 1 is the first below the header (row 0), ``line`` its first line in the file, from 1.

    ``unclosed`` is a record whose quote never closes: its first line stands alone, split at every delimiter.
    """

    number: int
    line: int
    text: str
    cells: tuple[str, ...]
    unclosed: bool = False


def sniff(data: bytes, known: Known = count_known) -> Dialect:
    """How the file is written; raises BadInput for a file without a header line of ours, or without a row below it.

    ``known`` counts the columns that a line names.
    """
    _refuse_foreign(data)
    encoding, had_bom = _encoding(data)
    found = max(
        (Dialect(encoding, delimiter, had_bom) for delimiter in DELIMITERS),
        key=lambda dialect: _fit(data, dialect, known),
    )
    rows = list(islice(read_rows(data, found), _HEAD_ROWS))
    if not rows:
        raise BadInput("file", "the file is empty", hint=f"send a header line ({', '.join(COLUMNS)}) and rows below it")
    if not any(known(row.cells) for row in rows):
        raise BadInput(
            "header",
            f"the first line names no column that is known here: {shown(rows[0].text, 60)}",
            hint=f"name the columns in the first line: {', '.join(COLUMNS)}",
        )
    if len(rows) == 1:
        raise BadInput("file", "the file has a header line but no rows below it", hint="send at least one row")
    return found


def read_rows(data: bytes, dialect: Dialect) -> Iterator[RawRow]:
    """Every record that holds anything, header first, one at a time; never raises for what a record holds."""
    number = -1
    lines = _Lines(data, dialect)
    for line, text, cells, unclosed in lines.records():
        if not any(cells) or not text.strip(" \t\x1a\ufeff") or (number < 0 and _is_separator_hint(text)):
            continue
        number += 1
        yield RawRow(number, line, text, cells, unclosed)


class _Lines:
    """The lines of a file, taken together into records."""

    def __init__(self, data: bytes, dialect: Dialect) -> None:
        codec = "utf-8-sig" if dialect.encoding == "utf-8" else dialect.encoding
        self._lines = iter(io.TextIOWrapper(io.BytesIO(data), codec, errors="replace", newline=""))
        self._delimiter = dialect.delimiter
        self._ahead: list[str] = []
        self._line = 0

    def records(self) -> Iterator[tuple[int, str, tuple[str, ...], bool]]:
        """First line, raw text, cells, and whether a quote was left open."""
        while (line := self._next()) is not None:
            start = self._line
            if '"' not in line:
                text = line.rstrip("\r\n")
                yield start, text, tuple(text.split(self._delimiter)), False
            else:
                yield (start, *self._quoted(line))

    def _next(self) -> str | None:
        line = self._ahead.pop() if self._ahead else next(self._lines, None)
        self._line += line is not None
        return line

    def _quoted(self, first: str) -> tuple[str, tuple[str, ...], bool]:
        taken: list[str] = []
        open_ended = False

        def feed() -> Iterator[str]:
            nonlocal open_ended
            line: str | None = first
            while line is not None and len(taken) < _RECORD_LINES:
                taken.append(line)
                yield line
                line = self._next()
            if line is not None:
                self._push_back([line])
            open_ended = True

        try:
            cells = next(csv.reader(feed(), delimiter=self._delimiter))
        except csv.Error:
            open_ended, cells = True, []
        if not open_ended:
            return "".join(taken).rstrip("\r\n"), tuple(cells), False
        self._push_back(taken[1:])
        text = first.rstrip("\r\n")
        return text, tuple(text.split(self._delimiter)), True

    def _push_back(self, lines: list[str]) -> None:
        self._ahead.extend(reversed(lines))
        self._line -= len(lines)


def _fit(data: bytes, dialect: Dialect, known: Known) -> tuple[int, int]:
    """How well a delimiter explains the first lines: columns known, then rows as wide as the header."""
    rows = list(islice(read_rows(data, dialect), _SAMPLE_ROWS))
    if not rows:
        return 0, 0
    width = len(rows[0].cells)
    return max(known(row.cells) for row in rows[:_HEAD_ROWS]), sum(
        len(row.cells) == width for row in rows
    ) if width > 1 else 0


def _is_separator_hint(text: str) -> bool:
    """Excel's ``sep=;`` in front of the header."""
    return len(text) == 5 and text.lower().startswith("sep=")


def _refuse_foreign(data: bytes) -> None:
    for magic, what in _FOREIGN.items():
        if data.startswith(magic):
            raise BadInput("file", f"this is {what}, not text", hint="save it as CSV (UTF-8) and send that")
    if data.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        raise BadInput("file", "the file is written in UTF-32", hint="save it as CSV (UTF-8) and send that")
    sample = data[:400]
    if not data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) and sample.count(0) * 3 > len(sample):
        raise BadInput("file", "the file is not text, or UTF-16 without its mark", hint="save it as CSV (UTF-8)")


def _encoding(data: bytes) -> tuple[str, bool]:
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", True
    had_bom = data.startswith(codecs.BOM_UTF8)
    if had_bom or _is_utf8(data):
        return "utf-8", had_bom
    return ("utf-8" if _mostly_utf8(data) else "windows-1252"), False


def _is_utf8(data: bytes) -> bool:
    try:
        codecs.decode(data, "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _mostly_utf8(data: bytes) -> bool:
    """Whether a few broken bytes spoil a UTF-8 file: read as Windows-1252, every accent in it would come out wrong."""
    text = data.decode("utf-8", errors="replace")
    broken = text.count("\ufffd")
    return sum(not char.isascii() for char in text) > 2 * broken
