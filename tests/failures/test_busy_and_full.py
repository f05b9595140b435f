"""Deadlocks, locks that are not let go, cancelled questions, full disks: raised by the server itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Barrier, Thread

import pytest
from sqlalchemy import Connection

from debtflow_tui.embedded import EmbeddedServer
from services.errors import (
    BadInput,
    Busy,
    DebtFlowError,
    NotAllowed,
    NotFound,
    Refused,
    SessionExpired,
    Stale,
    Unreachable,
)
from services.store import Store
from tests.support.cluster import SETTINGS, Cluster, make_home, remove_home
from tests.support.house import House

# The server's own errors, raised by the server: operators may not write such a statement themselves.
FAILING = """
  create function testing.failing(code text, rule text) returns void language plpgsql as $$
  begin
    raise exception using errcode = code, message = 'as the server would say it', constraint = rule, hint = 'do this',
      detail = '{}';
  end $$"""


@pytest.fixture(scope="module")
def house(cluster: Cluster) -> Iterator[House]:
    """One for the module: these tests leave nothing of meaning behind."""
    with cluster.clone() as database:
        opened = House(cluster, database)
        opened.su.execute(FAILING)
        yield opened
        opened.close()


def sql(statement: str) -> Callable[[Connection], object]:
    def work(connection: Connection) -> None:
        connection.exec_driver_sql(statement)

    return work


def raising(code: str) -> Callable[[Connection], object]:
    return sql(f"select testing.failing('{code}', 'a_rule')")


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("53100", Unreachable),
        ("53200", Unreachable),
        ("53400", Unreachable),
        ("53300", Busy),
        ("55P03", Busy),
        ("57014", Busy),
        ("40001", Busy),
        ("40P01", Busy),
        ("57P01", Unreachable),
        ("57P02", Unreachable),
        ("57P03", Unreachable),
        ("08006", Unreachable),
        ("23514", Refused),
    ],
)
def test_each_failure_of_the_server_has_its_answer(house: House, code: str, kind: type[DebtFlowError]) -> None:
    with pytest.raises(kind) as failed:
        house.store("ana").act(raising(code))
    assert failed.value.exit_code == {Unreachable: 5, Busy: 4, Refused: 1}[kind]
    assert failed.value.hint or kind is Refused
    assert failed.value.__cause__ is not None


def test_what_nobody_expected_stays_loud(house: House) -> None:
    with pytest.raises(Exception, match="division by zero") as bug:
        house.store("ana").ask(sql("select 1 / 0"))
    assert not isinstance(bug.value, DebtFlowError)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("DF400", BadInput),
        ("DF403", NotAllowed),
        ("DF404", NotFound),
        ("DF409", Stale),
        ("DF422", Refused),
        ("DF423", Refused),
        ("DF440", SessionExpired),
    ],
)
def test_our_own_codes_carry_rule_and_hint(house: House, code: str, kind: type[DebtFlowError]) -> None:
    with pytest.raises(kind) as failed:
        house.store("ana").act(raising(code))
    assert type(failed.value) is kind
    assert failed.value.rule in ("a_rule", "a_rule_form")
    assert failed.value.hint


def test_an_act_that_loses_a_deadlock_is_run_again(house: House) -> None:
    """Two acts lock two rows in opposite orders by hand; the server breaks it and nobody notices."""
    house.su.execute(
        "create table public.seats (id int primary key, n int); insert into public.seats values (1, 0), (2, "
        "0); grant all on public.seats to public"
    )
    meet, first_round = Barrier(2, timeout=10), [True, True]
    stores = [house.store("ana"), house.store("ben")]
    failed: list[Exception] = []

    def sit(who: int, order: tuple[int, int]) -> None:
        def work(connection: Connection) -> None:
            connection.exec_driver_sql("update public.seats set n = n + 1 where id = %s", (order[0],))
            if first_round[who]:
                first_round[who] = False
                meet.wait()
            connection.exec_driver_sql("update public.seats set n = n + 1 where id = %s", (order[1],))

        try:
            stores[who].act(work)
        except Exception as error:
            failed.append(error)

    threads = [Thread(target=sit, args=(0, (1, 2))), Thread(target=sit, args=(1, (2, 1)))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    log = house.cluster.server.log.read_text(errors="replace")
    assert f"@{house.database} ERROR:  deadlock detected" in log
    assert house.su.execute("select n from public.seats order by id").fetchall() == [(2,), (2,)]


def test_a_lock_that_is_not_let_go(house: House) -> None:
    house.su.execute(
        "create table public.seat (id int primary key); insert into public.seat values (1); grant all on "
        "public.seat to public"
    )

    def work(connection: Connection) -> None:
        connection.exec_driver_sql("set local lock_timeout = '50ms'")
        connection.exec_driver_sql("update public.seat set id = 2")

    with house.su.transaction(force_rollback=True):
        house.su.execute("lock table public.seat")
        with pytest.raises(Busy, match="somebody else is working on this"):
            house.store("ana").act(work)


def test_an_act_does_not_wait_for_ever() -> None:
    from services.store import door

    assert door.LOCK_WAIT == "3s"
    assert door.POOL_WAIT == 5.0


def test_a_newer_question_withdraws_the_older(house: House) -> None:
    store = house.store("ana")
    answers: list[object] = []

    def slow() -> None:
        try:
            store.ask(sql("select pg_sleep(30)"))
        except DebtFlowError as error:
            answers.append(error)

    thread = Thread(target=slow)
    thread.start()
    running = (
        "select count(*) from pg_stat_activity where query like '%%pg_sleep(30)%%' and state = 'active' "
        "and pid <> pg_backend_pid()"
    )
    while thread.is_alive() and not house.one(running):
        continue
    store.cancel_reads()
    thread.join(timeout=20)
    assert isinstance(answers[0], Busy)
    assert "withdrawn" in str(answers[0])
    assert store.ask(lambda c: c.exec_driver_sql("select 1").scalar_one()) == 1


# ---- a server of its own: its disk fills, and it is stopped

SPILL = """
  select sum(length(r)) from (select repeat('x', 200) || i as r from generate_series(1, 20000) i order by random()) x"""


def test_a_full_disk_and_a_server_that_goes_and_comes_back() -> None:
    home = make_home()
    server = EmbeddedServer(home, settings=SETTINGS).start()
    store = Store(server.url("postgres"), user="postgres", password=server.superuser_password)
    try:
        store.act(sort_to_disk)
        with pytest.raises(Unreachable, match="disk is full") as full:
            store.act(lambda connection: sort_to_disk(connection, spoilt=home / "pg/data/base/pgsql_tmp"))
        assert "nothing was written" in (full.value.hint or "")
        assert store.ask(lambda c: c.exec_driver_sql("select 7").scalar_one()) == 7

        server.stop()
        for _ in range(2):
            with pytest.raises(Unreachable) as gone:
                store.act(sql("select 1"))
            assert gone.value.hint
        server.release()
        server.start()
        assert store.ask(lambda c: c.exec_driver_sql("select 8").scalar_one()) == 8
    finally:
        store.close()
        server.release()
        remove_home(home)


def sort_to_disk(connection: Connection, spoilt: Path | None = None) -> None:
    """Sort more than fits into memory; in a ``spoilt`` folder the file that the sort will open is /dev/full."""
    connection.exec_driver_sql("set local work_mem = '64kB'")
    if spoilt is not None:
        pid = connection.exec_driver_sql("select pg_backend_pid()").scalar_one()
        for number in range(8):
            (spoilt / f"pgsql_tmp{pid}.{number}").symlink_to("/dev/full")
    connection.exec_driver_sql(SPILL)
