"""The library that the queue comes from, bent to this house: its schema by name, its jobs by agency."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final, LiteralString

import psycopg
from procrastinate import App, JobContext, PsycopgConnector, RetryDecision, sql
from procrastinate.exceptions import UniqueViolation
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy

from services.webhooks.processing import PASSING

if TYPE_CHECKING:
    from debtflow_tui.worker.chores import Chore
    from debtflow_tui.worker.duties import Duties

TRIES: Final = 12
LATE_IS_FINE: Final = timedelta(hours=25)
"""A chore whose time passed while no worker ran is done when one comes, within this."""

NAMES: Final = re.compile(r"(?<![\w.])(procrastinate_\w+)")


def qualify() -> None:
    """Have the library name its schema in every statement: no search path to set, none to forge, none lost in a pooler.

    Done twice it changes nothing.
    """
    for name, query in sql.queries.items():
        sql.queries[name] = NAMES.sub(r"procrastinate.\1", query)


class PatientRetry(BaseRetryStrategy):
    """What may pass by itself is tried again after 5 s, 10 s, 20 s … up to ten minutes; nothing else is."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        """When to try again, or None."""
        if not isinstance(exception, PASSING) or job.attempts + 1 >= TRIES:
            return None
        wait = min(5 * 2**job.attempts, 600)
        return RetryDecision(retry_at=datetime.now(UTC) + timedelta(seconds=wait))


class Connector(PsycopgConnector):
    """Under row security PostgreSQL does not tell which key was taken, and the library takes that for impossible."""

    async def execute_query_one_async(self, query: LiteralString, **arguments: Any) -> dict[str, Any]:
        """As the library's, but a chore that waits already is said to wait already."""
        try:
            row: dict[str, Any] = await super().execute_query_one_async(query, **arguments)
            return row
        except AssertionError as error:
            if not isinstance(error.__context__, psycopg.errors.UniqueViolation):
                raise
            taken = error.__context__.diag.constraint_name
            raise UniqueViolation(constraint_name=taken, queueing_lock=arguments.get("queueing_lock")) from error


def connector(conninfo: str, *, pooled: bool) -> PsycopgConnector:
    """The queue's own connections; behind a pooler nothing may be prepared on them."""
    settings: dict[str, Any] = {"application_name": "debtflow worker"}
    if pooled:
        settings["prepare_threshold"] = None
    return Connector(conninfo=conninfo, min_size=1, max_size=4, timeout=10.0, kwargs=settings)


def app_of(connection: PsycopgConnector, queue: str, duties: Duties, chores: tuple[Chore, ...]) -> App:
    """The tasks of one agency's queue."""
    qualify()
    app = App(connector=connection, periodic_defaults={"max_delay": LATE_IS_FINE.total_seconds()})

    @app.task(name="webhook", queue=queue, pass_context=True, retry=PatientRetry())
    def webhook(context: JobContext, event: int) -> None:
        duties.webhook(event, last=context.job.attempts + 1 >= TRIES)

    for chore in chores:
        if chore.cron is not None:
            _add(app, queue, duties, chore, chore.cron)
    return app


def _add(app: App, queue: str, duties: Duties, chore: Chore, cron: str) -> None:
    lock = f"{queue}:chore:{chore.name}"

    # Before webhooks: a thousand of them must not keep the chores waiting.
    @app.periodic(cron=cron, periodic_id=queue, queue=queue, lock=lock, queueing_lock=lock, priority=10)
    @app.task(name=f"chore:{chore.name}", queue=queue)
    def run(timestamp: int) -> None:  # noqa: ARG001 - the library gives every chore the time it was due
        duties.chore(chore)
