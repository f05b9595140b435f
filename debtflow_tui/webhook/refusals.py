"""Anybody can send rubbish: what is refused is written down sparingly, and the rest is counted."""

from __future__ import annotations

import time
from typing import Final

A_MINUTE: Final = 60


class Sparing:
    """Lets some refusals a minute be kept; those between are told of with the next that is."""

    def __init__(self, a_minute: int = A_MINUTE) -> None:
        self._a_minute = a_minute
        self._left = float(a_minute)
        self._at = time.monotonic()
        self._passed_over = 0

    def enter(self) -> int | None:
        """How many were passed over since the last one that was kept, or None where this one is passed over, too."""
        now = time.monotonic()
        self._left = min(self._a_minute, self._left + (now - self._at) * self._a_minute / 60)
        self._at = now
        if self._left < 1:
            self._passed_over += 1
            return None
        self._left -= 1
        more, self._passed_over = self._passed_over, 0
        return more

    def missed(self) -> None:
        """The one that was to be kept could not be."""
        self._passed_over += 1
