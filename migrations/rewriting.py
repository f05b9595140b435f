"""Writing tables and log anew, so that the files on disk hold nothing any more that the tables do not hold."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import psycopg
from psycopg import sql

from services.errors import Busy

Connection = psycopg.Connection[tuple[Any, ...]]

# What is only ever added to, and holds nothing personal, has nothing to lose.
TABLES: Final = """
select c.relname
  from pg_class c
 where c.relnamespace = 'debtflow'::regnamespace
   and c.relkind = 'r'
   and not c.relispartition
   and c.relname not in ('transfer', 'leg', 'ledger_event', 'event_position', 'security_event', 'receipt',
                         'receipt_part', 'adjustment', 'audit_seal', 'audit_sealed', 'audit_digest', 'audit_check',
                         'forgetting')
 order by c.relname"""
CATALOGS: Final = ("pg_statistic", "pg_statistic_ext_data")
# Of a table that has become empty ANALYZE forgets nothing.
STATISTICS: Final = """
delete from pg_catalog.pg_statistic s
 using pg_class c
  left join pg_index i on i.indrelid = c.oid
 where c.relnamespace = 'debtflow'::regnamespace
   and c.relname = any (%s)
   and s.starelid in (c.oid, i.indexrelid)"""
OTHERS: Final = """
select (select count(*) from pg_stat_activity
         where datname = current_database() and pid <> pg_backend_pid() and backend_type = 'client backend')
       + (select count(*) from pg_prepared_xacts)"""
SEGMENTS: Final = "select name from pg_ls_waldir() where name ~ '^[0-9A-F]{24}$'"
MOST_SWITCHES: Final = 1000


@dataclass(frozen=True, slots=True)
class Rewritten:
    """``left_undone`` are words about what this login may not do, or what the server still needs."""

    tables: int
    segments: int
    left_undone: tuple[str, ...]


def rewrite(conninfo: str) -> Rewritten:
    """Write every table that ever held something personal anew, then what the planner knows of them, then the log.

    The login owns the installation; the log takes a superuser. Raises Busy while anybody else is connected: what they
    could still see would be kept.
    """
    undone: list[str] = []
    with psycopg.connect(conninfo, autocommit=True) as connection:
        superuser = connection.execute("select rolsuper from pg_roles where rolname = current_user").fetchone() == (
            True,
        )
        names = [name for (name,) in connection.execute(TABLES).fetchall()]
        _alone(connection)
        if superuser:
            connection.execute(STATISTICS, [names])
        for name in names:
            _alone(connection)
            connection.execute(sql.SQL("vacuum (full, analyze) debtflow.{}").format(sql.Identifier(name)))
        undone += _catalogs(connection)
        _alone(connection)
        if not superuser:
            takes = "what the planner knows of tables that became empty, and the log, were left: they take a superuser"
            return Rewritten(len(names), 0, (*undone, takes))
        gone, left = _log(connection)
        undone += [f"{left} segments of the log are still needed: by a replica, a slot or the archive"] if left else []
        return Rewritten(len(names), gone, tuple(undone))


def _alone(connection: Connection) -> None:
    found = connection.execute(OTHERS).fetchone()
    if found and found[0]:
        hint = "stop the worker and the webhook server, have everybody sign out, and repeat: debtflow pii rewrite"
        raise Busy(f"{found[0]} others are connected: what they see is kept until they are gone", hint=hint)


def _catalogs(connection: Connection) -> Iterator[str]:
    for name in CATALOGS:
        try:
            connection.execute(sql.SQL("vacuum full pg_catalog.{}").format(sql.Identifier(name)))
        except psycopg.errors.InsufficientPrivilege:
            yield f"{name} was not written anew: that takes the database's owner or a superuser"


def _log(connection: Connection) -> tuple[int, int]:
    """Go past every segment that is there now, those kept for later use too, and have them removed, not used again."""
    old = _segments(connection)
    with _unrecycled(connection):
        for _ in range(MOST_SWITCHES):
            connection.execute("select pg_logical_emit_message(false, 'debtflow', 'rewritten')")
            connection.execute("select pg_switch_wal()")
            connection.execute("checkpoint")
            here = connection.execute("select pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
            left = old & _segments(connection)
            if not left or all(name < str(here and here[0]) for name in left):
                break
        connection.execute("checkpoint")
        left = old & _segments(connection)
    return len(old) - len(left), len(left)


def _segments(connection: Connection) -> set[str]:
    return {name for (name,) in connection.execute(SEGMENTS).fetchall()}


@contextmanager
def _unrecycled(connection: Connection) -> Iterator[None]:
    connection.execute("alter system set wal_recycle = off")
    connection.execute("select pg_reload_conf()")
    try:
        yield
    finally:
        connection.execute("alter system reset wal_recycle")
        connection.execute("select pg_reload_conf()")
