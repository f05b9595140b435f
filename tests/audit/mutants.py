"""What a superuser can do to rows of the trail, and what has to be said of each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from services.audit import Verdict
from tests.support.house import House

Key = tuple[int, datetime]
Said = tuple[str, int, tuple[str, ...]]
"""Kind, row and columns of a finding."""

VALUES = {
    "id": "id + 100000000",
    "at": "at - interval '33 days 1 microsecond'",
    "agency_id": "2",
    "user_id": "coalesce(user_id, 0) + 1",
    "session_id": "nullif(coalesce(session_id, 0) + 1, 0)",
    "login": "login || ' '",
    "act": "'payment.reverse'",
    "entity": "entity || 's'",
    "entity_id": "entity_id + 1",
    "entity_ref": "coalesce(entity_ref, '') || '1'",
    "before": "coalesce(before, '{}') || '{\"mutant\": 1}'",
    "after": "case when after is null then '{}'::jsonb end",
    "reason": "case when reason is null then '' end",
    "xid": "((xid::text::bigint + 1)::text)::xid8",
}
WHERE = "where agency_id = 1 and id = %s and at = %s"


def change(house: House, random: Random, key: Key, column: str) -> list[Said]:
    house.su.execute(f"update debtflow.audit_log set {column} = {VALUES[column]} {WHERE}", key)
    return [("changed", key[0], (column,))]


def remove(house: House, random: Random, key: Key) -> list[Said]:
    house.su.execute(f"delete from debtflow.audit_log {WHERE}", key)
    return [("removed", key[0], ())]


def add(house: House, random: Random, key: Key) -> list[Said]:
    """A row that was never written: at a time that is sealed, by a transaction of then or of now."""
    made = 10**9 + random.randrange(10**9)
    house.su.execute(
        f"""
        insert into debtflow.audit_log (id, at, agency_id, user_id, session_id, login, act, entity, entity_id, xid)
        overriding system value
        select %s, at + %s, agency_id, user_id, session_id, login, act, entity, entity_id,
               case when %s then xid else pg_current_xact_id() end from debtflow.audit_log {WHERE}""",
        [made, -timedelta(minutes=random.randrange(2, 60)), random.random() < 0.5, *key],
    )
    return [("added", made, ())]


def repeat(house: House, random: Random, key: Key) -> list[Said]:
    """A row once more, a moment later, under its own number."""
    columns = "user_id, session_id, login, act, entity, entity_id, entity_ref, before, after, reason, xid"
    house.su.execute(
        f"""
        insert into debtflow.audit_log (id, at, agency_id, {columns}) overriding system value
        select id, at - interval '1 hour', agency_id, {columns} from debtflow.audit_log {WHERE}""",
        key,
    )
    return [("added", key[0], ())]


def swap(house: House, random: Random, one: Key, two: Key, columns: tuple[str, ...]) -> list[Said]:
    """Two rows change places, or what they say."""
    sets = ", ".join(f"{column} = t.{column}" for column in columns)
    picked = ", ".join(["id as old_id", "at as old_at", *columns])
    house.su.execute(
        f"""
        with t as (select {picked}, case id when %s then %s else %s end::bigint as to_id from debtflow.audit_log
                    where agency_id = 1 and (id, at) in ((%s, %s), (%s, %s)))
        update debtflow.audit_log l set {sets} from t
         where l.agency_id = 1 and l.id = t.to_id and (l.id, l.at) in ((%s, %s), (%s, %s))""",
        [one[0], two[0], one[0], *one, *two, *one, *two],
    )
    return [("changed", one[0], ()), ("changed", two[0], ())]


def mutate(house: House, random: Random, keys: list[Key]) -> list[Said]:
    """Every kind of change, each to rows of its own; gives what has to be found."""
    left = random.sample(keys, len(keys))
    expected: list[Said] = []
    for column in VALUES:
        expected += change(house, random, left.pop(), column)
    singles: tuple[Callable[[House, Random, Key], list[Said]], ...] = (remove, add, repeat)
    for single in singles:
        expected += single(house, random, left.pop())
    for columns in (("id",), ("at",), ("login", "act", "xid"), ("before", "after", "entity_id")):
        one, two = left.pop(), left.pop()
        if columns == ("id",) or len({repr(values(house, key, columns)) for key in (one, two)}) == 2:
            expected += swap(house, random, one, two, columns)
    return expected


def values(house: House, key: Key, columns: tuple[str, ...]) -> object:
    return house.su.execute(f"select {', '.join(columns)} from debtflow.audit_log {WHERE}", key).fetchone()


def unnamed(expected: list[Said], found: Verdict) -> list[Said]:
    """What was done and not named: the kind, the row, and the column where one column was changed."""
    said = {(f.kind, f.id): f.columns for f in found.chains[0].findings}
    return [
        each for each in expected if (each[0], each[1]) not in said or (each[2] and said[each[0], each[1]] != each[2])
    ]
