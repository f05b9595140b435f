"""The lines that every screen has: where you are, what happened, which keys there are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from textwrap import wrap
from typing import ClassVar, Literal

from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from screens.widgets.text import harmless, plain

Tone = Literal["plain", "good", "warn", "error", "busy"]
ARROW = " ▸ "
LONGEST_AGENCY = 24


@dataclass(frozen=True, slots=True)
class Place:
    """Where a screen stands in the world: environment, agency and person."""

    environment: str
    agency: str
    user: str


class TitleBar(Horizontal):
    """The first line: the way here on the left, whose database this is on the right."""

    def __init__(self, place: Place) -> None:
        super().__init__()
        self._place = place

    def compose(self) -> ComposeResult:
        yield Static(id="crumbs")
        yield Static(self._environment(), id="environment", classes=self._place.environment.lower())
        yield Static(plain(f" {self._whose()}"), id="whose")

    def show_trail(self, trail: Sequence[str]) -> None:
        """Say where the person is; the last step is the screen itself."""
        first = [Content.styled(" DebtFlow", "bold")]
        steps = [plain(f"{ARROW}{step}", "bold" if step is trail[-1] else "$text-muted") for step in trail]
        self.query_one("#crumbs", Static).update(Content("").join([*first, *steps]))

    def _environment(self) -> Content:
        return plain(f" {self._place.environment} ", "bold")

    def _whose(self) -> str:
        agency = self._place.agency
        short = agency if len(agency) <= LONGEST_AGENCY else f"{agency[: LONGEST_AGENCY - 1]}…"
        return f"{short} · {self._place.user} "


class MessageLine(Static):
    """The one line on which a screen answers; it never moves."""

    MARK: ClassVar[dict[Tone, str]] = {"plain": " ", "good": "✓", "warn": "!", "error": "✗", "busy": "…"}

    def __init__(self) -> None:
        super().__init__("", id="message")
        self._said: tuple[str, Tone] = ("", "plain")

    def say(self, text: str, tone: Tone = "plain") -> None:
        """Replace what the line says; being busy covers it only until ``calm``."""
        if tone != "busy":
            self._said = (text, tone)
        self._draw(text, tone)

    def calm(self) -> None:
        """Show again what being busy covered."""
        self._draw(*self._said)

    def _draw(self, text: str, tone: Tone) -> None:
        """The mark in front tells the tone without colour; where the line is given two, the second hangs under it."""
        self.set_classes(f"-{tone}")
        roomy = self.size.height > 1
        lines = wrap(harmless(text), max(20, self.size.width - 4)) if roomy else [text] if text else []
        marks = [f" {self.MARK[tone]} ", *["   "] * len(lines)]
        self.update(Content("\n").join(plain(mark + line) for mark, line in zip(marks, lines, strict=False)))


class Banner(Static):
    """A full-width alarm that stays until what it says is over."""

    def __init__(self) -> None:
        super().__init__("", id="banner")
        self.display = False

    def raise_alarm(self, text: str) -> None:
        """Show the banner."""
        self.update(plain(f" ⚠ {text}"))
        self.display = True

    def clear(self) -> None:
        """Take the banner away."""
        self.display = False


@dataclass(frozen=True, slots=True)
class Key:
    """One key with what it does."""

    key: str
    does: str


class KeyBar(Widget):
    """The last line: keys of this screen on the left as far as they fit, help and palette always on the right."""

    ALWAYS = (Key("Esc", "back"), Key("F1", "help"), Key("^P", "all"))

    def __init__(self, *keys: Key, always: tuple[Key, ...] = ALWAYS) -> None:
        super().__init__()
        self._keys = keys
        self._always = always

    def show(self, keys: Iterable[Key]) -> None:
        """Replace the keys, the most useful first."""
        keys = tuple(keys)
        if keys != self._keys:
            self._keys = keys
            self.refresh()

    def render(self) -> Content:
        always = Content("  ").join(map(_key, self._always))
        room = self.size.width - always.cell_length - 4
        parts: list[Content] = []
        for part in map(_key, self._keys):
            if part.cell_length + 2 > room:
                break
            room -= part.cell_length + 2
            parts.append(part)
        left = Content("  ").join(parts)
        gap = max(2, self.size.width - 2 - left.cell_length - always.cell_length)
        return Content(" ").join([Content(""), left]) + Content(" " * gap) + always


def _key(key: Key) -> Content:
    return Content.assemble((harmless(key.key), "bold $accent"), " ", (harmless(key.does), "$text-muted"))
