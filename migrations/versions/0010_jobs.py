"""The job queue's own schema, and when each chore last ran."""

from importlib.resources import files
from typing import Any, cast

import psycopg
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    # The library's text holds percent signs and many statements: it goes to the driver as it is.
    run = cast("psycopg.Connection[Any]", op.get_bind().connection.driver_connection).execute
    run("create schema procrastinate")
    run("set local search_path = procrastinate, pg_catalog")
    run((files("migrations") / "procrastinate" / "schema-3.10.0.sql").read_bytes())
    run(OURS)
    run("set local search_path = debtflow, public")
    run(CHORES)


def downgrade() -> None:
    raise NotImplementedError("data only moves forward: restore a backup instead")


# Whose worker it is, and since when: the library tells workers apart by number only. And its functions find their
# tables wherever they are called from, never by a path that somebody else could set.
OURS = """
alter table procrastinate_workers
  add column queue_name varchar(128),
  add column login name not null default session_user,
  add column started_at timestamptz not null default now();

do $$
declare
  f regprocedure;
begin
  for f in select oid::regprocedure from pg_proc where pronamespace = 'procrastinate'::regnamespace loop
    execute format('alter function %s set search_path = pg_catalog, procrastinate, pg_temp', f);
  end loop;
end $$;
"""

CHORES = """
create table chore_run (
  agency_id   int not null references agency,
  chore       text not null constraint chore_name_length check (length(chore) between 1 and 60),
  every       interval not null,
  started_at  timestamptz not null,
  finished_at timestamptz not null,
  done        bigint,
  error       text constraint chore_error_length check (length(error) between 1 and 400),
  runs        bigint not null default 1,
  failures    int not null default 0,
  primary key (agency_id, chore),
  constraint chore_ended_somehow check ((done is null) = (error is not null)),
  constraint chore_failures_counted check ((failures > 0) = (error is not null))
);
"""
