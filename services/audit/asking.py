"""A question in SQL: which rows of the trail it wants, and a page of them at a time."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, text

from services.audit.entities import Target, resolve
from services.domain.trail import SECURITY, AuditQuery
from services.errors import BadInput, NotAllowed

Place = tuple[datetime, int]

WHO_ASKS: Final = (
    "select login, role, zone, user_id, agency_id, debtflow.kernel_now() as now from debtflow.session_whoami()"
)
COLUMNS: Final = """
  select e.id, e.at, e.login, e.act, e.entity, e.entity_id, coalesce(a.number, e.entity_ref) as ref, e.before, e.after,
         e.reason, {transaction} as transaction, e.session_id
    from {source} e left join debtflow.account a on e.entity = 'account' and a.id = e.entity_id
   where {conditions}
   order by e.at desc, e.id desc limit :limit"""
TRAIL: Final = "debtflow.audit_log"
SECURITY_EVENTS: Final = """
  (select s.id, s.at, s.agency_id, s.user_id, s.login, 'security.' || s.kind as act, s.kind,
          coalesce(s.entity, 'user') as entity, coalesce(s.entity_id, s.user_id::bigint) as entity_id,
          case when s.entity is null then s.login end as entity_ref, null::jsonb as before, s.detail as after,
          s.rule as reason, s.session_id,
          (n.xid - ((n.xid - s.xmin::text::bigint) & 4294967295))::text::xid8 as xid
     from debtflow.security_event s,
          lateral (select pg_snapshot_xmax(pg_current_snapshot())::text::bigint as xid) n)"""
# A security event is of no transaction that could be shown; whose snapshot saw it is told by the short number of its
# row, counted back from now.""
FOUND: Final = """
  select at, id from debtflow.audit_texts(:texts, cast(:filter as jsonb), :last_at, :last_id, :limit)"""

COUNT_FOUND: Final = f"select count(*) from ({FOUND}) x"  # noqa: S608 - words of ours


@dataclass(frozen=True, slots=True)
class Asked:
    """What a question comes down to for its caller; each of ``branches`` is one walk along an index."""

    source: str
    conditions: tuple[str, ...]
    values: Mapping[str, Any]
    branches: tuple[Mapping[str, Any], ...]
    texts: tuple[str, ...]
    filter: Mapping[str, Any]

    def page(self, connection: Connection, place: Place | None, limit: int, *extra: str, **values: Any) -> list[Any]:
        """Rows older than the place, newest first."""
        conditions, more = list(extra), dict(values)
        if place is not None:
            conditions.append("e.at <= :last_at and (e.at, e.id) < (:last_at, :last_id)")
        more |= {"last_at": place and place[0], "last_id": place and place[1], "limit": limit}
        if self.texts:
            return self._found(connection, conditions, more)
        found = [row for branch in self.branches for row in self._walk(connection, conditions, {**more, **branch})]
        return sorted(found, key=lambda row: (row.at, row.id), reverse=True)[:limit]

    def _walk(self, connection: Connection, conditions: Sequence[str], values: Mapping[str, Any]) -> Sequence[Any]:
        """An account's own and its debtor's changes are two walks merged."""
        where = [*self.conditions, *conditions]
        if "entity" in values:
            where.append("e.entity = :entity and e.entity_id = :entity_id")
        query = COLUMNS.format(source=self.source, transaction=self.transaction, conditions=" and ".join(where))
        return connection.execute(text(query), {**self.values, **values}).all()

    def _found(self, connection: Connection, conditions: Sequence[str], values: Mapping[str, Any]) -> list[Any]:
        """What the index of words gives, as the caller may read it."""
        asked = {**values, "texts": list(self.texts), "filter": json.dumps(self.filter)}
        places = connection.execute(text(FOUND), asked).all()
        if not places:
            return []
        within = "(e.at, e.id) in (select * from unnest(cast(:ats as timestamptz[]), cast(:ids as bigint[])))"
        span = "e.agency_id = :agency and e.at between :first and :last"
        ats, ids = [each.at for each in places], [each.id for each in places]
        query = COLUMNS.format(
            source=self.source,
            transaction=self.transaction,
            conditions=" and ".join([span, within, *conditions]),
        )
        kept = {**self.values, **values, "ats": ats, "ids": ids, "first": min(ats), "last": max(ats)}
        return list(connection.execute(text(query), kept).all())

    @property
    def transaction(self) -> str:
        return "e.xid::text::bigint" if self.source == TRAIL else "0"

    def count(self, connection: Connection) -> int:
        if self.texts:
            nothing = {"last_at": None, "last_id": None, "limit": 2**31 - 1}
            asked = {**nothing, "texts": list(self.texts), "filter": json.dumps(self.filter)}
            return int(connection.execute(text(COUNT_FOUND), asked).scalar_one())
        total = 0
        for branch in self.branches:
            where = [*self.conditions, *(["e.entity = :entity and e.entity_id = :entity_id"] if branch else [])]
            query = f"select count(*) from {self.source} e where {' and '.join(where)}"  # noqa: S608 - words of ours
            total += int(connection.execute(text(query), {**self.values, **branch}).scalar_one())
        return total


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
    return _asked(query, target, asker.agency_id, since, until)


def _asked(
    query: AuditQuery, target: Target, agency: int, since: datetime | None, until: datetime | None
) -> Asked:  # fmt: skip
    act, like = (None, query.act_like) if query.act and "*" in query.act else (query.act, None)
    security = query.of_security
    known: dict[str, tuple[str, Any]] = {
        "who": ("e.user_id = :who", target.user),
        "act": (
            "e.kind = :act" if security else "e.act = :act",
            act and act.removeprefix(SECURITY) if security else act,
        ),
        "act_like": ("e.act like :act_like", like),
        "since": ("e.at >= :since", since),
        "until": ("e.at < :until", until),
        "kind": ("e.entity = :kind", target.kind),
        "xid": (
            "false" if security else "e.xid = cast(cast(:xid as text) as xid8)",
            query.transaction and str(query.transaction),
        ),
    }
    said = {name: pair for name, pair in known.items() if pair[1] is not None}
    conditions = ("e.agency_id = :agency", *(condition for condition, _ in said.values()))
    filter = {
        "user_id": target.user, "act": act, "act_like": like, "kind": target.kind,
        "entities": [f"{kind}/{number}" for kind, number in target.entities] or None,
        "since": since and since.isoformat(), "until": until and until.isoformat(),
        "transaction": known["xid"][1],
    }  # fmt: skip
    return Asked(
        SECURITY_EVENTS if security else TRAIL,
        conditions,
        {"agency": agency, **{name: value for name, (_, value) in said.items()}},
        tuple({"entity": kind, "entity_id": number} for kind, number in target.entities) or ({},),
        query.text,
        filter,
    )


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
