"""SFTP by paramiko, loaded only where files are fetched.

The server proves itself first: a host key that is not pinned ends the connection before we say who we are.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import socket
import stat
import struct
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from threading import Timer
from typing import Any, Final

import paramiko
from paramiko.sftp import CMD_CLOSE, CMD_HANDLE, CMD_NAME, CMD_OPENDIR, CMD_READDIR, SFTPError

from services.domain.quoting import shown
from services.errors import DebtFlowError, Misconfigured, Refused
from services.gateways.drops import (
    LOGIN,
    PERMISSION,
    SERVER,
    Entry,
    HostKeyRefused,
    Login,
    Moved,
    Place,
    ServerAway,
    Taken,
)

CONNECT: Final = 10.0
SILENCE: Final = 30.0
"""Seconds without a byte after which a server counts as lost."""

BLOCK: Final = 32_768
OUTSTANDING: Final = 256
"""Requests under way at once, and as many blocks are asked for at a time: so at most 8 MB wait in memory, and the
library's thread that asks never waits for room, which it would do for ever once the line is lost."""

MOST_FILES: Final = 100_000
LONGEST_NAME: Final = 1_000
LARGEST_SIZE: Final = 2**63 - 1

ROUND: Final = 1800.0
"""Seconds for a list of files, or for one round of blocks: a server that drips is never silent, and never ends."""

# What goes wrong is raised; the library's own log would say it a second time, with traces of its threads.
logging.getLogger("paramiko").addHandler(logging.NullHandler())
logging.getLogger("paramiko").propagate = False


@contextmanager
def connected(place: Place, login: Login) -> Iterator[Sftp]:
    """A connection to a place.

    Raises ServerAway, HostKeyRefused, Refused (``sftp-login``, ``sftp-permission``) or Misconfigured for a private key
    that cannot be read.
    """
    with _line(place) as line:
        fingerprint = _proved(line, place)
        with _told(place):
            _sign_in(line, place, login)
            client = paramiko.SFTPClient.from_transport(line)
            if client is None:
                raise ServerAway(f"{place} opens no channel", hint="ask the client whether SFTP is allowed there")
            client.get_channel().settimeout(SILENCE)
        yield Sftp(client, place, fingerprint)


def host_key(place: Place) -> tuple[str, str]:
    """The key that a server shows, as it is pinned, and its fingerprint; we do not say who we are."""
    with _line(place) as line:
        key = line.get_remote_server_key()
        return f"{key.get_name()} {key.get_base64()}", key.fingerprint


@contextmanager
def _line(place: Place) -> Iterator[paramiko.Transport]:
    with _told(place):
        raw = socket.create_connection((place.host, place.port), CONNECT)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        line = paramiko.Transport(raw)
    try:
        with _told(place):
            line.banner_timeout = line.auth_timeout = SILENCE
            _ask_for_pinned(line, place)
            line.start_client(timeout=SILENCE)
            line.set_keepalive(15)
        yield line
    finally:
        line.close()


def _ask_for_pinned(line: paramiko.Transport, place: Place) -> None:
    """A server with keys of several kinds is to show one that is pinned."""
    kinds = {each.split()[0] for each in place.host_keys}
    options = line.get_security_options()
    known = tuple(options.key_types)
    pinned = {kind for kind in known if kind in kinds or (kind.startswith("rsa-") and "ssh-rsa" in kinds)}
    options.key_types = tuple(sorted(known, key=lambda kind: kind not in pinned))


def _proved(line: paramiko.Transport, place: Place) -> str:
    key = line.get_remote_server_key()
    told = f"{key.get_name()} {key.get_base64()}"
    if told in {" ".join(each.split()[:2]) for each in place.host_keys}:
        return str(key.fingerprint)
    hint = "ask the client for the fingerprint by telephone; if it agrees, pin it in the configuration as host_key"
    what = (
        "has another host key than the one that is pinned" if place.host_keys else "has a host key that nobody pinned"
    )
    message = f"{place.host}:{place.port} {what}: {key.fingerprint}; nothing was sent or fetched"
    raise HostKeyRefused(message, shown=told, fingerprint=key.fingerprint, hint=hint)


