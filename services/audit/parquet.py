"""A part of the trail as a Parquet file: its rows as they were sealed, and what proves them.

The library is loaded where a part is written or read, and nowhere else.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import IO, TYPE_CHECKING, Any, Final, TypeVar

from services.domain import merkle

if TYPE_CHECKING:
    import pyarrow

FORMAT: Final = "debtflow-audit-archive-1"
SAYS: Final = b"debtflow"
"""Under this key the file's metadata says, in JSON, which chain, month and seals it is of."""

TO_2000: Final = 946_684_800_000_000
"""Microseconds from 1970, where Parquet begins to count, to 2000, where PostgreSQL does."""

PLACED: Final = ("seal", "place")
NAMES: Final = tuple(name for name, _ in merkle.ROW)


Row = dict[str, Any]
T = TypeVar("T")


class Unreadable(Exception):
    """These bytes are no part of a trail."""


def write(file: IO[bytes], seals: Iterator[Sequence[Sequence[Any]]], says: Mapping[str, Any]) -> int:
    """Write the rows, those of a seal as one row group, each as ``PLACED`` and ``NAMES``; how many there were."""
    from pyarrow import RecordBatch, array
    from pyarrow.parquet import ParquetWriter

    schema = _schema().with_metadata({SAYS: json.dumps({"format": FORMAT, **says}, sort_keys=True).encode()})
    rows = 0
    with ParquetWriter(file, schema, compression="zstd", compression_level=6) as writer:
        for group in seals:
            columns = zip(*group, strict=True)
            arrays = [array(column, type=field.type) for column, field in zip(columns, schema, strict=True)]
            writer.write_batch(RecordBatch.from_arrays(arrays, schema=schema), row_group_size=len(group))
            rows += len(group)
    return rows


class Part:
    """A part that was read back; raises Unreadable for bytes that are none."""

    def __init__(self, data: bytes) -> None:
        from pyarrow import BufferReader
        from pyarrow.parquet import ParquetFile

        def opened() -> tuple[ParquetFile, Mapping[str, Any]]:
            file = ParquetFile(BufferReader(data))
            if not file.schema_arrow.equals(_schema()):
                raise Unreadable("its columns are others")
            return file, json.loads((file.schema_arrow.metadata or {})[SAYS])

        self._file, self.says = _told(opened)

    @property
    def groups(self) -> int:
        return int(self._file.num_row_groups)

    def rows(self, groups: Iterable[int]) -> list[Row]:
        """The rows of some groups; instants are microseconds, as they are hashed."""
        return _told(lambda: _rows(self._file.read_row_groups(sorted(groups))))

    def table(self) -> pyarrow.Table:
        """All rows, to be searched."""
        return _told(self._file.read)


def leaf(row: Row) -> bytes:
    """The hash of a row as :meth:`Part.rows` gives it."""
    return merkle.leaf(merkle.canonical(merkle.ROW, row))


def instant(micros: int | None) -> datetime:
    """When a row was written, as :meth:`Part.rows` gives it; one that no calendar has becomes the first of all."""
    try:
        if micros is None:
            return datetime.min.replace(tzinfo=UTC)
        return merkle.EPOCH + timedelta(microseconds=micros)
    except OverflowError:
        return datetime.min.replace(tzinfo=UTC)


def _rows(table: pyarrow.Table) -> list[Row]:
    from pyarrow import int64
    from pyarrow.compute import subtract

    place = table.schema.get_field_index("at")
    since_2000 = subtract(table.column("at").cast(int64()), TO_2000)
    whole = table.set_column(place, "at", since_2000)
    names = whole.column_names
    return [dict(zip(names, values, strict=True)) for values in zip(*whole.to_pydict().values(), strict=True)]


def _schema() -> pyarrow.Schema:
    import pyarrow as pa

    kinds = {
        "int4": pa.int32(), "int8": pa.int64(), "text": pa.string(), "xid8": pa.int64(),
        "timestamptz": pa.timestamp("us", tz="UTC"),
    }  # fmt: skip
    placed = [pa.field("seal", pa.int64(), nullable=False), pa.field("place", pa.int32(), nullable=False)]
    return pa.schema([*placed, *(pa.field(name, kinds[kind]) for name, kind in merkle.ROW)])


def _told(work: Callable[[], T]) -> T:
    """What the library says of bytes that are no file of its kind is of many classes."""
    from pyarrow import ArrowException

    try:
        return work()
    except (ArrowException, OSError, ValueError, KeyError, TypeError, OverflowError, MemoryError) as error:
        raise Unreadable(str(error).strip().partition("\n")[0][:200]) from None
