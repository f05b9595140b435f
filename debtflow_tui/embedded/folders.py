"""The folders of one home: what is made, and what is left exactly as it was found.

home/                  ours if we made it or found it empty; otherwise its permissions are not touched, nor any parent's
  pg/                  all that belongs to the server
    data/  run/        the cluster; its socket
    log/               its log, in JSON, a file a day
    binaries-VERSION/  a copy of the programs, only where the server's user cannot reach the installed ones
    debtflow.conf  server.log  superuser.password  keep  *.lock
"""

from __future__ import annotations

import hashlib
import os
import stat
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from debtflow_tui.embedded.identity import Identity
from services.errors import Misconfigured

SOCKET_NAME: Final = ".s.PGSQL.5432"
# The size of sun_path less its closing zero.
SOCKET_LIMIT: Final = 107 if sys.platform == "linux" else 103
UNUSABLE: Final = frozenset('"$`\\,\n\r')  # pg_ctl hands the path to a shell, libpq splits at commas
PASSAGE: Final = 0o711  # others may pass through, not look around


@dataclass(frozen=True, slots=True)
class Folders:
    home: Path

    @property
    def server(self) -> Path:
        return self.home / "pg"

    @property
    def data(self) -> Path:
        return self.server / "data"

    @property
    def sockets(self) -> Path:
        """In the home where the path fits a socket address, else a short one of our own: the same for every user."""
        inside = self.server / "run"
        if len(os.fsencode(inside / SOCKET_NAME)) <= SOCKET_LIMIT:
            return inside
        digest = hashlib.sha256(os.fsencode(self.home)).hexdigest()[:12]
        return Path(f"/tmp/debtflow-{os.geteuid()}-{digest}")  # noqa: S108 - squatting is refused by `private`

    @property
    def log(self) -> Path:
        return self.server / "server.log"

    @property
    def journal(self) -> Path:
        return self.server / "log"

    def lock(self, name: str) -> Path:
        return self.server / f"{name}.lock"


def prepare(folders: Folders, identity: Identity) -> None:
    """Make what is missing; raises Misconfigured where the server's user could not reach it."""
    if unusable := UNUSABLE & set(str(folders.home)):
        raise Misconfigured(
            f"{folders.home} cannot be used: PostgreSQL's tools stumble over {' '.join(map(repr, sorted(unusable)))}",
            hint="set DEBTFLOW_HOME to a folder with a plainer name",
        )
    try:
        _make_home(folders.home)
        if not identity.can_enter(folders.home):
            raise Misconfigured(
                f"as root the embedded server runs as '{identity.name}', who cannot reach {folders.home}",
                hint="set DEBTFLOW_HOME to a folder that user can reach (/var/lib/debtflow), or do not run as root",
            )
        _passable(folders.server)
        private(folders.sockets, identity)
        private(folders.journal, identity)
        if not folders.log.exists():
            folders.log.touch(mode=0o600)
            identity.own(folders.log)
    except OSError as error:
        raise Misconfigured(
            f"cannot set up the embedded server in {folders.home}: {error.strerror} ({error.filename})",
            hint="set DEBTFLOW_HOME to a folder that you may write to",
        ) from error


def _make_home(home: Path) -> None:
    for missing in reversed([folder for folder in (home, *home.parents) if not folder.exists()]):
        _passable(missing)
    # `mktemp -d` and the like make an empty folder that only its maker can enter.
    if os.geteuid() == 0 and home.stat().st_uid == 0 and not any(home.iterdir()):
        home.chmod(PASSAGE)


def _passable(folder: Path) -> None:
    try:
        folder.mkdir()
    except FileExistsError:
        return
    folder.chmod(PASSAGE if os.geteuid() == 0 else 0o700)


def private(folder: Path, identity: Identity) -> None:
    """Make the folder for the server's user alone, or make sure that it is."""
    try:
        folder.mkdir(mode=0o700)
        identity.own(folder)
    except FileExistsError:
        found = folder.lstat()
        ours = found.st_uid in {os.geteuid(), identity.uid}
        if not (ours and stat.S_ISDIR(found.st_mode) and not found.st_mode & 0o077):
            raise Misconfigured(
                f"{folder} is in the way: it is not a private folder of '{identity.name}'",
                hint="find out who made it, and remove it",
            ) from None
