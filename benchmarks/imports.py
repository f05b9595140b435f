"""A file of placements on its way to the accounts, beside a raw COPY of the same file; and the review on that way."""

from __future__ import annotations

import multiprocessing
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Final, TypeVar

from benchmarks import placements
from benchmarks.report import Row
from benchmarks.server import YARDSTICK, Bench
from services.domain.alike import Replace
from services.imports import Imports, Where
from services.store import Store

AGENCY, CLIENT, CLERK, COLLECTORS = "LOAD", "LD", "loader", 8
SMALL: Final = 10_000
QUESTIONS: Final = 30
PAGE: Final = 100
STAGE, RELEASE, WHOLE = "stage and check / COPY", "release / COPY", "the whole way / COPY"
TARGETS: Final = {STAGE: ">= 0.5", RELEASE: ">= 0.25"}


T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Way:
    """What one file took: seconds by step, median seconds by question, rows corrected, peak megabytes."""

    rows: int
    seconds: dict[str, float] = field(default_factory=dict)
    questions: dict[str, float] = field(default_factory=dict)
    corrected: int = 0
    client: float = 0.0
    server: float = 0.0


def measure(bench: Bench, *, rows: int) -> list[Row]:
    """Steps as shares of the COPY's speed, in rows a second; memory and questions as multiples of 10,000 rows'."""
    _furnish(bench)
    with tempfile.TemporaryDirectory(prefix="debtflow-bench-") as folder:
        few = placements.write(Path(folder) / "few.csv", SMALL, 1)
        changed = placements.write(Path(folder) / "changed.csv", SMALL, 1, more=1)
        many = placements.write(Path(folder) / "many.csv", rows, 2)
        small = _apart(bench, few, SMALL)
        again = _apart(bench, changed, SMALL)
        before = _raw(bench, many)
        large = _apart(bench, many, rows)
        raw = rows / statistics.mean([before, _raw(bench, many)])
    return [*_steps(large, raw), *_each(large, again, raw), *_memory(large, small), *_questions(large, small)]


# ---- what is printed -------------------------------------------------------------------------------------------------


def _steps(large: Way, raw: float) -> list[Row]:
    staged, released = large.seconds["stage"], large.seconds["release"]
    took = {STAGE: staged, RELEASE: released, WHOLE: staged + released}
    return [_speed(f"{name}, {large.rows:,} rows", large.rows / each, raw, name) for name, each in took.items()]


def _each(large: Way, again: Way, raw: float) -> list[Row]:
    return [
        _speed(f"fix all alike, {large.corrected:,} rows / COPY", large.corrected / large.seconds["fix"], raw),
        _speed(f"stage changed accounts, {again.rows:,} rows / COPY", again.rows / again.seconds["stage"], raw),
        _speed(f"release changed accounts, {again.rows:,} rows / COPY", again.rows / again.seconds["release"], raw),
    ]


def _speed(case: str, ours: float, raw: float, target: str = "") -> Row:
    return Row("imports", case, 1, ours / raw, ours, raw, TARGETS.get(target, ""))


def _memory(large: Way, small: Way) -> list[Row]:
    beside = f"{large.rows:,} rows / {small.rows:,}"
    return [
        Row("imports", f"MB of the client, {beside}", 1, large.client / small.client, large.client, small.client),
        Row("imports", f"MB of the backend, {beside}", 1, large.server / small.server, large.server, small.server),
    ]


def _questions(large: Way, small: Way) -> list[Row]:
    """In milliseconds."""
    return [
        Row("review", f"{name}, {large.rows:,} rows / {small.rows:,}", 1, took / small.questions[name], took * 1e3,
            small.questions[name] * 1e3)
        for name, took in large.questions.items()
    ]  # fmt: skip


# ---- what is measured ------------------------------------------------------------------------------------------------


