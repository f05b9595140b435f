"""Before and after, side by side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.widgets import Heading, harmless, plain
from services.audit.changes import Change, changes

if TYPE_CHECKING:
    from screens.base import Desk
    from services.audit.results import AuditEvent

NARROWEST, WIDEST = 8, 18


class ChangeDetail(VerticalScroll, can_focus=False):
    """The columns that one event changed, and where it came from."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="detail")
        self._desk = desk
        self._event: AuditEvent | None = None
        self._heading = Heading("Change", id="change-heading")
        self._table = Static("", id="change")
        self._origin = Static("", id="origin")

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._table
        yield self._origin

    def show(self, event: AuditEvent | None) -> None:
        """Show one event, or none."""
        self._event = event
        self._draw()

    def on_resize(self) -> None:
        self._draw()

    def _draw(self) -> None:
        event = self._event
        if event is None:
            self._heading.rename("Change")
            self._table.update("")
            self._origin.update("")
            return
        self._heading.rename(f"{event.act} · {event.about}")
        found = changes(event, self._desk.session.currency)
        self._table.update(Content("\n").join(_table(found, self._table.size.width or 76)))
        self._origin.update(plain(_origin(event, self._desk.local(event.at)), "$text-muted"))


def _table(found: Sequence[Change], width: int) -> Iterator[Content]:
    """Two columns of equal width; a long value goes on in the lines below its own."""
    names = [f"{change.column} {change.unit}".strip() for change in found]
    label = min(WIDEST, max(NARROWEST, *map(len, names), 0) + 2)
    half = max(8, (width - label - 2) // 2)
    yield plain(f"{'column':<{label}}{'before':<{half + 2}}after", "$text-muted")
    if not found:
        yield plain("no column that is kept", "$text-muted")
    for name, change in zip(names, found, strict=True):
        old, new = (_cut(harmless(said) or "—", half) for said in (change.before, change.after))
        for at in range(max(len(old), len(new))):
            was, now = old[at] if at < len(old) else "", new[at] if at < len(new) else ""
            yield Content.assemble(
                plain(f"{name[: label - 1] if at == 0 else '':<{label}}", "$text-muted"),
                _padded(was, half + 2, "" if change.before else "$text-muted"),
                plain(now, "bold" if change.after else "$text-muted"),
            )


def _padded(text: str, width: int, style: str) -> Content:
    shown = plain(text, style)
    return shown + " " * max(0, width - shown.cell_length)


def _cut(text: str, width: int) -> list[str]:
    """The text in lines of so many cells."""
    lines, rest = [], Content(text)
    while rest.cell_length > width:
        at = len(rest.plain)
        while Content(rest.plain[:at]).cell_length > width:
            at -= 1
        # At a space, where there is one not too far back.
        space = rest.plain.rfind(" ", at // 2, at + 1)
        cut = space + 1 if space > 0 else at
        lines.append(rest.plain[:cut].rstrip())
        rest = Content(rest.plain[cut:])
    return [*lines, rest.plain]


def _origin(event: AuditEvent, at: datetime) -> str:
    parts = (
        f"{at.day} {at:%b %Y %H:%M:%S}",
        event.origin or "",
        f"session {event.session}" if event.session is not None else "no session",
        f"transaction {event.transaction}",
    )
    return " · ".join(filter(None, parts))
