"""The live tail: what happens now comes in on top, and the cursor stays where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.timer import Timer

from screens.audit.browsing import PAGE, BrowsingScreen
from screens.audit.telling import waits
from screens.widgets import PagedTable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from screens.audit.ports import Trail
    from screens.base import Desk
    from services.audit.results import AuditEvent, AuditPage
    from services.domain.trail import AuditQuery
    from services.errors import DebtFlowError

FOLLOW_EVERY = 2.0
PROVED_EVERY = 15
"""Looks for what is new between two looks for seals."""

MOST_ABOVE = 5 * PAGE
"""More than this is not drawn anew for every event: the first page is read instead."""


class FollowingScreen(BrowsingScreen):
    """Newer events are shown where they can be seen, and counted where they cannot."""

    def __init__(self, desk: Desk, audit: Trail, query: str = "") -> None:
        super().__init__(desk, audit, query)
        self._following = False
        self._asking_newer = False
        self._above: list[AuditEvent] = []
        self._clock: Timer | None = None
        self._ticks = 0

    def on_mount(self) -> None:
        self._clock = self.set_interval(FOLLOW_EVERY, self._tick)

    def action_follow(self) -> None:
        """Begin or end following; a line that ends in the past has nothing to follow."""
        if not self._following and self.asked.until is not None:
            self.say("until: is in the line, so nothing newer can come: take it out to follow", "warn")
            return
        self._following = not self._following
        self._say_count()
        self.say(
            "Following: what happens now comes in on top. f stops it." if self._following else "No longer following"
        )
        if self._following:
            self.look_for_newer()

    def also_said(self) -> tuple[str, ...]:
        above = f"{len(self._above)} newer ↑ Home" if self._above else ""
        return ("following" if self._following else "", above)

    def _tick(self) -> None:
        if self._following and self.on_top and not self._asking_newer:
            self.look_for_newer()
            self._ticks += 1
            if self._ticks % PROVED_EVERY == 0 and any(waits(event) for event in self._table.items[:PAGE]):
                self._look_for_seals()
        self._take_in()

    def _look_for_seals(self) -> None:
        """What waited for its seal may have it by now: only its mark is drawn anew."""
        asked = self._listed

        def came(page: AuditPage) -> None:
            waiting = {event.id for event in self._table.items if waits(event)}
            for event in page.events:
                if asked is self._listed and event.id in waiting and not waits(event):
                    self._table.replace(event)

        self.ask(lambda: self._audit.list(asked, limit=PAGE), came, topic="seals", quiet=True)

    def look_for_newer(self) -> None:
        """Ask for what has come since; where nothing is shown yet, for the first page."""
        if self._tail and self._table.items:
            self._ask_newer(self._listed, self._tail, ())
        elif not self.waiting:
            self._ask(keep=True)

    def _ask_newer(self, asked: AuditQuery, tail: str, before: tuple[AuditEvent, ...]) -> None:
        """Where more has come than one answer holds, the rest is asked for before any of it is shown."""

        def came(page: AuditPage) -> None:
            found = (*before, *page.events)
            if asked is not self._listed:
                self._asking_newer = False
                return
            if page.next is not None:
                self._ask_newer(asked, page.next, found)
                return
            self._tail = page.tail
            self._came(found)

        self._asking_newer = True
        self.ask(lambda: self._audit.newer(asked, tail), came, topic="newer", quiet=True, failed=self._did_not_come)

    def _did_not_come(self, _error: DebtFlowError) -> bool:
        self._asking_newer = False
        return False

    def _came(self, found: tuple[AuditEvent, ...]) -> None:
        self._asking_newer = False
        known = {event.id for event in (*self._above, *self._table.items[: 2 * PAGE])}
        self._above[:0] = [event for event in found if event.id not in known]
        self._take_in()

    def _take_in(self) -> None:
        """Put what has come on top, where the top is in sight."""
        row, came = self._table.cursor_row, len(self._above)
        if came and self._table.items and self._table.shows_top:
            if len(self._table.items) + came <= MOST_ABOVE:
                self._put_above()
            elif row == 0 or row + came < PAGE:
                self._ask(keep=row > 0)
                return
        self._say_count()

    def _put_above(self) -> None:
        came, self._above = self._above, []
        self._words.learn({event.who for event in came}, {event.act for event in came})
        self._total = None if self._total is None else self._total + len(came)
        self._table.put_above(came)

    def _fill(self, shown: Sequence[AuditEvent], following: str | None, *, keep: bool) -> None:
        self._above = []
        self._asking_newer = False
        super()._fill(shown, following, keep=keep)

    @on(PagedTable.Moved)
    def _reached_top(self) -> None:
        if self._above and self._table.cursor_row == 0:
            self.call_after_refresh(self._take_in)
