"""Every function that a login may call, with nothing, with too much and with what is the other agency's: refused in our
words or by the types of its columns, and never answered with what the caller does not see."""

from __future__ import annotations

import re
from typing import Final

import psycopg
import pytest

from tests.security.conftest import World

# What callers are told of values that no column holds; the rest would be a mistake of ours.
EXPECTED: Final = ("DF", "22", "23", "42501", "P0002")
FAR: Final = re.compile(r"\b(Zoe Owing|zack|zed|zia|ZEN|Zentrum|NORTHBY|Northby|hanna)\b")
FILLED: Final = {
    "text": "NORTHBY", "bigint": str(2**63 - 1), "integer": str(-(2**31)), "smallint": "-1", "boolean": "true",
    "jsonb": '[{"account": "10001-4", "payment": 3, "id": null, "amount": 1e300}]', "date": "infinity",
    "timestamp with time zone": "infinity", "interval": "-1000000 years", "uuid": "0" * 32, "bytea": "", "name": "zoe",
    "bigint[]": "{null,9223372036854775807,1,2,3,4,5,6,7,8,9}", "integer[]": "{null,1,2,3,4}", "smallint[]": "{null,9}",
    "text[]": "{null,zoe,ZEN}", "timestamp with time zone[]": "{null,2026-01-01}", "bytea[]": "{null}",
}  # fmt: skip
CALLABLE: Final = """
select p.proname, array(select format_type(t, null) from unnest(p.proargtypes) with ordinality x(t, n) order by n)
  from pg_proc p
 where p.pronamespace = 'debtflow'::regnamespace and p.prosecdef
   and has_function_privilege(%s, p.oid, 'execute')
 order by 1"""


@pytest.mark.parametrize("login", ["ana", "rex", "bea", "ada", "wally"])
def test_every_function_takes_anything(world: World, login: str) -> None:
    psql = world.psql(login)
    psql.autocommit = False
    odd, told, answered = [], [], 0
    for name, types in world.su.execute(CALLABLE, [login]).fetchall():
        casts = ", ".join(f"%s::{each}" for each in types)
        theirs = [FILLED.get(each) for each in types]
        firsts = [[(str(n) if each in ("bigint", "integer") else FILLED.get(each)) for each in types] for n in (1, 2)]
        query = f"select x::text from debtflow.{name}({casts}) x limit 100".encode()
        tried: tuple[list[str | None], ...] = ([None] * len(types), theirs, *firsts) if types else ([],)
        for values in tried:
            try:
                answer = str(psql.execute(query, values).fetchall())
                answered += 1
            except psycopg.Error as error:
                answer = f"{error}{error.diag.message_detail}".replace("NORTHBY", "").replace("zoe", "")
                if not (error.sqlstate or "?").startswith(EXPECTED):
                    odd.append((name, values, error.sqlstate, str(error)[:200]))
            finally:
                psql.rollback()
            told += [(name, values, far) for far in FAR.findall(answer) if far not in str(values)]
    assert (odd, told) == ([], [])
    assert answered > 20
