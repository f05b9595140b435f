"""A private copy of the file, hashed while it is made: what is read, checked and kept is one and the same."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO, Final, cast

from services.domain.files.containers import LARGEST
from services.errors import BadInput, Unreachable

Source = Path | BinaryIO | bytes

PIECE: Final = 1 << 20
_IN_MEMORY: Final = 8 << 20


@dataclass(frozen=True, slots=True)
class Sent:
    """A file as it was sent; ``file`` is seekable and goes away with the context that gave it."""

    file: BinaryIO
    sha256: bytes
    size: int

    def pieces(self, size: int = PIECE) -> Iterator[bytes]:
        """Its bytes from the beginning, a mebibyte at a time."""
        self.file.seek(0)
        while piece := self.file.read(size):
            yield piece


@contextmanager
def spooled(source: Source) -> Iterator[Sent]:
    """Copy a file, hashing it.

    Raises BadInput for a file that cannot be read or is too large, Unreachable where the disk is full.
    """
    with scratch() as copy:
        digest, size = hashlib.sha256(), 0
        for piece in _pieces(source):
            size += len(piece)
            if size > LARGEST:
                hint = "split it and send the parts"
                raise BadInput("file", f"the file is larger than {LARGEST >> 20:,} MB", hint=hint)
            digest.update(piece)
            copy.write(piece)
        yield Sent(copy, digest.digest(), size)


@contextmanager
def scratch() -> Iterator[BinaryIO]:
    """A file that is gone afterwards, in memory while it is small; Unreachable where the disk is full."""
    try:
        with tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, prefix="debtflow-") as file:
            yield cast(BinaryIO, file)
    except OSError as error:
        if error.filename is not None or error.errno is None:
            raise
        hint = f"free some space in {tempfile.gettempdir()}, or set TMPDIR to another folder"
        raise Unreachable(f"no place to read the file in: {error.strerror}", rule="disk-full", hint=hint) from error


def _pieces(source: Source) -> Iterator[bytes]:
    if isinstance(source, bytes):
        yield from _read(io.BytesIO(source))
    elif isinstance(source, Path):
        try:
            with source.open("rb") as file:
                yield from _read(file)
        except (OSError, ValueError) as error:
            why = error.strerror if isinstance(error, OSError) else "that is no name of a file"
            raise BadInput("file", f"{source} cannot be read: {why}") from None
    else:
        yield from _read(source)


def _read(file: IO[bytes]) -> Iterator[bytes]:
    while piece := file.read(PIECE):
        yield piece
