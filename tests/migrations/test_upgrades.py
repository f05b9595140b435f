"""From any earlier revision, with rows in it, to this release; twice, and by two at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import psycopg
import pytest
from alembic.config import Config
from alembic.script import ScriptDirectory

import migrations
from migrations import runner
from tests.migrations.catalog import described
from tests.migrations.rows import ROWS
from tests.support.house import House

REVISIONS = sorted(path.name[:4] for path in (Path(migrations.__file__).parent / "versions").glob("[0-9]*.py"))
RELEASES = ("0006", "0019", REVISIONS[-1])
"""What a database out there may stand at; all the others are upgraded in the long tests."""

EVERY_FUNCTION = """
  select distinct p.proname from pg_proc p where p.pronamespace = 'debtflow'::regnamespace and p.prokind = 'f'"""
POST = """
  select outcome, due, parts from debtflow.payment_post(jsonb_build_array(jsonb_build_object(
    'account', '10023-0', 'submission_id', gen_random_uuid(), 'amount', 5000, 'currency', 'USD', 'method', 'cash')))"""


def connect(dsn: str) -> psycopg.Connection:
    return psycopg.connect(dsn, autocommit=True)


Row = tuple[tuple[str, str], ...]


ANEW = ("import_intake", "office_act")
"""Empty before an upgrade, and written anew by it."""


def snapshot(connection: psycopg.Connection) -> dict[str, list[Row]]:
    """Every row of every table there is now, each value as text."""
    query = """select relname from pg_class where relnamespace = 'debtflow'::regnamespace and relkind in ('r', 'p')
        and not relispartition
                and relname not in ('alembic_version', 'repeatable')"""
    return {
        name: [
            tuple((key, str(value)) for key, value in sorted(row.items()))
            for (row,) in connection.execute(f"select to_jsonb(t) from debtflow.{name} t").fetchall()
        ]
        for (name,) in connection.execute(query).fetchall()
    }


def of_columns(rows: list[Row], known: list[Row]) -> set[Row]:
    """The rows with the columns of those known before: a later revision may add some."""
    columns = {key for row in known for key, _ in row}
    return {tuple(pair for pair in row if pair[0] in columns) for row in rows}


def test_revisions_are_one_line() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent))
    script = ScriptDirectory.from_config(config)
    assert [revision.revision for revision in reversed(list(script.walk_revisions()))] == REVISIONS
    assert script.get_current_head() == REVISIONS[-1]
    assert set(ROWS) == set(REVISIONS), "a new revision brings rows to upgrade from"


@pytest.mark.parametrize(
    "revision", [pytest.param(each, marks=() if each in RELEASES else pytest.mark.slow) for each in REVISIONS]
)
def test_rows_of_an_earlier_revision_come_through(empty: Callable[[], str], house: House, revision: str) -> None:
    dsn = empty()
    with connect(dsn) as connection:
        for earlier in REVISIONS[: REVISIONS.index(revision) + 1]:
            runner.upgrade(dsn, earlier)
            for statement in ("set search_path = debtflow, public", *ROWS[earlier], "reset all"):
                connection.execute(statement)
        before = snapshot(connection)
        assert all(rows for name, rows in before.items() if name not in ANEW), [
            name for name, rows in before.items() if not rows
        ]
    runner.upgrade(dsn)
    with connect(dsn) as connection:
        after = snapshot(connection)
        after["adjustment_limit"] = [
            tuple(sorted(("kind" if key == "what" else key, value) for key, value in row))
            for row in after["office_limit"]
        ]
        for name, rows in before.items():
            assert set(rows) <= of_columns(after[name], rows), f"{name} lost or changed rows on the way"
        assert described(connection) == described(house.su)
        if revision >= "0003":
            posted = _post_as_the_collector(connection)
            assert posted == ("posted", [100_000_00 - 50_00, 0, 0, 0], [50_00, 0, 0, 0])
    assert runner.status(dsn).up_to_date


def _post_as_the_collector(connection: psycopg.Connection) -> tuple[object, ...]:
    with connection.transaction(force_rollback=True):
        connection.execute("set local search_path = pg_catalog")
        connection.execute("create role upgraded_collector in role debtflow_collector")
        connection.execute("update debtflow.users set login = 'upgraded_collector' where login = 'cora'")
        connection.execute("set session authorization upgraded_collector")
        connection.execute("select debtflow.session_open('test')")
        connection.execute("reset session authorization")
        connection.execute("update debtflow.session set begun_in = '3'")  # as if it had been opened before
        connection.execute("set session authorization upgraded_collector")
        row = connection.execute(POST).fetchone()
        assert row is not None
        return row


def test_a_second_run_changes_nothing_and_removes_what_no_file_says(empty: Callable[[], str]) -> None:
    dsn = empty()
    runner.upgrade(dsn)
    with connect(dsn) as connection:
        state = """select (select array_agg((polname, polrelid::regclass, polcmd, polroles, pg_get_expr(polqual,
            polrelid)) order by polrelid, polname) from pg_policy
                            where polrelid in (select oid from pg_class where relnamespace =
                            'debtflow'::regnamespace))::text,
                          (select array_agg((tgname, tgrelid::regclass, tgenabled, tgfoid::regprocedure) order by
                          tgname, tgrelid) from pg_trigger
                            where not tgisinternal)::text,
                          (select array_agg((oid::regprocedure, proacl, proowner) order by oid::regprocedure::text)
                             from pg_proc where pronamespace = 'debtflow'::regnamespace)::text,
                          (select array_agg((oid::regclass, relacl) order by oid) from pg_class where relnamespace =
                          'debtflow'::regnamespace)::text"""
        before = connection.execute(state).fetchone()
        connection.execute("create policy leftover on debtflow.payment using (true)")
        connection.execute(
            "create trigger leftover before insert on debtflow.payment execute function debtflow.refuse_change()"
        )
        connection.execute("grant update on debtflow.payment to debtflow_collector")
        connection.execute("grant execute on function debtflow.ledger_post to debtflow_collector")
        connection.execute("drop policy agency on debtflow.audit_log")
        # An earlier release's function of the same name, with other parameters, and with other columns.
        for (name,) in connection.execute(EVERY_FUNCTION).fetchall():
            connection.execute(f"create function debtflow.{name}(a text, b int, c bytea, d uuid) returns int return 1")
        connection.execute("drop function debtflow.import_stage_begin(text, bytea)")
        connection.execute(
            "create function debtflow.import_stage_begin(client text, digest bytea) returns table (nothing int)"
            "  language sql security definer as 'select 1'"
        )
    runner.upgrade(dsn)
    with connect(dsn) as connection:
        assert connection.execute(state).fetchone() == before
    assert runner.status(dsn).up_to_date


def test_a_stale_file_is_noticed(empty: Callable[[], str]) -> None:
    dsn = empty()
    assert runner.status(dsn).current is None
    runner.upgrade(dsn)
    with connect(dsn) as connection:
        connection.execute("update debtflow.repeatable set sha256 = 'x' where name = '500_ledger.sql'")
    assert runner.status(dsn).stale == ("500_ledger.sql",)
    assert not runner.status(dsn).up_to_date
    runner.upgrade(dsn)
    assert runner.status(dsn).up_to_date


def test_of_two_upgrades_at_once_one_waits(empty: Callable[[], str]) -> None:
    dsn = empty()
    failed: list[BaseException] = []

    def upgrade() -> None:
        try:
            runner.upgrade(dsn)
        except BaseException as error:
            failed.append(error)

    with connect(dsn) as holder:
        holder.execute("begin")
        holder.execute(f"select pg_advisory_xact_lock({runner.RUNNER_LOCK})")
        threads = [threading.Thread(target=upgrade) for _ in range(2)]
        for thread in threads:
            thread.start()
        waiting = (
            "select count(*) from pg_locks where locktype = 'advisory' and not granted and database = "
            "(select oid from pg_database where datname = current_database())"
        )
        while holder.execute(waiting).fetchone() != (2,):
            assert not failed
        assert runner.status(dsn).current is None
        holder.execute("rollback")
        for thread in threads:
            thread.join()
    assert failed == []
    assert runner.status(dsn).up_to_date


def test_an_upgrade_gives_way_to_whoever_is_at_work_and_begins_again(empty: Callable[[], str]) -> None:
    dsn = empty()
    runner.upgrade(dsn)
    failed: list[BaseException] = []

    def upgrade() -> None:
        try:
            runner.upgrade(dsn)
        except BaseException as error:
            failed.append(error)

    with connect(dsn) as act, connect(dsn) as watcher:
        act.execute("set deadlock_timeout = '30s'")
        act.execute("begin")
        act.execute("lock table debtflow.payment in row exclusive mode")
        thread = threading.Thread(target=upgrade)
        thread.start()
        mine = "database = (select oid from pg_database where datname = current_database())"
        while watcher.execute(f"select from pg_locks where not granted and {mine}").fetchone() is None:
            assert not failed
        (held,) = watcher.execute(
            f"select relation::regclass::text from pg_locks where granted and mode = 'AccessExclusiveLock' and {mine} "
            "and relation in (select oid from pg_class where relnamespace = 'debtflow'::regnamespace and relkind = 'r')"
        ).fetchone() or (None,)
        act.execute(f"lock table {held} in row exclusive mode")
        act.execute("commit")
        thread.join()
    assert failed == []
    assert runner.status(dsn).up_to_date


def test_an_upgrade_that_fails_leaves_the_database_as_it_was(empty: Callable[[], str]) -> None:
    dsn = empty()
    runner.upgrade(dsn, "0002")
    with connect(dsn) as connection:
        connection.execute("create table debtflow.payment (standing_in_the_way int)")
    with pytest.raises(Exception, match="already exists"):
        runner.upgrade(dsn)
    assert runner.status(dsn).current == "0002"
    with connect(dsn) as connection:
        assert connection.execute(
            "select to_regclass('debtflow.transfer'), to_regclass('debtflow.repeatable')"
        ).fetchone() == (None, "debtflow.repeatable")


@pytest.mark.parametrize("revision", REVISIONS)
def test_there_is_no_way_back(revision: str) -> None:
    [path] = (Path(migrations.__file__).parent / "versions").glob(f"{revision}_*.py")
    with pytest.raises(NotImplementedError, match="restore a backup"):
        import_module(f"migrations.versions.{path.stem}").downgrade()
