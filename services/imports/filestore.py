"""Files as they were sent, kept and given back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection

from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.errors import Refused
from services.imports.opening import opened
from services.imports.results import Batch, ImportRow, RawBytes
from services.imports.spool import PIECE, Sent, scratch
from services.store import Store

_AT_ONCE: Final = 8 * PIECE
_MOST_OF_A_ROW: Final = 1 << 20


def keep(connection: Connection, sent: Sent) -> int:
    """The id of the file with these bytes, sent in the transaction of ``connection`` where they are not here yet."""
    query = "select file, wanted from debtflow.file_keep(%s, %s)"
    file, wanted = connection.exec_driver_sql(query, (sent.sha256, sent.size)).one()
    if wanted:
        for seq, piece in enumerate(sent.pieces()):
            connection.exec_driver_sql("select debtflow.file_chunk_keep(%s, %s, %b)", (file, seq, piece))
    return int(file)


def read(store: Store, batch: Batch) -> Iterator[bytes]:
    """Every byte in order; raises Refused at the end where they are not those whose hash the batch has."""
    digest, at = hashlib.sha256(), 0
    while piece := _part(store, batch.id, at, _AT_ONCE):
        digest.update(piece)
        at += len(piece)
        yield piece
    if digest.hexdigest() != batch.sha256:
        raise Refused(
            f"the file of batch {batch.id} is not what was sent: its hash differs",
            rule="file-spoilt",
            hint="take it from a backup, and find out who changed it",
        )


def row_bytes(store: Store, batch: Batch, row: ImportRow) -> RawBytes:
    """The bytes of one row, a mebibyte of it at most."""
    if row.byte_at is None or row.byte_count is None:
        raise Refused(
            f"row {row.row} of batch {batch.id} has no bytes of its own",
            rule="no-bytes",
            hint="its cells are in `debtflow import rows`, the whole file in `debtflow import file`",
        )
    most = max(1, min(row.byte_count, _MOST_OF_A_ROW))
    if batch.reading.container in (None, "none"):
        data = _part(store, batch.id, row.byte_at, most)[: row.byte_count]
    else:
        data = _unpacked(store, batch, row.byte_at, min(row.byte_count, most))
    return RawBytes(row.row, row.line, row.byte_at, data, batch.encoding)


def header(store: Store, batch: Batch) -> RawRow:
    """The record that names the columns, out of the whole file."""
    with scratch() as whole:
        size = sum(whole.write(piece) for piece in read(store, batch))
        with opened(whole, size, batch.reading) as (file, settled):
            return next(read_records(file, settled))


def _unpacked(store: Store, batch: Batch, at: int, most: int) -> bytes:
    with scratch() as whole:
        size = sum(whole.write(piece) for piece in read(store, batch))
        with opened(whole, size, batch.reading) as (file, _):
            file.seek(at)
            return file.read(most)


def _part(store: Store, batch_id: int, at: int, most: int) -> bytes:
    query = "select debtflow.import_file_read(%s, %s, %s)"
    return bytes(store.act(lambda c: c.exec_driver_sql(query, (batch_id, at, most)).scalar_one()))
