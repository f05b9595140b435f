"""What goes wrong on request: a queue of faults, each for the next calls that it fits."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from typing import Final, Literal, get_args

from debtflow_tui.standin.problems import invalid

FaultKind = Literal["drop_before", "drop_after", "timeout", "slow", "429", "500"]
KINDS: Final = get_args(FaultKind)


@dataclass(slots=True)
class Fault:
    """``skip`` calls pass first, then it strikes ``times`` calls whose method and path fit.

    ``drop_before`` hangs up with nothing done, ``drop_after`` with all done and no answer. ``timeout`` says nothing
    for ``seconds`` and hangs up; ``slow`` takes that long, with the idempotency key held, and answers. ``done`` says
    whether the work behind a ``timeout`` or a ``500`` was done; a 500 after the work stays the answer for that key.
    """

    kind: FaultKind
    path: str = "/v1/"
    method: str = "POST"
    times: int = 1
    skip: int = 0
    seconds: float = 30.0
    done: bool = False

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise invalid(f"A fault is one of {', '.join(KINDS)}", param="kind")

    def fits(self, method: str, path: str) -> bool:
        return self.method in ("*", method) and self.path in path


class Faults:
    """The queue; the first fault that fits a call is the one that strikes."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._queue: list[Fault] = []

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._queue.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._queue.clear()

    def waiting(self) -> tuple[Fault, ...]:
        with self._lock:
            return tuple(self._queue)

    def take(self, method: str, path: str) -> Fault | None:
        """What strikes this call, if anything; it counts down."""
        with self._lock:
            for fault in self._queue:
                if fault.fits(method, path):
                    if fault.skip:
                        fault.skip -= 1
                        continue
                    fault.times -= 1
                    if not fault.times:
                        self._queue.remove(fault)
                    return fault
        return None
