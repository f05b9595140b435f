"""What services without a screen say of themselves: one line on stderr each, with the time."""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import UTC, datetime

Say = Callable[[str], None]


def say(words: str) -> None:
    """Write a line to whoever keeps the log; nothing in it steers a terminal."""
    plain = "".join(char if char.isprintable() else " " for char in words)
    try:
        sys.stderr.write(f"{datetime.now(UTC):%Y-%m-%d %H:%M:%SZ} {plain}\n")
        sys.stderr.flush()
    except OSError:
        pass
