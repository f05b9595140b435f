"""Pull, stage, fix, release and undo under SIGKILL: at the end all stands as if nobody had died."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.support.cluster import Cluster
from tests.support.house import House
from tests.support.sshd import DAEMON, Daemon, daemon
from tests.torture.births import People
from tests.torture.mail import Mail
from tests.torture.mailroom import Deaths, Mailroom, at_random
from tests.torture.standing import Seen, difference, ledger_hash


@pytest.fixture(scope="module")
def server() -> Iterator[Daemon]:
    if DAEMON is None:
        pytest.skip("NO SSHD ON THIS MACHINE: apt-get install openssh-server; not proved without it")
    with daemon() as running:
        yield running


class Rooms:
    """The post done without a death is done once; what it came to is what every other one has to come to."""

    def __init__(
        self, cluster: Cluster, server: Daemon, folder: Path, unit: int, play: Callable[[Mailroom], None]
    ) -> None:
        self._cluster, self._server, self._folder, self._play = cluster, server, folder, play
        self._mail, self._people = Mail(unit), People("tests.torture.importer", str(unit))
        self._clean = self._played("clean", lambda _: ())

    def close(self) -> None:
        self._people.close()

    def as_if_nobody_had_died(self, seed: int, each: int) -> int:
        """Play it with so many deaths an act; gives how many really died."""
        clean, wanted = self._clean
        room, seen = self._played(f"seed {seed}", at_random(seed, clean.took, each))
        assert difference(wanted, seen) == {}
        assert ledger_hash(seen) == ledger_hash(wanted)
        return room.killed

    def _played(self, name: str, deaths: Deaths) -> tuple[Mailroom, Seen]:
        self._server.empty()
        with self._cluster.clone() as database, closing(House(self._cluster, database)) as house:
            room = Mailroom(house, self._server, self._folder / name, self._people, self._mail, deaths)
            self._play(room)
            room.sound()
            return room, room.seen()


def a_little(room: Mailroom) -> None:
    room.begins()
    room.undo("1 placements.csv")


def everything(room: Mailroom) -> None:
    room.begins()
    room.errs()
    room.changes()
    room.ends()


def test_deaths_leave_no_trace(cluster: Cluster, server: Daemon, tmp_path: Path) -> None:
    with closing(Rooms(cluster, server, tmp_path, 4, a_little)) as rooms:
        assert rooms.as_if_nobody_had_died(1, 1) >= 4


@pytest.fixture(scope="module")
def rooms(cluster: Cluster, server: Daemon, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rooms]:
    with closing(Rooms(cluster, server, tmp_path_factory.mktemp("spool"), 20, everything)) as opened:
        yield opened


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(5))
def test_two_hundred_deaths_leave_no_trace(rooms: Rooms, seed: int) -> None:
    assert rooms.as_if_nobody_had_died(seed, 3) >= 40
