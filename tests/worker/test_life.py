"""A worker is killed in the middle of a job, told to stop, loses its database: nothing is lost, or done twice."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from debtflow_tui.wiring import Services
from debtflow_tui.worker.chores import CHORES, Chore
from debtflow_tui.worker.work import Terms
from services.errors import NotAllowed
from services.jobs import Jobs
from tests.support.house import House
from tests.webhooks.conftest import event
from tests.worker.helpers import Hears, dsn_of, services_of, work_of
from tests.worker.test_webhooks import deliver, queued, states

ROOT = Path(__file__).parents[2]
DEAD = "update procrastinate.procrastinate_workers set last_heartbeat = now() - interval '1 minute'"


def until(true: Callable[[], object], what: str) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end, what
        time.sleep(0.02)


@contextmanager
def process(house: House, folder: Path) -> Iterator[subprocess.Popen[str]]:
    words = [sys.executable, "-m", "tests.worker.helpers", house.url, "wally", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(words, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True) as running:
        try:
            yield running
        finally:
            running.kill()


def test_a_job_whose_worker_is_killed_is_taken_up_by_another(house: House, tmp_path: Path) -> None:
    deliver(house, event())
    with process(house, tmp_path) as first:
        until(lambda: list(tmp_path.glob("evt_1.*")), "the job was never begun")
        first.send_signal(signal.SIGKILL)
        first.wait()
    assert queued(house) == [({"event": 1}, "doing", 0)]
    office, background = Jobs(house.store("bea")), Jobs(house.store("wally"))
    assert background.rescue() == 0, "it was heard of a moment ago"
    assert [job.state for job in office.list()[0]] == ["running"]
    house.su.execute(DEAD)
    assert [job.state for job in office.list()[0]] == ["lost"]
    assert not office.queue().attended
    hears = Hears()
    with process(house, tmp_path) as second:
        until(lambda: len(list(tmp_path.glob("evt_1.*"))) == 2, "nobody took it up")
        (tmp_path / "go").touch()
        until(lambda: states(house)[0][1] != "queued", "it was never done")
        second.send_signal(signal.SIGTERM)
        assert second.wait() == 0
        said = second.stderr.read() if second.stderr else ""
    assert states(house) == [("evt_1", "processed", f"by {second.pid}", 2)]
    assert "1 job of a worker that died taken back" in said
    assert queued(house) == []
    assert hears.notices == []


def test_a_worker_told_to_stop_finishes_what_it_has_in_hand(house: House, tmp_path: Path) -> None:
    deliver(house, event(1), event(2), event(3))
    with process(house, tmp_path) as running:
        until(lambda: len(list(tmp_path.glob("evt_*"))) == 2, "two jobs at once were never begun")
        running.send_signal(signal.SIGTERM)
        assert running.stderr
        until(lambda: "stopping" in (running.stderr.readline() if running.stderr else "stopping"), "it said nothing")
        (tmp_path / "go").touch()
        assert running.wait() == 0
    assert [state for _, state, _, _ in states(house)] == ["processed", "processed", "queued"]
    assert [status for _, status, _ in queued(house)] == ["todo"]


def test_a_job_that_kills_five_workers_is_given_up(house: House) -> None:
    deliver(house, event())
    background = Jobs(house.store("wally"))
    for attempt in range(5):
        assert queued(house) == [({"event": 1}, "todo", attempt)]
        house.su.execute("update procrastinate.procrastinate_jobs set status = 'doing', worker_id = null")
        assert background.rescue() == 1
    assert states(house)[0][1:3] == ("failed", "five workers died in the middle of it")
    assert [status for _, status, _ in queued(house)] == ["failed"]
    [failed] = Jobs(house.store("bea")).list(state="failed")[0]
    assert (failed.subject, failed.webhook) == ("stripe payment_intent.succeeded", 1)
    assert failed.reason == "five workers died in the middle of it"


def test_a_job_whose_end_could_not_be_written_down_is_taken_back(house: House) -> None:
    deliver(house, event())
    background = Jobs(house.store("wally"))
    house.su.execute("insert into procrastinate.procrastinate_workers (queue_name) values ('agency-HARBOR')")
    house.su.execute("update procrastinate.procrastinate_jobs set status = 'doing', worker_id = 1")
    assert background.rescue() == 0
    assert Jobs(house.store("wim")).rescue([1]) == 0, "another agency's"
    assert background.rescue([1]) == 1
    assert queued(house) == [({"event": 1}, "todo", 1)]


def counting(name: str, does: Callable[[Services], int], cron: str | None = "* * * * * *") -> Chore:
    return Chore(name, "for the test", cron, timedelta(seconds=1), does)


def test_chores_run_and_say_how_they_went(house: House) -> None:
    ran: list[str] = []

    def count(services: Services) -> int:
        ran.append(services.session.user)
        return 3

    def fail(services: Services) -> int:
        raise ZeroDivisionError("oh")

    words: list[str] = []
    chores = (counting("count", count), counting("fail", fail), counting("pulse", lambda _: 7, None))

    async def some() -> None:
        work = work_of(house.store("wally"), dsn_of(house.url, "wally"), Hears(), *chores, terms=Terms(), words=words)
        running = asyncio.create_task(work.run())
        while len(ran) < 2 or not any(word.startswith("fail") for word in words):
            await asyncio.sleep(0.05)
        work.stop()
        await running

    asyncio.run(some())
    seen = {chore.chore: chore for chore in Jobs(house.store("rex")).queue().chores}
    assert (seen["count"].done, seen["count"].error, seen["count"].failures) == (3, None, 0)
    assert (seen["pulse"].done, seen["pulse"].runs) == (7, 1)
    assert seen["count"].next_at - seen["count"].started_at == timedelta(seconds=1)
    assert seen["fail"].error is not None
    assert seen["fail"].error.startswith("a bug of ours: ZeroDivisionError: oh at fail:")
    assert seen["fail"].failures >= 1
    assert "count: 3" in words


def test_a_worker_that_ends_when_idle_does_what_is_due_first(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    async def late(_: object) -> None:
        await asyncio.sleep(3600)

    monkeypatch.setattr("procrastinate.periodic.PeriodicDeferrer.worker", late)
    ran: list[str] = []

    def chore(name: str, cron: str | None) -> Chore:
        def run(_: Services) -> int:
            ran.append(name)
            return 1

        return Chore(name, name, cron, timedelta(days=1), run)

    chores = (chore("daily", "20 3 * * *"), chore("always", None))
    asyncio.run(work_of(house.store("wally"), dsn_of(house.url, "wally"), Hears(), *chores).run())
    assert "daily" in ran
    assert "always" in ran


def test_a_chore_that_is_due_while_it_still_waits_is_not_queued_twice(house: House) -> None:
    words: list[str] = []

    def slow(services: Services) -> int:
        time.sleep(2.5)
        return 1

    async def some() -> None:
        terms, dsn = Terms(jobs=1), dsn_of(house.url, "wally")
        work = work_of(house.store("wally"), dsn, Hears(), counting("slow", slow), terms=terms, words=words)
        running = asyncio.create_task(work.run())
        while words.count("slow: 1") < 2:
            assert not running.done()
            await asyncio.sleep(0.05)
        work.stop()
        await running

    asyncio.run(some())
    assert [word for word in words if word.startswith("taking")] == [
        "taking jobs of agency-HARBOR, 1 at once, listening"
    ]


def test_a_worker_outlives_a_database_that_goes_away(house: House) -> None:
    hears, words = Hears(), list[str]()

    async def some() -> None:
        work = work_of(house.store("wally"), dsn_of(house.url, "wally"), hears, terms=Terms(), words=words)
        running = asyncio.create_task(work.run())
        while not words:
            await asyncio.sleep(0.05)
        cut = "select pg_terminate_backend(pid) from pg_stat_activity where usename = 'wally' and datname = %s"
        house.su.execute(cut, [house.database])
        await asyncio.to_thread(deliver, house, event())
        while not hears.notices:
            assert not running.done()
            await asyncio.sleep(0.05)
        work.stop()
        await running

    asyncio.run(some())
    assert states(house) == [("evt_1", "processed", "payment_intent.succeeded: processed", 1)]


def test_only_a_worker_works(house: House) -> None:
    with pytest.raises(NotAllowed):
        asyncio.run(work_of(house.store("bea"), dsn_of(house.url, "bea"), Hears()).run())


def test_every_chore_of_the_house_runs(house: House) -> None:
    services = services_of(house.store("wally"))
    month = "select to_char(now() at time zone 'UTC' + interval '6 months', 'YYYYMM')"
    house.su.execute(f"drop table debtflow.audit_log_{house.one(month)}")
    house.su.execute(
        "insert into debtflow.idempotency_key (key, act, request_hash, user_id, answer, at) "
        "select gen_random_uuid(), 'x', '', u.id, a.answer::jsonb, now() - a.age::interval from debtflow.users u, "
        "(values ('{}', '3 days'), (null, '3 days'), (null, '1 hour')) a(answer, age) where u.login in ('ana', 'zoe')"
    )
    house.all_over()
    done: dict[str, Any] = {chore.name: chore.run(services) for chore in CHORES}
    assert done.pop("security events") > 0
    assert done.pop("digests") > 0
    assert done.pop("seals") == house.one("select sum(rows) from debtflow.audit_seal") > 0
    expected = {"partitions": 1, "abandoned keys": 1}
    assert {name: count for name, count in done.items() if count} == expected
    assert services.jobs.partitions_ahead() == 0
    assert house.one("select count(*) from debtflow.idempotency_key") == 5
