"""The house's own worker beside a provider of the tests: its duties, its queue, its chores about charges."""

from __future__ import annotations

import asyncio

from debtflow_tui.worker.chores import CHORES
from debtflow_tui.worker.duties import Duties
from debtflow_tui.worker.work import Terms, Work
from services.charges import Charges
from services.gateways.stripe import Stripe
from services.jobs import Jobs
from services.store import Store
from tests.worker.helpers import dsn_of, services_of

ABOUT_CHARGES = [chore for chore in CHORES if chore.name in ("open charges", "links")]


class Worker:
    """What ``debtflow worker`` does, one piece at a time; ``said`` is what it would say."""

    def __init__(self, store: Store, url: str, gateway: Stripe) -> None:
        self.said: list[str] = []
        self.charges = Charges(store, gateway)
        self._services = services_of(store)
        self._jobs = Jobs(store)
        self._dsn = dsn_of(url, "wally")
        vars(self._services)["charges"] = self.charges
        self._duties = Duties(self._services, lambda: self.charges, self.said.append)

    def chores(self) -> None:
        for chore in ABOUT_CHARGES:
            self._duties.chore(chore)

    def jobs(self) -> None:
        """Take back what dead workers had in hand, and do all that is due."""
        self._jobs.rescue()
        work = Work(self._services, self._dsn, Terms(jobs=2, once=True), self._duties, (), self.said.append)
        asyncio.run(work.run())

    def told(self) -> str:
        """What it said; a bug of ours is none of a test's surprises."""
        said = "; ".join(self.said)
        assert "a bug of ours" not in said, said
        return said
