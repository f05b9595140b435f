"""A way to the server that can be cut: between the question and its answer, or altogether."""

from __future__ import annotations

import contextlib
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import quote

SOCKET = ".s.PGSQL.5432"


class Proxy:
    """Passes everything on; with ``lose_answer_to`` set, the first question that holds those bytes is carried out
    and never answered."""

    def __init__(self, upstream: Path) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="dfp-"))
        self.lose_answer_to: bytes | None = None
        self.lost = 0
        self._upstream = str(upstream / SOCKET)
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.folder / SOCKET))
        self._listener.listen()
        self._open: list[socket.socket] = []
        Thread(target=self._accept, daemon=True).start()

    def url(self, database: str) -> str:
        return f"postgresql:///{database}?host={quote(str(self.folder))}"

    def cut(self) -> None:
        """Cut every connection under way; new ones are still let in."""
        while self._open:
            _close(self._open.pop())

    def close(self) -> None:
        """Refuse from now on."""
        _close(self._listener)
        self.cut()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.socket(socket.AF_UNIX)
                server.connect(self._upstream)
                self._open += [client, server]
                deaf = [False]
                Thread(target=self._ask, args=(client, server, deaf), daemon=True).start()
                Thread(target=self._answer, args=(server, client, deaf), daemon=True).start()

    def _ask(self, client: socket.socket, server: socket.socket, deaf: list[bool]) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if self.lose_answer_to is not None and self.lose_answer_to in data:
                    self.lose_answer_to, deaf[0] = None, True
                server.sendall(data)
        _close(server)

    def _answer(self, server: socket.socket, client: socket.socket, deaf: list[bool]) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if deaf[0]:
                    # Whatever was asked is done: the server says so only afterwards.
                    self.lost += 1
                    break
                client.sendall(data)
        _close(client)


def _close(end: socket.socket) -> None:
    with contextlib.suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()


@contextlib.contextmanager
def proxy_to(upstream: Path) -> Iterator[Proxy]:
    proxy = Proxy(upstream)
    try:
        yield proxy
    finally:
        proxy.close()
