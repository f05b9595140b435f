"""Which locks an act has when it waits for another: it is made to wait, and all rows are looked at meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from time import monotonic, sleep

import psycopg

from tests.support.house import House

Lock = tuple[int, str]
"""Its place in the order of ARCHITECTURE.md, and its name; accounts are named by their number in the order of ids."""

PERIOD: Lock = (2, "period")
TABLES = (("payment_batch", 3), ("account", 6), ("charge", 6), ("refund", 6), ("book_balance", 7), ("breaker", 8))
ACCOUNTS = "select account_id from debtflow.account_balance order by 1"
WAITS = """
  select exists (select from pg_stat_activity
                  where datname = current_database() and wait_event_type = 'Lock' and pid <> pg_backend_pid())"""
SHARED = """
  select exists (select from pg_locks l
                  where l.locktype = 'advisory' and l.classid = 4627100 and l.granted and l.mode = 'ShareLock'
                    and l.database = (select oid from pg_database where datname = current_database()))"""


class Watch:
    """Somebody who keeps a lock, and somebody who looks which others are taken."""

    def __init__(self, house: House, tables: Sequence[tuple[str, int]] = TABLES) -> None:
        self._keeper = house.cluster.superuser(house.database)
        self._looker = house.cluster.superuser(house.database)
        accounts = [row[0] for row in house.su.execute(ACCOUNTS).fetchall()]
        self._rows: dict[Lock, str] = {(at, table): f"debtflow.{table} x" for table, at in tables}
        for no, account in enumerate(accounts):
            self._rows[5, f"account {no}"] = f"debtflow.account_balance x where x.account_id = {account}"

    def close(self) -> None:
        self._keeper.close()
        self._looker.close()

    @property
    def locks(self) -> Sequence[Lock]:
        return [PERIOD, *self._rows]

    def had(self, lock: Lock, act: Callable[[], object]) -> set[Lock] | None:
        """What the act has when it waits for this lock; None where it never does."""
        with ThreadPoolExecutor(1) as pool:
            with self._kept(lock):
                running = pool.submit(act)
                found = self._taken(lock) if self._waits(running) else None
            running.result()
        return found

    @contextmanager
    def _kept(self, lock: Lock) -> Iterator[None]:
        with self._keeper.transaction():
            if lock == PERIOD:
                self._keeper.execute("select pg_advisory_xact_lock(4627100, 1)")
            else:
                self._keeper.execute(f"select from {self._rows[lock]} for no key update")
            yield

    def _waits(self, running: Future[object]) -> bool:
        patience = monotonic() + 30
        while not running.done():
            if _yes(self._looker, WAITS):
                return True
            assert monotonic() < patience, "it neither waits nor ends"
            sleep(0.002)
        return False

    def _taken(self, kept: Lock) -> set[Lock]:
        found = {lock for lock, rows in self._rows.items() if lock != kept and self._is_taken(rows)}
        return found | ({PERIOD} if kept != PERIOD and _yes(self._looker, SHARED) else set())

    def _is_taken(self, rows: str) -> bool:
        with self._looker.transaction():
            free = f"with free as materialized (select x.ctid from {rows} for no key update skip locked) "
            return _yes(self._looker, f"{free} select (select count(*) from free) < (select count(*) from {rows})")


def _yes(connection: psycopg.Connection, question: str) -> bool:
    row = connection.execute(question).fetchone()
    return row == (True,)
