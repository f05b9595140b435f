"""A proof that one row stood in the sealed trail, for somebody who has no database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.archives import Archives
from services.audit.parquet import instant
from services.audit.signing import read_digest
from services.audit.verifying import HEADERS, header_of
from services.domain import merkle
from services.errors import NotFound, Refused
from services.imports.vault import IN_DATABASE, Vault
from services.store import Store

FORMAT: Final = "debtflow-audit-proof-1"
AGENCY: Final = "select agency_id from debtflow.session_whoami()"
# Ids come in the order of time, but for what was written at once: the seal is near, or else looked for.
NEAR: Final = """
  select d.number, d.leaves, array_position(d.ids, %(id)s) - 1 as place, d.ats[array_position(d.ids, %(id)s)] as at
    from debtflow.audit_sealed d
   where d.agency_id = %(agency)s and %(id)s = any (d.ids)
     and d.number between %(number)s - 8 and %(number)s + 8"""
ANYWHERE: Final = NEAR.partition("     and d.number between")[0]
GUESS: Final = """
  select coalesce(min(number), 1) from debtflow.audit_seal where agency_id = %(agency)s and last_id >= %(id)s"""
ROW: Final = """
  select id, at, agency_id, user_id, session_id, login, act, entity, entity_id, entity_ref, before::text as before,
         after::text as after, reason, xid::text as xid
    from debtflow.audit_log where agency_id = %(agency)s and at = %(at)s and id = %(id)s"""
DIGEST: Final = """
  select document from debtflow.audit_digest
   where agency_id = %(agency)s and number >= %(number)s order by number, made_at limit 1"""
UNSEALED: Final = "seal the trail and give a digest: debtflow audit seal"


class Proving:
    """Proofs of rows that the caller may read; supervisors, administrators and readonly."""

    def __init__(self, store: Store, vault: Vault = IN_DATABASE) -> None:
        self._store = store
        self._vault = vault

    def prove(self, event: int) -> Mapping[str, Any]:
        """The proof as it goes out in JSON; raises NotFound, or Refused where the row cannot be proved (yet)."""
        return self._store.ask(lambda connection: _prove(connection, self._vault, event))


def _prove(connection: Connection, vault: Vault, event: int) -> Mapping[str, Any]:
    values: dict[str, Any] = {"id": event, "agency": connection.exec_driver_sql(AGENCY).scalar_one()}

    def ask(query: str) -> Any:
        return connection.exec_driver_sql(query, values).one_or_none()

    values["number"] = ask(GUESS)[0]
    seal = ask(NEAR) or ask(ANYWHERE)
    if seal is None:
        raise _unknown(connection, values)
    values |= {"number": seal.number, "at": seal.at}
    row, digest = ask(ROW), ask(DIGEST)
    if digest is None:
        raise Refused(f"event {event} is sealed, and no digest was given since", rule="no_digest", hint=UNSEALED)
    signed = read_digest(digest.document)
    seals = _seals(connection, values["agency"], seal.number, signed["number"])
    leaves = [seal.leaves[at : at + 32] for at in range(0, len(seal.leaves), 32)]
    steps = merkle.path(leaves, seal.place)
    told = _archived(connection, vault, seal) if row is None else _row(row)
    if told is None or merkle.climbed(merkle.leaf(merkle.canonical(merkle.ROW, told)), steps) != seals[0]["root"]:
        raise Refused(
            f"event {event} is not as it was sealed, or not yours to read", rule="not_as_sealed",
            hint="debtflow audit verify",
        )  # fmt: skip
    return {
        "format": FORMAT,
        "row": _plain(told),
        "path": [{"left": [h.hex() for h in s.left], "right": [h.hex() for h in s.right]} for s in steps],
        "seals": [_plain(each) for each in seals],
        "digest": signed,
    }


def _archived(connection: Connection, vault: Vault, seal: Any) -> dict[str, Any] | None:
    """The row where it has left the database."""
    try:
        row = Archives(connection, vault, False).row(seal.number, seal.place + 1)
    except KeyError:
        return None
    return {**{name: row[name] for name, _ in merkle.ROW}, "at": instant(row["at"])}


def _unknown(connection: Connection, values: Mapping[str, Any]) -> NotFound | Refused:
    query = "select from debtflow.audit_log where agency_id = %(agency)s and id = %(id)s"
    if connection.exec_driver_sql(query, dict(values)).one_or_none() is None:
        return NotFound(f"there is no event {values['id']}", rule="event_known")
    return Refused(f"event {values['id']} is not sealed yet", rule="not_sealed", hint=UNSEALED)


def _seals(connection: Connection, agency: int, first: int, last: int) -> Sequence[Mapping[str, Any]]:
    query = HEADERS.replace("order by", "and number between %s and %s order by")
    rows = connection.exec_driver_sql(query, (agency, first, last)).all()
    return [{name: header_of(row, agency)[name] for name, _ in merkle.SEAL if name != "format"} for row in rows]


def _row(row: Any) -> dict[str, Any]:
    return {**row._mapping, "xid": int(row.xid)}


def _plain(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _json(value) for name, value in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="microseconds")
    return value.hex() if isinstance(value, bytes | memoryview) else value
