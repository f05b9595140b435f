"""From a file as it was sent to one that can be read: taken out of its container, its reading settled."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from services.domain.columns import count_known
from services.domain.files import containers
from services.domain.files.guess import Known, guess, header_line
from services.domain.files.reading import Reading
from services.domain.quoting import shown
from services.errors import BadInput
from services.imports.spool import scratch


@contextmanager
def opened(
    file: BinaryIO, size: int, said: Reading | None = None, known: Known = count_known
) -> Iterator[tuple[BinaryIO, Reading]]:
    """The text inside a file, and how to read it: what nobody said is guessed.

    Raises BadInput for what cannot be read, with what to do about it.
    """
    said = said or Reading()
    found = containers.container_of(file)
    _refuse_other(said, found)
    if found in ("none", "xlsx"):
        with _text(file, size, replace(said, container="none"), known) as settled:
            yield settled
        return
    with scratch() as inner:
        said = containers.unpack(file, size, replace(said, container=found), inner.write)
        held = containers.container_of(inner)
        if held in ("gzip", "zip"):
            raise BadInput("file", "the archive holds another archive", hint="ask the sender for one without")
        with _text(inner, inner.seek(0, 2), said, known) as settled:
            yield settled


@contextmanager
def _text(file: BinaryIO, size: int, said: Reading, known: Known) -> Iterator[tuple[BinaryIO, Reading]]:
    if containers.container_of(file) != "xlsx":
        yield file, guess(file, said, known)
        return
    containers.refuse_swollen(file, size)
    with tempfile.TemporaryDirectory(prefix="debtflow-") as folder:
        book, rows = Path(folder) / "book.xlsx", Path(folder) / "rows"
        _copy(file, book)
        said = replace(said, kind="xlsx", sheet=_sheet(book, said.sheet))
        _write_rows(book, said.sheet or "", rows)
        with rows.open("rb") as lines:
            yield lines, replace(said, header_line=header_line(lines, said, known))


def _sheet(book: Path, wanted: str | None) -> str:
    from services.gateways.workbook import sheet_names

    names = sheet_names(book)
    if wanted is None and names:
        return names[0]
    if wanted in names:
        return wanted
    listed = ", ".join(shown(name) for name in names[:20]) or "none"
    raise BadInput("sheet", f"the workbook has no sheet {shown(wanted or '')}; it has {listed}", hint="--sheet NAME")


def _write_rows(book: Path, sheet: str, rows: Path) -> None:
    from services.gateways.workbook import write_sheet

    write_sheet(book, sheet, rows)


def _copy(file: BinaryIO, to: Path) -> None:
    file.seek(0)
    with to.open("wb") as copy:
        while piece := file.read(1 << 20):
            copy.write(piece)


def _refuse_other(said: Reading, found: str) -> None:
    packed = "none" if found == "xlsx" else found
    if said.container not in (None, packed):
        raise BadInput("container", f"the file is no {said.container} archive", hint=f"it is read as {packed}")
    if said.kind == "xlsx" and found == "none":
        raise BadInput("kind", "the file is no workbook (.xlsx)", hint="leave out --format, or send the workbook")
    if said.entry is not None and found != "zip":
        raise BadInput("entry", "the file is no zip archive: nothing in it has a name of its own")
