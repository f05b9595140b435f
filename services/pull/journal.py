"""What the database knows of files on their way; every step is one act of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Event, Thread
from typing import Any, Final

from services.errors import Busy
from services.gateways.drops import Entry
from services.pull.results import Sight
from services.store import Store

PULSE: Final = 20.0
LOOK: Final = "select * from debtflow.pull_look(%s, %s, %s)"


class Claim:
    """The right to fetch for a client; ``check`` raises Busy once it is lost."""

    def __init__(self, client: str) -> None:
        self._client = client
        self.lost = Event()

    def check(self) -> None:
        if self.lost.is_set():
            raise Busy(f"the claim on {self._client} was lost with its connection", hint="the next look goes on")


@contextmanager
def claimed(store: Store, client: str) -> Iterator[Claim]:
    """Keep everybody else from fetching for a client; raises Busy where somebody does already."""
    with store.held("select debtflow.pull_claim(%s)", [client]) as held:
        if not held.row[0]:
            raise Busy(f"somebody is fetching files for {client} already", hint="try again when they have done")
        claim, done = Claim(client), Event()

        def keep() -> None:
            while not done.wait(PULSE):
                if not held.still():
                    claim.lost.set()
                    return

        keeper = Thread(target=keep, name=f"claim on {client}", daemon=True)
        keeper.start()
        try:
            yield claim
        finally:
            done.set()
            keeper.join()


@dataclass(frozen=True, slots=True)
class Undecided:
    """A fetched file whose batch is neither left for review nor released to its end."""

    file: int
    name: str
    batch: int


@dataclass(frozen=True, slots=True)
class Rejected:
    """A fetched file that lies where taken ones go, and whose batch was rejected."""

    file: int
    name: str
    size: int
    modified_at: datetime
    moved_to: str
    batch: int


class Journal:
    """The steps of files, written down as they are taken."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def due(self, clients: Sequence[str]) -> tuple[str, ...]:
        """Those of these clients whose time has come, the longest waiting first."""
        query = "select * from debtflow.pull_due(%s)"
        return tuple(self._store.ask(lambda c: c.exec_driver_sql(query, (list(clients),)).scalars().all()))

    def look(self, client: str, listed: Mapping[str, Entry], settle: timedelta) -> tuple[Sight, ...]:
        """The open files of a client after a look at what lies there."""
        told = json.dumps([
            {"name": name, "size": entry.size, "modified_at": entry.modified_at.isoformat()}
            for name, entry in listed.items()
        ])  # fmt: skip
        rows = self._store.act(lambda c: c.exec_driver_sql(LOOK, (client, told, settle)).all())
        return tuple(Sight(**row._mapping) for row in rows)

    def looked(self, client: str, again: timedelta, trouble: str | None = None, rule: str | None = None) -> None:
        self._do("select debtflow.pull_looked(%s, %s, %s, %s)", client, again, trouble, rule)

    def fetched(self, file: int, digest: bytes) -> None:
        self._do("select debtflow.pull_fetched(%s, %s)", file, digest)

    def staging(self, file: int) -> None:
        self._do("select debtflow.pull_staging(%s)", file)

    def staged(self, file: int, batch: int) -> None:
        self._do("select debtflow.pull_staged(%s, %s)", file, batch)

    def refused(self, file: int, rule: str, reason: str, hint: str | None) -> None:
        self._do("select debtflow.pull_refused(%s, %s, %s, %s)", file, rule, reason, hint)

    def moving(self, file: int, where: str) -> None:
        self._do("select debtflow.pull_moving(%s, %s)", file, where)

    def moved(self, file: int, where: str) -> None:
        self._do("select debtflow.pull_moved(%s, %s)", file, where)

    def troubled(self, file: int, trouble: str) -> None:
        self._do("select debtflow.pull_troubled(%s, %s)", file, trouble)

    def undecided(self, client: str) -> tuple[Undecided, ...]:
        query = "select file, name, batch from debtflow.pull_undecided(%s)"
        rows = self._store.ask(lambda c: c.exec_driver_sql(query, (client,)).all())
        return tuple(Undecided(*row) for row in rows)

    def decide(self, file: int, policy: str | None) -> tuple[str, Sequence[Mapping[str, str]]]:
        """Released, or left and why; a release is begun with it, in one transaction."""
        query = "select verdict, why from debtflow.pull_decide(%s, %s::jsonb)"
        row = self._store.act(lambda c: c.exec_driver_sql(query, (file, policy)).one())
        return row[0], row[1]

    def rejected(self, client: str) -> tuple[Rejected, ...]:
        query = "select file, name, size, modified_at, moved_to, batch from debtflow.pull_rejected(%s)"
        rows = self._store.ask(lambda c: c.exec_driver_sql(query, (client,)).all())
        return tuple(Rejected(*row) for row in rows)

    def put_aside(self, file: int, where: str | None) -> None:
        self._do("select debtflow.pull_put_aside(%s, %s)", file, where)

    def _do(self, query: str, *values: Any) -> None:
        self._store.act(lambda c: c.exec_driver_sql(query, values))
