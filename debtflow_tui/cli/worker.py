"""``debtflow worker`` and ``debtflow jobs``: the background work, and what there is of it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import click

from debtflow_tui import config
from debtflow_tui.cli import given
from debtflow_tui.cli.lazy import Command
from debtflow_tui.cli.report import Report, Table
from debtflow_tui.cli.session import credentials, signed_in

if TYPE_CHECKING:
    from debtflow_tui.worker.work import Work
    from services.jobs import Job, Queue


@click.command(cls=Command)
@click.option("--jobs", type=click.IntRange(1, 32), help="How many jobs at once.")
@click.option("--once", is_flag=True, help="Do what is waiting now, then end.")
@click.pass_obj
def worker(report: Report, jobs: int | None, once: bool) -> None:
    """Do the background work of an agency until told to stop.

    Signs in as a login with the role worker. Looks at webhooks, asks the provider about charges, and does the chores.
    """
    from debtflow_tui import whereabouts, wiring
    from debtflow_tui.saying import say
    from debtflow_tui.worker.chores import CHORES
    from debtflow_tui.worker.duties import Duties
    from debtflow_tui.worker.work import Terms, Work, hush_library, work
    from services.pull import PULLERS

    settings = config.load()
    user, password = credentials(settings)
    terms = Terms(jobs or settings.worker.jobs, settings.worker.listen, once)
    # Each client that files are fetched for takes two: one holds the claim.
    roomy = replace(settings, database=replace(settings.database, pool_size=terms.jobs + 2 + 2 * PULLERS))
    hush_library(say)
    services = wiring.sign_in(roomy, user, password, "debtflow worker")

    def made() -> Work:
        where = whereabouts.worker_conninfo(settings, user, password)
        return Work(services, where, terms, Duties(services, lambda: services.charges, say), CHORES, say)

    try:
        work(made)
    finally:
        services.store.close_session("done")
        services.close()
    if report.as_json:
        report.give({"stopped": True})


@click.command(cls=Command)
@click.option("--state", help="waiting, scheduled, running, lost or failed.")
@click.option("--limit", type=click.IntRange(1, 499), default=50, show_default=True)
@click.option("--after", type=given.ID, help="Where the page before ended.")
@click.pass_obj
def jobs(report: Report, state: str | None, limit: int, after: int | None) -> None:
    """Show what is waiting, running and failed, the workers, and when each chore ran."""
    with signed_in() as desk:
        queue = desk.jobs.queue()
        found, following = desk.jobs.list(state=state, after=after, limit=limit)
    document = {
        "counts": queue.counts, "attended": queue.attended, "workers": queue.workers,
        "chores": [_chore(queue, place) for place in range(len(queue.chores))], "jobs": found, "next": following,
    }  # fmt: skip
    report.give(document, *_tables(queue, found))


def _chore(queue: Queue, place: int) -> dict[str, object]:
    chore = queue.chores[place]
    values = {name: getattr(chore, name) for name in chore.__slots__}
    return {**values, "every": int(chore.every.total_seconds())}


def _tables(queue: Queue, found: tuple[Job, ...]) -> list[Table | str]:
    counts = Table(("STATE", "JOBS", "OLDEST"), [(each.state, each.jobs, each.oldest) for each in queue.counts])
    workers = Table(
        ("WORKER", "LOGIN", "SINCE", "HEARD OF", "ALIVE", "RUNNING"),
        [(str(w.id), w.login, w.started_at, w.last_heartbeat, w.alive, w.running) for w in queue.workers],
        empty="no worker: debtflow worker",
    )
    chores = Table(
        ("CHORE", "NEXT", "LAST", "DONE", "ERROR"),
        [(c.chore, c.next_at, c.finished_at, c.done, c.error) for c in queue.chores],
        empty="no chore has run yet",
    )
    listed = Table(
        ("JOB", "ABOUT", "STATE", "TRIES", "SINCE", "DUE", "WHY"),
        [(str(j.id), j.subject, j.state, j.attempts, j.since, j.due_at, j.reason) for j in found],
        empty="no job",
    )
    return [counts, "", workers, "", chores, "", listed]
