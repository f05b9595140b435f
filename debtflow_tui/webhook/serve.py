"""The process around the door: its socket, its signals, its end."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import socket
from collections.abc import Iterator
from typing import Final

import uvicorn

from debtflow_tui.webhook.door import Door
from services.errors import Misconfigured

GRACE: Final = 10
AT_ONCE: Final = 500


class _Server(uvicorn.Server):
    """Ends at SIGTERM and SIGINT as a success: whoever stops a service has not found it broken."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            with contextlib.suppress(ValueError, NotImplementedError, RuntimeError):
                loop.add_signal_handler(number, self.stop)
        yield

    def stop(self) -> None:
        """Take no more requests, answer those under way, and end."""
        self.should_exit = True


def listen(host: str, port: int) -> socket.socket:
    """A listening socket: who calls from now on is answered. Port 0 takes a free one. Raises Misconfigured."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, kind, protocol, _, address = found[0]
        # Named in full: asyncio sends small answers at once only where it sees that the socket speaks TCP.
        opened = socket.socket(family, kind, protocol)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        opened.bind(address)
        opened.listen(AT_ONCE)
    except OSError as error:
        raise Misconfigured(
            f"cannot listen at {host} port {port}: {error.strerror or error}",
            hint="choose another with --port, or stop what uses it",
        ) from None
    return opened


def server(door: Door) -> _Server:
    """A server for the door; nothing of its own is logged."""
    config = uvicorn.Config(
        door.app(),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="on",
        http="h11",  # one parser, whatever else is installed: what it refuses is part of what the door answers
        loop="asyncio",
        limit_concurrency=AT_ONCE,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=GRACE,
        h11_max_incomplete_event_size=32_768,
    )
    return _Server(config)


def run(door: Door, at: socket.socket) -> None:
    """Serve until a signal says to stop."""
    asyncio.run(server(door).serve(sockets=[at]))
