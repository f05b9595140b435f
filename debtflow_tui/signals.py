"""Being asked to go: the draft is written, the terminal given back, and the exit code names the signal."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable

GOING = tuple(getattr(signal, name) for name in ("SIGTERM", "SIGHUP") if hasattr(signal, name))


def exit_code(number: int) -> int:
    """What a shell reports for a program that this signal ended."""
    return 128 + number


def answer(leave: Callable[[int], None]) -> None:
    """Call ``leave`` with the exit code when the program is told to go; needs a running loop."""
    loop = asyncio.get_running_loop()
    for number in GOING:
        loop.add_signal_handler(number, leave, exit_code(number))


def let_go() -> None:
    """Write nothing more to a terminal that is gone: Python would flush once more and exit 120 instead of our code."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
