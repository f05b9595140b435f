"""The trail's seals: how fast they are made and checked, and what posting pays while they are made."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from benchmarks.posting import AGENCY, storm
from benchmarks.report import Row
from benchmarks.server import Bench
from services.audit.archive import Archive
from services.audit.archiving import Archiving
from services.audit.sealing import Sealing
from services.audit.verifying import Verifying
from services.store import Store

KEEPER, ARCHIVER = "keeper", "archiver"
OLD = "30 months"
# The yardstick: every row read and hashed once, by one statement in one process, and nothing written down.
HASHED = """
  select count(sha256(record_send(a))), extract(epoch from clock_timestamp() - statement_timestamp())::float
    from debtflow.audit_log a"""
# What a payment leaves of the balance, thousands of them a second, and a note with a commitment.
TRAIL = """
  insert into debtflow.audit_log (at, agency_id, user_id, session_id, login, act, entity, entity_id, before, after)
  select now() - %s::interval + n * interval '1 microsecond', a.id, 2, 7, 'poster',
         case n %% 20 when 0 then 'account.note' else 'payment.post' end, 'account', n %% 5000,
         case when n %% 20 > 0 then
           jsonb_build_object('owing', n, 'due', array[n, 2, 3, 4], 'unapplied', 0, 'version', n %% 7,
                              'currency', 'USD')
         end,
         case when n %% 20 > 0 then jsonb_build_object('owing', n - 5, 'due', array[n - 5, 2, 3, 4], 'unapplied', 0,
                                                      'version', n %% 7 + 1, 'currency', 'USD')
         else jsonb_build_object('text', debtflow.commitment('salt', n::text)) end
    from debtflow.agency a, generate_series(1, %s) n where a.code = 'BENCH'"""


def measure(bench: Bench, accounts: Sequence[str], *, rows: int, seconds: float, rounds: int) -> list[Row]:
    """Posting with a sealer that never rests, beside posting without, in turn; then a whole trail at once."""
    bench.login(AGENCY, KEEPER, "supervisor")
    store = Store(bench.url, user=KEEPER, password=f"{KEEPER}-bench")
    store.open_session("bench")
    try:
        _grow_old(bench, rows // 4)
        Sealing(store).seal()
        return [
            *_posting(bench, store, accounts, seconds, rounds),
            *_archived(bench, store),
            *_whole(bench, store, rows),
        ]
    finally:
        store.close()


def _posting(bench: Bench, store: Store, accounts: Sequence[str], seconds: float, rounds: int) -> list[Row]:
    found = []
    for clients in (1, 4, 16):
        each = [list(accounts[place::clients]) for place in range(clients)]
        on, off = [], []
        for _ in range(rounds):
            off.append(storm(bench.url, each, 1, seconds))
            Sealing(store).seal()
            with _sealing_all_the_time(store):
                on.append(storm(bench.url, each, 1, seconds))
        ratio = statistics.median(a / b for a, b in zip(on, off, strict=True))
        middle = statistics.median
        found.append(Row("seals", "posting, sealed each second", clients, ratio, middle(on), middle(off), ">= 0.95"))
    return found


@contextmanager
def _sealing_all_the_time(store: Store) -> Iterator[None]:
    """Once a second: sixty times as often as the worker."""
    done = threading.Event()

    def work() -> None:
        while not done.wait(1.0):
            Sealing(store).seal()

    sealer = threading.Thread(target=work)
    sealer.start()
    try:
        yield
    finally:
        done.set()
        sealer.join()


def _grow_old(bench: Bench, rows: int) -> None:
    """A month that is past its time, before anybody has sealed anything."""
    with bench.superuser() as connection:
        connection.execute("set role debtflow_owner")
        connection.execute("select debtflow.audit_partition((now() at time zone 'UTC' - %s::interval)::date)", [OLD])
        connection.execute("reset role")
        connection.execute(TRAIL, [OLD, rows])
        connection.execute("vacuum analyze debtflow.audit_log")


def _archived(bench: Bench, store: Store) -> list[Row]:
    """A month written, read back, weighed and dropped; then read back and compared once more."""
    password = bench.login(AGENCY, ARCHIVER, "worker")
    worker = Store(bench.url, user=ARCHIVER, password=password)
    worker.open_session("bench")
    try:
        yardstick = _hashed(bench)
        before = time.perf_counter()
        done = Archiving(worker).run()
        took = time.perf_counter() - before
    finally:
        worker.close()
    rows = sum(part.rows for part in done.written)
    if [month.state for month in done.months] != ["gone"]:
        raise AssertionError(done.months)
    before = time.perf_counter()
    if any(part.findings for part in Archive(store).verify()):
        raise AssertionError("the archive is not as it was sealed")
    checked = time.perf_counter() - before
    return [
        _row("archiving a month, rows a second", rows / took, yardstick),
        _row("checking an archive, rows a second", rows / checked, yardstick),
    ]


def _whole(bench: Bench, store: Store, rows: int) -> list[Row]:
    with bench.superuser() as connection:
        Sealing(store).seal()
        connection.execute(TRAIL, ["0", rows])
        connection.execute("vacuum analyze debtflow.audit_log")
    yardstick = _hashed(bench)
    before = time.perf_counter()
    sealed = Sealing(store).seal()
    took = time.perf_counter() - before
    before = time.perf_counter()
    found = Verifying(store).verify()
    checked = time.perf_counter() - before
    total = sum(chain.rows for chain in found.chains)
    if not found.ok:
        raise AssertionError(found.findings[0].message)
    return [
        _row("sealing, rows a second (wanted: 300,000)", sealed / took, yardstick),
        _row("checking, rows a second (wanted: 33,333)", total / checked, yardstick),
    ]


def _hashed(bench: Bench) -> float:
    with bench.superuser() as connection:
        connection.execute("set max_parallel_workers_per_gather = 0")
        rows, seconds = connection.execute(HASHED).fetchall()[0]
    return float(rows / seconds)


def _row(case: str, ours: float, yardstick: float) -> Row:
    return Row("seals", case, 1, ours / yardstick, ours, yardstick)
