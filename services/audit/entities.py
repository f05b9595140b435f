"""What the words of an audit question point at."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection

from services.domain.trail import KINDS, AuditQuery
from services.errors import BadInput, NotFound

NAMED = {
    "user": "select id from debtflow.users where login = %s",
    "client": "select id from debtflow.client where code = upper(%s)",
    "agency": "select id from debtflow.agency where code = upper(%s)",
}
ACCOUNT = "select id, debtor_id from debtflow.account where number = %s"


@dataclass(frozen=True, slots=True)
class Target:
    """``entities`` are (kind, id) pairs of one thing; ``kind`` alone is every thing of that kind."""

    user: int | None = None
    kind: str | None = None
    entities: tuple[tuple[str, int], ...] = ()


def resolve(connection: Connection, query: AuditQuery, *, mine: int | None) -> Target:
    """The ids behind the words; ``mine`` is whose acts to show where nothing is asked for (a collector's own)."""
    user = _id(connection, "user", query.who) if query.who else None
    if query.entity_kind is not None and query.entity_kind not in KINDS:
        raise BadInput("entity", f"nothing called {query.entity_kind} is audited", hint=", ".join(KINDS))
    if query.entity_kind is None:
        return Target(user if query.who else mine)
    if query.entity_ref is None:
        return Target(user if query.who else mine, kind=query.entity_kind)
    return Target(user, entities=_entities(connection, query.entity_kind, query.entity_ref))


def _entities(connection: Connection, kind: str, ref: str) -> tuple[tuple[str, int], ...]:
    if kind == "account":
        row = connection.exec_driver_sql(ACCOUNT, (ref,)).one_or_none()
        if row is None:
            raise NotFound(f"there is no account {ref}", rule="account")
        return ("account", row.id), ("debtor", row.debtor_id)
    known_by_number = ref.isascii() and ref.isdigit() and len(ref) <= 18
    if kind in NAMED:
        # The trail names some of them by their number only: events show that, and it is asked for as it is shown.
        found = _named(connection, kind, ref) or (int(ref) if known_by_number else None)
        return ((kind, _there(found, kind, ref)),)
    if not known_by_number:
        raise BadInput(
            "entity", f"{kind}/{ref} is nothing the audit trail knows", hint="account/10023-3, batch/7, user/ana"
        )
    return ((kind, int(ref)),)


def _id(connection: Connection, kind: str, name: str) -> int:
    return _there(_named(connection, kind, name), kind, name)


def _named(connection: Connection, kind: str, name: str) -> int | None:
    found: int | None = connection.exec_driver_sql(NAMED[kind], (name,)).scalar_one_or_none()
    return found


def _there(found: int | None, kind: str, name: str) -> int:
    if found is None:
        raise NotFound(f"there is no {kind} {name}", rule=kind)
    return found
