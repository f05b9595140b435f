"""A client's server where files are dropped for us, in our own words; no library is loaded here.

Names are those inside the place's folder. A file is known by its name, its size and the second it was written in: a
server tells no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final, Protocol

from services.errors import DebtFlowError, Refused

HOST_KEY: Final = "sftp-host-key"
LOGIN: Final = "sftp-login"
PERMISSION: Final = "sftp-permission"
SERVER: Final = "sftp-server"


@dataclass(frozen=True, slots=True)
class Place:
    """Where files are dropped; ``host_keys`` are the lines ``TYPE BASE64`` that the server may show."""

    host: str
    user: str
    host_keys: tuple[str, ...] = ()
    folder: str = "."
    port: int = 22

    def __str__(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Login:
    """What proves who we are: a private key as text, or a password. Neither is ever shown."""

    key: str | None = field(default=None, repr=False)
    passphrase: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """A file as the server lists it."""

    name: str
    size: int
    modified_at: datetime


class ServerAway(DebtFlowError):
    """The server cannot be reached, or the line to it was lost; trying again later is right."""

    code: ClassVar[str] = "server_unavailable"
    exit_code: ClassVar[int] = 5

    def __init__(self, message: str, *, hint: str | None = None) -> None:
        super().__init__(message, rule="sftp-unreachable", hint=hint)


class HostKeyRefused(Refused):
    """The server showed a key that is not pinned; ``shown`` is its line, ``fingerprint`` what people compare."""

    def __init__(self, message: str, *, shown: str, fingerprint: str, hint: str) -> None:
        super().__init__(message, rule=HOST_KEY, hint=hint)
        self.shown = shown
        self.fingerprint = fingerprint


class Moved(Refused):
    """The file is not the one that was listed: written to, replaced or gone meanwhile."""

    def __init__(self, message: str) -> None:
        super().__init__(message, rule="sftp-moved", hint="it is looked at again")


class Taken(Refused):
    """There is a file of that name already; nothing was moved."""

    def __init__(self, message: str) -> None:
        super().__init__(message, rule=SERVER)


class Server(Protocol):
    """An open connection; every method may take long and raises ServerAway, or Refused where the server says no."""

    @property
    def fingerprint(self) -> str:
        """Of the key that the server showed, as people compare it."""

    def look(self) -> tuple[Entry, ...]:
        """The plain files in the folder, by name."""

    def find(self, name: str, folder: str = "") -> Entry | None:
        """A plain file by its name, in the folder or one below it; None where there is none."""

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        """Its bytes from ``start`` on; raises Moved where it is not, or at the end no more, what was listed."""

    def move(self, entry: Entry, folder: str, name: str) -> None:
        """Rename it into a folder below, made if missing; raises Moved, or Taken where that name is in use."""

    def put(self, folder: str, name: str, data: bytes) -> None:
        """Write a file whole or not at all, in place of one of that name."""

    def try_folders(self, folders: Sequence[str]) -> None:
        """Make these folders where they are missing, and a file in each that is removed at once."""
