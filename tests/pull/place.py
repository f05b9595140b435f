"""A client's server as the tests look at it."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.gateways.drops import Login, Place
from services.imports.release import release
from services.imports.staging import Terms, stage
from services.pull import Pull, Pulled, Source
from services.pull.deciding import Release
from services.pull.service import Connect
from services.store import Store
from tests.support.house import House


@dataclass
class Pulling:
    """One worker's view: ``look`` is a round, ``take`` are two with nothing changed between them."""

    house: House
    store: Store
    source: Source
    spool: Path
    connect: Connect | None = None
    release: Release | None = None

    @property
    def service(self) -> Pull:
        def staged(file: Path, name: str, client: str, kind: str) -> int:
            return stage(self.store, file, name, client, Terms(kind=kind))

        sources = {self.source.client: self.source}
        return Pull(self.store, sources, self.spool, staged, self.release or releasing(self.store), self.connect)

    def look(self) -> Pulled:
        return self.service.pull(self.source.client)

    def take(self) -> Pulled:
        self.look()
        return self.look()

    def outcomes(self, pulled: Pulled) -> dict[str, str]:
        return {step.name: step.outcome for step in pulled.files}

    def rows(self) -> list[tuple[Any, ...]]:
        query = "select name, state, batch_id, rule from debtflow.pull_file order by id"
        return list(self.house.su.execute(query).fetchall())

    @property
    def batches(self) -> int:
        return int(self.house.one("select count(*) from debtflow.import_batch"))

    def other(self, **changes: Any) -> Pulling:
        """The same, but for what is said otherwise of its source."""
        return replace(self, source=replace(self.source, **changes))


def pulling(house: House, place: Place, login: Login, spool: Path, *, who: str = "wally") -> Pulling:
    source = Source("HXL", place, lambda: login, settle=timedelta(0))
    return Pulling(house, house.store(who, size=6), source, spool)


def releasing(store: Store) -> Release:
    return lambda batch, going_on: release(store, batch, leave_errors=True, progress=lambda _: going_on())


def through(server: AbstractContextManager[Any]) -> Connect:
    """A connection that is there already, whatever is asked for."""
    return lambda _place, _login: server
