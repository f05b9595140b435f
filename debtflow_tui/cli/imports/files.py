"""``debtflow import look``, ``file`` and ``raw``: how a file is read, and what was sent."""

from __future__ import annotations

import base64
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import DONE, REFUSED, Report, Table, facts
from debtflow_tui.cli.session import signed_in
from services.errors import BadInput

if TYPE_CHECKING:
    from services.domain.files.reading import Reading

F = TypeVar("F", bound=Callable[..., Any])

OPTIONS = (
    click.option("--entry", metavar="NAME", help="The file to read in a zip archive."),
    click.option("--format", metavar="FORMAT", help="csv, fixed or xlsx."),
    click.option("--sheet", metavar="NAME", help="The sheet of a workbook; the first by itself."),
    click.option("--encoding", metavar="NAME", help="utf-8, utf-16, windows-1252 and others."),
    click.option("--delimiter", metavar="CHAR", help="What divides cells: , ; | or tab."),
    click.option("--quote", metavar="CHAR", help="What cells are quoted with; none where quotes are letters."),
    click.option("--header-line", type=int, metavar="LINE", help="The line that names the columns; 0 where none does."),
    click.option("--widths", metavar="N,N,...", help="How wide fixed columns are."),
    click.option("--names", metavar="A,B,...", help="The columns of a file without a header line."),
)
NAMES = ("entry", "format", "sheet", "encoding", "delimiter", "quote", "header_line", "widths", "names")


def reading_options(command: F) -> F:
    """Options that overrule what is guessed about a file."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def reading_of(said: dict[str, Any]) -> Reading:
    """The reading that the options say; what they leave open is guessed."""
    from services.domain.files.reading import Reading, delimiter_of

    said = {**said, "kind": said.get("format")}
    said = {name: said[name] for name in NAMES if said.get(name) is not None}
    if "format" in said:
        said["kind"] = said.pop("format")
    if "delimiter" in said:
        said["delimiter"] = delimiter_of(said["delimiter"])
    if "quote" in said:
        said["quote"] = "" if said["quote"].lower() == "none" else said["quote"]
    if "widths" in said:
        said["widths"] = tuple(_width(word) for word in said["widths"].split(","))
    if "names" in said:
        said["names"] = tuple(name.strip() for name in said["names"].split(","))
        said.setdefault("header_line", 0)
    return Reading(**said)


def _width(word: str) -> int:
    return given.whole(word.strip(), "widths", "a width")


@click.command(cls=Command)
@click.argument("file")
@reading_options
@click.option("--rows", type=click.IntRange(0, 100), default=5, show_default=True, help="How many rows to show.")
@click.pass_obj
def look(report: Report, /, file: str, rows: int, **said: Any) -> None:
    """Show how a file would be read, and its first rows; nothing is kept, nobody has to be signed in."""
    from services.imports.look import look as look_into

    source, name = given.source(file)
    found = look_into(source, reading_of(said), rows=rows)
    data = {
        "file": name, "sha256": found.sha256, "size": found.size, "reading": found.reading.facts(),
        "guessed": found.guessed, "header": {"line": found.header.line, "cells": found.header.cells},
        "rows": [{"row": row.number, "line": row.line, "offset": row.offset, "length": row.length, "cells": row.cells,
                  "raw": row.text} for row in found.rows],
    }  # fmt: skip
    names = {part: _part(value) for part, value in found.reading.facts().items()}
    parts = {part: f"{name} (guessed)" if part in found.guessed else name for part, name in names.items()}
    head = found.header.cells
    cells = [(row.number, row.line, *(*row.cells, *("" for _ in head))[: len(head)]) for row in found.rows]
    table = Table(("ROW", "LINE", *head), cells, empty="no rows")
    report.give(
        data,
        facts({"file": name, "size": f"{found.size:,} byte{'s' * (found.size != 1)}", "sha256": found.sha256, **parts}),
        table,
    )


def _part(value: object) -> str:
    from services.domain.files.reading import delimiter_name

    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else delimiter_name(str(value))


@click.command("file", cls=Command)
@click.argument("batch")
@click.option("--output", metavar="FILE", help="Write it there; a file that exists is not overwritten.")
@click.pass_obj
def file_of(report: Report, batch: str, output: str | None) -> None:
    """Give back a batch's file, byte for byte as it was sent: to standard output, or with --output. It is recorded."""
    wanted = given.whole(batch, "batch", "a batch")
    if output is None and (report.as_json or sys.stdout.isatty()):
        raise BadInput("output", "say where to: --output FILE, or > FILE without --json")
    with signed_in() as desk:
        found = desk.imports.show(wanted)
        pieces = desk.imports.file(wanted)
        if output is None:
            sys.stdout.buffer.writelines(pieces)
            sys.stdout.buffer.flush()
            return
        size = _written(Path(output), pieces)
    data = {"batch": found.id, "file": found.file, "sha256": found.sha256, "size": size, "output": output}
    report.give(data, facts(data))


def _written(path: Path, pieces: Iterable[bytes]) -> int:
    try:
        with path.open("xb") as file:
            return sum(file.write(piece) for piece in pieces)
    except OSError as error:
        raise BadInput("output", f"{path} cannot be written: {error.strerror}") from None


@click.command(cls=Command)
@click.pass_context
def kept(context: click.Context) -> None:
    """Say where every file lies, and whether its bucket still has it. Exit code 1 where one is not whole."""
    report: Report = context.obj
    with signed_in() as desk:
        found = desk.imports.kept()
    table = Table(
        ("SHA-256", "BYTES", "WHERE", "BATCHES", "STORED", "MISSING"),
        [(each.sha256[:16], each.size, each.where, ", ".join(map(str, each.batches)), each.stored_at,
          f"{each.missing} pieces" if each.missing else "") for each in found],
        empty="no files",
    )  # fmt: skip
    report.give({"files": found}, table)
    context.exit(REFUSED if any(each.missing for each in found) else DONE)


@click.command(cls=Command)
@click.argument("batch")
@click.argument("row")
@click.pass_obj
def raw(report: Report, batch: str, row: str) -> None:
    """Show the bytes of one row as they were sent. It is recorded."""
    wanted, number = given.whole(batch, "batch", "a batch"), given.whole(row, "row", "a row")
    with signed_in() as desk:
        found = desk.imports.raw(wanted, number)
    if not report.as_json and not sys.stdout.isatty():
        sys.stdout.buffer.write(found.data)
        sys.stdout.buffer.flush()
        return
    text = found.text
    data = {
        "batch": wanted, "row": found.row, "line": found.line, "offset": found.offset, "length": len(found.data),
        "encoding": found.encoding, "text": text, "base64": base64.b64encode(found.data).decode(),
    }  # fmt: skip
    plain = "".join(char if char.isprintable() else f"\\x{ord(char):02x}" for char in text)
    where = f"from byte {found.offset:,}, {len(found.data):,} bytes of {found.encoding}"
    report.give(data, facts({"row": str(found.row), "line": str(found.line), "bytes": where, "text": plain}))
