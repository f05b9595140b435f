"""What a superuser can do to rows of the trail, and what has to be said of each."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from random import Random
from typing import Any

from services.audit import Finding
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


def unnamed(expected: list[Said], found: Iterable[Finding]) -> list[Said]:
    """What was done and not named: the kind, the row, and the column where one column was changed."""
    said = {(f.kind, f.id): f.columns for f in found}
    return [
        each for each in expected if (each[0], each[1]) not in said or (each[2] and said[each[0], each[1]] != each[2])
    ]


# ---- in archived parts

OTHERWISE: dict[str, Callable[[Any], Any]] = {
    "id": lambda value: value + 100_000_000,
    "at": lambda value: value - timedelta(microseconds=1),
    "agency_id": lambda value: value + 1,
    "user_id": lambda value: (value or 0) + 1,
    "session_id": lambda value: None if value else 7,
    "login": lambda value: value + " ",
    "act": lambda _: "payment.reverse",
    "entity": lambda value: value + "s",
    "entity_id": lambda value: value + 1,
    "entity_ref": lambda value: (value or "") + "1",
    "before": lambda value: (value or "{}") + " ",
    "after": lambda value: "{}" if value is None else None,
    "reason": lambda value: "" if value is None else None,
    "xid": lambda value: value + 1,
}


def spoil(house: House, random: Random) -> tuple[list[Said], set[str]]:
    """Every kind of change in the files of HARBOR's months, each to rows of its own, and a byte that says nothing.

    Gives what has to be found of rows, and how the files have to be named whose bytes are others.
    """
    files = house.su.execute(
        "select file_id, month, part from debtflow.audit_archive where agency_id = 1 order by month, part"
    ).fetchall()
    tables = {file: _table(house, file) for file, _, _ in files}
    places = [(file, n) for file, table in tables.items() for n in range(table.num_rows)]
    random.shuffle(places)
    rows = {file: table.to_pylist() for file, table in tables.items()}
    expected: list[Said] = []
    for column, otherwise in OTHERWISE.items():
        file, n = places.pop()
        rows[file][n] |= {column: otherwise(rows[file][n][column])}
        expected.append(("changed", rows[file][n]["id"], (column,)))
    doomed = [places.pop() for _ in range(2)]
    expected += [("removed", rows[file][n]["id"], ()) for file, n in doomed]
    file, n = places.pop()
    rows[file].append({**rows[file][n], "id": 77_000_000, "place": 4000})
    expected.append(("added", 77_000_000, ()))
    for file, n in sorted(doomed, reverse=True):
        del rows[file][n]
    for each in rows.values():  # another order says nothing else
        random.shuffle(each)
    for file, table in tables.items():
        _put(house, file, _bytes(table, rows[file]))
    return expected, {
        f"the archive of {month:%Y-%m}" + (f", part {part}" if part > 1 else "") for _, month, part in files
    }


def forge(house: House, chain: int) -> None:
    """The first file of a chain as another writer would have made it, with every hash of it that the tables hold."""
    from hashlib import sha256

    file = house.one("select min(file_id) from debtflow.audit_archive where agency_id = %s", chain)
    read = _table(house, file)
    data = _bytes(read, read.to_pylist())
    _put(house, file, data)
    house.su.execute("set session_replication_role = replica")
    for table in ("audit_archive", "file"):
        house.su.execute(f"alter table debtflow.{table} disable trigger user")
        key = "id" if table == "file" else "file_id"
        house.su.execute(f"update debtflow.{table} set sha256 = %s where {key} = %s", [sha256(data).digest(), file])
        house.su.execute(f"alter table debtflow.{table} enable trigger user")
    house.su.execute("reset session_replication_role")


def _table(house: House, file: int) -> Any:
    from io import BytesIO

    from pyarrow.parquet import read_table

    query = "select string_agg(bytes, '' order by seq) from debtflow.file_chunk where file_id = %s"
    return read_table(BytesIO(house.one(query, file)))


def _bytes(table: Any, rows: list[dict[str, Any]]) -> bytes:
    from io import BytesIO

    from pyarrow import Table
    from pyarrow.parquet import write_table

    out = BytesIO()
    write_table(Table.from_pylist(rows, schema=table.schema), out)
    return out.getvalue()


def _put(house: House, file: int, data: bytes) -> None:
    """Bytes in the place of others, as a superuser writes them."""
    house.su.execute("set session_replication_role = replica")
    house.su.execute("alter table debtflow.file_chunk disable trigger append_only")
    house.su.execute("delete from debtflow.file_chunk where file_id = %s", [file])
    house.su.execute(
        "insert into debtflow.file_chunk (file_id, seq, agency_id, bytes) values (%s, 0, 1, %s)", [file, data]
    )
    house.su.execute("update debtflow.file set size = %s where id = %s", [len(data), file])
    house.su.execute("alter table debtflow.file_chunk enable always trigger append_only")
    house.su.execute("reset session_replication_role")
