"""Whom PostgreSQL's programs run as: it refuses to run as root."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from services.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Identity:
    """A system user; ``dropped`` where that is not who we are."""

    uid: int
    gid: int
    name: str
    dropped: bool

    def run(self, *command: str | Path) -> subprocess.CompletedProcess[str]:
        # user= and group= need no code between fork and exec, so they are safe in a program with threads.
        return subprocess.run(
            [str(word) for word in command],
            cwd="/",
            env=_environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            start_new_session=True,
            user=self.uid if self.dropped else None,
            group=self.gid if self.dropped else None,
            extra_groups=[] if self.dropped else None,
        )

    def can_enter(self, folder: Path) -> bool:
        return not self.dropped or self.run("/bin/sh", "-c", 'test -x "$1"', "sh", folder).returncode == 0

    def own(self, path: Path) -> None:
        """Give a file or folder that we have just made to this user."""
        if self.dropped:
            os.chown(path, self.uid, self.gid)


def server_identity(home: Path) -> Identity:
    """Ourselves; as root the owner of what is there (sudo), else ``postgres``, else ``nobody``."""
    if (ours := os.geteuid()) != 0:
        return Identity(ours, os.getegid(), str(ours), dropped=False)
    for entry in _candidates(home):
        return Identity(entry.pw_uid, entry.pw_gid, entry.pw_name, dropped=True)
    raise Misconfigured(
        "PostgreSQL does not run as root, and there is neither a user 'postgres' nor a user 'nobody' to run it as",
        hint="run debtflow as an ordinary user",
    )


def _candidates(home: Path) -> Iterator[pwd.struct_passwd]:
    # initdb refuses a uid that has no name, so owners without one are passed over.
    for folder in (home / "pg" / "data", home):
        if folder.exists() and (owner := folder.stat().st_uid):
            with suppress(KeyError):
                yield pwd.getpwuid(owner)
    for name in ("postgres", "nobody"):
        with suppress(KeyError):
            yield pwd.getpwnam(name)


def _environment() -> dict[str, str]:
    # PGPORT and its kin would move our server; DEBTFLOW_PASSWORD is none of its business.
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PG", "DEBTFLOW_"))}
    return inherited | {"LC_ALL": "C"}
