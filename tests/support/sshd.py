"""A real OpenSSH server for a test: its own keys, its own port, chrooted where the tests run as root."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from services.gateways.drops import Login, Place

DAEMON: Final = shutil.which("sshd") or next((p for p in ("/usr/sbin/sshd",) if Path(p).exists()), None)
GUEST: Final = "nobody"


@dataclass(frozen=True)
class Daemon:
    """``drop`` is the folder that clients write to; it is ``/drop`` to who signs in."""

    port: int
    user: str
    drop: Path
    folder: str
    home: Path
    process: subprocess.Popen[bytes] | None

    @property
    def place(self) -> Place:
        return Place("127.0.0.1", self.user, (self.host_key("host"),), self.folder, self.port)

    @property
    def login(self) -> Login:
        return Login(key=(self.home / "client").read_text())

    def host_key(self, name: str) -> str:
        return " ".join((self.home / f"{name}.pub").read_text().split()[:2])

    def write(self, name: str | bytes, data: bytes, *, age: int = 600) -> Path:
        """Drop a file, last written so many seconds ago."""
        path = self.drop / (name if isinstance(name, str) else os.fsdecode(name))
        path.write_bytes(data)
        _give(path, self.user)
        then = time.time() - age
        os.utime(path, (then, then))
        return path

    def empty(self) -> None:
        """Nothing in the folder any more, and everybody may write it again."""
        self.drop.chmod(0o755)
        for each in self.drop.iterdir():
            if each.is_dir():
                each.chmod(0o755)
                shutil.rmtree(each)
            else:
                each.unlink()

    def files(self, folder: str = "") -> list[str]:
        at = self.drop / folder
        return sorted(each.name for each in at.iterdir() if each.is_file()) if at.exists() else []


def _give(path: Path, user: str) -> None:
    if os.geteuid() == 0 and user == GUEST:
        entry = pwd.getpwnam(user)
        os.chown(path, entry.pw_uid, entry.pw_gid)


def make_key(path: Path, kind: str = "ed25519") -> None:
    subprocess.run(
        ["ssh-keygen", "-q", "-t", kind, "-N", "", "-C", "test", "-f", str(path)], check=True, capture_output=True
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _config(home: Path, port: int, root: bool) -> str:
    chroot = f"ChrootDirectory {home / 'root'}\n" if root else ""
    return (
        f"Port {port}\nListenAddress 127.0.0.1\nHostKey {home / 'host'}\nPidFile {home / 'pid'}\nUsePAM no\n"
        f"AuthorizedKeysFile {home / 'authorized'}\nStrictModes no\nPasswordAuthentication no\n"
        f"KbdInteractiveAuthentication no\nMaxStartups 100\nSubsystem sftp internal-sftp\n{chroot}"
        "ForceCommand internal-sftp\nAllowTcpForwarding no\nX11Forwarding no\n"
    )


@contextmanager
def daemon() -> Iterator[Daemon]:
    """Start one and stop it; only where DAEMON is there."""
    assert DAEMON is not None
    root = os.geteuid() == 0
    # Every folder above a chroot must be root's and writable by nobody else, which those of /tmp are not.
    home = Path(tempfile.mkdtemp(prefix="debtflow-sshd-", dir="/var/lib" if root else None))
    user = GUEST if root else pwd.getpwuid(os.geteuid()).pw_name
    try:
        home.chmod(0o755)
        for name in ("host", "other", "client"):
            make_key(home / name)
        shutil.copy(home / "client.pub", home / "authorized")
        drop = home / "root" / "drop"
        drop.mkdir(parents=True)
        _give(drop, user)
        if root:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        yield from _running(home, user, drop, root=root)
    finally:
        shutil.rmtree(home, ignore_errors=True)


def _running(home: Path, user: str, drop: Path, *, root: bool) -> Iterator[Daemon]:
    assert DAEMON is not None
    port = _free_port()
    (home / "config").write_text(_config(home, port, root))
    with (home / "log").open("wb") as log:
        process = subprocess.Popen([DAEMON, "-D", "-e", "-f", str(home / "config")], stderr=log)
    try:
        _await(process, port, home / "log")
        yield Daemon(port, user, drop, "/drop" if root else str(drop), home, process)
    finally:
        process.terminate()
        process.wait(10)


def _await(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    for _ in range(200):
        if process.poll() is not None:
            break
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError(f"sshd did not start: {log.read_text()}")
