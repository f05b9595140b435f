"""Checking rows that have left the database against the seals that they were written under."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.announced import Told
from services.audit.archives import Archived, Archives, Held, span_of
from services.audit.checked import Finding
from services.audit.parquet import Row, instant
from services.domain import merkle

LISTS: Final = """
  select d.number, d.leaves, d.ids, d.ats, s.root, s.rows
    from debtflow.audit_sealed d join debtflow.audit_seal s using (agency_id, number)
   where d.agency_id = %s and d.number between %s and %s order by d.number"""

# The list of a seal's rows keeps some columns as they were, and of the others a checksum.
AS_IT_WAS: Final = {
    "id": "ids", "at": "ats", "user_id": "user_ids", "session_id": "session_ids", "entity_id": "entity_ids",
    "xid": "xids",
}  # fmt: skip
SUMMED: Final = {
    "login": "logins", "act": "acts", "entity": "entities", "entity_ref": "entity_refs", "before": "befores",
    "after": "afters", "reason": "reasons",
}  # fmt: skip


def part_findings(
    connection: Connection, archives: Archives, part: Archived, chain: int, told: Told, waiting_since: datetime | None
) -> list[Finding]:
    """What is wrong with a part: by the trail, its bytes, its seals' lists, its rows, in this order."""
    held = archives.held(part)
    found = [each for each in (told.wrong(part, waiting_since),) if each is not None]
    found += [Finding("archive", held.trouble)] if held.trouble is not None else []
    found += wrong_rows(held)
    if held.part is not None:
        for listed in connection.exec_driver_sql(LISTS, (chain, part.first_seal, part.last_seal)):
            found += _seal_findings(connection, archives, part, chain, listed)
    return found


def wrong_rows(held: Held) -> Iterator[Finding]:
    """What can be said of the rows of a part without its seals."""
    for row in held.extra:
        yield added(row)
    for key, path in held.values:
        words = f"the value kept beside row {key}, {path}, is not the one that was committed"
        yield Finding("value", words, id=key, columns=(path,))


def changed(connection: Connection, chain: int, number: int, place: int, row: Row) -> Finding:
    """What is said of a row in a part that is not as it was sealed, by the columns in which it differs."""
    columns = differing(connection, chain, number, place, row)
    words = f"row {row['id']} was changed in the archive: {', '.join(columns)}" if columns else (
        f"row {row['id']} was changed in the archive, and so was what the seal noted of it")  # fmt: skip
    return Finding("changed", words, id=row["id"], at=instant(row["at"]), columns=columns, seal=number)


def differing(connection: Connection, chain: int, number: int, place: int, row: Row) -> tuple[str, ...]:
    """The columns in which a row is not what its seal noted, in the order of the table."""
    tests = [f"d.{AS_IT_WAS[name]}[%(place)s] is distinct from %({name})s" for name in AS_IT_WAS]
    tests += [f"d.{SUMMED[name]}[%(place)s] is distinct from hashtext(%({name})s::text)" for name in SUMMED]
    query = f"""
      select {", ".join(tests)} from debtflow.audit_sealed d
       where d.agency_id = %(chain)s and d.number = %(number)s"""  # noqa: S608 - names of ours alone
    values = {**row, "at": instant(row["at"]), "chain": chain, "number": number, "place": place}
    said = connection.exec_driver_sql(query, values).one()
    wrong = dict(zip((*AS_IT_WAS, *SUMMED), said, strict=True)) | {"agency_id": row["agency_id"] != chain}
    return tuple(name for name, _ in merkle.ROW if wrong[name])


def _seal_findings(
    connection: Connection, archives: Archives, part: Archived, chain: int, listed: Any
) -> Iterator[Finding]:
    number, held = listed.number, archives.held(part)
    sealed = [listed.leaves[at : at + 32] for at in range(0, len(listed.leaves), 32)]
    if len(sealed) != listed.rows or merkle.root(sealed) != listed.root or len(listed.ats) != listed.rows:
        yield Finding("seal", f"the list of the rows of seal {number} was changed", seal=number)
        return
    here = held.leaves.get(number, {})
    first, last = span_of(part.month)
    for place, (leaf, key, at) in enumerate(zip(sealed, listed.ids, listed.ats, strict=True), start=1):
        if place in here and here[place] != leaf:
            yield changed(connection, chain, number, place, archives.row(number, place))
        elif place not in here and first <= at < last:
            words = f"row {key} was removed from {part.name}"
            yield Finding("removed", words, id=key, at=at, seal=number)
    for place in set(here) - set(range(1, listed.rows + 1)):
        yield added(archives.row(number, place))


def added(row: Row) -> Finding:
    """What is said of a row in a part that no seal knows of."""
    words = f"row {row['id']} was added in the archive: {row['act']}, {row['entity']}/{row['entity_id']}"
    return Finding("added", words, id=row["id"], at=instant(row["at"]), seal=row["seal"])
