"""How fast long work goes, and how long it still takes."""

from __future__ import annotations

from collections.abc import Callable

_SETTLED = 1.0


class Pace:
    """Counts from the first word on, not what was done before it; ``clock`` gives seconds that never go back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began: tuple[float, int] | None = None

    def words(self, done: int, total: int | None) -> str:
        """``3,100 rows/s · 2 min left``; nothing before a second has passed, no time where the end is not known."""
        now = self._clock()
        if self._began is None or done < self._began[1]:
            self._began = now, done
        since, first = self._began
        if now - since < _SETTLED or done == first:
            return ""
        rate = (done - first) / (now - since)
        said = f"{rate:,.0f} rows/s" if rate >= 1 else "less than 1 row/s"
        return said if total is None or total <= done else f"{said} · {lasting((total - done) / rate)} left"


def lasting(seconds: float) -> str:
    """A length of time in the one or two units that matter."""
    whole = max(1, round(seconds))
    if whole < 90:
        return f"{whole} s"
    if whole < 90 * 60:
        return f"{round(whole / 60)} min"
    hours, minutes = divmod(round(whole / 60), 60)
    return f"{hours} h {minutes:02} min"
