"""Webhooks and jobs in memory: for drawing screens."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from services.jobs.results import JOB_STATES, ChoreRun, Count, Job, Queue, WorkerSeen
from services.webhooks.results import Raw, Webhook
from tests.screens.fakes import NOW, Fake


def webhook(
    number: int = 1, state: str = "processed", reason: str | None = "charge pending → posted", **more: Any
) -> Webhook:
    """One event."""
    at = NOW - timedelta(minutes=number)
    base = Webhook(
        number, "stripe", f"evt_1QxYz{number:06d}", "payment_intent.succeeded", state, reason, at, at,
        None if state == "queued" else at, 1, at, 1, 2314, "ab" * 32,
    )  # fmt: skip
    return replace(base, **more)


SAMPLE = (
    webhook(15, "queued", None, attempts=0),
    webhook(14, deliveries=3),
    webhook(13, "replayed", "charge is posted already"),
    webhook(12, "ignored", "customer.created says nothing of a charge", type="customer.created"),
    webhook(11, "refused", "the signature is not of this body under any secret that is set", event_id=None, type=None),
    webhook(10, "failed", "the provider tells of charge 7c1e, which is not known here (was the database restored?)"),
)


@dataclass
class FakeWebhooks(Fake):
    """An inbox."""

    book: dict[int, Webhook] = field(default_factory=lambda: {each.id: each for each in SAMPLE})

    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Webhook, ...], int | None]:
        self.enter("list", state, after)
        found = [w for w in self.book.values() if state in (None, w.state) and (after is None or w.id < after)]
        return tuple(found[:limit]), found[limit - 1].id if len(found) > limit else None

    def reveal(self, webhook: int) -> Raw:
        self.enter("reveal", webhook)
        body = b'{"id": "evt_1", "type": "payment_intent.succeeded", "data": {"object": {"note": "[b]\\u001b[2J"}}}'
        return Raw((("host", "hooks.example.org"), ("stripe-signature", "t=1795292640,v1=5f2c")), "t=1,v1=5f2c", body)

    def redrive(self, webhook: int) -> Webhook:
        self.enter("redrive", webhook)
        self.book[webhook] = replace(self.book[webhook], state="queued", reason=None, settled_at=None)
        return self.book[webhook]


def job(number: int, state: str, reason: str | None = None, **more: Any) -> Job:
    """One job about a webhook."""
    base = Job(number, "webhook", "stripe payment_intent.succeeded", number, state, 0, None, NOW, None, reason)
    return replace(base, **more)


def chore(name: str, minutes: int, done: int | None = 0, error: str | None = None) -> ChoreRun:
    """A chore that ran half its time ago."""
    every = timedelta(minutes=minutes)
    began = NOW - every / 2
    return ChoreRun(name, every, began, began, began + every, done, error, 12, int(error is not None))


@dataclass
class FakeJobs(Fake):
    """A queue."""

    jobs: tuple[Job, ...] = (
        job(44, "waiting"),
        job(43, "running", worker=3, attempts=1),
        job(41, "scheduled", "Stripe does not answer", attempts=2, due_at=NOW + timedelta(minutes=2)),
        job(40, "failed", "the provider tells of charge 7c1e, which is not known here", attempts=12),
    )
    workers: tuple[WorkerSeen, ...] = (WorkerSeen(3, "harbor-worker", NOW - timedelta(hours=5), NOW, True, 1),)
    chores: tuple[ChoreRun, ...] = (
        chore("open charges", 1),
        chore("plans", 1, 12),
        chore("interest", 60, None, "the database's disk is full (free space on the server, then repeat)"),
        chore("partitions", 1440, 1),
    )

    def queue(self) -> Queue:
        self.enter("queue")
        counts = tuple(Count(state, sum(each.state == state for each in self.jobs), NOW) for state in JOB_STATES)
        return Queue(counts, self.workers, self.chores)

    def list(
        self, *, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[Job, ...], int | None]:
        self.enter("list", state, after)
        return tuple(each for each in self.jobs if state in (None, each.state)), None