def _furnish(bench: Bench) -> None:
    crew = [f"load{k}" for k in range(COLLECTORS)]
    with bench.superuser() as connection:
        connection.execute("select debtflow.agency_create(%s, 'Load', 'UTC', 'USD')", [AGENCY])
        bench.login(AGENCY, CLERK, "supervisor")
        for name in crew:
            bench.login(AGENCY, name, "collector")
        connection.execute(
            "select debtflow.client_create(%s, %s, 'Load', 2500, '{4,3,2,1}', '2025-01-01', 'round_robin', %s)",
            [AGENCY, CLIENT, crew],
        )


def _raw(bench: Bench, path: Path) -> float:
    with bench.superuser(YARDSTICK) as connection:
        return statistics.median(placements.copy_raw(connection, path) for _ in range(3))


def _apart(bench: Bench, path: Path, rows: int) -> Way:
    """In a process of its own, whose peak memory is this file's alone."""
    context = multiprocessing.get_context("spawn")
    answers: multiprocessing.Queue[Way] = context.Queue()
    clerk = context.Process(target=_clerk, args=(bench.url, path, rows, answers))
    clerk.start()
    while clerk.is_alive() and answers.empty():
        clerk.join(0.2)
    if answers.empty():
        raise RuntimeError(f"the import of {path.name} ended without an answer")
    way = answers.get()
    clerk.join()
    return way


def _clerk(url: str, path: Path, rows: int, answers: Any) -> None:
    store = Store(url, user=CLERK, password=f"{CLERK}-bench", size=1)
    store.open_session("bench")
    store.prove_itself()
    with _Peak(store.ask(lambda c: int(c.exec_driver_sql("select pg_backend_pid()").scalar_one()))) as peak:
        way = _go(Imports(store), path, rows)
    store.close()
    client = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answers.put(Way(rows, way.seconds, way.questions, way.corrected, client, peak.megabytes))


def _go(imports: Imports, path: Path, rows: int) -> Way:
    took: dict[str, float] = {}

    def timed(step: str, work: Callable[[], T]) -> T:
        began = time.perf_counter()
        answer = work()
        took[step] = time.perf_counter() - began
        return answer

    batch = timed("stage", lambda: imports.stage(path, path.name, CLIENT)).id
    asked = {name: _median(question) for name, question in _asked(imports, batch, rows).items()}
    late = Where(rule="date-window")
    fixed = timed("fix", lambda: imports.fix_alike(batch, Replace("due_date", "1890", "2024"), late))
    timed("release", lambda: imports.release(batch))
    return Way(rows, took, asked, fixed.changed)


def _asked(imports: Imports, batch: int, rows: int) -> dict[str, Callable[[], object]]:
    page = partial(imports.rows, batch, limit=PAGE)
    middle = str(rows // 2)
    return {
        "first page": page,
        "page in the middle": partial(page, after=middle),
        "page of a rule": partial(page, rule="phone-format", after=middle),
        "page of a state": partial(page, state="error", after=middle),
        "page of a column and value": partial(page, column="creditor_name", value="Creditor 07", after=middle),
        "page of a rule, column and value": partial(
            page, rule="phone-format", column="debtor_phone", value="12", after=middle
        ),
        "findings by rule": partial(imports.findings, batch),
    }


def _median(question: Callable[[], object]) -> float:
    took = []
    for _ in range(QUESTIONS + 2):
        began = time.perf_counter()
        question()
        took.append(time.perf_counter() - began)
    return statistics.median(took[2:])


class _Peak:
    """The most memory of its own that a server process was seen with, five times a second; 0 where nobody can look."""

    def __init__(self, pid: int) -> None:
        self.megabytes = 0.0
        self._status = Path(f"/proc/{pid}/status")
        self._ended = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> _Peak:
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._watch.join()

    def _look(self) -> None:
        while not self._ended.wait(0.2):
            try:
                lines = self._status.read_text().splitlines()
            except OSError:
                return
            own = [line for line in lines if line.startswith("RssAnon:")]
            self.megabytes = max([self.megabytes, *(int(line.split()[1]) / 1024 for line in own)])
