"""What the sealed trail itself says of the files of its archive; made again here, and compared."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.archives import Archived, Archives
from services.audit.checked import Finding
from services.audit.shelves import INSTALLATION
from services.domain import merkle

ACT: Final = "seal.archive"
TOLD: Final = """
  select d.number, x.place, x.id, x.at, x.entity_id, x.xid
    from debtflow.audit_sealed d
   cross join unnest(d.ids, d.ats, d.acts, d.entity_ids, d.xids) with ordinality x(id, at, act, entity_id, xid, place)
   where d.agency_id = %(chain)s and hashtext(%(act)s) = any (d.acts) and x.act = hashtext(%(act)s)
   order by d.number, x.place"""
LISTS: Final = """
  select d.number, d.leaves, s.root
    from debtflow.audit_sealed d join debtflow.audit_seal s using (agency_id, number)
   where d.agency_id = %s and d.number = any (%s)"""
MARGIN: Final = timedelta(minutes=1)
"""Between the time of a part and that of the row that tells of it."""


class Told:
    """The sealed rows of a chain that tell of parts, wherever those rows are now.

    A row is known by the list of its seal; its hash is made from what the database says of the part today. So it need
    not be read, and neither what lies in the trail nor what lies in a file is believed.
    """

    def __init__(self, connection: Connection, archives: Archives, chain: int) -> None:
        self._archives = archives
        self._chain = chain
        self._rows = connection.exec_driver_sql(TOLD, {"chain": chain, "act": ACT}).all()
        numbers = sorted({row.number for row in self._rows})
        lists = connection.exec_driver_sql(LISTS, (chain, numbers)).all() if numbers else ()
        self._leaves = {each.number: _sound(each.leaves, each.root) for each in lists}
        self._fitting: set[int] = set()

    def wrong(self, part: Archived, waiting_since: datetime | None) -> Finding | None:
        """What is wrong with a part by the sealed row that tells of it; ``waiting_since`` is when the first row was
        written that no seal has yet, None where none waits.
        """
        file, said = self._archives.told(part)
        for row in self._rows:
            if row.entity_id == file and self._sealed(row) == self._told(row, said):
                self._fitting.add(row.id)
                return None
        if waiting_since is not None and part.made_at > waiting_since - MARGIN:
            return None
        return Finding("archive", f"{part.name} is not the one that the sealed trail tells of")

    def left(self) -> Iterator[Finding]:
        """Rows that tell of a part that is not here as they say, once every part was asked for."""
        for row in self._rows:
            if row.id not in self._fitting:
                words = f"row {row.id} tells of a file of the archive that is not here as it was then"
                yield Finding("archive", words, id=row.id, at=row.at, seal=row.number)

    def _sealed(self, row: Any) -> bytes | None:
        leaves = self._leaves.get(row.number)
        return None if leaves is None else leaves[32 * row.place - 32 : 32 * row.place]

    def _told(self, row: Any, after: str) -> bytes:
        told = {
            "id": row.id, "at": row.at, "agency_id": self._chain, "user_id": None, "session_id": None,
            "login": INSTALLATION, "act": ACT, "entity": "archive", "entity_id": row.entity_id, "entity_ref": None,
            "before": None, "after": after, "reason": None, "xid": row.xid,
        }  # fmt: skip
        return merkle.leaf(merkle.canonical(merkle.ROW, told))


def _sound(leaves: bytes, root: bytes) -> bytes | None:
    """The hashes of a seal's rows; None where they do not come to its root."""
    each = [leaves[at : at + 32] for at in range(0, len(leaves), 32)]
    return leaves if each and merkle.root(each) == root else None
