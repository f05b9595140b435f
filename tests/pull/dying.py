"""A worker that is killed before and after each of its steps in turn, and the one that comes after it.

Run as a program, so that each death is a fork of a process with nothing open: arguments are one JSON document.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from services.domain.agreed import Agreed
from services.errors import Busy
from services.gateways import sftp
from services.gateways.drops import Login, Place
from services.imports import release
from services.imports.staging import Terms, stage
from services.pull import Pull, Source
from services.pull.journal import Journal
from services.pull.spool import Spool
from services.store import Store
from tests.imports.files import good
from tests.pull.place import releasing
from tests.support.office import password_of
from tests.support.sshd import Daemon

STEPS: tuple[tuple[type, str], ...] = (
    (Journal, "look"), (Journal, "fetched"), (Journal, "staging"), (Journal, "staged"), (Journal, "refused"),
    (Journal, "moving"), (Journal, "moved"), (Journal, "looked"), (Spool, "fetch"), (Spool, "_grow"),
    (sftp.Sftp, "look"), (sftp.Sftp, "find"), (sftp.Sftp, "move"), (sftp.Sftp, "put"),
    (Journal, "undecided"), (Journal, "decide"),
)  # fmt: skip
MOST = 400


class Death:
    """Comes at the given step; before it and after it count as two."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.steps = 0

    def step(self) -> None:
        self.steps += 1
        if self.steps == self.at:
            os.kill(os.getpid(), signal.SIGKILL)

    def around(self, work: Callable[..., Any]) -> Callable[..., Any]:
        def watched(*args: Any, **more: Any) -> Any:
            self.step()
            answer = work(*args, **more)
            self.step()
            return answer

        return watched

    def within(self, work: Callable[[int, Callable[[], None]], None]) -> Callable[[int, Callable[[], None]], None]:
        return lambda batch, going_on: self.around(work)(batch, self.around(going_on))

    def read(self, work: Callable[..., Iterator[bytes]]) -> Callable[..., Iterator[bytes]]:
        def watched(*args: Any, **more: Any) -> Iterator[bytes]:
            for block in work(*args, **more):
                self.step()
                yield block

        return watched


def look(told: dict[str, Any], death: Death | None) -> None:
    """One look of a worker that was started for it."""
    store = Store(told["url"], user="wally", password=password_of("wally"), size=6)
    store.open_session("test")
    release.CHUNK = 2  # type: ignore[misc]

    def staged(file: Path, name: str, client: str, kind: str) -> int:
        return stage(store, file, name, client, Terms(kind=kind))

    released = releasing(store)
    if death is not None:
        for owner, name in STEPS:
            setattr(owner, name, death.around(getattr(owner, name)))
        sftp.Sftp.read = death.read(sftp.Sftp.read)  # type: ignore[method-assign]
        staged, released = death.around(staged), death.within(released)
    place = Place("127.0.0.1", told["user"], (told["host_key"],), told["folder"], told["port"])
    source = Source("HXL", place, lambda: Login(key=told["key"]), settle=timedelta(0), agreed=Agreed())
    Pull(store, {"HXL": source}, Path(told["spool"]), staged, released).pull("HXL")


@contextmanager
def _alone() -> Iterator[None]:
    try:
        yield
    except Busy:
        os._exit(4)  # the dead one's connection is not noticed yet
    except BaseException:
        sys.excepthook(*sys.exc_info())
        os._exit(3)
    os._exit(0)


def child(told: dict[str, Any], death: Death | None = None) -> int:
    """The exit code of a look in a process of its own; negative where it was killed."""
    pid = os.fork()
    if pid == 0:
        with _alone():
            look(told, death)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def living(told: dict[str, Any]) -> None:
    for _ in range(200):
        code = child(told)
        if code != 4:
            assert code == 0, code
            return
        time.sleep(0.02)
    raise AssertionError("the dead one's claim was never let go")


def main() -> None:
    """Prints how many deaths there were before a look outlived its steps."""
    told = json.loads(sys.argv[1])
    server = Daemon(told["port"], told["user"], Path(told["drop"]), told["folder"], Path(told["drop"]), None)
    for at in range(told["first"], MOST, told["stride"]):
        server.write(f"good {at:03}.csv", good(4, f"K{at}"))
        server.write(f"bad {at:03}.csv", b"")
        living(told)
        code = child(told, Death(at))
        living(told)
        if code == 0:
            print(at)
            return
        assert code == -signal.SIGKILL, code
    raise AssertionError(f"more than {MOST} steps")


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        main()
