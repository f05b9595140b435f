"""The command line: one line at the bottom, gone as soon as it is answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.screen import ModalScreen
from textual.widgets import Input, Static

from screens.widgets import plain
from services.domain.quoting import holds_card_number
from services.errors import BadInput


class CommandLine(ModalScreen[str]):
    """Gives the line as typed once ``check`` accepts it; ``check`` raises BadInput."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f3,f12", "dismiss", "close", id="command.close"),
        Binding("up,f9", "recall", "last", id="command.recall"),
    ]

    def __init__(self, check: Callable[[str], object], text: str = "", last: str = "", hint: str = "") -> None:
        super().__init__()
        self._check = check
        self._last = last
        self._hint = Static(plain(hint), classes="hint")
        self._line = Input(text, compact=True, max_length=400, select_on_focus=False)
        self._line.cursor_blink = False

    def compose(self) -> ComposeResult:
        with Vertical(classes="command-line"):
            yield self._hint
            with Horizontal():
                yield Static(":", classes="prompt")
                yield self._line

    @on(Input.Submitted)
    def _run(self, event: Input.Submitted) -> None:
        event.stop()
        try:
            if holds_card_number(event.value):
                raise BadInput("command", "this looks like a card number: none may be typed here")
            self._check(event.value)
        except BadInput as error:
            self._hint.update(plain(f"✗ {error.message}"))
            self._hint.add_class("-wrong")
            return
        self.dismiss(event.value)

    def action_recall(self) -> None:
        self._line.value = self._last
        self._line.cursor_position = len(self._last)

    async def action_dismiss(self, result: str | None = None) -> None:
        self.dismiss(result)
