"""Files from clients' servers: looked for, fetched, staged, archived, released; each exactly once."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Final

from services.domain.quoting import shown
from services.errors import Busy, DebtFlowError, NotFound
from services.gateways.drops import Login, Place, Server
from services.pull import reading
from services.pull.aside import put_aside
from services.pull.deciding import Release, decided, with_verdicts
from services.pull.journal import Claim, Journal, claimed
from services.pull.names import meant
from services.pull.results import Pulled, PulledClient, PulledFile, Source, Step
from services.pull.spool import Spool
from services.pull.way import Way
from services.store import Store

PULLERS: Final = 2
"""Clients whose servers are looked at side by side: one that is slow must not keep the others waiting."""

Connect = Callable[[Place, Login], AbstractContextManager[Server]]
Stage = Callable[[Path, str, str, str], int]


class Pull:
    """Fetching files; for workers, supervisors and agency administrators, others get NotAllowed.

    ``stage`` makes a batch of a file that is here (given its name, client and kind), and raises BadInput or Refused for
    one that is no good; ``release`` goes on with the release of one that is what was agreed with its client; ``spool``
    is a folder of this machine.
    """

    def __init__(
        self,
        store: Store,
        sources: Mapping[str, Source],
        spool: Path,
        stage: Stage,
        release: Release,
        connect: Connect | None = None,
    ) -> None:
        self._store = store
        self._journal = Journal(store)
        self.sources: Final = sources
        self._spool = spool
        self._stage = stage
        self._release = release
        self._connect = connect or _sftp

    def due(self) -> int:
        """Look at every server whose time has come; how many files were taken or refused.

        Raises the first trouble after all were looked at; each is written down with its client.
        """
        clients = self._journal.due(sorted(self.sources)) if self.sources else ()
        if not clients:
            return 0
        with ThreadPoolExecutor(PULLERS, "pull") as hands:
            ended = list(hands.map(self._pulled, clients))
        troubles = [each for each in ended if isinstance(each, DebtFlowError)]
        if troubles:
            raise troubles[0]
        return sum(each.count("taken") + each.count("refused") for each in ended if isinstance(each, Pulled))

    def pull(self, client: str, *, wait: bool = False) -> Pulled:
        """Look at one client's server now; with ``wait``, once more after what is new may stand still.

        Raises Busy where somebody is fetching for this client, NotFound where no server is configured, and what keeps
        us from the server: ServerAway, HostKeyRefused, Refused, Misconfigured.
        """
        source = self._source(client)
        with claimed(self._store, client) as claim:
            pulled = self._round(source, claim)
            if wait and pulled.count("waiting"):
                time.sleep(source.settle.total_seconds())
                later = self._round(source, claim)
                done = {step.file for step in later.files}
                pulled = replace(later, files=(*(s for s in pulled.files if s.file not in done), *later.files))
        return pulled

    def clients(self) -> tuple[PulledClient, ...]:
        """The clients whose servers were looked at."""
        return reading.clients(self._store)

    def files(
        self, *, client: str | None = None, state: str | None = None, after: int | None = None, limit: int = 50
    ) -> tuple[tuple[PulledFile, ...], int | None]:
        """What was seen, the latest first, and where the next page begins."""
        return reading.files(self._store, client, state, after, limit)

    def give_back(self, client: str, name: str, data: bytes) -> str:
        """Lay a file for the client into the folder where refused ones go, whole; gives its place there.

        One of that name is replaced. Raises what ``pull`` raises where the server cannot be reached or says no.
        """
        source = self._source(client)
        with self._connect(source.place, source.login()) as server:
            server.put(source.quarantine, name, data)
        return f"{source.quarantine}/{name}"

    # ---- inside

    def _pulled(self, client: str) -> Pulled | DebtFlowError:
        try:
            return self.pull(client)
        except Busy:
            return Pulled(client, ())
        except DebtFlowError as trouble:
            trouble.message = f"{client}: {trouble.message}"
            return trouble

    def _source(self, client: str) -> Source:
        if (source := self.sources.get(client)) is None:
            known = ", ".join(sorted(self.sources)) or "none yet"
            raise NotFound(
                f"no server is configured for {shown(client)}",
                rule="sftp-source",
                hint=f"[sftp.CLIENT] in the configuration; there is {known}",
            )
        return source

    def _round(self, source: Source, claim: Claim) -> Pulled:
        # First what was cut off the last time: it needs no server.
        before = self._decided(source, claim)
        steps = with_verdicts(self._fetched(source, claim), before)
        # The next look is written down last: a release that is cut off has it done at once.
        steps = with_verdicts(steps, self._decided(source, claim))
        self._journal.looked(source.client, _next(source, steps))
        return Pulled(source.client, steps)

    def _decided(self, source: Source, claim: Claim) -> tuple[Step, ...]:
        return decided(self._journal, source, self._release, claim)

    def _fetched(self, source: Source, claim: Claim) -> tuple[Step, ...]:
        spool = Spool(self._spool / source.client)
        try:
            spool.prepare()
            with self._connect(source.place, source.login()) as server:
                return self._files(source, server, spool, claim)
        except DebtFlowError as trouble:
            self._journal.looked(source.client, source.every, _line(trouble), trouble.rule)
            raise

    def _files(self, source: Source, server: Server, spool: Spool, claim: Claim) -> tuple[Step, ...]:
        listed = meant(server.look(), source.pattern)
        sights = self._journal.look(source.client, listed, source.settle)
        spool.sweep(sights)
        way = Way(self._journal, server, spool, source, self._stage, claim)
        steps = []
        for sight in sights:
            claim.check()
            steps.append(way.go(sight, listed[sight.name]) if sight.ready else Step(sight.id, sight.name, "waiting"))
        return (*steps, *put_aside(self._journal, server, source, claim))


def _sftp(place: Place, login: Login) -> AbstractContextManager[Server]:
    from services.gateways.sftp import connected

    return connected(place, login)


def _next(source: Source, steps: tuple[Step, ...]) -> timedelta:
    """What was new is looked at again as soon as it may stand still."""
    waits = any(step.outcome == "waiting" for step in steps)
    return min(source.every, source.settle) if waits else source.every


def _line(trouble: DebtFlowError) -> str:
    return f"{trouble.message} ({trouble.hint})" if trouble.hint else trouble.message
