"""Workers and supervisors about a client's files, in processes of their own, who die where they are told to.

Run as a program with the number of rows that its steps are small by. Every act is what somebody would do again who
does not know how far it came.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

import paramiko

from services.domain.agreed import Agreed
from services.domain.alike import Map
from services.errors import Refused
from services.gateways import sftp
from services.gateways.drops import Login, Place
from services.imports import Imports, alike, release, undo
from services.imports.results import Where
from services.imports.staging import Terms, stage
from services.pull import Pull, Source, spool
from services.store import Store
from tests.pull.place import releasing
from tests.support.office import password_of
from tests.torture.births import STEPS, Job, ready, serve

KINDS: Final = {f"*{kind}*": kind for kind in ("placements", "adjustments", "payments", "recalls", "contacts")}


def pull(store: Store, job: Job) -> str:
    place = Place("127.0.0.1", job["user"], (job["host_key"],), job["folder"], job["port"])
    source = Source(
        "HXL", place, lambda: Login(key=job["key"]), settle=timedelta(0), kinds=KINDS, agreed=Agreed(no_conflicts=True)
    )

    def staged(file: Path, name: str, client: str, kind: str) -> int:
        return stage(store, file, name, client, Terms(kind=kind))

    looked = Pull(store, {"HXL": source}, Path(job["spool"]), staged, releasing(store)).pull("HXL")
    return "; ".join(f"{step.name} {step.outcome} {step.reason or ''}" for step in looked.files)


def staging(store: Store, job: Job) -> str:
    """By hand; who is told that the file is here already goes on with that batch."""
    try:
        return str(stage(store, job["data"].encode(), job["name"], "HXL", Terms(kind=job["kind"])))
    except Refused as refused:
        if refused.rule != "file-known":
            raise
        return refused.message.partition(": batch ")[2].partition(",")[0]


def fix(store: Store, job: Job) -> str:
    done = Imports(store).fix_alike(job["batch"], Map(job["column"], job["values"]), Where(state="error"))
    return f"{done.changed} fixed"


def exclude(store: Store, job: Job) -> str:
    return Imports(store).exclude(job["batch"], job["rows"], "asked for").state


def released(store: Store, job: Job) -> str:
    return Imports(store).release(job["batch"], leave_errors=job["leave_errors"]).state


def undone(store: Store, job: Job) -> str:
    return Imports(store).undo(job["batch"], "the wrong list").state


ACTS: Final[dict[str, Callable[[Store, Job], str]]] = {
    each.__name__: each for each in (pull, staging, fix, exclude, released, undone)
}


def work(job: Job) -> str:
    store = Store(job["url"], user=job["login"], password=password_of(job["login"]), size=6)
    store.open_session("torture")
    store.prove_itself()
    ready(job)
    return ACTS[job["act"]](store, job)


def small_steps(unit: int) -> None:
    """Everything that goes by thousands goes by dozens, so that there are moments between."""
    release.CHUNK = undo.CHUNK = unit + unit // 4  # type: ignore[misc]
    alike.STEP = unit // 2 + 1  # type: ignore[misc]
    sftp.BLOCK, spool.BACK, spool._CHUNK = 2048, 1024, 1024  # type: ignore[misc]
    STEPS.around(paramiko.SFTPClient, "_async_request", lambda *_: "request")


if __name__ == "__main__":
    small_steps(int(sys.argv[1]))
    serve(work)
