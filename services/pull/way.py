"""One file's way from the client's server into a batch; begun anywhere, it goes on from there."""

from __future__ import annotations

import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from services.domain.files.containers import LARGEST
from services.errors import BadInput, DebtFlowError, Refused
from services.gateways.drops import Entry, Moved, Server, Taken
from services.pull.journal import Claim, Journal
from services.pull.names import REPORT, as_kept, kind_of, with_number
from services.pull.results import Sight, Source, Step
from services.pull.slip import slip
from services.pull.spool import NoRoom, Spool


class Way:
    """What is done with files of one client in one look."""

    def __init__(
        self,
        journal: Journal,
        server: Server,
        spool: Spool,
        source: Source,
        stage: Callable[[Path, str, str, str], int],
        claim: Claim,
    ) -> None:
        self._journal = journal
        self._server = server
        self._spool = spool
        self._source = source
        self._stage = stage
        self._claim = claim

    def go(self, sight: Sight, entry: Entry) -> Step:
        """Take the file as far as it goes; what keeps only this file is written down with it, and is no error.

        Raises ServerAway and what the database says: then no other file would fare better.
        """
        try:
            return self._go(sight, entry)
        except (Moved, NoRoom, Refused) as trouble:
            said = f"{trouble.message} ({trouble.hint})" if trouble.hint else trouble.message
            self._journal.troubled(sight.id, said)
            return Step(sight.id, sight.name, "trouble", reason=said)

    def _go(self, sight: Sight, entry: Entry) -> Step:
        if sight.state == "staged":
            self._archive(sight, entry)
            return Step(sight.id, sight.name, "taken")
        if sight.state == "refused":
            return self._quarantine(sight, entry)
        if sight.size > LARGEST:
            huge = f"the file is larger than {LARGEST >> 20:,} MB"
            return self._refuse(sight, entry, BadInput("file", huge, hint="split it and send the parts"))
        path = self._spool.standing(sight)
        if path is None:
            path, digest = self._spool.fetch(self._server, entry, sight, self._claim.check)
            self._journal.fetched(sight.id, digest)
        return self._into_batch(sight, entry, path)

    def _into_batch(self, sight: Sight, entry: Entry, path: Path) -> Step:
        self._claim.check()
        self._journal.staging(sight.id)
        try:
            kind = kind_of(entry.name, self._source.kinds, self._source.kind)
            batch = self._stage(path, sight.name, self._source.client, kind)
        except (BadInput, Refused) as no:
            return self._refuse(sight, entry, no)
        except DebtFlowError:
            raise
        except Exception as bug:
            said = f"a bug of ours: {_where(bug)}"
            self._journal.troubled(sight.id, said)
            return Step(sight.id, sight.name, "trouble", reason=said)
        self._journal.staged(sight.id, batch)
        self._archive(sight, entry)
        return Step(sight.id, sight.name, "taken", batch=batch)

    def _refuse(self, sight: Sight, entry: Entry, no: DebtFlowError) -> Step:
        self._journal.refused(sight.id, no.rule or no.code, no.message, no.hint)
        return self._quarantine(_refused(sight, no), entry)

    def _archive(self, sight: Sight, entry: Entry) -> None:
        self._move(sight, entry, self._source.processed)
        self._spool.whole(sight).unlink(missing_ok=True)

    def _quarantine(self, sight: Sight, entry: Entry) -> Step:
        folder = self._source.quarantine
        # The slip first: a file without its reason would be a riddle.
        self._server.put(folder, self._free(sight, entry, folder) + REPORT, slip(sight))
        self._move(sight, entry, folder)
        self._spool.whole(sight).unlink(missing_ok=True)
        return Step(sight.id, sight.name, "refused", reason=sight.reason)

    def _move(self, sight: Sight, entry: Entry, folder: str) -> None:
        self._claim.check()
        try:
            where = self._moved(sight, entry, folder, self._free(sight, entry, folder))
        except Taken:
            where = self._moved(sight, entry, folder, with_number(entry.name, sight.id))
        self._journal.moved(sight.id, where)

    def _moved(self, sight: Sight, entry: Entry, folder: str, name: str) -> str:
        where = f"{folder}/{as_kept(name)}"
        self._journal.moving(sight.id, where)
        self._server.move(entry, folder, name)
        return where

    def _free(self, sight: Sight, entry: Entry, folder: str) -> str:
        taken = self._server.find(entry.name, folder) is not None
        return with_number(entry.name, sight.id) if taken else entry.name


def _refused(sight: Sight, no: DebtFlowError) -> Sight:
    return replace(sight, state="refused", rule=no.rule or no.code, reason=no.message, hint=no.hint)


def _where(error: BaseException) -> str:
    last = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} at {last.name}:{last.lineno}"
