"""A long text in full."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical, VerticalScroll
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets import Key, KeyBar, plain


class Reader(ModalScreen[None]):
    """Shows a text, with ``lines`` line by line; closes on Enter or Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,escape,f3,f12", "dismiss", "close", id="reader.close"),
    ]

    def __init__(self, title: str, text: str, *, lines: bool = False) -> None:
        super().__init__()
        self._heading = title
        self._text = text.split("\n") if lines else [text]

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(f" {self._heading} ")
            with VerticalScroll(classes="about"):
                yield Static(Content("\n").join(map(plain, self._text)))
            yield KeyBar(Key("Enter", "close"), always=())

    async def action_dismiss(self, result: None = None) -> None:
        self.dismiss(result)
