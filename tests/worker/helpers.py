"""A worker as its own process, with somebody who hears as the test wants; and the pieces to make one in this one."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

from psycopg.conninfo import make_conninfo

from debtflow_tui.config import Settings
from debtflow_tui.saying import say
from debtflow_tui.wiring import Services
from debtflow_tui.worker.chores import Chore
from debtflow_tui.worker.duties import Duties
from debtflow_tui.worker.work import Terms, Work, hush_library
from services.access import Access
from services.charges.results import Heard
from services.gateways.base import Notice
from services.store import Store
from services.webhooks.processing import Hearer
from tests.support.office import password_of


class Hears:
    """Does what a test says with each notice; without, everything is processed the first time and replayed later."""

    def __init__(self, does: Callable[[Notice], Heard] | None = None) -> None:
        self._does = does
        self.notices: list[Notice] = []

    def hear(self, notice: Notice) -> Heard:
        known = any(earlier.event_id == notice.event_id for earlier in self.notices)
        self.notices.append(notice)
        return self._does(notice) if self._does else Heard("replayed" if known else "processed", "")


def services_of(store: Store) -> Services:
    """The services behind a signed-in store."""
    return Services(store, Access(store).session())


def work_of(
    store: Store, dsn: str, hearer: Hearer, *chores: Chore, terms: Terms | None = None, words: list[str] | None = None
) -> Work:
    """A worker's life, about to begin."""
    services, told = services_of(store), [] if words is None else words
    duties = Duties(services, lambda: hearer, told.append)
    return Work(services, dsn, terms or Terms(once=True), duties, chores, told.append)


def dsn_of(url: str, login: str) -> str:
    """How a worker's login reaches the queue."""
    return make_conninfo(url, user=login, password=password_of(login))


def main() -> None:
    """``URL LOGIN FOLDER``: says in the folder which events it hears, and hears no end until there is a file ``go``."""
    url, login, folder = sys.argv[1], sys.argv[2], Path(sys.argv[3])

    def hear(notice: Notice) -> Heard:
        (folder / f"{notice.event_id}.{os.getpid()}").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
        return Heard("processed", f"by {os.getpid()}")

    hush_library(say)
    store = Store(url, user=login, password=password_of(login))
    store.open_session("test")
    services = services_of(store)
    duties = Duties(services, lambda: Hears(hear), say)
    asyncio.run(Work(services, dsn_of(url, login), Terms(jobs=2), duties, (), say).run())


__all__ = ["Hears", "Settings", "dsn_of", "services_of", "work_of"]

if __name__ == "__main__":
    main()