def _sign_in(line: paramiko.Transport, place: Place, login: Login) -> None:
    if login.key is not None:
        line.auth_publickey(place.user, _private_key(login))
    elif login.password is not None:
        line.auth_password(place.user, login.password)
    else:
        raise Misconfigured(f"there is neither a key nor a password for {place}", hint="see docs/sftp.md")


def _private_key(login: Login) -> paramiko.PKey:
    for kind in (paramiko.Ed25519Key, paramiko.ECDSAKey, paramiko.RSAKey):
        with contextlib.suppress(paramiko.SSHException, ValueError, TypeError, IndexError):
            key: paramiko.PKey = kind.from_private_key(io.StringIO(login.key), login.passphrase)
            return key
    raise Misconfigured(
        "the private key for SFTP cannot be read: it is none, or its passphrase is missing or wrong",
        hint="a key as ssh-keygen writes it: ed25519, ecdsa or rsa",
    )


class Sftp:
    """An open connection: a Server."""

    def __init__(self, client: paramiko.SFTPClient, place: Place, fingerprint: str) -> None:
        self._client = client
        self._place = place
        self._fingerprint = fingerprint

    @property
    def fingerprint(self) -> str:
        return self._fingerprint

    def look(self) -> tuple[Entry, ...]:
        with _told(self._place, self._place.folder), self._hurried():
            found = list(self._listed())
        return tuple(sorted(found, key=lambda entry: entry.name))

    def find(self, name: str, folder: str = "") -> Entry | None:
        path = self._path(name, folder)
        with _told(self._place, name):
            try:
                attributes = self._client.lstat(path)
            except FileNotFoundError:
                return None
        return _entry(name, attributes)

    def read(self, entry: Entry, start: int = 0) -> Iterator[bytes]:
        path = self._path(entry.name)
        with _told(self._place, entry.name), self._client.open(path, "rb") as file:
            self._same(entry, _entry(entry.name, file.stat()))
            at = start
            while at < entry.size:
                ends = min(at + BLOCK * OUTSTANDING, entry.size)
                asked = [(each, min(BLOCK, ends - each)) for each in range(at, ends, BLOCK)]
                yield from self._round(entry, file, asked)
                at = ends
            # Written to while we read, or another put in its place: what we have is neither the one nor the other.
            self._same(entry, _entry(entry.name, file.stat()))
            self._same(entry, self.find(entry.name))

    def _round(self, entry: Entry, file: paramiko.SFTPFile, asked: Sequence[tuple[int, int]]) -> Iterator[bytes]:
        with self._hurried():
            for (_, length), block in zip(asked, file.readv(asked, OUTSTANDING), strict=True):
                if len(block) != length:
                    raise Moved(f"{shown(entry.name)} became shorter while it was read")
                yield block

    @contextmanager
    def _hurried(self) -> Iterator[None]:
        """Closes the line on a server that takes for ever: whoever waits for it then finds it lost."""
        clock = Timer(ROUND, self._client.close)
        clock.daemon = True
        clock.start()
        try:
            yield
        finally:
            clock.cancel()

    def move(self, entry: Entry, folder: str, name: str) -> None:
        self._same(entry, self.find(entry.name))
        self._make(folder)
        with _told(self._place, f"{folder}/{name}"):
            if self._exists(self._path(name, folder)):
                raise Taken(f"there is a {shown(name)} in {folder} already")
            self._client.rename(self._path(entry.name), self._path(name, folder))
        arrived = self.find(name, folder)
        if arrived is None or (arrived.size, arrived.modified_at) != (entry.size, entry.modified_at):
            self._back(entry, folder, name)

    def _back(self, entry: Entry, folder: str, name: str) -> None:
        """Another file was put in its place between our look and the rename: it goes back, to be taken as new."""
        with _told(self._place, entry.name):
            if not self._exists(self._path(entry.name)):
                self._client.rename(self._path(name, folder), self._path(entry.name))
        raise Moved(f"{shown(entry.name)} was replaced while it was being moved")

    def put(self, folder: str, name: str, data: bytes) -> None:
        self._make(folder)
        part, whole = self._path(f".{name}.part", folder), self._path(name, folder)
        with _told(self._place, f"{folder}/{name}"):
            self._client.putfo(io.BytesIO(data), part, len(data), confirm=True)
            try:
                self._client.posix_rename(part, whole)
            except OSError:  # a server without that extension
                if self._exists(whole):
                    self._client.remove(whole)
                self._client.rename(part, whole)

    def try_folders(self, folders: Sequence[str]) -> None:
        for folder in folders:
            name = ".debtflow-test"
            self.put(folder, name, b"")
            with _told(self._place, f"{folder}/{name}"):
                self._client.remove(self._path(name, folder))

    # ---- inside

    def _listed(self) -> Iterator[Entry]:
        """As the library lists, which ends at the first name that is not UTF-8."""
        ask: Any = self._client
        kind, message = ask._request(CMD_OPENDIR, self._place.folder.encode())
        if kind != CMD_HANDLE:
            raise SFTPError("expected a handle")
        handle, count = message.get_binary(), 0
        try:
            while True:
                kind, message = ask._request(CMD_READDIR, handle)
                if kind != CMD_NAME:
                    raise SFTPError("expected names")
                names = message.get_int()
                # An answer without names counts as well: there is no end of those.
                count += max(1, names)
                if count > MOST_FILES:
                    raise Refused(f"{self._place.folder} holds more than {MOST_FILES:,} files", rule=SERVER)
                for _ in range(names):
                    raw = message.get_binary()
                    message.get_binary()
                    attributes = paramiko.SFTPAttributes._from_msg(message)
                    if len(raw) <= LONGEST_NAME and not any(each in raw for each in b"/\0"):
                        entry = _entry(raw.decode("utf-8", "surrogateescape"), attributes)
                        if entry is not None:
                            yield entry
        except EOFError:
            return
        finally:
            with contextlib.suppress(Exception):
                ask._request(CMD_CLOSE, handle)

    def _path(self, name: str, folder: str = "") -> Any:
        parts = (self._place.folder.rstrip("/") or "/", *((folder,) if folder else ()), name)
        # The library takes bytes as they are, and its types say text.
        return "/".join(parts).replace("//", "/").encode("utf-8", "surrogateescape")

    def _make(self, folder: str) -> None:
        with _told(self._place, folder):
            if not self._exists(self._path(folder)):
                self._client.mkdir(self._path(folder))

    def _exists(self, path: Any) -> bool:
        try:
            self._client.lstat(path)
        except FileNotFoundError:
            return False
        return True

    def _same(self, entry: Entry, now: Entry | None) -> None:
        if now is None or (now.size, now.modified_at) != (entry.size, entry.modified_at):
            what = "is gone" if now is None else "has changed"
            raise Moved(f"{shown(entry.name)} {what} since it was listed")


