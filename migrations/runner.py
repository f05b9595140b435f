"""Bringing a database to the shape this release needs: roles, tables, then functions, triggers, policies and grants."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from time import sleep
from typing import Final, cast

import psycopg
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from psycopg import sql
from sqlalchemy import Connection, create_engine
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

HOME: Final = files("migrations")
RUNNER_LOCK: Final = 4_627_001
PATIENCE: Final = (0.2, 0.5, 1.0, 2.0)
"""Seconds before each further try of an upgrade that met somebody at work."""
OWNERS: Final = ("debtflow_owner", "debtflow_kernel", "debtflow_useradmin", "debtflow_monitor")

# Policies, triggers, grants and functions are rebuilt from nothing, so that what a file no longer says is gone, and a
# function may come with other parameters or columns. What a table leans on (a check, an index, a default) stays, and is
# replaced in its place.
CLEAR: Final = """
do $$
declare x record;
begin
  for x in
    select polname, polrelid::regclass as t
      from pg_policy
      join pg_class c on c.oid = polrelid
     where c.relnamespace = 'debtflow'::regnamespace
  loop
    execute format('drop policy %I on %s', x.polname, x.t);
  end loop;

  for x in
    select tgname, tgrelid::regclass as t
      from pg_trigger
      join pg_class c on c.oid = tgrelid
     where c.relnamespace = 'debtflow'::regnamespace and not tgisinternal and tgparentid = 0
  loop
    execute format('drop trigger %I on %s', x.tgname, x.t);
  end loop;

  for x in
    select rolname
      from pg_roles
     where rolname like 'debtflow\\_%' and rolname <> 'debtflow_owner'
  loop
    execute format('revoke all on all tables in schema debtflow from %I', x.rolname);
    execute format('revoke all on all sequences in schema debtflow from %I', x.rolname);
  end loop;

  for x in
    select p.oid::regprocedure as f, o.rolname as owner
      from pg_proc p
      join pg_roles o on o.oid = p.proowner
     where p.pronamespace = 'debtflow'::regnamespace
       and not exists (select from pg_depend d
                        where d.refclassid = 'pg_proc'::regclass and d.refobjid = p.oid)
  loop
    execute format('set local role %I', x.owner);
    execute format('drop routine %s', x.f);
    reset role;
  end loop;

  for x in
    select a.oid::regprocedure as f, r.rolname, o.rolname as owner
      from pg_proc a
      cross join aclexplode(a.proacl) p
      join pg_roles r on r.oid = p.grantee
      join pg_roles o on o.oid = a.proowner
     where a.pronamespace = 'debtflow'::regnamespace and r.rolname <> o.rolname
  loop
    execute format('set local role %I', x.owner);
    execute format('revoke all on function %s from %I', x.f, x.rolname);
    reset role;
  end loop;
