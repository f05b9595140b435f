from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pull.place import Pulling, pulling
from tests.support.house import House
from tests.support.sshd import DAEMON, Daemon, daemon


@pytest.fixture(scope="session")
def _sshd() -> Iterator[Daemon]:
    with daemon() as running:
        yield running


@pytest.fixture
def sshd(_sshd: Daemon) -> Daemon:
    """A real OpenSSH server with an empty folder; without one the tests that need it say so."""
    _sshd.empty()
    return _sshd


@pytest.fixture
def hxl(house: House, sshd: Daemon, tmp_path: Path) -> Pulling:
    """HXL's server, looked at by HARBOR's worker."""
    return pulling(house, sshd.place, sshd.login, tmp_path / "spool")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if DAEMON is None:
        mark = pytest.mark.skip(reason="NO SSHD ON THIS MACHINE: apt-get install openssh-server; not proved without it")
        for item in items:
            if {"sshd", "_sshd"} & set(getattr(item, "fixturenames", ())):
                item.add_marker(mark)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if DAEMON is None:
        terminalreporter.section("NO SSHD: the tests against a real OpenSSH server did not run", sep="!")
