"""Old months of the trail leave the database: written to a file, read back, and only then dropped.

Each step is a transaction of its own, and the next one is found from what is there: whoever is killed in between goes
on where they were.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, BinaryIO, Final

from sqlalchemy import Connection

from services.audit.archives import Archived, Archives
from services.audit.parquet import NAMES, PLACED, write
from services.audit.sealing import CHAINS
from services.audit.shelves import INSTALLATION
from services.domain import merkle
from services.errors import Busy, Refused
from services.imports.spool import PIECE, Sent, scratch
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store
from services.store.door import driver_of

NEXT: Final = "select * from debtflow.audit_archive_next(%s, %s)"
ROWS: Final = f"""
  select {", ".join((*PLACED, "leaf", *NAMES))}
    from debtflow.audit_archive_rows(%(installation)s, %(month)s, %(first)s, %(last)s)"""  # noqa: S608
SEALS: Final = "select debtflow.audit_archive_seals(%(installation)s, %(month)s, %(first)s, %(last)s)"
KEEP: Final = """
  select debtflow.audit_archive_keep(
    %(installation)s, %(month)s, %(part)s, %(first)s, %(last)s, %(rows)s, %(digest)s, %(size)s, %(chunks)s::bytea[],
    %(bucket)s, %(key)s, %(pieces)s::bytea[])"""
SEALED: Final = "select * from debtflow.audit_archive_sealed(%(installation)s, %(month)s, %(first)s, %(last)s)"
CHECKED: Final = "select debtflow.audit_archive_checked(%s, %s, %s)"
DUE: Final = "select debtflow.audit_archive_due()"
DROP: Final = "select * from debtflow.audit_archive_drop(%s)"
SEALS_A_PART: Final = 64
"""A quarter of a million rows at most, a few dozen mebibytes."""

TRIES: Final = 20
Said = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Month:
    """What became of a month past its time; ``state`` is gone, waiting (for other agencies), unsealed or differs."""

    month: date
    state: str
    rows: int | None
    message: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run did."""

    written: tuple[Archived, ...]
    checked: tuple[Archived, ...]
    months: tuple[Month, ...]


class Archiving:
    """Months past their time, of the worker's agency and of the installation; only a worker's login may."""

    def __init__(self, store: Store, vault: Vault = IN_DATABASE, *, seals_a_part: int = SEALS_A_PART) -> None:
        self._store = store
        self._vault = vault
        self._size = seals_a_part

    def run(self, said: Said = lambda _: None) -> Outcome:
        """Write, read back and drop what is due.

        Raises Refused where a row is not as it was sealed or a file is not what was put there: its month stays.
        """
        written, checked = [], []
        for installation in CHAINS:
            while (part := self._write(installation)) is not None:
                said(f"part {part[2]} of {part[1]:%Y-%m} written")
                written.append(part)
            for each in self._unchecked(installation):
                self._check(installation, each)
                said(f"{each.name} read back: {each.rows} rows as they were sealed")
                checked.append(each)
        months = tuple(self._drop(month) for month in self._store.act(_due))
        return Outcome(tuple(self._made(written)), tuple(checked), months)

    # ---- the steps

    def _write(self, installation: bool) -> tuple[bool, date, int] | None:
        """Put the next part where files are kept; None where there is none, or somebody else is at it."""

        def work(connection: Connection) -> tuple[bool, date, int] | None:
            plan = connection.exec_driver_sql(NEXT, (installation, self._size)).one_or_none()
            if plan is None:
                return None
            asked = {**plan._mapping, "installation": installation}
            with scratch() as file:
                rows = write(file, _sealed_rows(connection, asked), _says(connection, asked))
                kept = self._kept(_sent(file), plan.agency)
            connection.exec_driver_sql(KEEP, {**asked, "rows": rows, **kept})
            return installation, plan.month, plan.part

        return self._store.act(work)

    def _kept(self, sent: Sent, agency: str) -> dict[str, Any]:
        said: dict[str, Any] = {"digest": sent.sha256, "size": sent.size}
        if self._vault.bucket is None:
            return {**said, "chunks": list(sent.pieces(PIECE)), "bucket": None, "key": None, "pieces": None}
        put = self._vault.put(sent, agency)
        return {**said, "chunks": None, "bucket": put.bucket, "key": put.key, "pieces": list(put.pieces)}

    def _unchecked(self, installation: bool) -> Sequence[Archived]:
        parts = self._store.ask(lambda c: self._archives(c, installation).parts)
        return [part for part in reversed(parts) if part.checked_at is None]

    def _check(self, installation: bool, part: Archived) -> None:
        """Read a part back and compare each row with the seal that it was written under."""

        def work(connection: Connection) -> None:
            archives = self._archives(connection, installation)
            held = archives.held(part)
            if held.trouble is not None:
                raise Refused(held.trouble, rule="archive_differs", hint="its month stays in the database")
            asked = {"installation": installation, "month": part.month, "first": part.first_seal,
                     "last": part.last_seal}  # fmt: skip
            sealed = connection.exec_driver_sql(SEALED, asked).all()
            wrong = [row.id for row in sealed if held.leaves.get(row.seal, {}).get(row.place) != row.leaf]
            if wrong or held.extra or len(sealed) != sum(map(len, held.leaves.values())):
                raise Refused(
                    f"{part.name}: {f'row {wrong[0]} is not as it was sealed' if wrong else 'it holds other rows'}",
                    rule="archive_differs", hint="its month stays in the database",
                )  # fmt: skip
            connection.exec_driver_sql(CHECKED, (installation, part.month, part.part))

        self._store.act(work)

    def _drop(self, month: date) -> Month:
        for attempt in range(TRIES):
            try:
                found = self._store.act(lambda c: c.exec_driver_sql(DROP, (month,)).one())
                break
            except Busy:
                # The trail is held for a moment only, and whoever writes to it comes first.
                if attempt + 1 == TRIES:
                    raise
                time.sleep(0.1 * (attempt + 1))
        return _month(month, found)

    def _archives(self, connection: Connection, installation: bool) -> Archives:
        return Archives(connection, self._vault, installation, INSTALLATION if installation else "agency")

    def _made(self, written: Sequence[tuple[bool, date, int]]) -> Iterator[Archived]:
        for installation in CHAINS:
            parts = self._store.ask(partial(self._archives, installation=installation)).parts
            yield from (part for part in parts if (installation, part.month, part.part) in written)


