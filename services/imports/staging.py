"""From a file to a batch under review: read, checked row by row, streamed into the database, all in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import PurePath
from typing import Final
from uuid import uuid4

from sqlalchemy import Connection

from services.domain.files.guess import refuse_unknown
from services.domain.files.reading import Reading
from services.domain.files.record import RawRow
from services.domain.files.records import read_records
from services.domain.findings import Finding
from services.domain.formulas import as_given
from services.domain.kinds import Kind, kind_of
from services.domain.profile import Mapper, Tally, names_known
from services.domain.quoting import redacted
from services.errors import BadInput
from services.imports.filestore import keep
from services.imports.opening import opened
from services.imports.profiles import bound_to_client
from services.imports.records import (
    cells_json,
    control_json,
    findings_json,
    kept,
    parsed_json,
    reference,
    terms_json,
    without_cards,
)
from services.imports.results import Progress
from services.imports.spool import Source, spooled
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store

NAME_LIMIT: Final = 200
_STEP: Final = 1000
_INTAKE: Final = """
copy debtflow.import_intake (upload, row_no, line, raw, ref, cells, findings, parsed, byte_at, byte_count) from stdin
"""

Report = Callable[[Progress], None]


@dataclass(frozen=True, slots=True)
class Terms:
    """Under what a file is staged: the kind of file, the version of the client's profile, and how it is read."""

    kind: str = "placements"
    profile: int | None = None
    reading: Reading | None = None


AS_USUAL: Final = Terms()


def stage(
    store: Store,
    source: Source,
    name: str,
    client: str,
    terms: Terms = AS_USUAL,
    progress: Report | None = None,
    *,
    vault: Vault = IN_DATABASE,
) -> int:
    """Make a batch out of a file and give its id; nothing is kept of a file that is refused."""
    shown_name, kind = _file_name(name), kind_of(terms.kind)
    with spooled(source) as sent:

        def work(connection: Connection) -> int:
            currency, today = _begin(connection, client, sent.sha256)
            bound = bound_to_client(connection, client, terms.kind, terms.profile)
            tally = Tally(bound.profile, currency)
            known = names_known(bound.profile)
            said = (terms.reading or Reading()).over_agreed(bound.profile.reading.reading())
            with opened(sent.file, sent.size, said, known) as (file, settled):
                upload = str(uuid4())
                records = read_records(file, settled, aside=lambda record: tally.takes(record.cells))
                rows = _rows(as_given(records), upload, tally, kind, currency=currency, today=today, progress=progress)
                store.copy_in(connection, _INTAKE, rows)
            values = (
                upload,
                client,
                shown_name,
                keep(connection, sent, vault),
                terms_json(settled),
                bound.id,
                control_json(tally),
                terms.kind,
            )
            query = "select debtflow.import_stage_close(%s, %s, %s, %s, %s::jsonb, %s, %s::jsonb, %s)"
            return int(connection.exec_driver_sql(query, values).scalar_one())

        return store.act(work)


def _begin(connection: Connection, client: str, digest: bytes) -> tuple[str, date]:
    query = "select currency, today from debtflow.import_stage_begin(%s, %s)"
    row = connection.exec_driver_sql(query, (kept(client), digest)).one()
    return row[0], row[1]


def _rows(
    records: Iterator[RawRow],
    upload: str,
    tally: Tally,
    kind: Kind,
    *,
    currency: str,
    today: date,
    progress: Report | None,
) -> Iterator[Sequence[object]]:
    head = next(records)
    if tally.profile.is_plain:
        refuse_unknown(head, names_known(tally.profile))
    mapper = Mapper(tally.profile, head.cells)
    number = 0
    for number, record in enumerate(records, start=1):
        mapped = mapper(record.cells)
        tally.add(mapped)
        row, findings = kind.check_mapped(record, mapped, mapper.width, currency=currency, today=today)
        cells = without_cards(mapped.cells, findings)
        yield (
            upload, number, record.line, _raw(record.text, findings), reference(cells),
            cells_json(cells), findings_json(findings), parsed_json(row), record.offset, record.length,
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
