"""What every screen at one desk shares: who sits there, the keyboard, the clock, the drawer for drafts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol

from screens.widgets import Place

if TYPE_CHECKING:
    from services.access.results import Session

Draft = Mapping[str, str]


class Keyboard(Protocol):
    """Keys can be kept back while something must not be interrupted."""

    def hold_keys(self, cut_through: frozenset[str] = frozenset()) -> None: ...
    def deliver_keys(self) -> None: ...
    def discard_keys(self) -> int: ...


class Drafts(Protocol):
    """Where what was typed survives the screen, the session and the process."""

    def keep(self, form: str, draft: Draft) -> None: ...
    def recall(self, form: str) -> Draft | None: ...
    def drop(self, form: str) -> None: ...


@dataclass
class Desk:
    """One place to work at; ``session`` is replaced when it is renewed or the screen unlocked.

    ``copy`` puts text on the person's clipboard and says in words where it went; ``stop_reading`` cancels on the server
    what a newer question has made pointless; ``step_up`` takes the person's password once more, in a thread.
    """

    session: Session
    environment: str
    keyboard: Keyboard
    drafts: Drafts
    now: Callable[[], datetime]
    stop_reading: Callable[[], None] = field(default=lambda: None)
    copy: Callable[[str], str] = field(default=lambda text: f"{len(text)} characters copied")

    step_up: Callable[[str], object] | None = None

    @property
    def place(self) -> Place:
        return Place(self.environment, self.session.agency_name, self.session.user)

    @property
    def today(self) -> date:
        """The agency's own date."""
        return self.local(self.now()).date()

    def local(self, at: datetime) -> datetime:
        """The same moment on the agency's clock."""
        from zoneinfo import ZoneInfo  # not before the first paint

        return at.astimezone(ZoneInfo(self.session.zone))
