"""From one event to what belongs to it: its transaction, its entity, its person; and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import TYPE_CHECKING

from textual import on

from screens.audit.browsing import account_of
from screens.audit.following import FollowingScreen
from screens.navigation import (
    OpenAccount,
    OpenApprovals,
    OpenBatch,
    OpenInbox,
    OpenLife,
    OpenPaymentBatch,
    OpenPeople,
    OpenProfile,
    Travel,
)
from screens.widgets import PagedTable
from services.domain.lexer import quoted

if TYPE_CHECKING:
    from screens.audit.ports import Trail
    from screens.base import Desk
    from services.audit.results import AuditEvent

OPENED_BY = {
    "account": "account", "batch": "batch", "payment_batch": "batch", "webhook": "webhooks", "client": "profile",
    "user": "people", "approval": "questions",
}  # fmt: skip
"""What Enter opens, by the kind of what was changed."""

OVERVIEWS: Mapping[str, Callable[[], Travel]] = {
    "webhook": OpenInbox, "user": OpenPeople, "approval": OpenApprovals,
}  # fmt: skip
"""What is shown only among its like."""


def place_of(event: AuditEvent) -> Travel | None:
    """Where the thing that was changed is shown now; None where there is no screen for it."""
    kind, _, ref = event.entity.partition("/")
    number = account_of(event.entity)
    if number is not None:
        return OpenAccount(number, beside=True)
    if kind == "client":
        return OpenProfile(ref)
    if kind in OVERVIEWS:
        return OVERVIEWS[kind]()
    if not ref.isdigit():
        return None
    if kind == "batch":
        return OpenBatch(int(ref), beside=True)
    return OpenPaymentBatch(int(ref)) if kind == "payment_batch" else None


class NarrowingScreen(FollowingScreen):
    """Each key asks the line for what belongs to the event; the same key again, or Esc, takes it back."""

    def __init__(self, desk: Desk, audit: Trail, query: str = "") -> None:
        super().__init__(desk, audit, query)
        self._before: list[tuple[str, str]] = []
        """Filter lines that a key left, each with the event that the cursor stood on."""

    @property
    def enter_does(self) -> str:
        if self.in_line:
            return "to the list"
        event = self._table.current
        kind = event.entity.partition("/")[0] if event is not None else ""
        return OPENED_BY.get(kind, "")

    @on(PagedTable.Opened)
    def action_open(self) -> None:
        """Go to what was changed; coming back finds the cursor where it was."""
        event = self._table.current
        if event is None:
            return
        place = place_of(event)
        if place is None:
            self.say(f"There is no screen for {event.about}: y shows what it was")
        else:
            self.post_message(place)

    def action_transaction(self) -> None:
        """The moment is named too: without it the whole trail would have to be searched."""
        event = self._table.current
        around = ""
        if event is not None:
            if not event.transaction:
                self.say("This is no change: it stands alone")
                return
            at = self.desk.local(event.at)
            since, until = at - timedelta(minutes=10), at + timedelta(minutes=11)
            around = f"tx:{event.transaction} since:{since:%Y-%m-%dT%H:%M} until:{until:%Y-%m-%dT%H:%M}"
        self._narrow("tx:", around)

    def action_entity(self) -> None:
        event = self._table.current
        self._narrow("entity:", f"entity:{quoted(event.entity)}" if event is not None else "")

    def action_who(self) -> None:
        event = self._table.current
        self._narrow("who:", f"who:{quoted(event.who)}" if event is not None else "")

    def action_life(self) -> None:
        """The life of what was changed, beginning at this event."""
        self.with_event(lambda event: self.post_message(OpenLife(event.entity, event.at)))

    def _narrow(self, begins: str, line: str) -> None:
        """Ask for what is related to the event under the cursor; the same key again goes back."""
        if self._before and (self._line.value.startswith(begins) or not line):
            self._widen()
        elif line:
            event = self._table.current
            self._before.append((self._line.value, str(event.id) if event is not None else ""))
            self._cursor_on = self._before[-1][1]
            self._ask_for(line)

    def _widen(self) -> None:
        line, self._cursor_on = self._before.pop()
        self._ask_for(line)

    def action_back(self) -> None:
        if self.in_line and self._table.items:
            self._table.focus()
        elif self._before:
            self._widen()
        else:
            super().action_back()
