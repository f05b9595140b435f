"""Records of delimited text: a quoted cell may hold line ends; a quote that never closes spoils its own row only."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO, Final

from services.domain.files.lines import Line, read_lines
from services.domain.files.record import KEPT_OF_LONG, ROW_LIMIT, RawRow

# A quote that is never closed would swallow the rest of the file: a record ends here at the latest.
_RECORD_LINES: Final = 60


class Delimited:
    """The lines of a file, taken together into records; ``number`` of each is 0, for the caller to count."""

    def __init__(self, file: BinaryIO, encoding: str, delimiter: str, quote: str) -> None:
        self._lines = read_lines(file, encoding)
        self._delimiter = delimiter
        self._quote = quote
        self._ahead: list[Line] = []
        self._line = 0

    def records(self) -> Iterator[RawRow]:
        """Every record, empty ones too; never raises for what a record holds."""
        quote, delimiter = self._quote, self._delimiter
        while (line := self._next()) is not None:
            if line.cut or len(line.text) > ROW_LIMIT:
                yield self._long(line)
            elif quote and quote in line.text:
                yield self._quoted(line)
            else:
                text = line.text.rstrip("\r\n")
                cells = tuple(text.split(delimiter))
                yield RawRow(0, self._line, text, cells, offset=line.offset, length=line.length)

    def _next(self) -> Line | None:
        line = self._ahead.pop() if self._ahead else next(self._lines, None)
        self._line += line is not None
        return line

    def _quoted(self, first: Line) -> RawRow:
        start = self._line
        taken: list[Line] = []
        open_ended = False

        def feed() -> Iterator[str]:
            nonlocal open_ended
            line: Line | None = first
            size = 0
            while line is not None and len(taken) < _RECORD_LINES and size + len(line.text) <= ROW_LIMIT:
                taken.append(line)
                size += len(line.text)
                yield line.text
                line = self._next()
            if line is not None:
                self._push_back([line])
            open_ended = True

        try:
            cells = next(csv.reader(feed(), delimiter=self._delimiter, quotechar=self._quote))
        except (csv.Error, StopIteration):
            open_ended, cells = True, []
        if open_ended:
            self._push_back(taken[1:])
            return self._alone(first)
        text = "".join(line.text for line in taken).rstrip("\r\n")
        length = taken[-1].offset + taken[-1].length - first.offset
        return RawRow(0, start, text, tuple(cells), offset=first.offset, length=length)

    def _alone(self, line: Line) -> RawRow:
        text = line.text.rstrip("\r\n")
        cells = tuple(text.split(self._delimiter))
        return RawRow(0, self._line, text, cells, unclosed=True, offset=line.offset, length=line.length)

    def _long(self, line: Line) -> RawRow:
        text = line.text[:KEPT_OF_LONG].rstrip("\r\n")
        cells = tuple(text.split(self._delimiter))
        return RawRow(0, self._line, text, cells, cut=True, offset=line.offset, length=line.length)

    def _push_back(self, lines: list[Line]) -> None:
        self._ahead.extend(reversed(lines))
        self._line -= len(lines)
