"""What was kept of one thing at an instant, beside what is kept of it now."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Static

from screens.audit.detail import cut
from screens.audit.telling import apart, moment, readable
from screens.widgets import Heading, harmless, plain
from services.audit.changes import Change, kept
from services.audit.names import NO_NAMES

if TYPE_CHECKING:
    from screens.base import Desk
    from services.audit.names import Names
    from services.audit.results import EntityState

WIDEST = 18


class StatePane(VerticalScroll, can_focus=True):
    """Each column then; where it differs, now beside it. ▸ marks what the act under the cursor has changed."""

    def __init__(self, desk: Desk) -> None:
        super().__init__(id="state")
        self._desk = desk
        self._heading = Heading("As it was", id="state-heading")
        self._lines = Static("", id="columns")
        self._names = NO_NAMES
        self._shown: tuple[EntityState, EntityState | None, Collection[str]] | None = None
        self.only_differing = False

    def compose(self) -> ComposeResult:
        yield self._heading
        yield self._lines

    def on_resize(self) -> None:
        self._draw()

    def show(self, then: EntityState, now: EntityState | None, touched: Collection[str], names: Names) -> None:
        """Show one instant; ``touched`` are the columns, in words, that were changed at it."""
        self._names = names
        self._shown = (then, now, touched)
        self._draw()

    def clear(self, said: str = "") -> None:
        """Nothing is known of that instant."""
        self._shown = None
        self._heading.rename("As it was")
        self._lines.update(plain(said, "$text-muted"))

    def draw_again(self) -> None:
        self._draw()

    def _draw(self) -> None:
        if self._shown is None:
            return
        then, now, touched = self._shown
        span = then.at - then.since if then.since is not None else timedelta()
        held = f", so for {apart(span)}" if span >= timedelta(seconds=1) else ""
        self._heading.rename(f"As it was {moment(self._desk, then.at)}{held}")
        width = (self._lines.size.width or 76) - 1
        self._lines.update(Content("\n").join(self._told(then, now, touched, width)))

    def _told(
        self, then: EntityState, now: EntityState | None, touched: Collection[str], width: int
    ) -> Iterator[Content]:
        currency = self._desk.session.currency
        was = {change.column: change for change in kept(then.columns, currency, self._names)}
        known = now.columns if now is not None else then.columns
        is_ = {change.column: change for change in kept(known, currency, self._names)}
        if not was:
            yield plain("It was not there yet, or nothing was kept of it.", "$text-muted")
            return
        names = [name for name in dict.fromkeys([*was, *is_]) if not self.only_differing or _differs(name, was, is_)]
        label = min(WIDEST, max((len(_name(name, was, is_)) for name in names), default=6)) + 4
        half = max(10, (width - label - 2) // 2)
        figures = max((len(each.after) for side in (was, is_) for each in side.values() if each.unit), default=0)
        title = "now, where it differs" if half >= len("now, where it differs") else "now"
        yield plain(f"{'':<{label}}{'then':<{half + 2}}{title}", "$text-muted")
        if not names:
            yield plain("  nothing differs: it is now as it was then", "$text-muted")
        for name in names:
            old, new = (self._value(side.get(name), figures) for side in (was, is_))
            differs = _differs(name, was, is_)
            sides = cut(old or "—", half if differs else max(half, width - label)), cut(new or "—", half)
            for at in range(max(len(sides[0]), len(sides[1]) if differs else 0)):
                left = sides[0][at] if at < len(sides[0]) else ""
                right = sides[1][at] if differs and at < len(sides[1]) else ""
                mark = "▸ " if name in touched and at == 0 else "  "
                said = harmless(_name(name, was, is_))[: label - 3] if at == 0 else ""
                yield Content.assemble(
                    plain(mark, "bold $text-accent"),
                    plain(f"{said:<{label - 2}}", "$text-muted"),
                    _padded(plain(left, "bold" if name in touched else ""), half + 2),
                    plain(right, "$text-accent"),
                )

    def _value(self, change: Change | None, figures: int) -> str:
        """Figures stand under each other."""
        if change is None:
            return ""
        said = harmless(readable(self._desk, change.after))
        return f"{said:>{figures}}" if change.unit else said


def _differs(name: str, was: dict[str, Change], now: dict[str, Change]) -> bool:
    return (was[name].after if name in was else "") != (now[name].after if name in now else "")


def _name(name: str, was: dict[str, Change], now: dict[str, Change]) -> str:
    unit = (was.get(name) or now[name]).unit
    return f"{name} {unit}".strip()


def _padded(shown: Content, width: int) -> Content:
    return shown + " " * max(0, width - shown.cell_length)
