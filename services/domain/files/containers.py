"""What a file is packed in: gzip and zip, unpacked a piece at a time, and never more than could be meant."""

from __future__ import annotations

import gzip
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import PurePosixPath
from typing import IO, BinaryIO, Final

from services.domain.files.reading import Reading
from services.domain.quoting import shown
from services.errors import BadInput

LARGEST: Final = 2 << 30
MOST_TIMES: Final = 200
MOST_ENTRIES: Final = 1000
_FREE: Final = 64 << 20
_PIECE: Final = 1 << 18
_DIRECTORY: Final = 1 << 20
_ZIP, _GZIP = b"PK\x03\x04", b"\x1f\x8b"
_EMPTY_ZIP: Final = b"PK\x05\x06"
_READABLE: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2)
_ENCRYPTED: Final = 0x1
_LINK: Final = 0o120000
_BROKEN: Final = (
    zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, struct.error, NotImplementedError, RuntimeError,
    UnicodeError, ValueError, OSError, OverflowError,
)  # fmt: skip

Sink = Callable[[bytes], object]


def container_of(file: BinaryIO) -> str:
    """``none``, ``gzip``, ``zip`` or ``xlsx``, by what the file begins with and by what a zip archive holds."""
    file.seek(0)
    start = file.read(4)
    if start.startswith(_GZIP):
        return "gzip"
    if start in (_ZIP, _EMPTY_ZIP):
        with _archive(file) as archive:
            names = set(archive.namelist())
        return "xlsx" if "[Content_Types].xml" in names and any(name.startswith("xl/") for name in names) else "zip"
    return "none"


def unpack(file: BinaryIO, packed: int, said: Reading, sink: Sink) -> Reading:
    """Write what an archive of ``packed`` bytes holds to the sink; gives the reading with container and entry.

    Raises BadInput for an archive that is broken, behind a password, grows beyond all measure, holds several files of
    which none is named, or a name that leads out of it.
    """
    with _told():
        if said.container == "gzip":
            file.seek(0)
            with gzip.GzipFile(fileobj=file, mode="rb") as inner:
                _pour(inner, packed, sink)
            return said
        with _archive(file) as archive:
            entry = _chosen(archive, said.entry)
            with archive.open(entry) as inner:
                _pour(inner, max(entry.compress_size, 1), sink)
            return replace(said, entry=entry.filename)


def unpacked_part(file: BinaryIO, said: Reading, at: int, most: int) -> bytes:
    """Some bytes of what a known archive holds: read up to there and no further, and nothing of it kept."""
    with _told():
        if said.container == "gzip":
            file.seek(0)
            with gzip.GzipFile(fileobj=file, mode="rb") as inner:
                return _after(inner, at, most)
        with _archive(file) as archive, archive.open(_chosen(archive, said.entry)) as inner:
            return _after(inner, at, most)


def _after(inner: IO[bytes] | gzip.GzipFile, at: int, most: int) -> bytes:
    while at > 0 and (piece := inner.read(min(at, _PIECE))):
        at -= len(piece)
    return inner.read(most)


def entries(file: BinaryIO) -> tuple[str, ...]:
    """The files in a zip archive, by name."""
    with _archive(file) as archive:
        return tuple(entry.filename for entry in _files(archive))


def refuse_swollen(file: BinaryIO, packed: int) -> None:
    """Raises BadInput for a workbook whose parts unpack to more than could be meant."""
    with _archive(file) as archive:
        size = sum(entry.file_size for entry in archive.infolist())
    _refuse_bomb(size, packed)


def _pour(inner: IO[bytes] | gzip.GzipFile, packed: int, sink: Sink) -> None:
    size = 0
    while piece := inner.read(_PIECE):
        size += len(piece)
        _refuse_bomb(size, packed)
        sink(piece)


def _refuse_bomb(size: int, packed: int) -> None:
    if size > LARGEST:
        raise BadInput(
            "file", f"unpacked, the file is larger than {LARGEST >> 20:,} MB", hint="split it and send the parts"
        )
    if size > _FREE and size > packed * MOST_TIMES:
        raise BadInput(
            "file",
            f"the archive unpacks to more than {MOST_TIMES} times its size: it is made to fill the disk",
            hint="ask the sender for the file as it is, not packed",
        )


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except BadInput:
        raise
    except _BROKEN as error:
        if isinstance(error, OSError) and not isinstance(error, gzip.BadGzipFile) and error.errno is not None:
            raise  # the disk's fault, not the archive's
        why = shown(str(error), 80) or "it ends too early"
        raise BadInput(
            "file", f"the archive or workbook is broken: {why}", hint="ask the sender to pack it again"
        ) from None


@contextmanager
def _archive(file: BinaryIO) -> Iterator[zipfile.ZipFile]:
    with _told():
        _refuse_endless(file)
        with zipfile.ZipFile(file) as archive:
            yield archive


def _refuse_endless(file: BinaryIO) -> None:
    """A list of contents is read as a whole: one that is no list of a few files is not begun."""
    size = file.seek(0, 2)
    file.seek(max(0, size - 65_600))
    tail = file.read()
    at = tail.rfind(_EMPTY_ZIP)
    if at < 0 or len(tail) - at < 22:
        raise zipfile.BadZipFile("it ends too early")
    listed, bytes_of_list = struct.unpack_from("<HI", tail, at + 10)
    if listed > MOST_ENTRIES or bytes_of_list > _DIRECTORY:
        hint = "send one file an archive"
        raise BadInput("file", f"the archive holds more than {MOST_ENTRIES:,} files", hint=hint)


def _chosen(archive: zipfile.ZipFile, wanted: str | None) -> zipfile.ZipInfo:
    found = _files(archive)
    if wanted is not None:
        found = [entry for entry in found if entry.filename == wanted]
    if len(found) != 1:
        names = ", ".join(shown(entry.filename) for entry in _files(archive)[:10]) or "nothing"
        what = f"holds no file {shown(wanted)}" if wanted is not None else "does not hold one file"
        raise BadInput("entry", f"the archive {what}; it holds {names}", hint="name the one to read: --entry NAME")
    entry = found[0]
    if entry.flag_bits & _ENCRYPTED:
        raise BadInput("file", "the archive is behind a password", hint="ask the sender for one without")
    if entry.compress_type not in _READABLE:
        raise BadInput("file", "the archive is packed in a way that is not read here", hint="use deflate, or gzip")
    return entry


def _files(archive: zipfile.ZipFile) -> list[zipfile.ZipInfo]:
    found = [entry for entry in archive.infolist() if not entry.is_dir()]
    for entry in found:
        _refuse_trick(entry)
    return [entry for entry in found if not _is_clutter(PurePosixPath(entry.filename))]


def _is_clutter(path: PurePosixPath) -> bool:
    return path.parts[0] == "__MACOSX" or path.name in (".DS_Store", "Thumbs.db")


def _refuse_trick(entry: zipfile.ZipInfo) -> None:
    name = entry.orig_filename
    path = PurePosixPath(name)
    bad = not path.parts or path.is_absolute() or ".." in path.parts or "\\" in name or name[1:2] == ":"
    if bad or not name.isprintable() or (entry.external_attr >> 16) & 0o170000 == _LINK:
        raise BadInput(
            "file",
            f"the archive holds a name that leads out of it: {shown(name)}",
            hint="ask the sender for the file as it is, not packed",
        )
