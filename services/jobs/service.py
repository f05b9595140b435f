"""The queue of background work of the caller's agency."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection

from services.errors import BadInput, NotAllowed
from services.jobs.results import JOB_STATES, ChoreRun, Count, Job, Queue, WorkerSeen
from services.store import Store

COUNTS: Final = "select * from debtflow.job_counts()"
WORKERS: Final = "select * from debtflow.job_workers()"
CHORES: Final = """
  select chore, every, started_at, finished_at, started_at + every as next_at, done, error, runs, failures
    from debtflow.chore_run order by started_at + every, chore"""
PAGE: Final = "select * from debtflow.job_list(%s, %s, %s)"
RAN: Final = "select debtflow.chore_ran(%s, %s, %s, %s, %s)"
LARGEST_PAGE: Final = 500


class Jobs:
    """What is queued, for those who oversee an agency, and what the agency's workers say; others get NotAllowed."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def queue(self) -> Queue:
        """Counts, workers and chores, as one consistent picture; the chore that is due first comes first."""

        def work(connection: Connection) -> Queue:
            return Queue(
                tuple(Count(**row._mapping) for row in connection.exec_driver_sql(COUNTS)),
                tuple(WorkerSeen(**row._mapping) for row in connection.exec_driver_sql(WORKERS)),
                tuple(ChoreRun(**row._mapping) for row in connection.exec_driver_sql(CHORES)),
            )

        return self._store.ask(work)

    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Job, ...], int | None]:
        """A page, the latest first, and where the next one begins; ``state`` is one of ``JOB_STATES``."""
        if state is not None and state not in JOB_STATES:
            raise BadInput("state", f"{state} is not a state of a job", hint=", ".join(JOB_STATES))
        if not 1 <= limit < LARGEST_PAGE:
            raise BadInput("limit", f"a page has 1 to {LARGEST_PAGE - 1} jobs")
        rows = self._store.ask(lambda c: c.exec_driver_sql(PAGE, (state, after, limit + 1)).all())
        return tuple(Job(**row._mapping) for row in rows[:limit]), rows[limit - 1].id if len(rows) > limit else None

    # ---- the worker's

    def my_queue(self) -> str:
        """The queue of this worker's login; raises NotAllowed where it is none."""
        name: str | None = self._value("select debtflow.my_queue()")
        if name is None:
            raise NotAllowed(
                "this login is not a worker's",
                rule="worker_login",
                hint="make one: debtflow user add LOGIN --role worker",
            )
        return name

    def ran(self, chore: str, every: timedelta, started: datetime, done: int, error: str | None = None) -> None:
        """Write down how a chore went."""
        self._store.act(lambda c: c.exec_driver_sql(RAN, (chore, every, started, done, error)))

    def rescue(self, abandoned: Sequence[int] = ()) -> int:
        """Take back the jobs of dead workers, and those that this worker knows it has let go of."""
        return int(self._value("select debtflow.job_rescue(%s)", list(abandoned)))

    def forget(self) -> int:
        """Delete jobs that failed a month ago; how many there were."""
        return int(self._value("select debtflow.job_forget()"))

    def partitions_ahead(self) -> int:
        """Make the audit trail's partitions for the months to come; how many were missing."""
        return int(self._value("select debtflow.audit_partitions_ahead()"))

    def expire_keys(self) -> int:
        """Forget acts that were begun a day ago and never ended; how many there were."""
        return int(self._value("select debtflow.idempotency_expire()"))

    def _value(self, query: str, *values: object) -> Any:
        return self._store.act(lambda c: c.exec_driver_sql(query, values).scalar_one())
