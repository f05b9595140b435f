"""Files as they were sent, kept and given back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from services.domain.files.containers import unpacked_part
from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.errors import Refused
from services.imports.opening import opened
from services.imports.results import Batch, ImportRow, KeptFile, RawBytes
from services.imports.spool import PIECE, Sent, scratch
from services.imports.vault import Put, Vault
from services.store import Store, shown

_AT_ONCE: Final = 8 * PIECE
_MOST_OF_A_ROW: Final = 1 << 20


def keep(connection: Connection, sent: Sent, vault: Vault) -> int:
    """The id of the file with these bytes, sent in the transaction of ``connection`` where they are not here yet.

    Into a bucket they go before the transaction writes anything of them; what was lost of them there is put back.
    """
    query = "select agency, place, bucket, key from debtflow.file_place(%s)"
    agency, place, bucket, key = connection.exec_driver_sql(query, (sent.sha256,)).one()
    if place is None and vault.bucket is not None:
        return _known_outside(connection, sent, vault.put(sent, agency))
    if place == "bucket":
        vault.put_at(sent, bucket, key)
    return _keep_here(connection, sent)


def _known_outside(connection: Connection, sent: Sent, put: Put) -> int:
    query = "select debtflow.file_keep_outside(%s, %s, %s, %s, %s)"
    values = (sent.sha256, sent.size, put.bucket, put.key, list(put.pieces))
    return int(connection.exec_driver_sql(query, values).scalar_one())


def _keep_here(connection: Connection, sent: Sent) -> int:
    query = "select file, wanted from debtflow.file_keep(%s, %s)"
    file, wanted = connection.exec_driver_sql(query, (sent.sha256, sent.size)).one()
    if wanted:
        for seq, piece in enumerate(sent.pieces()):
            connection.exec_driver_sql("select debtflow.file_chunk_keep(%s, %s, %b)", (file, seq, piece))
    return int(file)


def read(store: Store, batch: Batch, vault: Vault) -> Iterator[bytes]:
    """Every byte in order; raises Refused at the end where they are not those whose hash is known.

    That is the hash of what was sent, or, where somebody in it was forgotten, of the redacted copy.
    """
    digest, at, wanted = hashlib.sha256(), 0, batch.sha256
    while True:
        piece, wanted = _part(store, batch.id, vault, at, _AT_ONCE)
        if not piece:
            break
        digest.update(piece)
        at += len(piece)
        yield piece
    if digest.hexdigest() != wanted:
        raise Refused(
            f"the file of batch {batch.id} is not what was sent: its hash differs",
            rule="file-spoilt",
            hint="take it from a backup, and find out who changed it",
        )


def row_bytes(store: Store, batch: Batch, row: ImportRow, vault: Vault) -> RawBytes:
    """The bytes of one row, a mebibyte of it at most."""
    if row.byte_at is None or row.byte_count is None:
        raise Refused(
            f"row {row.row} of batch {batch.id} has no bytes of its own",
            rule="no-bytes",
            hint="its cells are in `debtflow import rows`, the whole file in `debtflow import file`",
        )
    most = max(1, min(row.byte_count, _MOST_OF_A_ROW))
    if batch.reading.container in (None, "none"):
        data = part(store, batch.id, vault, row.byte_at, most)[: row.byte_count]
    else:
        data = _unpacked(store, batch, vault, row.byte_at, min(row.byte_count, most))
    return RawBytes(row.row, row.line, row.byte_at, data, batch.encoding)


def kept(store: Store, vault: Vault) -> tuple[KeptFile, ...]:
    """Every file of the agency and what its bucket lacks of it, newest first; one request lists a thousand pieces."""
    query = """
    select f.sha256, c.size, c.place, c.bucket, c.key, f.stored_at,
           array(select b.id from debtflow.import_batch b where b.file_id = f.id order by b.id), f.place = 'redacted'
      from debtflow.file f
      join debtflow.file c on c.id = coalesce(f.redacted_as, f.id)
     where not exists (select from debtflow.file o where o.redacted_as = f.id)
     order by f.id desc
    """
    rows = store.ask(lambda c: c.exec_driver_sql(query).fetchall())
    outside = [(bucket, key, size) for _, size, place, bucket, key, *_ in rows if place == "bucket"]
    lost: dict[str, int] = {}
    for bucket in {bucket for bucket, _, _ in outside}:
        lost |= vault.missing(bucket, {key: size for named, key, size in outside if named == bucket})
    return tuple(
        KeptFile(bytes(digest).hex(), size, bucket, key, at, tuple(batches), lost.get(key, 0), redacted)
        for digest, size, _, bucket, key, at, batches, redacted in rows
    )


def header(store: Store, batch: Batch, vault: Vault) -> RawRow:
    """The record that names the columns, out of the whole file."""
    with _copied(store, batch, vault) as (whole, size), opened(whole, size, batch.reading) as (file, settled):
        return next(read_records(file, settled))


def _unpacked(store: Store, batch: Batch, vault: Vault, at: int, most: int) -> bytes:
    with _copied(store, batch, vault) as (whole, _):
        return unpacked_part(whole, batch.reading, at, most)


@contextmanager
def _copied(store: Store, batch: Batch, vault: Vault) -> Iterator[tuple[BinaryIO, int]]:
    with scratch() as whole:
        yield whole, sum(whole.write(piece) for piece in read(store, batch, vault))


def part(store: Store, batch_id: int, vault: Vault, at: int, most: int) -> bytes:
    """Some bytes of a batch's file, 16 MiB at most; Refused where they are not those that were sent. It is recorded."""
    return _part(store, batch_id, vault, at, most)[0]


def _part(store: Store, batch_id: int, vault: Vault, at: int, most: int) -> tuple[bytes, str]:
    query = "select bytes, bucket, key, size, pieces, sha256 from debtflow.import_file_read(%s, %s, %s)"
    *found, digest = shown(store, query, (batch_id, at, most))
    return fetched(vault, found, at, most), bytes(digest).hex()


def fetched(vault: Vault, found: Sequence[Any], at: int, most: int) -> bytes:
    """Some bytes of a file as the database told of them: themselves, or where they lie."""
    data, bucket, key, size, pieces = found
    if bucket is None:
        return bytes(data or b"")
    return vault.part(bucket, key, pieces, at, most) if at < size else b""
