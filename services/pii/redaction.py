"""A copy of a file without some of its rows.

In text their bytes are blanked where they stand, line ends apart, so that every other row keeps its place and its line.
A workbook or an archive is written anew with what was read of it, and nothing else.
"""

from __future__ import annotations

import codecs
import gzip
import shutil
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import BinaryIO, Final

from services.domain.files.reading import Reading
from services.domain.files.records import all_records
from services.errors import Refused
from services.imports.opening import opened
from services.imports.spool import PIECE, scratch
from services.pii.workbook import write_workbook

BLANK: Final = "*"
_STARS: Final = bytes(byte if byte in b"\r\n" else ord(BLANK) for byte in range(256))
Lines = Sequence[tuple[Reading, Sequence[int]]]
"""For each way in which the file was read, the lines on which rows to be left out begin."""


@contextmanager
def redacted(file: BinaryIO, size: int, lines: Lines) -> Iterator[BinaryIO]:
    """The file without these rows; raises Refused where a row is not where it was."""
    with scratch() as whole:
        _pour(file, whole)
        for reading, numbers in lines:
            with opened(whole, size, reading) as (text, settled), scratch() as inner, scratch() as packed:
                if settled.kind == "xlsx":
                    _leave_out(text, frozenset(numbers), settled.sheet or "", inner)
                else:
                    _pour(text, inner)
                    _blank(inner, settled, frozenset(numbers))
                _pack(whole, inner, settled, [each.entry for each, _ in lines], packed)
                whole.seek(0)
                whole.truncate()
                size = _pour(packed, whole)
        whole.seek(0)
        yield whole


def _blank(text: BinaryIO, reading: Reading, lines: frozenset[int]) -> None:
    places = [
        (record.offset, record.length)
        for record in all_records(text, reading)
        if record.line in lines and record.offset is not None and record.length is not None
    ]
    _refuse_lost(len(places), lines)
    blank = _blank_bytes if not (reading.encoding or "").startswith("utf-16") else _blank_pairs(text, reading.encoding)
    for offset, length in places:
        text.seek(offset)
        data = text.read(length)
        text.seek(offset)
        text.write(blank(data))


def _blank_bytes(data: bytes) -> bytes:
    return data.translate(_STARS)


def _blank_pairs(text: BinaryIO, encoding: str | None) -> Callable[[bytes], bytes]:
    text.seek(0)
    big = encoding == "utf-16-be" or text.read(2) == codecs.BOM_UTF16_BE
    codec = "utf-16-be" if big else "utf-16-le"
    ends, star = {end.encode(codec) for end in "\r\n"}, BLANK.encode(codec)

    def blank(data: bytes) -> bytes:
        pairs = (data[at : at + 2] for at in range(0, len(data), 2))
        return b"".join(pair if pair in ends else star[: len(pair)] for pair in pairs)

    return blank


def _leave_out(rows: BinaryIO, lines: frozenset[int], sheet: str, out: BinaryIO) -> None:
    rows.seek(0)
    found = 0

    def kept() -> Iterator[bytes]:
        nonlocal found
        for number, line in enumerate(rows, 1):
            found += number in lines
            yield f'["{BLANK}"]'.encode() if number in lines else line

    write_workbook(out, sheet, kept())
    _refuse_lost(found, lines)


def _pack(whole: BinaryIO, inner: BinaryIO, reading: Reading, entries: Sequence[str | None], out: BinaryIO) -> None:
    inner.seek(0)
    if reading.container == "gzip":
        with gzip.GzipFile(fileobj=out, mode="wb", mtime=0) as packed:
            shutil.copyfileobj(inner, packed, PIECE)
    elif reading.container == "zip":
        whole.seek(0)
        with zipfile.ZipFile(whole) as before, zipfile.ZipFile(out, "w") as after:
            for name in before.namelist():
                if name == reading.entry or name in entries:
                    with before.open(name) as kept, after.open(_named(name), "w", force_zip64=True) as written:
                        shutil.copyfileobj(inner if name == reading.entry else kept, written, PIECE)
    else:
        shutil.copyfileobj(inner, out, PIECE)


def _named(name: str) -> zipfile.ZipInfo:
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_DEFLATED
    return info


def _pour(source: BinaryIO, to: BinaryIO) -> int:
    source.seek(0)
    shutil.copyfileobj(source, to, PIECE)
    return to.tell()


def _refuse_lost(found: int, lines: frozenset[int]) -> None:
    if found < len(lines):
        raise Refused(
            f"{len(lines) - found} of {len(lines)} rows are not where they were read in their file",
            rule="row-lost", hint="find out who changed the file: debtflow import kept",
        )  # fmt: skip
