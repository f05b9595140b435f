"""A question in SQL: which rows of the trail it wants, and a page of them at a time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from services.audit.entities import resolve
from services.domain.trail import SECURITY, AuditQuery
from services.errors import BadInput, NotAllowed

Place = tuple[datetime, int]

WHO_ASKS: Final = (
    "select login, role, zone, user_id, agency_id, debtflow.kernel_now() as now from debtflow.session_whoami()"
)
PAGE: Final = "select * from debtflow.trail_page(%(filter)s::jsonb, %(at)s, %(id)s, %(limit)s)"
PLACES: Final = "select at, id from debtflow.audit_texts(%(texts)s, %(filter)s::jsonb, %(at)s, %(id)s, %(limit)s)"
AT_PLACES: Final = "select * from debtflow.trail_at(%(ats)s::timestamptz[], %(ids)s::bigint[])"
COUNT_PLACES: Final = f"select count(*) from ({PLACES}) x"  # noqa: S608 - words of ours
# A security event is of no transaction that could be shown; whose snapshot saw it is told by the short number of its
# row, counted back from now.
SECURITY_PAGE: Final = """
  select e.id, e.at, e.login, 'security.' || e.kind as act, coalesce(e.entity, 'user') as entity,
         coalesce(e.entity_id, e.user_id) as entity_id, case when e.entity is null then e.login end as ref,
         null::jsonb as before, e.detail as after, e.rule as reason, 0 as transaction, e.session_id
    from debtflow.security_event e,
         lateral (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid) n,
         lateral (select (n.xid - ((n.xid - e.xmin::text::bigint) & 4294967295))::text::xid8 as xid) born
   where {conditions}
   order by e.at desc, e.id desc limit :limit"""
UNSEEN: Final = "not pg_visible_in_snapshot(born.xid, cast(cast(:seen as text) as pg_snapshot))"
UP_TO: Final = "pg_visible_in_snapshot(born.xid, cast(cast(:upto as text) as pg_snapshot))"


@dataclass(frozen=True, slots=True)
class Written:
    """Only what a snapshot did not see: nothing of it was written before ``since``; ``upto`` is one that saw it."""

    seen: str
    since: datetime
    upto: str | None


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question comes down to for its caller."""

    filter: Mapping[str, Any]
    agency: int
    entities: tuple[tuple[str, int], ...]
    texts: tuple[str, ...]
    security: bool

    def page(
        self, connection: Connection, place: Place | None, limit: int, written: Written | None = None
    ) -> list[Any]:
        """Rows older than the place, newest first."""
        if self.security:
            return self._security(connection, place, limit, written)
        said = dict(self.filter)
        if written is not None:
            said |= {"seen": written.seen, "upto": written.upto, "since": _later(said["since"], written.since)}
        values = {"filter": json.dumps(said), "at": place and place[0], "id": place and place[1], "limit": limit}
        if not self.texts:
            return list(connection.exec_driver_sql(PAGE, values).all())
        places = connection.exec_driver_sql(PLACES, {**values, "texts": list(self.texts)}).all()
        found = {"ats": [each.at for each in places], "ids": [each.id for each in places]}
        return list(connection.exec_driver_sql(AT_PLACES, found).all()) if places else []

    def count(self, connection: Connection) -> int:
        """How many rows, each looked at."""
        if self.texts:
            values = {"texts": list(self.texts), "filter": json.dumps(self.filter), "at": None, "id": None,
                      "limit": 2**31 - 1}  # fmt: skip
            return int(connection.exec_driver_sql(COUNT_PLACES, values).scalar_one())
        table = "debtflow.security_event" if self.security else "debtflow.audit_log"
        where, values = self._conditions()
        query = f"select count(*) from {table} e where {' and '.join(where)}"  # noqa: S608 - words of ours
        branches = self.entities or ((None, None),)
        return sum(
            int(connection.execute(text(query), {**values, "entity": kind, "entity_id": number}).scalar_one())
            for kind, number in branches
        )

    def _security(self, connection: Connection, place: Place | None, limit: int, written: Written | None) -> list[Any]:
        where, values = self._conditions()
        if place is not None:
            where.append("(e.at, e.id) < (:last_at, :last_id)")
            values |= {"last_at": place[0], "last_id": place[1]}
        if written is not None:
            where += ["e.at >= :from", UNSEEN, *([UP_TO] if written.upto else [])]
            values |= {"from": written.since, "seen": written.seen, "upto": written.upto}
        query = text(SECURITY_PAGE.format(conditions=" and ".join(where)))
        branches = self.entities or ((None, None),)
        rows = [
            row
            for kind, number in branches
            for row in connection.execute(query, {**values, "entity": kind, "entity_id": number, "limit": limit})
        ]
        return sorted(rows, key=lambda row: (row.at, row.id), reverse=True)[:limit]

    def _conditions(self) -> tuple[list[str], dict[str, Any]]:
        """The filter as conditions on either table."""
        f = self.filter
        act = "e.kind" if self.security else "e.act"
        known = {
            "user_id": "e.user_id = :user_id",
            "act": f"{act} = :act",
            "act_like": f"{act} like :act_like",
            "kind": "e.entity = :kind",
            "since": "e.at >= cast(:since as timestamptz)",
            "until": "e.at < cast(:until as timestamptz)",
            "transaction": "false" if self.security else "e.xid = cast(cast(:transaction as text) as xid8)",
        }
        said = {name: condition for name, condition in known.items() if f[name] is not None}
        where = ["e.agency_id = :agency", *said.values()]
        if self.entities:
            where.append("e.entity = :entity and e.entity_id = :entity_id")
        return where, {"agency": self.agency, **{name: f[name] for name in said}}


