"""Months of the trail that have left the database: where their parts lie, and their rows, as they were sealed."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.parquet import Part, Row, Unreadable, leaf
from services.errors import Refused
from services.imports.spool import PIECE
from services.imports.vault import Vault

PARTS: Final = """
  select p.*, jsonb_build_object('month', month, 'part', part, 'first_seal', first_seal, 'last_seal', last_seal,
                                 'rows', rows, 'sha256', encode(sha256, 'hex'))::text as said
    from debtflow.audit_archive_parts(%s) p"""
DIGEST: Final = "select debtflow.audit_archive_digest(%s, %s)"
CHUNK: Final = "select debtflow.audit_archive_chunk(%s, %s, %s, %s)"
KEPT: Final = "select id, path from debtflow.audit_archive_kept_wrong(%s::bigint[], %s::text[], %s::text[])"
READ_AT_ONCE: Final = 2
"""Parts that are kept in memory: seals lie in the order of time, and at most a few reach into the next month."""


@dataclass(frozen=True, slots=True)
class Archived:
    """A part of a month of a chain; ``gone_at`` is when the month left the database, None while it is there too."""

    chain: str
    month: date
    part: int
    first_seal: int
    last_seal: int
    rows: int
    size: int
    sha256: str
    place: str
    made_at: datetime
    checked_at: datetime | None
    gone_at: datetime | None

    @property
    def name(self) -> str:
        return f"the archive of {self.month:%Y-%m}" + (f", part {self.part}" if self.part > 1 else "")


@dataclass(slots=True)
class Held:
    """What a part gave.

    ``leaves`` are hashes by seal and place, ``groups`` where the rows of a seal stand, ``extra`` rows in no place or in
    one that is taken, ``values`` the personal values kept beside rows that are not those that were committed.
    """

    trouble: str | None = None
    part: Part | None = None
    leaves: dict[int, dict[int, bytes]] = field(default_factory=dict)
    groups: dict[int, set[int]] = field(default_factory=dict)
    extra: list[Row] = field(default_factory=list)
    commitments: list[tuple[int, str, str]] = field(default_factory=list)
    values: list[tuple[int, str]] = field(default_factory=list)


class Archives:
    """The parts of one chain, read as they are asked for; ``connection`` is that of the question they belong to.

    With ``values`` what stands beside the rows is compared with their commitments.
    """

    def __init__(
        self, connection: Connection, vault: Vault, installation: bool, chain: str = "", *, values: bool = False
    ) -> None:
        self._connection = connection
        self._vault = vault
        self._installation = installation
        self._values = values
        self._rows = {(row.month, row.part): row for row in connection.exec_driver_sql(PARTS, (installation,)).all()}
        self.parts: Final = tuple(_archived(chain, row) for row in self._rows.values())
        self._held: OrderedDict[tuple[date, int], Held] = OrderedDict()
        self.seen: Final[dict[tuple[date, int], Held]] = {}
        """What was wrong with every part that was read, without its rows."""
        self._troubles: dict[tuple[date, int], str | None] = {}

    def leaves(self, number: int) -> dict[int, bytes]:
        """The hashes of the rows of a seal that are in a part, by place."""
        return {place: it for held in self._holding(number) for place, it in held.leaves.get(number, {}).items()}

    def row(self, number: int, place: int) -> Row:
        """One row of a seal that is in a part; KeyError where it is in none."""
        for held in self._holding(number):
            if held.part is not None and place in held.leaves.get(number, {}):
                for row in held.part.rows(held.groups[number]):
                    if (row["seal"], row["place"]) == (number, place):
                        return row
        raise KeyError(number, place)

    def held(self, part: Archived) -> Held:
        """What a part gives; the last few are kept."""
        key = (part.month, part.part)
        if key not in self._held:
            self._held[key] = found = self._read(part)
            self.seen[key] = Held(found.trouble, extra=found.extra, values=found.values)
            if len(self._held) > READ_AT_ONCE:
                self._held.popitem(last=False)
        self._held.move_to_end(key)
        return self._held[key]

    def told(self, part: Archived) -> tuple[int, str]:
        """How the trail tells of a part: its file, and what is said of it, as PostgreSQL prints it."""
        row = self._rows[part.month, part.part]
        return row.file_id, row.said

    def trouble(self, part: Archived) -> str | None:
        """Why the bytes of a part are not those that were put there; None where they are."""
        key = (part.month, part.part)
        if key not in self._troubles:
            seen = self.seen.get(key)
            self._troubles[key] = seen.trouble if seen is not None else self._hashed(part)
        return self._troubles[key]

    def _hashed(self, part: Archived) -> str | None:
        row = self._rows[part.month, part.part]
        try:
            if self._installation and row.place != "bucket":
                found = self._connection.exec_driver_sql(DIGEST, (part.month, part.part)).scalar_one()
            else:
                found = hashlib.sha256(self._bytes(part)).digest()
        except Refused as lost:
            return f"{part.name}: {lost.message}"
        return None if found == row.sha256 else _differs(part)

    def _holding(self, number: int) -> Iterator[Held]:
        yield from (self.held(part) for part in self.parts if part.first_seal <= number <= part.last_seal)

    def data(self, part: Archived) -> bytes:
        """The bytes of a part; Refused where they are not those that were put there."""
        found = self._bytes(part)
        if hashlib.sha256(found).hexdigest() != part.sha256:
            raise Refused(_differs(part), rule="file-spoilt")
        return found

    def _bytes(self, part: Archived) -> bytes:
        row = self._rows[part.month, part.part]
        if row.place == "bucket":
            return self._vault.part(row.bucket, row.key, row.pieces, 0, row.size)
        pieces = []
        for seq in range(-(-row.size // PIECE)):
            values = (self._installation, part.month, part.part, seq)
            piece = self._connection.exec_driver_sql(CHUNK, values).scalar_one()
            if piece is None:
                raise Refused(f"{part.name} is not whole any more", rule="file-lost")
            pieces.append(piece)
        return b"".join(pieces)

    def _read(self, part: Archived) -> Held:
        held = Held()
        try:
            data = self._bytes(part)
            if hashlib.sha256(data).hexdigest() != part.sha256:
                held.trouble = _differs(part)
            held.part = Part(data)
            _fill(held, held.part, part)
        except Refused as lost:
            held.trouble = f"{part.name}: {lost.message}"
        except Unreadable as broken:
            held.trouble = f"{part.name} is not what was put there, and cannot be read: {broken}"
        if self._values and held.commitments:
            asked = [list(column) for column in zip(*held.commitments, strict=True)]
            held.values = [(row.id, row.path) for row in self._connection.exec_driver_sql(KEPT, tuple(asked))]
            held.commitments = []
        return held


def span_of(month: date) -> tuple[datetime, datetime]:
    """A month of the trail: from (inclusive) and until (exclusive), in UTC."""
    first = datetime(month.year, month.month, 1, tzinfo=UTC)
    return first, first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)


def _differs(part: Archived) -> str:
    return f"{part.name} is not what was put there: its hash differs"


def _fill(held: Held, content: Part, part: Archived) -> None:
    for group in range(content.groups):
        for row in content.rows([group]):
            seal, place = row["seal"], row["place"]
            places = held.leaves.setdefault(seal, {})
            if place in places or not part.first_seal <= seal <= part.last_seal:
                held.extra.append(row)
                continue
            places[place] = leaf(row)
            held.groups.setdefault(seal, set()).add(group)
            held.commitments += _commitments(row)


def _commitments(row: Row) -> Iterator[tuple[int, str, str]]:
    for side in ("before", "after"):
        if row[side] is not None and '"sha256"' in row[side]:
            for name, value in json.loads(row[side]).items():
                if isinstance(value, dict) and set(value) == {"sha256"}:
                    yield row["id"], f"{side}.{name}", value["sha256"]


def _archived(chain: str, row: Any) -> Archived:
    return Archived(
        chain, row.month, row.part, row.first_seal, row.last_seal, row.rows, row.size, row.sha256.hex(),
        f"bucket {row.bucket}" if row.place == "bucket" else "database", row.made_at, row.checked_at, row.gone_at,
    )  # fmt: skip
