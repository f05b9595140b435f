"""A program on a pseudo-terminal, typed at and read off as a person would."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import subprocess
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress

import pyte

PATIENCE = 60.0
LOOK_EVERY = 0.05


class Console:
    """80 columns by 24 lines; every wait is for words on the screen."""

    def __init__(self, command: Sequence[str], env: Mapping[str, str], columns: int = 80, lines: int = 24) -> None:
        self._screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self._screen)
        self._master, slave = pty.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
            env={**env, "TERM": "xterm-256color", "COLUMNS": str(columns), "LINES": str(lines)},
        )  # fmt: skip
        os.close(slave)

    def type(self, text: str) -> None:
        """All of it at once, as a scanner or a fast hand does."""
        os.write(self._master, text.encode())

    @property
    def text(self) -> str:
        return "\n".join(self._screen.display)

    def wait(self, *words: str, gone: str = "") -> str:
        """The screen, once all the words stand on it and those that have to go are gone."""
        wish = f"{words}{f' without {gone}' if gone else ''}"
        return self._until(lambda text: all(word in text for word in words) and not (gone and gone in text), wish)

    def find(self, pattern: str) -> str:
        """The first group of a pattern, once it stands on one line of the screen."""
        text = self._until(lambda text: re.search(pattern, text) is not None, pattern)
        found = re.search(pattern, text)
        assert found is not None
        return found.group(1)

    def _until(self, holds: Callable[[str], bool], wish: str) -> str:
        end = time.monotonic() + PATIENCE
        while not holds(text := self.text):
            assert self.process.poll() is None, f"the program ended with {self.process.returncode}:\n{text}"
            assert time.monotonic() < end, f"waited for {wish}:\n{text}"
            self._read()
        return text

    def ended(self) -> int:
        """The exit code of the program, which is on its way out."""
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            self._read()
        return self.process.wait(1)

    def close(self) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
        with suppress(OSError):
            os.close(self._master)

    def _read(self) -> None:
        if select.select([self._master], [], [], LOOK_EVERY)[0]:
            with suppress(OSError):  # Linux ends a pseudo-terminal with an error
                self._stream.feed(_PRIVATE.sub(b"", os.read(self._master, 1 << 16)))


# Questions and modes that pyte would print or stumble over; they draw nothing.
_PRIVATE = re.compile(rb"\x1b\[[<>=][0-9;:]*[a-zA-Z]|\x1b\[\?[0-9;]*\$p")