end $$;
"""


@dataclass(frozen=True, slots=True)
class Status:
    """What a database is at.

    ``current`` is the revision found (None in an empty database), ``stale`` the repeatable files that differ from this
    release.
    """

    current: str | None
    head: str
    stale: tuple[str, ...]

    @property
    def up_to_date(self) -> bool:
        return self.current == self.head and not self.stale


def bootstrap(conninfo: str, database: str) -> tuple[str, ...]:
    """Make the cluster's roles and the empty database; safe to repeat. Gives the server's words on what it left undone.

    ``conninfo`` may create roles and databases; some safeguards need a superuser and are named where they are missing.
    """
    said: list[str] = []

    def note(diagnostic: psycopg.errors.Diagnostic) -> None:
        # Our own warnings; the server's notices say that something is there already, which is no news.
        if diagnostic.sqlstate == "01000" and diagnostic.message_primary:
            said.append(diagnostic.message_primary)

    with psycopg.connect(conninfo, autocommit=True) as connection:
        connection.add_notice_handler(note)
        connection.execute(_read("bootstrap.sql"))
        if connection.execute("select from pg_database where datname = %s", [database]).fetchone() is None:
            connection.execute(sql.SQL("create database {}").format(sql.Identifier(database)))
    with psycopg.connect(conninfo, dbname=database) as connection:
        connection.add_notice_handler(note)
        connection.execute(_read("database.sql"))
    return tuple(said)


def upgrade(conninfo: str, revision: str = "head") -> None:
    """Bring the database forward in one transaction, under an advisory lock; every repeatable file is re-applied.

    Takes every table for itself. Where that and somebody's act wait for each other it begins again, five times in all;
    then raises the driver's DeadlockDetected.
    """
    for wait in PATIENCE:
        try:
            return _upgrade(conninfo, revision)
        except (OperationalError, psycopg.errors.DeadlockDetected) as error:
            if not isinstance(getattr(error, "orig", error), psycopg.errors.DeadlockDetected):
                raise
            sleep(wait)
    return _upgrade(conninfo, revision)


def _upgrade(conninfo: str, revision: str) -> None:
    with _connection(conninfo) as connection, connection.begin():
        run = connection.exec_driver_sql
        run(f"select pg_advisory_xact_lock({RUNNER_LOCK})")
        run("set local role debtflow_owner")
        run("set local search_path = debtflow, public")
        command.upgrade(_config(connection), revision)
        run("reset role")
        if revision == "head":
            _apply_repeatable(connection)


def status(conninfo: str) -> Status:
    """What the database is at, read without a lock."""
    head = ScriptDirectory.from_config(_config()).get_current_head() or ""
    with psycopg.connect(conninfo) as connection:
        if connection.execute("select to_regclass('debtflow.alembic_version')").fetchone() == (None,):
            return Status(None, head, tuple(name for name, _ in _repeatable()))
        row = connection.execute("select version_num from debtflow.alembic_version").fetchone()
        known: dict[str, str] = dict(connection.execute("select name, sha256 from debtflow.repeatable").fetchall())
    stale = tuple(name for name, text in _repeatable() if known.get(name) != _digest(text))
    return Status(row[0] if row else None, head, stale)


def _apply_repeatable(connection: Connection) -> None:
    raw = cast("psycopg.Connection[tuple[object, ...]]", connection.connection.driver_connection)
    raw.execute(CLEAR)
    for owner in OWNERS:
        role = sql.Identifier(owner)
        raw.execute(
            sql.SQL("alter default privileges for role {} revoke execute on functions from public").format(role)
        )
    raw.execute("grant usage, create on schema debtflow to debtflow_kernel, debtflow_useradmin, debtflow_monitor")
    for name, text in _repeatable():
        raw.execute("set local search_path = debtflow, public")
        raw.execute(text)
        raw.execute("reset role")
        raw.execute(
            "insert into debtflow.repeatable (name, sha256) values (%s, %s) "
            "on conflict (name) do update set sha256 = excluded.sha256, applied_at = statement_timestamp()",
            [name, _digest(text)],
        )
    raw.execute("delete from debtflow.repeatable where name <> all (%s)", [[name for name, _ in _repeatable()]])
    raw.execute("revoke create on schema debtflow from debtflow_kernel, debtflow_useradmin, debtflow_monitor")


def _repeatable() -> Iterator[tuple[str, str]]:
    for entry in sorted((HOME / "sql").iterdir(), key=lambda each: each.name):
        if entry.name.endswith(".sql"):
            yield entry.name, entry.read_text("utf-8")


def _read(name: str) -> str:
    return (HOME / name).read_text("utf-8")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(HOME))
    config.attributes["connection"] = connection
    return config


@contextmanager
def _connection(conninfo: str) -> Iterator[Connection]:
    engine = create_engine("postgresql+psycopg://", creator=lambda: psycopg.connect(conninfo), poolclass=NullPool)
    with engine.connect() as connection:
        yield connection
