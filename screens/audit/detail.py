"""What one event changed: before and after side by side, where it came from, how far it is proved."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.audit.telling import moment, proved, readable
from screens.widgets import Heading, harmless, plain
from services.audit.changes import Change, changes
from services.audit.names import NO_NAMES

if TYPE_CHECKING:
    from screens.base import Desk
    from services.audit.names import Names
    from services.audit.results import AuditEvent

NARROWEST, WIDEST = 8, 18
SPARE = 2


class ChangeDetail(VerticalScroll, can_focus=False):
    """The columns that one event changed, and where it came from."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="detail")
        self._desk = desk
        self._event: AuditEvent | None = None
        self._names = NO_NAMES
        self._heading = Heading("Change", id="change-heading")
        self._table = Static("", id="change")
        self._origin = Static("", id="origin")

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._table
        yield self._origin

    def show(self, event: AuditEvent | None, names: Names) -> None:
        """Show one event, or none."""
        self._names = names
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
        reason = readable(self._desk, event.reason) if event.reason else ""
        self._heading.rename(" · ".join(filter(None, (event.who, event.act, event.about, reason))))
        width = self._table.size.width or 76
        lines = list(compared(self._desk, event, width, self._names))
        origin = _folded(origin_of(self._desk, event), width)
        # Beside the list everything has room; under it the rest is a key away.
        room = max(2, self.size.height - len(origin) - SPARE) if self.size.height else len(lines)
        if len(lines) > room:
            lines = [
                *lines[: room - 1],
                plain(f"… {len(lines) - room + 1} lines more: v shows all of it", "$text-accent"),
            ]
        self._table.update(Content("\n").join(lines))
        self._origin.update(Content("\n").join(plain(line, "$text-muted") for line in origin))
        self.scroll_home(animate=False)


def compared(desk: Desk, event: AuditEvent, width: int, names: Names) -> Iterator[Content]:
    """Only what changed, before and after; what is new or gone has one column for it."""
    found = [
        Change(each.column, readable(desk, each.before), readable(desk, each.after), each.unit)
        for each in changes(event, desk.session.currency, names)
    ]
    if not found:
        yield plain("nothing that is kept differs", "$text-muted")
    elif not event.before:
        yield from _told(found, "new", lambda change: change.after, width)
    elif not event.after:
        yield from _told(found, "gone", lambda change: change.before, width)
    else:
        yield from _beside(found, width)


def _told(found: Sequence[Change], title: str, side: Callable[[Change], str], width: int) -> Iterator[Content]:
    label = _label(found)
    yield plain(f"{'':<{label}}{title}", "$text-muted")
    for change in found:
        if value := harmless(side(change)):
            for at, line in enumerate(cut(value, max(8, width - label))):
                yield Content.assemble(_named(change, label, at), plain(line, "bold"))


def _beside(found: Sequence[Change], width: int) -> Iterator[Content]:
    """Two columns as wide as they must be; a long value goes on in the lines below its own."""
    label = _label(found)
    half = max(8, (width - label - 3) // 2)
    left = min(half, max(6, *(Content(harmless(change.before) or "—").cell_length for change in found)))
    right = max(8, width - label - left - 3)
    figures = max((len(change.after) for change in found if change.unit), default=0)
    title = f"{'before':>{left}}" if all(change.unit for change in found) else f"{'before':<{left}}"
    yield plain(f"{'':<{label}}{title}   after", "$text-muted")
    for change in found:
        old, new = cut(harmless(change.before) or "—", left), cut(harmless(change.after) or "—", right)
        for at in range(max(len(old), len(new))):
            was, now = old[at] if at < len(old) else "", new[at] if at < len(new) else ""
            yield Content.assemble(
                _named(change, label, at),
                _padded(was, left, "" if change.before else "$text-muted", right=bool(change.unit)),
                (" → " if at == 0 else "   ", "$text-muted"),
                _padded(now, figures, "bold" if change.after else "$text-muted", right=bool(change.unit)),
            )


def _label(found: Sequence[Change]) -> int:
    return min(WIDEST, max(NARROWEST, *(len(_name(change)) for change in found)) + 2)


def _name(change: Change) -> str:
    return f"{change.column} {change.unit}".strip()


def _named(change: Change, width: int, line: int) -> Content:
    return plain(f"{harmless(_name(change))[: width - 1] if line == 0 else '':<{width}}", "$text-muted")


def _padded(text: str, width: int, style: str, *, right: bool) -> Content:
    shown = plain(text, style)
    gap = Content(" " * max(0, width - shown.cell_length))
    return gap + shown if right else shown + gap


def cut(text: str, width: int) -> list[str]:
    """The text in lines of so many cells."""
    lines, rest = [], Content(text)
    while rest.cell_length > width:
        at = len(rest.plain)
        while Content(rest.plain[:at]).cell_length > width:
            at -= 1
        # At a space, where there is one not too far back.
        space = rest.plain.rfind(" ", at // 2, at + 1)
        end = space + 1 if space > 0 else at
        lines.append(rest.plain[:end].rstrip())
        rest = Content(rest.plain[end:])
    return [*lines, rest.plain]


def origin_of(desk: Desk, event: AuditEvent) -> list[str]:
    """When, from where, in which transaction; how far it is proved."""
    parts = (
        moment(desk, event.at),
        event.origin or "",
        f"session {event.session}" if event.session is not None else "no session",
        f"transaction {event.transaction}" if event.transaction else "",
    )
    return [harmless(" · ".join(filter(None, parts))), proved(desk, event)]


def _folded(lines: Sequence[str], width: int) -> list[str]:
    return [part for line in lines for part in cut(line, width)]
