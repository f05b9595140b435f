"""The stand-in as a server: in a thread of a test, or as a process of its own beside the demo."""

from __future__ import annotations

import socket
from pathlib import Path
from threading import Event, Thread
from types import TracebackType
from typing import Final, Self

import uvicorn

from debtflow_tui.standin.app import Line, application
from debtflow_tui.standin.desk import Desk
from debtflow_tui.standin.guard import KEY_PREFIX, check_host
from services.errors import Misconfigured

KEY: Final = f"{KEY_PREFIX}test"


class StandIn(Desk):
    """A provider of one's own on this machine, from ``with`` to its end; ``state`` keeps what happened in a file.

    With ``settles_after``, bank debits and refunds come out by themselves after so many seconds; without, a test
    says when.
    """

    def __init__(
        self,
        port: int = 0,
        *,
        host: str = "127.0.0.1",
        state: Path | None = None,
        settles_after: int | None = None,
    ) -> None:
        check_host(host)
        super().__init__(state)
        self._socket = _bound(host, port)
        self.port: int = self._socket.getsockname()[1]
        self.url = self.origin = f"http://{f'[{host}]' if ':' in host else host}:{self.port}"
        self.key = KEY
        self._settles_after = settles_after
        self._stopped = Event()
        config = uvicorn.Config(
            application(self),
            http=Line,
            ws="none",
            lifespan="off",
            log_config=None,
            access_log=False,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._threads = [Thread(target=self._serve, name="standin", daemon=True)]
        if settles_after is not None:
            self._threads.append(Thread(target=self._settle, name="standin-settles", daemon=True))

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopped.set()
        self._server.should_exit = self._server.force_exit = True
        for thread in self._threads:
            thread.join(timeout=10)
        self._socket.close()
        self.close()

    def ended(self, seconds: float) -> bool:
        """Whether it serves no more, after waiting so long for that."""
        self._threads[0].join(seconds)
        return not self._threads[0].is_alive()

    def _serve(self) -> None:
        # Connections wait in the socket's queue until the loop runs, so nobody has to be told when that is.
        self._server.run(sockets=[self._socket])

    def _settle(self) -> None:
        while not self._stopped.wait(1):
            self.due(self._settles_after or 0)
            self.book.flush()


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Named in full: asyncio sends small answers at once only where it sees that the socket speaks TCP.
    bound = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
        bound.listen(128)
    except OSError as error:
        bound.close()
        raise Misconfigured(f"the stand-in cannot listen on {host}:{port}: {error.strerror}") from None
    return bound
