"""Files that are large, or pretend to be small: read, kept and shown without being held in memory."""

from __future__ import annotations

import gzip
import resource
import tempfile
import tracemalloc
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from services.domain.columns import COLUMNS
from services.domain.files.containers import unpacked_part
from services.domain.files.reading import Reading
from services.errors import BadInput
from services.imports import Imports
from services.imports.look import look
from services.imports.spool import spooled
from services.imports.vault import PIECE
from tests.imports.files import line, written
from tests.support.house import House
from tests.support.weed import NAME, Storage

MEGABYTE = 1 << 20
LAST = b"A-2,Bob Boo,200.00"


@contextmanager
def at_most(megabytes: int) -> Iterator[None]:
    """What Python holds at a time while this runs."""
    tracemalloc.start()
    try:
        yield
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < megabytes * MEGABYTE


def gzipped(path: Path, write: Callable[[BinaryIO], object]) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        write(file)  # type: ignore[arg-type]
    return path


def zipped(path: Path, write: Callable[[BinaryIO], object]) -> Path:
    archive = zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=1)
    with archive, archive.open("a.csv", "w", force_zip64=True) as file:
        write(file)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("pack", [gzipped, zipped])
def test_a_row_far_into_an_archive_is_read_without_what_is_before_it(
    tmp_path: Path, pack: Callable[[Path, Callable[[BinaryIO], object]], Path]
) -> None:
    def write(file: BinaryIO) -> None:
        for _ in range(24):
            file.write(b" " * MEGABYTE)
        file.write(LAST + b"\n")

    packed = pack(tmp_path / "packed", write)
    reading = Reading(container="gzip" if pack is gzipped else "zip", entry=None if pack is gzipped else "a.csv")
    with packed.open("rb") as file, at_most(4):
        assert unpacked_part(file, reading, 24 * MEGABYTE, len(LAST)) == LAST
    with packed.open("rb") as file:
        assert unpacked_part(file, reading, 25 * MEGABYTE, 5) == b""


@pytest.mark.slow
@pytest.mark.parametrize("letter", [b"x", b"7", b'"'], ids=["letters", "digits", "quotes"])
def test_a_field_of_fifty_megabytes_is_a_row_in_error(house: House, tmp_path: Path, letter: bytes) -> None:
    def write(file: BinaryIO) -> None:
        head, first, second = written([line("A-1"), line("A-2")]).split(b"\r\n")[:3]
        file.write(head + b"\n" + first + b"\nA-9,")
        for _ in range(50):
            file.write(letter * MEGABYTE)
        file.write(b"," * (len(COLUMNS) - 2) + b"\n" + second + b"\n")

    imports = Imports(house.store("bea"))
    for pack in (gzipped, zipped):
        packed = pack(tmp_path / f"{pack.__name__}.bin", write)
        with at_most(48):
            batch = imports.stage(packed, packed.name, "HXL")
        assert (batch.rows, batch.valid, batch.errors) == (3, 2, 1)
        with at_most(48):
            assert imports.raw(batch.id, 3).data.startswith(b"A-2,")
            assert len(imports.raw(batch.id, 2).data) == MEGABYTE
        imports.reject(batch.id, "next")


@pytest.mark.slow
@pytest.mark.parametrize("pack", [gzipped, zipped])
def test_a_gigabyte_of_nothing_is_a_bomb(
    tmp_path: Path, pack: Callable[[Path, Callable[[BinaryIO], object]], Path]
) -> None:
    packed = pack(tmp_path / "bomb", lambda file: [file.write(bytes(MEGABYTE)) for _ in range(1024)])
    assert packed.stat().st_size < 8 * MEGABYTE
    with at_most(32), pytest.raises(BadInput, match="made to fill the disk"):
        look(packed)


@pytest.mark.slow
def test_three_hundred_megabytes_go_through_a_bucket(bucket: Storage) -> None:
    vault = bucket.vault()
    with tempfile.TemporaryFile() as file:
        for number in range(300):
            file.write(number.to_bytes(4, "big") * (MEGABYTE // 4))
        file.seek(0)
        with spooled(file) as sent:
            before = most_memory()
            put = vault.put(sent, "HARBOR")
            assert len(put.pieces) == 300 * MEGABYTE // PIECE
            for number in (0, 150, 299):
                at = number * MEGABYTE
                part = vault.part(NAME, put.key, put.pieces[at // PIECE : at // PIECE + 1], at, 4)
                assert part == number.to_bytes(4, "big")
            assert vault.missing(NAME, {put.key: sent.size}) == {put.key: 0}
    assert most_memory() - before < 100


def most_memory() -> int:
    """The most that this process has ever had, in megabytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
