"""A load that begins some weeks ago: what was agreed then can have been kept, missed or paid by today."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Final

import psycopg
from psycopg import sql

WEEKS_AGO: Final = timedelta(days=29)
"""A day less than the age of the youngest debt."""

SHIPPED: Final = "select pg_get_functiondef('debtflow.kernel_now()'::regprocedure)"
EARLIER: Final = """
  create or replace function debtflow.kernel_now() returns timestamptz
    language sql stable parallel safe
  as $$select pg_catalog.statement_timestamp() - interval {ago}$$"""


@contextmanager
def weeks_ago(dsn: str) -> Iterator[None]:
    """Have the database tell a time four weeks back; afterwards its clock is the shipped one again."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        (shipped,) = connection.execute(SHIPPED).fetchall()[0]
        connection.execute(sql.SQL(EARLIER).format(ago=sql.Literal(f"{WEEKS_AGO.days} days")))
        try:
            yield
        finally:
            connection.execute(shipped)


def real_today(session_today: date) -> date:
    """Today, as seen from a session of weeks ago."""
    return session_today + WEEKS_AGO
