from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pull.place import Pulling, pulling
from tests.support.house import House
from tests.support.sftpd import InProcess, in_process
from tests.support.sshd import DAEMON, Daemon, daemon


@pytest.fixture(scope="session")
def _sshd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Daemon]:
    with daemon() if DAEMON else in_process(tmp_path_factory.mktemp("sftpd")) as running:
        yield running


@pytest.fixture
def sshd(_sshd: Daemon) -> Daemon:
    """A real OpenSSH server with an empty folder; the one in this process where there is none."""
    _sshd.empty()
    return _sshd


@pytest.fixture
def sftpd(tmp_path: Path) -> Iterator[InProcess]:
    """The server in this process."""
    with in_process(tmp_path / "sftpd") as running:
        yield running


@pytest.fixture
def hxl(house: House, sshd: Daemon, tmp_path: Path) -> Pulling:
    """HXL's server, looked at by HARBOR's worker."""
    return pulling(house, sshd.place, sshd.login, tmp_path / "spool")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DAEMON is None:
        mark = pytest.mark.skip(reason="NO SSHD ON THIS MACHINE: apt-get install openssh-server; not proved without it")
        for item in items:
            if item.get_closest_marker("openssh"):
                item.add_marker(mark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if DAEMON is None:
        terminalreporter.section("NO SSHD: files were fetched from a server in this process, not from OpenSSH", sep="!")
