"""The error report for a client: the rows that failed, written as the client wrote them, the reasons beside them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import PurePath
from typing import Final

from sqlalchemy import Connection

from services.domain.columns import match_header
from services.domain.csvfile import Dialect, RawRow, read_rows
from services.domain.files.fixed import cut_at
from services.domain.files.reading import Reading
from services.domain.files.records import read_records
from services.domain.formulas import ADDED, bared, is_report, shielded
from services.errors import BadInput, Refused
from services.imports import filestore
from services.imports.queries import batch, on_record, rows_in
from services.imports.results import Batch, ImportRow, Where
from services.imports.vault import Vault
from services.store import Store

REPORTED: Final = ("error", "duplicate", "warning", "excluded")
_PAGE: Final = 1000
_HEAD: Final = 1 << 20
_BOM: Final = {"utf-8": b"\xef\xbb\xbf", "utf-16": b"\xff\xfe"}
_CODEC: Final = {"utf-16": "utf-16-le"}
_TOUCHED: Final = "select row_no, cols from debtflow.import_touched(%s, %s::int[])"


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """A file for the client; ``data`` is read once."""

    name: str
    rows: int
    data: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class _Style:
    """How the client's file is written: its header, where our columns stand in it, how a line ends."""

    dialect: Dialect
    header: RawRow
    newline: str
    reading: Reading

    @property
    def width(self) -> int:
        """Columns of the client's own, without the reasons that an earlier report put behind them."""
        return len(self.header.cells) - (len(ADDED) if is_report(self.header.cells) else 0)

    def cells(self, raw: str) -> tuple[list[str], bool]:
        """The cells of a record as they were meant, and whether its text can stand as it is."""
        cells, whole = self._split(raw)
        if is_report(self.header.cells):
            return [bared(cell) for cell in cells], False
        return cells, whole and not any(cell != shielded(cell) for cell in cells)

    def _split(self, raw: str) -> tuple[list[str], bool]:
        if self.reading.kind == "xlsx":
            return raw.split("\t"), False
        if self.reading.kind == "fixed":
            return list(cut_at(raw, self.reading.widths or ())), False
        sent = next(read_rows(raw.encode("utf-8", "replace"), Dialect("utf-8", self.dialect.delimiter)), None)
        return (list(sent.cells), not sent.unclosed) if sent else ([], False)

    def line(self, cells: Sequence[str]) -> str:
        """A record of ours: what a spreadsheet would run is text in it."""
        out = io.StringIO()
        csv.writer(out, delimiter=self.dialect.delimiter, lineterminator=self.newline).writerow(map(shielded, cells))
        return out.getvalue()

    def first(self) -> str:
        if self.width < len(self.header.cells):
            return self.line(self.header.cells)
        return self.dialect.delimiter.join((self.header.text, *ADDED)) + self.newline

    def bytes(self, text: str) -> bytes:
        return text.encode(_CODEC.get(self.dialect.encoding, self.dialect.encoding), "replace")


def report(store: Store, batch_id: int, states: tuple[str, ...], vault: Vault) -> ErrorReport:
    """The rows in these states, in the order of the file; raises Refused where there is none."""
    for state in states:
        if state not in REPORTED:
            raise BadInput("state", f"rows that are {state} are no errors", hint=f"one of {', '.join(REPORTED)}")
    found = batch(store, batch_id)
    counts = {
        "error": found.errors, "duplicate": found.duplicates, "warning": found.warnings, "excluded": found.excluded,
    }  # fmt: skip
    count = sum(counts[state] for state in set(states))
    if not count:
        raise Refused(f"no row of batch {batch_id} is {_words(states)}: there is nothing to report", rule="report")
    stem = PurePath(found.file).stem
    style = _style(store, found, vault)
    return ErrorReport(f"{stem}.errors.csv", count, _written(store, found, states, style))


def _words(states: tuple[str, ...]) -> str:
    said = {"error": "in error", "duplicate": "a duplicate", "warning": "one with a warning"}
    return " or ".join(said.get(state, state) for state in states)


def _style(store: Store, found: Batch, vault: Vault) -> _Style:
    if found.reading.kind in ("xlsx", "fixed") or found.reading.container in ("gzip", "zip"):
        return _style_inside(store, found, vault)
    head = filestore.part(store, found.id, vault, 0, _HEAD)
    dialect = Dialect(found.encoding, found.delimiter, head.startswith(tuple(_BOM.values())))
    header = next(
        read_records(
            io.BytesIO(head), replace(found.reading, kind="csv", encoding=found.encoding, delimiter=found.delimiter)
        )
    )
    text = head.decode(found.encoding, "replace")
    newline = "\r\n" if "\r\n" in text else "\n"
    return _Style(dialect, header, newline, found.reading)


def _style_inside(store: Store, found: Batch, vault: Vault) -> _Style:
    """A list out of an archive is written as it stands in there, one that is no delimited text as CSV."""
    header = filestore.header(store, found, vault)
    if found.reading.kind == "csv":
        return _Style(Dialect(found.encoding, found.delimiter), header, "\r\n", found.reading)
    style = _Style(Dialect("utf-8", ",", True), header, "\r\n", found.reading)
    return replace(style, header=header._replace(text=style.line(header.cells).rstrip("\r\n")))


def _written(store: Store, found: Batch, states: tuple[str, ...], style: _Style) -> Iterator[bytes]:
    yield (_BOM[style.dialect.encoding] if style.dialect.had_bom else b"") + style.bytes(style.first())
    where = Where(state=states[0]) if len(states) == 1 else Where()
    after = 0
    while page := on_record(store, found.id, "report", partial(_page, found.id, where, after)):
        rows, touched = page
        after = rows[-1].row
        lines = [_line(row, touched.get(row.row, ()), style) for row in rows if row.state in states]
        yield style.bytes("".join(lines))


def _page(
    batch_id: int, where: Where, after: int, connection: Connection
) -> tuple[tuple[ImportRow, ...], Mapping[int, Sequence[str]]] | None:
    rows = rows_in(connection, batch_id, where, after, _PAGE, "report")
    moved = [row.row for row in rows if row.version > 1]
    touched = dict[int, Sequence[str]]()
    if moved:
        touched.update(tuple(each) for each in connection.exec_driver_sql(_TOUCHED, (batch_id, moved)).fetchall())
    return (rows, touched) if rows else None


def _line(row: ImportRow, touched: Sequence[str], style: _Style) -> str:
    """The record as it was sent where it can be; rewritten where it is ragged or somebody corrected a cell of it."""
    reasons = [", ".join(dict.fromkeys(finding.rule for finding in row.findings)), _reasons(row)]
    cells, whole = style.cells(row.raw)
    as_sent = whole and not touched and len(cells) == len(style.header.cells) == style.width
    if as_sent:
        return row.raw + style.dialect.delimiter + style.line(reasons)
    cells += [""] * (style.width - len(cells))
    places = match_header(style.header.cells)
    for column in touched:
        place = {**places.columns, **places.extra}.get(column)
        if place is not None and place < style.width:
            cells[place] = row.values.get(column, "")
    own, beyond = cells[: style.width], cells[style.width :]
    return style.line([*own, *reasons, *(beyond if len(style.header.cells) == style.width else ())])


def _reasons(row: ImportRow) -> str:
    said = [f"{finding.column}: {finding.message}" if finding.column else finding.message for finding in row.findings]
    return " | ".join([*said, *([row.reason] if row.reason else [])])
