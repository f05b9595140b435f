"""The worker's life: it comes, takes jobs, outlives a database that goes away, and leaves when it is told to."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import psycopg
from procrastinate.exceptions import ProcrastinateException
from procrastinate.periodic import PeriodicDeferrer
from procrastinate.worker import Worker

from debtflow_tui.saying import Say
from debtflow_tui.worker.queue import app_of, connector
from services.errors import Busy, DebtFlowError, Unreachable

if TYPE_CHECKING:
    from procrastinate import App

    from debtflow_tui.wiring import Services
    from debtflow_tui.worker.chores import Chore
    from debtflow_tui.worker.duties import Duties

POLL: Final = 5.0
POLL_WITHOUT_LISTENING: Final = 2.0
RESCUE_EVERY: Final = 10.0
HEARTBEAT_EVERY: Final = 5.0
LONGEST_WAIT: Final = 30.0


@dataclass(frozen=True, slots=True)
class Terms:
    """``jobs`` at once; without ``listen`` it polls, for a pooler stands between; with ``once`` it ends when idle."""

    jobs: int = 4
    listen: bool = True
    once: bool = False


class Work:
    """One worker process of one agency."""

    def __init__(
        self, services: Services, conninfo: str, terms: Terms, duties: Duties, chores: tuple[Chore, ...], say: Say
    ) -> None:
        self._services = services
        self._conninfo = conninfo
        self._terms = terms
        self._duties = duties
        self._chores = chores
        self._say = say
        self._stop = asyncio.Event()
        self._worker: Worker | None = None
        self._suspects: frozenset[int] = frozenset()

    def stop(self) -> None:
        """Take no more jobs, finish those in hand, and end."""
        if self._stop.is_set():
            return
        self._stop.set()
        in_hand = len(self._in_hand())
        self._say(f"stopping: finishing {in_hand} {'job' if in_hand == 1 else 'jobs'}" if in_hand else "stopping")
        if self._worker is not None:
            self._worker.stop()  # type: ignore[no-untyped-call]

    async def run(self) -> None:
        """Work until told to stop; begins anew, after a while, whenever the database was away."""
        queue = await asyncio.to_thread(self._services.jobs.my_queue)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            with contextlib.suppress(ValueError, NotImplementedError, RuntimeError):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)
        wait = 1.0
        while not self._stop.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._shift(queue)
                trouble = None
            except (ProcrastinateException, psycopg.Error, Busy, Unreachable) as error:
                trouble = str(error.__cause__ or error).strip().splitlines()[0]
            if self._stop.is_set() or self._terms.once:
                break
            if asyncio.get_running_loop().time() - began > 2 * LONGEST_WAIT:
                wait = 1.0
            self._say(f"the queue cannot be reached: {trouble or 'the connection was lost'}; again in {wait:.0f} s")
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), wait)
            wait = min(2 * wait, LONGEST_WAIT)
        self._say("stopped")

    async def _shift(self, queue: str) -> None:
        terms = self._terms
        app = app_of(connector(self._conninfo, pooled=not terms.listen), queue, self._duties, self._chores)
        async with app.open_async():
            self._worker = Worker(
                app,
                queues=[queue],
                name=queue,
                concurrency=terms.jobs,
                wait=not terms.once,
                listen_notify=terms.listen,
                fetch_job_polling_interval=POLL if terms.listen else POLL_WITHOUT_LISTENING,
                delete_jobs="successful",
                install_signal_handlers=False,
                update_heartbeat_interval=HEARTBEAT_EVERY,
            )
            if terms.once:
                await self._bring_due(app)
            how = "listening" if terms.listen else f"polling every {POLL_WITHOUT_LISTENING:.0f} s"
            self._say(f"taking jobs of {queue}, {terms.jobs} at once, {how}")
            loops = [asyncio.create_task(each) for each in (self._rescuing(), *map(self._pulsing, self._chores))]
            try:
                await self._worker.run()  # type: ignore[no-untyped-call]
            finally:
                for loop in loops:
                    loop.cancel()
                self._worker, self._suspects = None, frozenset()

    async def _bring_due(self, app: App) -> None:
        """A worker that ends when idle must not be idle before its chores are in the queue."""
        for chore in self._chores:
            if chore.cron is None:
                await asyncio.to_thread(self._duties.pulse, chore)
        deferrer = PeriodicDeferrer(app.periodic_registry, **app.periodic_defaults)
        await deferrer.defer_jobs(deferrer.get_previous_tasks(at=time.time()))

    async def _pulsing(self, chore: Chore) -> None:
        while chore.cron is None:
            with contextlib.suppress(Busy, Unreachable):
                await asyncio.to_thread(self._duties.pulse, chore)
            await asyncio.sleep(chore.every.total_seconds())

    # ---- jobs that nobody works on -----------------------------------------------------------------------------------

    async def _rescuing(self) -> None:
        while True:
            with contextlib.suppress(Busy, Unreachable, ProcrastinateException):
                await self._live()
                await self._rescue()
            await asyncio.sleep(RESCUE_EVERY)

    async def _live(self) -> None:
        """Told to stop, the library says no more that it lives, however long the jobs in hand take."""
        worker = self._worker
        if worker is not None and worker.worker_id is not None and self._stop.is_set():
            await worker.app.job_manager.update_heartbeat(worker.worker_id)

    async def _rescue(self) -> None:
        abandoned = await self._let_go()
        rescued = await asyncio.to_thread(self._services.jobs.rescue, abandoned)
        if rescued:
            self._say(f"{rescued} {'job' if rescued == 1 else 'jobs'} of a worker that died taken back")

    async def _let_go(self) -> list[int]:
        """Jobs that stand as this worker's and are not in its hands: how they ended could not be written down.

        A job is looked at twice, for one that was fetched this moment is not in hand yet.
        """
        worker = self._worker
        if worker is None or worker.worker_id is None:
            return []
        rows = await worker.app.job_manager.list_jobs_async(status="doing", worker_id=worker.worker_id)
        found = frozenset(job.id for job in rows if job.id is not None) - self._in_hand()
        sure = found & self._suspects
        self._suspects = found
        return sorted(sure)

    def _in_hand(self) -> frozenset[int]:
        running = self._worker._running_jobs if self._worker is not None else {}
        return frozenset(context.job.id for context in running.values() if context.job.id is not None)


def hush_library(say: Say) -> None:
    """What the libraries below have to say, in one line each and only where something is wrong."""

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            say(record.getMessage().splitlines()[0])

    for name in ("procrastinate", "psycopg.pool", "asyncio"):
        logger = logging.getLogger(name)
        logger.setLevel(logging.ERROR)
        logger.propagate = False
        logger.handlers = [Handler()]


def work(make: Callable[[], Work]) -> None:
    """Run a worker until a signal says to stop; raises DebtFlowError where it cannot even begin."""

    async def run() -> None:
        await make().run()

    asyncio.run(run())


__all__ = ["DebtFlowError", "Terms", "Work", "hush_library", "work"]
