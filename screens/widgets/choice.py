"""One of a few: chosen with the arrows or by typing its first letters, as fast in a burst as any other field."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.message import Message
from textual.reactive import reactive
from textual.widget import Widget

from screens.widgets.text import plain, words


class Choice(Widget, can_focus=True):
    """A one-line choice; ``value`` is a code, shown in words."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("left", "step(-1)", "previous", show=False),
        Binding("right,space", "step(1)", "next", show=False),
        Binding("enter", "submit", "take", show=False),
    ]

    value: reactive[str] = reactive("")

    class Changed(Message):
        """Another code was chosen."""

        def __init__(self, choice: Choice, value: str) -> None:
            super().__init__()
            self.choice = choice
            self.value = value

    class Submitted(Message):
        """Enter was pressed on it."""

        def __init__(self, choice: Choice) -> None:
            super().__init__()
            self.choice = choice

    def __init__(self, codes: Sequence[str], value: str = "") -> None:
        super().__init__()
        self.codes = tuple(codes)
        self._spelled = ""
        self.set_reactive(Choice.value, value or (self.codes[0] if self.codes else ""))

    def offer(self, codes: Sequence[str]) -> None:
        """Replace what there is to choose from; what was chosen stays if it still can."""
        self.codes = tuple(codes)
        if self.value not in self.codes:
            self.value = self.codes[0] if self.codes else ""

    def render(self) -> Content:
        chosen = plain(words(self.value) or "—")
        return Content.assemble("‹ ", chosen, " ›") if self.has_focus else Content.assemble(chosen, "  ")

    def watch_value(self, value: str) -> None:
        self.post_message(self.Changed(self, value))

    def action_step(self, by: int) -> None:
        if self.codes:
            at = self.codes.index(self.value) if self.value in self.codes else 0
            self.value = self.codes[(at + by) % len(self.codes)]

    def action_submit(self) -> None:
        self.post_message(self.Submitted(self))

    def on_blur(self) -> None:
        self._spelled = ""
        self.refresh()

    def on_focus(self) -> None:
        self._spelled = ""
        self.refresh()

    def on_key(self, event: events.Key) -> None:
        if event.key == "backspace":
            self._spelled = ""
        elif event.is_printable and event.character and event.character != " ":
            self._spell(event.character)
        else:
            return
        event.stop()

    def _spell(self, letter: str) -> None:
        """Go to the first choice that starts with what was typed; a letter that leads nowhere starts afresh."""
        for spelled in (self._spelled + letter.lower(), letter.lower()):
            fitting = [code for code in self.codes if words(code).replace(" ", "").lower().startswith(spelled)]
            if fitting:
                self._spelled, self.value = spelled, fitting[0]
                return
