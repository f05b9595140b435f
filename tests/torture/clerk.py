"""Operators and workers in processes of their own, who die where they are told to.

Run as a program: clerk.py URL; every line on stdin is a list of jobs that are done at once, each by a fresh process.
Every job's answer is a line on stdout, and one with ``ended`` follows when all are over.
"""

from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from uuid import UUID

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).parents[2]))

import stripe._http_client

from services.charges import ChargeForm, Charges, LinkForm
from services.domain.money import Money
from services.errors import DebtFlowError
from services.gateways.notices import notice_of
from services.gateways.stripe import Stripe
from services.store import Store
from services.webhooks import Webhooks
from tests.support.office import password_of
from tests.torture.steps import Steps
from tests.torture.worker import Worker

Job = dict[str, Any]
STEPS: Final = Steps()


@dataclass(frozen=True)
class Place:
    """Where somebody works, signed in."""

    store: Store
    url: str
    gateway: Stripe

    @property
    def desk(self) -> Charges:
        return Charges(self.store, self.gateway)


def charge(at: Place, job: Job) -> str:
    form = ChargeForm(job["account"], _usd(job), job["method"], submission_id=UUID(job["key"]), allow_duplicate=True)
    return at.desk.start(form).state


def link(at: Place, job: Job) -> str:
    return at.desk.link(
        LinkForm(job["account"], _usd(job), submission_id=UUID(job["key"]), allow_duplicate=True, save=job["save"])
    ).state


def cancel(at: Place, job: Job) -> str:
    return at.desk.cancel(UUID(job["key"])).state


def refund(at: Place, job: Job) -> str:
    return at.desk.refund(job["receipt"], _usd(job), submission_id=UUID(job["key"])).state


def chores(at: Place, _: Job) -> str:
    """The worker's round over what is open."""
    worker = Worker(at.store, at.url, at.gateway)
    worker.chores()
    return worker.told()


def queue(at: Place, _: Job) -> str:
    """The worker at its queue: dead workers' jobs, and all that is due."""
    worker = Worker(at.store, at.url, at.gateway)
    worker.jobs()
    return worker.told()


def hear(at: Place, job: Job) -> str:
    """Events out of the inbox, or straight from the provider."""
    desk, inbox, said = at.desk, Webhooks(at.store), []
    for each in job["events"]:
        try:
            if isinstance(each, int):
                said.append(str(inbox.process(each, desk)))
            else:
                said.append(desk.hear(notice_of("stripe", json.dumps(each).encode())).outcome)
        except DebtFlowError as error:
            said.append(type(error).__name__)
    return ", ".join(said)


ACTS: Final[dict[str, Callable[[Place, Job], str]]] = {
    each.__name__: each for each in (charge, link, cancel, refund, chores, queue, hear)
}


def work(url: str, job: Job) -> None:
    """One person at one desk, or one round of the worker."""
    store = Store(url, user=job["login"], password=password_of(job["login"]), size=1)
    store.open_session("torture")
    at = Place(store, url, Stripe(job["stripe"], api_base=job["api"], read=0.5, retries=job["retries"]))
    STEPS.begin(job.get("dies_at"))
    try:
        said = ACTS[job["act"]](at, job)
    except DebtFlowError as error:
        said = f"{type(error).__name__} {error.rule}"
    line = {"act": job["act"], "said": said, "steps": STEPS.taken if job.get("tells") else len(STEPS.taken)}
    os.write(1, json.dumps(line).encode() + b"\n")


def born(url: str, job: Job) -> int:
    """A process for the job; gives its id."""
    child = os.fork()
    if child == 0:
        try:
            work(url, job)
        except BaseException as error:
            os.write(1, json.dumps({"act": job["act"], "bug": repr(error)}).encode() + b"\n")
        os._exit(0)
    return child


def main(url: str) -> None:
    STEPS.watch()
    for line in sys.stdin:
        children = [(born(url, job), job) for job in json.loads(line)]
        for child, job in children:
            if job.get("lives"):
                time.sleep(job["lives"])
                os.kill(child, signal.SIGKILL)
        for child, _ in children:
            os.waitpid(child, 0)
        os.write(1, b'{"ended": true}\n')


def _usd(job: Job) -> Money:
    return Money(job["amount"], "USD")


if __name__ == "__main__":
    stripe._http_client.HTTPClient.INITIAL_DELAY = 0.01
    stripe._http_client.HTTPClient.MAX_DELAY = 0.02  # type: ignore[assignment] # whole seconds, by its own habit
    main(sys.argv[1])
