"""Files outside of the database: in a bucket, in pieces, under the address that their content gives.

A file is put there before the database knows of it. Whoever is cut off in between leaves pieces that nothing names; the
same file, sent again, finds them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

from services.domain.quoting import shown
from services.errors import Misconfigured, Refused
from services.imports.spool import Sent

PIECE: Final = 4 << 20
"""The database cuts by it as well: a file's pieces are counted by its size. It never changes."""


class Objects(Protocol):
    """What a bucket does for us."""

    def create(self, key: str, data: bytes) -> bool:
        """Put an object where none is; False, and nothing written, where one is there already."""

    def read(self, key: str) -> bytes | None:
        """A whole object, None where none is there."""

    def remove(self, key: str) -> None:
        """Take an object away; nothing happens where none is."""

    def sizes(self, folder: str) -> Iterator[tuple[str, int]]:
        """Every object below a folder by its key, with its size."""


@dataclass(frozen=True, slots=True)
class Put:
    """Where a file lies now, and the SHA-256 of each of its pieces."""

    bucket: str
    key: str
    pieces: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Vault:
    """``bucket`` is where new files go, None for the database; files from before are read wherever they are."""

    open: Callable[[str], Objects]
    bucket: str | None = None
    prefix: str = "debtflow"

    def put(self, sent: Sent, agency: str) -> Put:
        """Put a file into the bucket that is set; Refused where something else lies in its place."""
        if self.bucket is None:
            raise Misconfigured("no bucket is set", hint='keep = "bucket" in [files]')
        folder = f"{self.prefix}/{agency}" if self.prefix else agency
        return self.put_at(sent, self.bucket, f"{folder}/{sent.sha256.hex()}")

    def put_at(self, sent: Sent, bucket: str, key: str) -> Put:
        """Put every piece that is not there yet; one that is there is compared, byte for byte."""
        objects = self.open(bucket)
        hashes = []
        for seq, piece in enumerate(sent.pieces(PIECE)):
            name = piece_name(key, seq)
            if not objects.create(name, piece) and objects.read(name) != piece:
                raise _spoilt(bucket, name, "holds something else")
            hashes.append(hashlib.sha256(piece).digest())
        return Put(bucket, key, tuple(hashes))

    def part(self, bucket: str, key: str, hashes: Sequence[bytes], at: int, most: int) -> bytes:
        """Some bytes of a file, out of the pieces from that of ``at`` on; each is compared with its hash."""
        objects = self.open(bucket)
        first = at // PIECE
        read = b"".join(_checked(objects, bucket, piece_name(key, first + n), it) for n, it in enumerate(hashes))
        return read[at - first * PIECE :][:most]

    def drop(self, bucket: str, key: str, pieces: int) -> None:
        """Take every piece of a file away; versions that the bucket keeps are its owner's to remove."""
        objects = self.open(bucket)
        for seq in range(pieces):
            objects.remove(piece_name(key, seq))

    def missing(self, bucket: str, files: Mapping[str, int]) -> dict[str, int]:
        """How many pieces of each file, by key and size, are not there, or not as long as they were."""
        there = dict(self._listed(bucket, {key.rpartition("/")[0] for key in files}))
        wanted = {key: list(lengths(size)) for key, size in files.items()}
        return {
            key: sum(there.get(piece_name(key, seq)) != length for seq, length in enumerate(each))
            for key, each in wanted.items()
        }

    def _listed(self, bucket: str, folders: Iterable[str]) -> Iterator[tuple[str, int]]:
        objects = self.open(bucket)
        for folder in sorted(folders):
            yield from objects.sizes(folder)


def piece_name(key: str, seq: int) -> str:
    """The object that a piece is; in order of their names they are the file."""
    return f"{key}/{seq:04}"


def lengths(size: int) -> Iterator[int]:
    """How long each piece of a file is."""
    yield from (min(PIECE, size - at) for at in range(0, size, PIECE))


def nowhere(bucket: str) -> Objects:
    """For an installation that knows of no bucket."""
    raise Misconfigured(
        f"this file lies in the bucket {shown(bucket)}, and no bucket is set up here",
        rule="bucket-unset", hint="set endpoint and access_key_id in [files]; see docs/import-files.md",
    )  # fmt: skip


IN_DATABASE: Final = Vault(nowhere)


def _checked(objects: Objects, bucket: str, name: str, digest: bytes) -> bytes:
    piece = objects.read(name)
    if piece is None:
        raise Refused(
            f"{name} is no longer in the bucket {shown(bucket)}", rule="file-lost",
            hint="put it back from a backup or an earlier version, or send the same file again",
        )  # fmt: skip
    if hashlib.sha256(piece).digest() != digest:
        raise _spoilt(bucket, name, "is not what was put there: its hash differs")
    return piece


def _spoilt(bucket: str, name: str, why: str) -> Refused:
    return Refused(
        f"{name} in the bucket {shown(bucket)} {why}", rule="file-spoilt",
        hint="find out who changed it; move it away and put the earlier version back, or send the same file again",
    )  # fmt: skip
