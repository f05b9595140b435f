"""A load that began some weeks ago: what was agreed then can have been kept, missed or paid by today."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Final

import psycopg

WEEKS_AGO: Final = timedelta(days=29)
"""A day less than the age of the youngest debt."""

AT_WORK: Final = tuple(timedelta(days=days, hours=hours) for days, hours in ((23, 3), (15, 1), (8, 5), (2, 4)))
"""How long ago the people of the demo wrote down what they did."""

THE_NIGHT: Final = timedelta(hours=7)

SHIPPED: Final = """
  select pg_get_functiondef(p.oid)
    from pg_proc p
   where p.pronamespace = 'debtflow'::regnamespace and p.proname in ('kernel_now', 'audit_write', 'audit_balance')
   order by p.proname"""
PARTITION: Final = "select debtflow.audit_partition((now() - %s)::date)"
CLOCK: Final = re.compile(r"(?:pg_catalog\.)?((?:clock|statement)_timestamp)\(\)")


@contextmanager
def earlier(dsn: str, ago: timedelta = WEEKS_AGO) -> Iterator[None]:
    """Have the database, and its audit trail, tell an earlier time; afterwards its clock is the shipped one again."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(PARTITION, [ago])
        shipped = [definition for (definition,) in connection.execute(SHIPPED).fetchall()]
        for definition in shipped:
            connection.execute(_set_back(definition, ago))
        try:
            yield
        finally:
            for definition in shipped:
                connection.execute(definition)


def _set_back(definition: str, ago: timedelta) -> bytes:
    """The same function by a clock that goes behind."""
    seconds = f"{ago.total_seconds():.0f} seconds"
    return CLOCK.sub(rf"(pg_catalog.\1() - interval '{seconds}')", definition).encode()


def real_today(session_today: date) -> date:
    """Today, as seen from a session of weeks ago."""
    return session_today + WEEKS_AGO
