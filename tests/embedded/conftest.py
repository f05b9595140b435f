"""Homes with a cluster already in them, and other processes that use one."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from debtflow_tui.embedded import EmbeddedServer

ROOT = Path(__file__).parents[2]

# Starts or joins, says the postmaster's number, and stays until its input is closed.
USER = """
import sys
from pathlib import Path
from debtflow_tui.embedded import EmbeddedServer
with EmbeddedServer(Path(sys.argv[1]), keep="keep" in sys.argv) as server:
    print((server.home / "pg/data/postmaster.pid").read_text().split()[0], flush=True)
    sys.stdin.read()
"""


class Other:
    """Another process that uses the server."""

    def __init__(self, home: Path, *words: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-c", USER, str(home), *words],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def postmaster(self) -> int:
        assert self._process.stdout
        return int(self._process.stdout.readline())

    def leave(self) -> None:
        """End it in peace, having read all that it and its children may still write to our pipe."""
        self._process.communicate(timeout=30)

    def kill(self) -> None:
        self._process.kill()
        self._process.communicate(timeout=30)


def keeper_gone(home: Path) -> None:
    """Wait until the keeper has done its work: it holds this lock for as long as it lives."""
    wait = "import fcntl, sys; fcntl.flock(open(sys.argv[1], 'r+'), fcntl.LOCK_EX)"
    # In a process of its own, so that a keeper that never ends is a failure and not a hang.
    subprocess.run([sys.executable, "-c", wait, home / "pg" / "keeper.lock"], check=True, timeout=60)


def copy(template: Path, home: Path) -> None:
    subprocess.run(["cp", "-a", template, home], check=True)  # keeps owners, which shutil does not


@pytest.fixture(scope="session")
def folder() -> Iterator[Path]:
    """A short folder that the server's user can reach (pytest's own are for their maker alone)."""
    made = Path(tempfile.mkdtemp(prefix="df-", dir="/tmp"))
    made.chmod(0o755)
    yield made
    shutil.rmtree(made)


@pytest.fixture(scope="session")
def template(folder: Path) -> Path:
    """A stopped cluster, made once."""
    home = folder / "template"
    with EmbeddedServer(home):
        pass
    keeper_gone(home)
    return home


@pytest.fixture
def new_home(folder: Path) -> Iterator[Callable[..., Path]]:
    """Makes names for homes that do not exist yet, and stops what was started in them."""
    homes: list[Path] = []

    def new_home(name: str = "home") -> Path:
        place = Path(tempfile.mkdtemp(dir=folder))
        place.chmod(0o755)
        homes.append(place / name)
        return homes[-1]

    yield new_home
    for home in homes:
        EmbeddedServer(home).stop()
        if (sockets := EmbeddedServer(home).sockets).parent == Path("/tmp"):
            shutil.rmtree(sockets, ignore_errors=True)


@pytest.fixture(scope="session")
def standing(template: Path) -> Iterator[EmbeddedServer]:
    """A running server for tests that only look."""
    home = template.with_name("standing")
    copy(template, home)
    with EmbeddedServer(home) as server:
        yield server
    server.stop()


@pytest.fixture
def home(new_home: Callable[..., Path], template: Path) -> Path:
    """A home of its own with a stopped cluster in it."""
    made = new_home()
    copy(template, made)
    return made


@pytest.fixture
def other() -> Iterator[Callable[..., Other]]:
    started: list[Other] = []

    def other(home: Path, *words: str) -> Other:
        started.append(Other(home, *words))
        return started[-1]

    yield other
    for process in started:
        process.kill()


as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root drops to another user")
