"""Failed sign-ins, read from the server's JSON log: in SQL they leave nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from services.store import Store

BLOCK: Final = 4_000_000
MOST: Final = 5_000
"""Failures that one step takes."""

REFUSED: Final = ("28P01", "28000")
PLACE: Final = "select file, place from debtflow.signin_log_place()"
TAKE: Final = "select debtflow.signin_failures_take(%s, %s, %s, %s, %s::jsonb)"
TROUBLE: Final = "select debtflow.signin_log_trouble(%s)"

Failure = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class Step:
    """A stretch of the log: where it ends, and the failed sign-ins in it."""

    file: str
    place: int
    failures: list[Failure]


class Failures:
    """For an agency's worker; ``log`` is the folder of the server's JSON log, None where nobody named it."""

    def __init__(self, store: Store, log: Path | None) -> None:
        self._store = store
        self._log = log

    def read(self) -> int:
        """Take what the log has that is new, and say how many failed sign-ins of the agency were in it.

        The first time it only finds out where the log ends. Where the log cannot be read the doctor says why.
        """
        if self._log is None:
            return 0
        try:
            return self._read(self._log)
        except OSError as error:
            told = f"{error.filename or self._log}: {error.strerror or error}"
            self._store.act(lambda c: c.exec_driver_sql(TROUBLE, (told,)))
            return 0

    def _read(self, log: Path) -> int:
        file, place = self._store.ask(lambda c: c.exec_driver_sql(PLACE).one())
        place, taken = place or 0, 0
        for step in steps(log, file, place):
            taken += self._take((file, place, step.file, step.place, json.dumps(step.failures)))
            file, place = step.file, step.place
        return taken

    def _take(self, values: tuple[object, ...]) -> int:
        return self._store.act(lambda c: int(c.exec_driver_sql(TAKE, values).scalar_one()))


def steps(log: Path, file: str | None, place: int) -> Iterator[Step]:
    """What stands in the log after a place of it; raises OSError where it cannot be read."""
    found = sorted((path for path in log.iterdir() if path.suffix == ".json"), key=_written)
    if not found:
        raise FileNotFoundError(None, "there is no JSON log here: set log_destination = 'jsonlog'", str(log))
    names = [path.name for path in found]
    if file is None:
        yield Step(names[-1], _whole(found[-1]), [])
        return
    # A file that is gone was read long ago; those after it are newer than what is left.
    following = found[names.index(file) :] if file in names else found[-1:]
    for path in following:
        yield from _of_file(path, place if path.name == file else 0)


def _written(path: Path) -> tuple[int, str]:
    return path.stat().st_mtime_ns, path.name


def _whole(path: Path) -> int:
    """Where the last whole line ends."""
    with path.open("rb") as stream:
        size = stream.seek(0, 2)
        stream.seek(max(0, size - BLOCK))
        last = stream.read()
    return size - (len(last) - (last.rfind(b"\n") + 1))


def _of_file(path: Path, place: int) -> Iterator[Step]:
    with path.open("rb") as stream:
        # Shorter than it was: begun anew under the same name.
        at = place if place <= stream.seek(0, 2) else 0
        stream.seek(at)
        failures: list[Failure] = []
        read = 0
        for line in stream:
            if not line.endswith(b"\n"):
                break
            at, read = at + len(line), read + len(line)
            if (failure := _failure(line)) is not None:
                failures.append(failure)
            if read >= BLOCK or len(failures) >= MOST:
                yield Step(path.name, at, failures)
                failures, read = [], 0
    # Always one more, so that it is known how long ago somebody looked.
    yield Step(path.name, at, failures)


def _failure(line: bytes) -> Failure | None:
    if not any(code.encode() in line for code in REFUSED):
        return None
    try:
        said: dict[str, Any] = json.loads(line)
    except ValueError:
        return None
    if said.get("error_severity") != "FATAL" or said.get("state_code") not in REFUSED:
        return None
    return {"at": _moment(str(said.get("timestamp", ""))), "login": said.get("user"), "host": said.get("remote_host")}


def _moment(text: str) -> str | None:
    """The time of a line where the log is kept in UTC; an abbreviation of another zone may mean several."""
    moment, _, zone = text.rpartition(" ")
    if zone not in ("UTC", "GMT"):
        return None
    try:
        return datetime.fromisoformat(moment).replace(tzinfo=UTC).isoformat()
    except ValueError:
        return None
