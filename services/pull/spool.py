"""The folder of this machine where a file grows until it is whole: ``.part`` first, then, in one step, the file."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.errors import DebtFlowError, Misconfigured
from services.gateways.drops import Entry, Moved, Server
from services.pull.results import Sight

BACK: Final = 1 << 20
"""A part may end in bytes that a crash of the machine left unwritten: so much of it is fetched again."""

SPARE: Final = 64 << 20
_CHUNK: Final = 1 << 20


class NoRoom(DebtFlowError):
    """This machine's disk is full, or would be, or takes nothing."""

    code = "no_room"
    exit_code = 5


@dataclass(frozen=True, slots=True)
class Spool:
    """Files of one client on their way; only whoever holds the client's claim touches it."""

    folder: Path

    def prepare(self) -> None:
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise Misconfigured(
                f"{self.folder} cannot be made: {error.strerror}", hint="set DEBTFLOW_HOME to a folder of ours"
            ) from None

    def fetch(self, server: Server, entry: Entry, sight: Sight, going_on: Callable[[], None]) -> tuple[Path, bytes]:
        """Bring a file here, from where it was left the last time; the file and its SHA-256.

        ``going_on`` is called for every block, and ends it by raising. Raises Moved, and then begins anew the next
        time, or NoRoom.
        """
        part, whole = self._part(sight), self.whole(sight)
        with _room(part):
            start = self._kept(part, entry.size)
            self._measure(entry.size - start)
            try:
                digest = self._grow(part, start, server.read(entry, start), going_on)
            except Moved:
                part.unlink(missing_ok=True)
                raise
            if part.stat().st_size != entry.size:
                part.unlink()
                raise Moved(f"{sight.name} came with another size than it was listed with")
            part.replace(whole)
            _sync_folder(self.folder)
        return whole, digest

    def whole(self, sight: Sight) -> Path:
        """Where a file stands once it is whole."""
        return self.folder / f"{_stem(sight)}.file"

    def standing(self, sight: Sight) -> Path | None:
        """The file, where it is here and is what was fetched; None where it must be fetched again."""
        path = self.whole(sight)
        if sight.sha256 is None or not path.exists():
            return None
        with path.open("rb") as file:
            return path if hashlib.file_digest(file, "sha256").hexdigest() == sight.sha256 else None

    def sweep(self, open_files: tuple[Sight, ...]) -> None:
        """Remove what belongs to no file that is still on its way."""
        wanted = {_stem(each) for each in open_files}
        for path in self.folder.iterdir():
            if path.stem not in wanted:
                path.unlink(missing_ok=True)

    # ---- inside

    def _part(self, sight: Sight) -> Path:
        return self.folder / f"{_stem(sight)}.part"

    def _kept(self, part: Path, size: int) -> int:
        there = part.stat().st_size if part.exists() else 0
        return max(0, there - BACK) // _CHUNK * _CHUNK if there <= size else 0

    def _measure(self, wanted: int) -> None:
        free = shutil.disk_usage(self.folder).free
        if free < wanted + SPARE:
            raise NoRoom(
                f"{self.folder} has {free >> 20:,} MB free, and {(wanted + SPARE) >> 20:,} MB are needed",
                hint="make room; it is tried again",
            )

    def _grow(self, part: Path, start: int, blocks: Iterator[bytes], going_on: Callable[[], None]) -> bytes:
        digest = hashlib.sha256()
        with part.open("r+b" if part.exists() else "w+b") as file:
            for block in _first(file.read, start):
                digest.update(block)
            file.truncate(start)
            file.seek(start)
            for block in blocks:
                file.write(block)
                digest.update(block)
                going_on()
            file.flush()
            os.fsync(file.fileno())
        return digest.digest()


def _first(read: Callable[[int], bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (block := read(min(_CHUNK, length))):
        length -= len(block)
        yield block


def _stem(sight: Sight) -> str:
    return f"{sight.id}-{sight.size}-{int(sight.modified_at.timestamp())}"


@contextmanager
def _room(part: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise NoRoom(f"{part.parent} cannot be written: {error.strerror}", hint="it is tried again") from None
        part.unlink(missing_ok=True)
        raise NoRoom(f"the disk under {part.parent} is full", hint="make room; it is tried again") from None


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
