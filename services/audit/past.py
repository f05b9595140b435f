"""What an entity was at an instant, put together from what the trail says of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection

from services.audit.asking import WHO_ASKS
from services.audit.entities import resolve
from services.audit.reading import is_commitment, personal
from services.audit.results import EntityState
from services.domain.trail import parse_audit
from services.errors import BadInput

BALANCE: Final = ("owing", "due", "unapplied", "version", "currency")
# The trail of an entity tells of what hangs on it as well (flags, plans, contacts, contracts of old), each a row of its
# own in another table. A row counts here that tells of nothing but the entity's own columns.
OWN: Final[Mapping[str, tuple[str, ...]]] = {
    "account": (
        "client_id", "collector_id", "debtor_id", "number", "external_ref", "debtor_name", "status", "status_before",
        "closed_reason", "priority", "original_amount", "account_type", "creditor_name", "placed_on", "due_on",
        "charge_off_on", "follow_up_on", "import_batch_id", "import_row", *BALANCE,
    ),
    "debtor": ("person_id", "name", "ssn_last4"),
    "user": ("login", "full_name", "created_at", "disabled_at", "role"),
    "client": (
        "code", "name", "assignment_rule", "starts_on", "commission_bp", "bucket_order", "settlement_floor_bp",
        "spread_rule", "interest_bp",
    ),
    "agency": ("code", "name", "zone", "currency", "created_at", "import_four_eyes"),
    "batch": (
        "kind", "file", "sha256", "client", "rows", "state", "released", "undone", "reason", "approved_by",
        "totals accepted",
    ),
}  # fmt: skip
# An instalment of a plan is due on a day, too.
TOLD: Final = """
  with told as materialized (
    select e.id, e.at, e.before, e.after
      from debtflow.audit_log e
     where e.agency_id = %(agency)s and e.entity = %(kind)s and e.entity_id = %(id)s
       and not exists (select from jsonb_object_keys(coalesce(e.after, e.before)) k where k <> all (%(names)s))
       and not (e.act like 'plan%%' and coalesce(e.after, e.before) ? 'due_on')
  ),
  earlier as (
    select distinct on (c.key) t.id, t.at, 'after' as side, c.key,
           case when t.after is not null then c.value end as value
      from told t
      cross join jsonb_each(coalesce(t.after, t.before)) c
     where t.at <= %(moment)s
     order by c.key, t.at desc, t.id desc
  ),
  later as (
    select distinct on (c.key) t.id, t.at, 'before' as side, c.key, t.before -> c.key as value, t.before is null as born
      from told t
      cross join jsonb_each(coalesce(t.after, t.before)) c
     where t.at > %(moment)s
     order by c.key, t.at, t.id
  )
  select id, at, side, key, value from earlier
  union all
  select id, at, side, key, value
    from later l
   where not born and not exists (select from earlier e where e.key = l.key)
     and (exists (select from earlier) or not exists (select from later x where x.born))"""
ANY: Final = TOLD.replace("k where k <> all (%(names)s)", "k where k = 'row'")
STANDING: Final = """
  select b.due[1] + b.due[2] + b.due[3] + b.due[4] as owing, b.due, b.unapplied, b.version, b.currency
    from debtflow.account_balance b where b.account_id = %s"""


def as_it_was(connection: Connection, entity: str, at: datetime) -> EntityState:
    """The state at that moment; raises BadInput where that names no single entity, NotFound for what is not seen."""
    if at.tzinfo is None:
        raise BadInput("at", "a moment needs its zone", hint="2026-11-01T14:30Z")
    query = parse_audit(f'entity:"{entity.replace(chr(34), "")}"')
    if query.entity_kind is None or query.entity_ref is None or query.notes:
        raise BadInput("entity", f"{entity[:60]} is not one entity", hint="account/10023-3, batch/7, user/ana")
    asker = connection.exec_driver_sql(WHO_ASKS).one()
    kind, number = resolve(connection, query, mine=None).entities[0]
    values = {"agency": asker.agency_id, "kind": kind, "id": number, "moment": at, "names": list(OWN.get(kind, ()))}
    rows = connection.exec_driver_sql(TOLD if kind in OWN else ANY, values).all()
    columns = _columns(connection, rows)
    if kind == "account" and columns and "owing" not in columns:
        columns |= _standing(connection, number)
    since = max((row.at for row in rows if row.side == "after"), default=None)
    return EntityState(f"{query.entity_kind}/{query.entity_ref}", at, columns, since)


def _columns(connection: Connection, rows: Any) -> dict[str, object]:
    known = personal(connection, rows) if any(is_commitment(row.value) for row in rows) else {}
    return {
        row.key: known.get((row.id, row.side), {}).get(row.key, "(forgotten)")
        if is_commitment(row.value)
        else row.value
        for row in sorted(rows, key=lambda row: str(row.key))
    }


def _standing(connection: Connection, number: int) -> dict[str, object]:
    """A balance that never moved is told nowhere but where it stands."""
    row = connection.exec_driver_sql(STANDING, (number,)).one_or_none()
    return dict(row._mapping) if row is not None else {}
