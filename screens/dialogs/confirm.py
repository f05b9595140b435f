"""A question with two answers; its text states the effect."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.content import Content
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.widgets import Key, KeyBar, plain


class Confirm(ModalScreen[bool]):
    """Gives True for Enter and False for Esc."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter,y", "answer(True)", "yes", id="confirm.yes"),
        Binding("escape,n,f3,f12", "answer(False)", "no", id="confirm.no"),
    ]

    def __init__(self, title: str, effect: str, verb: str, lines: Sequence[str] = ()) -> None:
        super().__init__()
        self._heading = title
        self._effect = effect
        self._verb = verb
        self._lines = lines

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(f" {self._heading} ")
            yield Static(plain(self._effect), classes="about")
            if self._lines:
                yield Static(Content("\n").join(map(plain, self._lines)), classes="about")
            yield KeyBar(Key("Enter", self._verb), Key("Esc", "stay"), always=())

    def action_answer(self, answer: bool) -> None:
        self.dismiss(answer)
