"""The lock: everything behind it stays as it was typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static

from screens.base import Keyboard, Working, key
from screens.dialogs.confirm import Confirm
from screens.navigation import SignOut
from screens.widgets import Entry, Form, Key, KeyBar, plain
from services.errors import DebtFlowError

Arrival = TypeVar("Arrival")


class LockScreen(Working[Arrival], ModalScreen[Arrival], Generic[Arrival]):
    """Asks the password of the person who sits here; gives what signing in gave."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("f12,ctrl+z", "sign_out", "sign out", "End the session; what was typed is kept as a draft"),
    ]

    def __init__(self, keyboard: Keyboard, user: str, enter: Callable[[str], Arrival], reason: str = "") -> None:
        super().__init__(keyboard)
        self._user = user
        self._enter = enter
        self._reason = reason
        self._form = Form(Entry("password", "Password", password=True, max_length=256, required=True))

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(f" Locked · {self._user} ")
            yield Static(plain(self._reason or "Everything you typed is still here."), classes="about")
            yield self._form
            yield self._message
            yield KeyBar(Key("Enter", "unlock"), Key("F12", "sign out"), always=())

    def trouble(self, error: DebtFlowError) -> None:
        self._form["password"].value = ""
        self.say(f"{error.message}{f': {error.hint}' if error.hint else ''}", "error")

    @on(Form.Complete)
    def unlock(self) -> None:
        """Sign in again with what is typed."""
        password = self._form["password"].editor.value
        self.act(lambda: self._enter(password), self.dismiss_with, doing="Unlocking…")

    def dismiss_with(self, arrival: Arrival) -> None:
        """Close, handing over the new connection."""
        self.dismiss(arrival)

    def action_sign_out(self) -> None:
        effect = f"The session of {self._user} ends. What was typed is kept as a draft."
        self.app.push_screen(Confirm("Sign out?", effect, "sign out"), self._sign_out)

    def _sign_out(self, sure: bool | None) -> None:
        if sure:
            self.post_message(SignOut())
