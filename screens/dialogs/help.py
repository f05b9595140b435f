"""What the keys do here, made from the bindings themselves."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets import Key, KeyBar, plain


class Help(ModalScreen[None]):
    """Keys with what they do, then what a person should know about this screen."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,enter,f1,f3,f12,question_mark", "dismiss", "close", id="help.close"),
    ]

    def __init__(self, title: str, keys: Sequence[Key], notes: str = "") -> None:
        super().__init__()
        self._heading = title
        self._keys = keys
        self._notes = notes

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog -tall") as box:
            box.border_title = plain(f" {self._heading} ")
            with VerticalScroll():
                if self._notes:
                    yield Static(Content(_flowing(self._notes)), classes="about")
                yield Static(Content("\n").join(map(_line, self._keys)))
            yield KeyBar(Key("↑↓", "scroll"), Key("Esc", "close"), always=())

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(result)


def _flowing(notes: str) -> str:
    """Paragraphs without the line ends of their source; one that is indented is a table and keeps its lines."""
    return "\n\n".join(
        paragraph.rstrip() if paragraph.startswith(" ") else " ".join(paragraph.split())
        for paragraph in notes.split("\n\n")
    )


def _line(key: Key) -> Content:
    return Content.assemble((f" {key.key:<14}", "bold $accent"), plain(key.does))
