"""Rows that have left the database: an archive gives them back, and they are checked as if they were here."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final, Protocol

from sqlalchemy import Connection

Key = tuple[int, datetime]

# The list of a seal's rows keeps some columns as they were, and of the others a checksum.
KEPT: Final = {
    "user_id": "user_ids", "session_id": "session_ids", "entity_id": "entity_ids", "xid": "xids",
}  # fmt: skip
SUMMED: Final = {
    "login": "logins", "act": "acts", "entity": "entities", "entity_ref": "entity_refs", "before": "befores",
    "after": "afters", "reason": "reasons",
}  # fmt: skip
COLUMNS: Final = (
    "user_id", "session_id", "login", "act", "entity", "entity_id", "entity_ref", "before", "after", "reason", "xid",
)  # fmt: skip


class Archive(Protocol):
    """Where rows are kept after their partition is dropped."""

    def rows(self, agency: int, keys: Sequence[Key], /) -> Mapping[Key, Mapping[str, Any]]:
        """Those of the rows that are there, by (id, at), each with the columns of ``merkle.ROW``.

        ``before`` and ``after`` are the text that PostgreSQL prints, ``xid`` is a number.
        """


class NoArchive:
    """Every row is in the database."""

    def rows(self, _agency: int, _keys: Sequence[Key], /) -> Mapping[Key, Mapping[str, Any]]:
        return {}


def differing(connection: Connection, agency: int, number: int, place: int, row: Mapping[str, Any]) -> tuple[str, ...]:
    """The columns in which an archived row is not what its seal noted, in the order of the table."""
    tests = [f"d.{KEPT[name]}[%(place)s] is distinct from %({name})s" for name in KEPT]
    tests += [f"d.{SUMMED[name]}[%(place)s] is distinct from hashtext(%({name})s::text)" for name in SUMMED]
    query = f"""
      select {", ".join(tests)} from debtflow.audit_sealed d
       where d.agency_id = %(agency)s and d.number = %(number)s"""  # noqa: S608 - names of ours alone
    said = connection.exec_driver_sql(query, {**row, "agency": agency, "number": number, "place": place}).one()
    wrong = dict(zip((*KEPT, *SUMMED), said, strict=True))
    return tuple(name for name in COLUMNS if wrong[name])
