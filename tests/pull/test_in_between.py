"""A worker that dies between an act and its word: what it did is found out, and is not done again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import TypeVar

import pytest
from sqlalchemy import Connection

from services.imports import Imports
from services.imports.staging import stage
from services.pull.journal import Journal
from services.store import Store
from tests.imports.files import good
from tests.pull.place import Pulling
from tests.support.office import password_of
from tests.support.sshd import Daemon

T = TypeVar("T")


class Died(BaseException):
    """Ends whatever it comes upon, as a kill would."""


class Dying(Store):
    """Whose acts have only their commit before them, and wait for it to be let go."""

    def __init__(self, url: str) -> None:
        super().__init__(url, user="wally", password=password_of("wally"))
        self.all_but_committed, self.commits = Event(), Event()

    def act(self, work: Callable[[Connection], T]) -> T:
        def waits(connection: Connection) -> T:
            done = work(connection)
            self.all_but_committed.set()
            self.commits.wait(30)
            return done

        return super().act(waits)


def test_a_commit_of_a_dead_worker_that_comes_late_is_not_the_same_file_twice(hxl: Pulling, sshd: Daemon) -> None:
    sshd.write("late.csv", good(3))
    sshd.write("other.csv", good(3, "OT"))
    last = Dying(hxl.house.url)
    last.open_session("test")

    def staged(path: Path, name: str, client: str, _kind: str) -> int:
        Thread(target=stage, args=(last, path.read_bytes(), name, client)).start()
        assert last.all_but_committed.wait(30)
        raise Died

    hxl.look()
    service = hxl.service
    service._stage = staged
    with pytest.raises(Died):
        service.pull("HXL")
    assert hxl.outcomes(hxl.look()) == {"late.csv": "waiting", "other.csv": "taken"}
    last.commits.set()
    hxl.house.su.execute("select pg_advisory_lock(4627310, debtflow.import_stage_key(1, sha256(%s)))", [good(3)])
    hxl.house.su.execute("select pg_advisory_unlock_all()")
    last.close()
    assert hxl.outcomes(hxl.look()) == {"late.csv": "taken"}
    assert [(name, state) for name, state, *_ in hxl.rows()] == [("late.csv", "taken"), ("other.csv", "taken")]
    assert (sshd.files("processed"), hxl.batches) == (["late.csv", "other.csv"], 2)


def test_a_file_whose_move_was_not_told_any_more_is_known_where_it_lies(
    hxl: Pulling, sshd: Daemon, monkeypatch: pytest.MonkeyPatch
) -> None:
    sshd.write("good.csv", good(3))
    sshd.write("bad.csv", b"")

    def dies(*_: object) -> None:
        raise Died

    hxl.look()
    for _ in range(2):
        with monkeypatch.context() as patched:
            patched.setattr(Journal, "moved", dies)
            with pytest.raises(Died):
                hxl.look()
    hxl.look()
    where = "select name, state, moved_to from debtflow.pull_file order by name"
    assert hxl.house.su.execute(where).fetchall() == [
        ("bad.csv", "quarantined", "quarantine/bad.csv"), ("good.csv", "taken", "processed/good.csv")
    ]  # fmt: skip
    Imports(hxl.house.store("bea")).reject(hxl.rows()[-1][2] or hxl.rows()[0][2], "not ours")
    hxl.look()
    assert sshd.files("processed") == []
    assert {"good.csv", "bad.csv"} <= set(sshd.files("quarantine"))
