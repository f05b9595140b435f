"""Every step of a process to the database and the provider, counted, and the one at which it dies by SIGKILL."""

from __future__ import annotations

import http.client
import os
import signal
from collections.abc import Callable
from typing import Any

import psycopg

from services.gateways.line import Line


class Steps:
    """Two steps around every statement (BEGIN and COMMIT are statements), four around every call."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self._last: int | None = None

    def begin(self, last: int | None) -> None:
        """From now on; the process dies when it comes to its ``last`` step."""
        self.taken, self._last = [], last

    def step(self, name: str) -> None:
        self.taken.append(name)
        if len(self.taken) == self._last:
            os.kill(os.getpid(), signal.SIGKILL)

    def watch(self) -> None:
        """Look on at what this process does; nothing but the test's own process is changed by it."""
        self.around(psycopg.Cursor, "execute", _words)
        self.around(psycopg.AsyncCursor, "execute", _words)
        self.around(Line, "request", lambda *_: "call")
        self.around(http.client.HTTPConnection, "getresponse", lambda *_: "answer")

    def around(self, owner: type, name: str, what: Callable[..., str]) -> None:
        """Every call of this method is two steps as well."""
        really: Callable[..., Any] = getattr(owner, name)

        def watched(*given: Any, **named: Any) -> Any:
            self.step(f"before {what(*given[1:])}")
            done = really(*given, **named)
            self.step(f"after {what(*given[1:])}")
            return done

        setattr(owner, name, watched)


def _words(query: object, *_: object) -> str:
    text = query.decode() if isinstance(query, bytes) else str(query)
    return " ".join(text.split())[:60]
