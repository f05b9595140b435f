"""An SFTP server of paramiko's in this process: for password logins, and for machines without OpenSSH."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Event, Thread

import paramiko

from services.gateways.drops import Login
from tests.support.sshd import Daemon, make_key

PASSWORD = "a password of the test"


class Door(paramiko.ServerInterface):  # type: ignore[misc]
    def __init__(self, client: paramiko.PKey) -> None:
        self._client = client

    def check_auth_publickey(self, username: str, key: paramiko.PKey) -> int:
        known = username == "guest" and key == self._client
        return int(paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED)

    def check_auth_password(self, username: str, password: str) -> int:
        known = username == "guest" and password == PASSWORD
        return int(paramiko.AUTH_SUCCESSFUL if known else paramiko.AUTH_FAILED)

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return int(paramiko.OPEN_SUCCEEDED)

    def get_allowed_auths(self, username: str) -> str:
        return "publickey,password"


class Folder(paramiko.SFTPServerInterface):  # type: ignore[misc]
    """What lies below one folder of this machine."""

    root = Path()

    def _at(self, path: str) -> Path:
        return self.root / str(self.canonicalize(path)).lstrip("/")

    def list_folder(self, path: str) -> list[paramiko.SFTPAttributes] | int:
        try:
            below = sorted(self._at(path).iterdir())
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))
        return [paramiko.SFTPAttributes.from_stat(each.lstat(), each.name) for each in below]

    def lstat(self, path: str) -> paramiko.SFTPAttributes | int:
        try:
            return paramiko.SFTPAttributes.from_stat(self._at(path).lstat())
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))

    stat = lstat

    def open(self, path: str, flags: int, attr: paramiko.SFTPAttributes) -> paramiko.SFTPHandle | int:
        try:
            descriptor = os.open(self._at(path), flags, 0o644)
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))
        file = os.fdopen(descriptor, "wb" if flags & os.O_WRONLY else "r+b" if flags & os.O_RDWR else "rb")
        handle = Handle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def _does(self, work: str, *paths: str) -> int:
        try:
            getattr(os, work)(*(self._at(path) for path in paths))
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno or 0))
        return int(paramiko.SFTP_OK)

    def remove(self, path: str) -> int:
        return self._does("remove", path)

    def rename(self, oldpath: str, newpath: str) -> int:
        return int(paramiko.SFTP_FAILURE) if self._at(newpath).exists() else self._does("rename", oldpath, newpath)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._does("replace", oldpath, newpath)

    def mkdir(self, path: str, attr: paramiko.SFTPAttributes) -> int:
        return self._does("mkdir", path)


class Handle(paramiko.SFTPHandle):  # type: ignore[misc]
    def stat(self) -> paramiko.SFTPAttributes:
        self.readfile.flush()
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


@dataclass(frozen=True)
class InProcess(Daemon):
    """As the real one, with a password as well."""

    @property
    def password_login(self) -> Login:
        return Login(password=PASSWORD)


@contextmanager
def in_process(home: Path) -> Iterator[InProcess]:
    """Serve ``home/drop`` until the block ends."""
    drop = home / "drop"
    drop.mkdir(parents=True)
    for name in ("host", "other", "client"):
        make_key(home / name)
    host, client = (paramiko.Ed25519Key.from_private_key_file(str(home / name)) for name in ("host", "client"))
    served = type("Served", (Folder,), {"root": home})
    lines: list[paramiko.Transport] = []
    listener = socket.create_server(("127.0.0.1", 0))

    def accept() -> None:
        with suppress(OSError):
            while True:
                line = paramiko.Transport(listener.accept()[0])
                lines.append(line)
                line.add_server_key(host)
                line.set_subsystem_handler("sftp", paramiko.SFTPServer, served)
                line.start_server(event=Event(), server=Door(client))

    thread = Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield InProcess(listener.getsockname()[1], "guest", drop, "/drop", home, None)
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for line in lines:
            line.close()
        thread.join(5)
