"""The password once more, for what must not be done from a desk that somebody left."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.base.desk import Keyboard
from screens.base.keys import key
from screens.base.working import Working
from screens.widgets import Entry, Form, Key, KeyBar, plain
from services.errors import DebtFlowError, SessionExpired


class StepUp(Working[bool], ModalScreen[bool]):
    """Gives True once ``prove`` has taken the password, False where the person thinks better of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,f3,f12", "cancel", "back", "Close without doing it"),
    ]

    def __init__(self, keyboard: Keyboard, prove: Callable[[str], object], wants: str) -> None:
        super().__init__(keyboard)
        self._prove = prove
        self._wants = wants
        self._form = Form(Entry("password", "Password", password=True, max_length=256, required=True))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(" Your password again ")
            yield Static(plain(f"{self._wants[:1].upper()}{self._wants[1:]}. It is good for five minutes."),
                         classes="about")  # fmt: skip
            yield self._form
            yield self._message
            yield KeyBar(Key("Enter", "go on"), Key("Esc", "do not do it"), always=())

    def trouble(self, error: DebtFlowError) -> None:
        self._form["password"].value = ""
        if isinstance(error, SessionExpired):
            self.dismiss(False)
            super().trouble(error)
        elif error.rule == "sign_in":
            self.say("That is not your password: type it again", "error")
        else:
            self.say(f"{error.message}{f': {error.hint}' if error.hint else ''}", "error")

    @on(Form.Complete)
    def prove(self) -> None:
        """Send what is typed, by a connection of its own."""
        password = self._form["password"].editor.value
        self.act(lambda: self._prove(password), lambda _: self.go_on(), doing="Checking…")

    def go_on(self) -> None:
        """Close; what waited for it is done now."""
        self.dismiss(True)

    def action_cancel(self) -> None:
        if not self.acting:
            self.dismiss(False)
