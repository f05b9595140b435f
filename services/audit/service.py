"""Who changed what: the audit trail, newest first, a page at a time."""

from __future__ import annotations

import base64
import binascii
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from services.audit.entities import Target, resolve
from services.audit.results import AuditEvent, AuditPage
from services.domain.trail import AuditQuery
from services.errors import BadInput
from services.store import Store

WHO_ASKS = "select login, role, zone, user_id, agency_id from debtflow.session_whoami()"
NOW = "select debtflow.kernel_now()"
PAGE = """
  select e.id, e.at, e.login, e.act, e.entity, e.entity_id, coalesce(a.number, e.entity_ref) as ref, e.before, e.after,
         e.reason, e.xid::text::bigint as transaction, e.session_id
    from debtflow.audit_log e left join debtflow.account a on e.entity = 'account' and a.id = e.entity_id
   where e.agency_id = :agency and (cast(:who as int) is null or e.user_id = :who) and {conditions}
   order by e.at desc, e.id desc limit :limit"""
LARGEST_PAGE = 500


class Audit:
    """The audit trail under the caller's rights: a collector sees their own acts, and those on accounts they hold."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def list(self, query: AuditQuery, *, limit: int = 50, after: str | None = None) -> AuditPage:
        """A page of the trail, newest first; ``after`` is the ``next`` of the page before.

        Raises NotFound where the named person or entity is none that the caller may see.
        """
        if not 1 <= limit <= LARGEST_PAGE:
            raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE} events")
        place = _place(after)

        def work(connection: Connection) -> AuditPage:
            rows = _select(connection, query, place, limit + 1)
            events = _events(connection, rows[:limit])
            last = rows[limit - 1] if len(rows) > limit else None
            return AuditPage(events, _cursor(last.at, last.id) if last is not None else None)

        return self._store.ask(work)


def _select(connection: Connection, query: AuditQuery, place: tuple[datetime, int] | None, limit: int) -> Sequence[Any]:
    asker = connection.exec_driver_sql(WHO_ASKS).one()
    target = resolve(connection, query, mine=asker.user_id if asker.role == "collector" else None)
    now = connection.exec_driver_sql(NOW).scalar_one().astimezone(ZoneInfo(asker.zone))
    since, until = query.window(now)
    values: dict[str, Any] = {"agency": asker.agency_id, "who": target.user, "limit": limit}
    conditions = []
    for condition, names in (
        (
            "e.act = :act" if query.act and "*" not in query.act else "e.act like :act",
            {"act": query.act and _pattern(query)},
        ),
        ("e.at >= :since", {"since": since}),
        ("e.at < :until", {"until": until}),
        ("(e.at, e.id) < (:last_at, :last_id)", {"last_at": place and place[0], "last_id": place and place[1]}),
        ("e.entity = :kind", {"kind": target.kind}),
        (
            "e.xid = cast(cast(:transaction as text) as xid8)",
            {"transaction": query.transaction and str(query.transaction)},
        ),
    ):
        if all(value is not None for value in names.values()):
            conditions.append(condition)
            values.update(names)
    return _pages(connection, conditions, values, target, limit)


def _pages(
    connection: Connection, conditions: Sequence[str], values: Mapping[str, Any], target: Target, limit: int
) -> Sequence[Any]:
    """One keyset page; an account's own and its debtor's changes are two index walks merged."""
    if not target.entities:
        return _page(connection, conditions, values)
    found = [
        row
        for kind, number in target.entities
        for row in _page(
            connection,
            [*conditions, "e.entity = :entity", "e.entity_id = :entity_id"],
            {**values, "entity": kind, "entity_id": number},
        )
    ]
    return sorted(found, key=lambda row: (row.at, row.id), reverse=True)[:limit]


def _page(connection: Connection, conditions: Sequence[str], values: Mapping[str, Any]) -> Sequence[Any]:
    return connection.execute(text(PAGE.format(conditions=" and ".join(conditions) or "true")), values).all()


def _pattern(query: AuditQuery) -> str | None:
    return query.act_like if query.act and "*" in query.act else query.act


def _events(connection: Connection, rows: Sequence[Any]) -> tuple[AuditEvent, ...]:
    personal = _personal(connection, rows)
    origins = _origins(connection, rows)
    return tuple(_event(row, personal, origins) for row in rows)


def _event(
    row: Any, personal: Mapping[tuple[int, str], Mapping[str, str]], origins: Mapping[int, str | None]
) -> AuditEvent:
    """A reason in words stands among the personal values, a code in a column of its own; an event shows either."""
    after = _plain(row.after, personal[row.id, "after"])
    said = str(after.pop("reason")) if _is_commitment((row.after or {}).get("reason")) else None
    return AuditEvent(
        row.id,
        row.at,
        row.login,
        row.act,
        f"{row.entity}/{row.ref or row.entity_id}",
        _plain(row.before, personal[row.id, "before"]),
        after,
        row.reason or said,
        row.transaction,
        row.session_id,
        origins.get(row.session_id),
    )


def _plain(columns: Mapping[str, object] | None, known: Mapping[str, str]) -> dict[str, object]:
    """The columns with what may be shown of personal values; forgotten ones stay a commitment."""
    return {
        name: known.get(name, "(forgotten)") if _is_commitment(value) else value
        for name, value in (columns or {}).items()
    }


def _is_commitment(value: object) -> bool:
    return isinstance(value, dict) and set(value) == {"sha256"}


def _personal(connection: Connection, rows: Sequence[Any]) -> defaultdict[tuple[int, str], dict[str, str]]:
    query = "select audit_id, path, value from debtflow.audit_values(%s::bigint[], %s::timestamptz[])"
    found: defaultdict[tuple[int, str], dict[str, str]] = defaultdict(dict)
    for row in connection.exec_driver_sql(query, ([row.id for row in rows], [row.at for row in rows])):
        side, _, column = row.path.partition(".")
        found[row.audit_id, side][column] = row.value
    return found


def _origins(connection: Connection, rows: Sequence[Any]) -> dict[int, str | None]:
    sessions = sorted({row.session_id for row in rows if row.session_id is not None})
    query = "select session_id, origin from debtflow.audit_origins(%s::bigint[])"
    return {row.session_id: row.origin for row in connection.exec_driver_sql(query, (sessions,))}


def _cursor(at: datetime, number: int) -> str:
    return base64.urlsafe_b64encode(f"{at.isoformat()} {number}".encode()).decode()


def _place(cursor: str | None) -> tuple[datetime, int] | None:
    if cursor is None:
        return None
    try:
        at, number = base64.urlsafe_b64decode(cursor.encode()).decode().split(" ")
        return datetime.fromisoformat(at), int(number)
    except (ValueError, binascii.Error) as error:
        raise BadInput(
            "after", "this is not where a page ended", hint="give `next` of the page before, unchanged"
        ) from error
