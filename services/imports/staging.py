"""From a file to a batch under review: read, checked row by row, streamed into the database, all in one transaction."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from pathlib import PurePath
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import Connection

from services.domain.csvfile import Dialect, read_rows, sniff
from services.domain.findings import Finding
from services.domain.kinds import Kind, kind_of
from services.domain.profile import Mapper, Tally, names_known
from services.domain.quoting import redacted
from services.errors import BadInput
from services.imports.profiles import bound_to_client
from services.imports.records import (
    cells_json,
    control_json,
    findings_json,
    kept,
    parsed_json,
    reference,
    without_cards,
)
from services.imports.results import Progress
from services.store import Store

LARGEST: Final = 256 * 1024 * 1024
NAME_LIMIT: Final = 200
_STEP: Final = 1000
_INTAKE: Final = "copy debtflow.import_intake (upload, row_no, line, raw, ref, cells, findings, parsed) from stdin"

Report = Callable[[Progress], None]


def stage(
    store: Store,
    data: bytes,
    name: str,
    client: str,
    *,
    kind: str = "placements",
    profile: int | None = None,
    progress: Report | None = None,
) -> int:
    """Make a batch out of a file and give its id; nothing is kept of a file that is refused."""
    shown_name, read_as = _file_name(name), kind_of(kind)
    if len(data) > LARGEST:
        raise BadInput("file", f"the file is larger than {LARGEST >> 20} MB", hint="split it and send the parts")

    def work(connection: Connection) -> int:
        currency, today = _begin(connection, client, data)
        bound = bound_to_client(connection, client, kind, profile)
        dialect = sniff(data, names_known(bound.profile))
        upload, tally = uuid4(), Tally(bound.profile, currency)
        rows = _rows(data, dialect, upload, tally, read_as, currency=currency, today=today, progress=progress)
        store.copy_in(connection, _INTAKE, rows)
        values = (
            upload,
            client,
            shown_name,
            dialect.encoding,
            dialect.delimiter,
            data,
            bound.id,
            control_json(tally),
            kind,
        )
        query = "select debtflow.import_stage_close(%s, %s, %s, %s, %s, %b, %s, %s::jsonb, %s)"
        closed = connection.exec_driver_sql(query, values)
        return int(closed.scalar_one())

    return store.act(work)


def _begin(connection: Connection, client: str, data: bytes) -> tuple[str, date]:
    query = "select currency, today from debtflow.import_stage_begin(%s, %s)"
    row = connection.exec_driver_sql(query, (kept(client), hashlib.sha256(data).digest())).one()
    return row[0], row[1]


def _rows(
    data: bytes,
    dialect: Dialect,
    upload: UUID,
    tally: Tally,
    kind: Kind,
    *,
    currency: str,
    today: date,
    progress: Report | None,
) -> Iterator[Sequence[object]]:  # fmt: skip
    records = (record for record in read_rows(data, dialect) if not tally.takes(record.cells))
    head = next(records, None)
    mapper = Mapper(tally.profile, head.cells if head else ())
    number = 0
    for number, record in enumerate(records, start=1):
        mapped = mapper(record.cells)
        tally.add(mapped)
        row, findings = kind.check_mapped(record, mapped, mapper.width, currency=currency, today=today)
        cells = without_cards(mapped.cells, findings)
        yield (
            upload, number, record.line, _raw(record.text, findings), reference(cells),
            cells_json(cells), findings_json(findings), parsed_json(row),
        )  # fmt: skip
        if progress and number % _STEP == 0:
            progress(Progress("stage", number, None))
    if not number:
        raise BadInput("file", "the file has a header line but no rows below it", hint="send at least one row")
    if progress:
        progress(Progress("stage", number, number))


def _raw(text: str, findings: Sequence[Finding]) -> str:
    """The record as sent, but for card numbers."""
    return kept(redacted(text) if any(finding.rule == "card-number" for finding in findings) else text)


def _file_name(name: str) -> str:
    bare = "".join(char if char.isprintable() else "\N{MIDDLE DOT}" for char in PurePath(kept(name)).name).strip()
    if not bare:
        raise BadInput("file", "the file has no name", hint="give it the name that the client sent it under")
    return bare if len(bare) <= NAME_LIMIT else bare[: NAME_LIMIT - 1] + "\N{HORIZONTAL ELLIPSIS}"
