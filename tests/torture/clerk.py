"""Operators and workers in processes of their own, who die where they are told to; run as a program with the URL."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import stripe._http_client

from services.charges import ChargeForm, Charges, LinkForm
from services.domain.money import Money
from services.errors import DebtFlowError
from services.gateways.notices import notice_of
from services.gateways.stripe import Stripe
from services.store import Store
from services.webhooks import Webhooks
from tests.support.office import password_of
from tests.torture.births import Job, ready, serve
from tests.torture.worker import Worker


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


def work(url: str, job: Job) -> str:
    """One person at one desk, or one round of the worker."""
    store = Store(url, user=job["login"], password=password_of(job["login"]), size=1)
    store.open_session("torture")
    store.prove_itself()
    at = Place(store, url, Stripe(job["stripe"], api_base=job["api"], read=0.5, retries=job["retries"]))
    ready(job)
    return ACTS[job["act"]](at, job)


def _usd(job: Job) -> Money:
    return Money(job["amount"], "USD")


if __name__ == "__main__":
    stripe._http_client.HTTPClient.INITIAL_DELAY = 0.01
    stripe._http_client.HTTPClient.MAX_DELAY = 0.02  # type: ignore[assignment] # whole seconds, by its own habit
    serve(lambda job: work(sys.argv[1], job))
