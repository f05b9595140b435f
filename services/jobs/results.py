"""What the queue looks like."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

JOB_STATES = ("waiting", "scheduled", "running", "lost", "failed")
"""To be done now; to be tried later; under way; under way at a worker that died; given up."""


@dataclass(frozen=True, slots=True)
class Job:
    """One piece of background work; ``webhook`` is the event it looks at, ``reason`` why its last try failed."""

    id: int
    task: str
    subject: str
    webhook: int | None
    state: str
    attempts: int
    due_at: datetime | None
    since: datetime | None
    worker: int | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Count:
    """How many jobs are in a state, and since when the one that is longest in it."""

    state: str
    jobs: int
    oldest: datetime | None


@dataclass(frozen=True, slots=True)
class WorkerSeen:
    """A worker that registered; not ``alive`` where nothing was heard of it for half a minute."""

    id: int
    login: str
    started_at: datetime
    last_heartbeat: datetime
    alive: bool
    running: int


@dataclass(frozen=True, slots=True)
class ChoreRun:
    """How a recurring piece of work last went: ``done`` things, or the ``error``; ``failures`` in a row."""

    chore: str
    every: timedelta
    started_at: datetime
    finished_at: datetime
    next_at: datetime
    done: int | None
    error: str | None
    runs: int
    failures: int


@dataclass(frozen=True, slots=True)
class Queue:
    """Everything at a glance."""

    counts: tuple[Count, ...]
    workers: tuple[WorkerSeen, ...]
    chores: tuple[ChoreRun, ...]

    @property
    def attended(self) -> bool:
        """Whether a worker is alive."""
        return any(worker.alive for worker in self.workers)