def _entry(name: str, attributes: paramiko.SFTPAttributes) -> Entry | None:
    """None for a folder, a link, a device, and what the server does not measure."""
    mode, size, modified = attributes.st_mode, attributes.st_size, attributes.st_mtime
    if mode is None or size is None or modified is None or not stat.S_ISREG(mode) or size > LARGEST_SIZE:
        return None
    return Entry(name, size, datetime.fromtimestamp(modified, UTC))


@contextmanager
def _told(place: Place, what: str = "") -> Iterator[None]:
    """What the library and the system raise becomes ours."""
    try:
        yield
    except DebtFlowError:
        raise
    except paramiko.AuthenticationException:
        raise Refused(
            f"{place} does not let us in with what we have",
            rule=LOGIN,
            hint="ask the client whether our key or password is known there, and whether the user is right",
        ) from None
    except (paramiko.SSHException, EOFError, TimeoutError, ConnectionError, socket.gaierror) as error:
        raise ServerAway(f"{place} cannot be reached, or was lost: {_said(error)}", hint="it is tried again") from None
    except PermissionError:
        raise Refused(
            f"{place} does not allow us {shown(what)}",
            rule=PERMISSION,
            hint="ask the client for the right to read the files, and to make and rename files in the folder",
        ) from None
    except (ValueError, struct.error):
        raise Refused(f"{place} answers what is no SFTP", rule=SERVER, hint="tell the client") from None
    except (OSError, SFTPError) as error:
        if getattr(error, "errno", None) in (errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPIPE, errno.EBADF):
            raise ServerAway(f"{place} cannot be reached: {_said(error)}", hint="it is tried again") from None
        raise Refused(f"{place} refuses {shown(what)}: {_said(error)}", rule=SERVER) from None


def _said(error: BaseException) -> str:
    return shown(getattr(error, "strerror", None) or str(error) or type(error).__name__, 160)