def _due(connection: Connection) -> list[date]:
    return list(connection.exec_driver_sql(DUE).scalars())


def _sealed_rows(connection: Connection, asked: dict[str, Any]) -> Iterator[list[tuple[Any, ...]]]:
    """The rows of each seal; Refused at the first that is not as it was sealed."""
    with driver_of(connection).cursor("archived") as cursor:
        cursor.itersize = 4096
        cursor.execute(ROWS, asked)
        for seal, rows in groupby(cursor, key=itemgetter(0)):
            yield [_as_sealed(seal, row) for row in rows]


def _as_sealed(seal: int, row: tuple[Any, ...]) -> tuple[Any, ...]:
    place, leaf, values = row[1], row[2], row[3:]
    if merkle.leaf(merkle.canonical(merkle.ROW, dict(zip(NAMES, values, strict=True)))) != leaf:
        raise Refused(
            f"row {values[0]} is not as it was sealed: its month stays in the database", rule="not_as_sealed",
            hint="debtflow audit verify",
        )  # fmt: skip
    return seal, place, *values


def _says(connection: Connection, asked: dict[str, Any]) -> dict[str, Any]:
    about = {"agency_id": asked["chain"], "month": asked["month"].isoformat(), "part": asked["part"]}
    return {**about, **connection.exec_driver_sql(SEALS, asked).scalar_one()}


def _sent(file: BinaryIO) -> Sent:
    file.seek(0)
    digest, size = hashlib.sha256(), 0
    while piece := file.read(PIECE):
        digest.update(piece)
        size += len(piece)
    return Sent(file, digest.digest(), size)


def _month(month: date, found: Any) -> Month:
    said = f"{month:%Y-%m}"
    if found.dropped:
        return Month(month, "gone", found.rows, f"{said}: {found.rows} rows have left the database")
    if found.rows is None:
        return Month(month, "waiting", None, f"{said}: somebody else is at it")
    if found.kept > found.same:
        words = f"{found.kept - found.same} rows are not as they were sealed: debtflow audit verify"
        return Month(month, "differs", found.rows, f"{said} stays: {words}")
    ours = found.rows - found.kept - found.elsewhere
    if ours:
        return Month(month, "unsealed", found.rows, f"{said} stays: {ours} rows are in no seal or no archive")
    words = f"waits for the workers of other agencies, with {found.elsewhere} rows"
    return Month(month, "waiting", found.rows, f"{said} {words}")