def asked(connection: Connection, query: AuditQuery) -> Asked:
    """The question as this caller may ask it; raises NotFound for what they do not see."""
    asker = connection.exec_driver_sql(WHO_ASKS).one()
    security = query.of_security
    if security and asker.role not in ("supervisor", "agency_admin"):
        raise NotAllowed(
            "your role does not read security events", rule="security_events", hint="ask a supervisor",
            who_may="supervisor",
        )  # fmt: skip
    if security and query.text:
        raise BadInput("text", "security events hold no notes and no reasons", hint="leave text: out")
    target = resolve(connection, query, mine=asker.user_id if asker.role == "collector" else None)
    since, until = query.window(asker.now.astimezone(ZoneInfo(asker.zone)))
    act, like = (None, query.act_like) if query.act and "*" in query.act else (query.act, None)
    filter = {
        "user_id": target.user,
        "act": _kind(act, security),
        "act_like": _kind(like, security),
        "kind": target.kind,
        "entities": [f"{kind}/{number}" for kind, number in target.entities] or None,
        "since": since and since.isoformat(),
        "until": until and until.isoformat(),
        "transaction": query.transaction and str(query.transaction),
    }
    return Asked(filter, asker.agency_id, target.entities, query.text, security)


def _kind(act: str | None, security: bool) -> str | None:
    return act.removeprefix(SECURITY) if act is not None and security else act


def _later(one: str | None, other: datetime) -> str:
    return other.isoformat() if one is None else max(datetime.fromisoformat(one), other).isoformat()


# ---- places ----------------------------------------------------------------------------------------------------------


def cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(f"{row.at.isoformat()} {row.id}".encode()).decode()


def place(after: str | None) -> Place | None:
    """Where a page ended; raises BadInput for what no page gave."""
    if after is None:
        return None
    try:
        at, number = base64.urlsafe_b64decode(after.encode()).decode().split(" ")
        when, row = datetime.fromisoformat(at), int(number)
    except (ValueError, binascii.Error):
        raise unknown_place() from None
    if when.tzinfo is None or not -(2**63) <= row < 2**63:
        raise unknown_place()
    return when, row


def unknown_place() -> BadInput:
    return BadInput("after", "this is not where a page ended", hint="give `next` of the page before, unchanged")
