"""A small form above a screen that sends what it was given and stays open until it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar
from uuid import UUID, uuid4

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen, ScreenResultType
from textual.widgets import Static

from screens.base.desk import Desk
from screens.base.keys import key
from screens.base.working import Working
from screens.dialogs.confirm import Confirm
from screens.navigation import Lock
from screens.widgets import Entry, Form, Key, KeyBar, plain
from services.errors import BadInput, Busy, DebtFlowError, Unreachable

T = TypeVar("T")


class FormDialog(Working[ScreenResultType], ModalScreen[ScreenResultType]):
    """A form in a box: Enter advances, the last Enter sends, Esc leaves and asks only where something was typed.

    A subclass gives its ``entries()`` and sends in ``send()``, by ``act()``; it dismisses itself with what came back.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,f3,f12", "cancel", "back", "Close without sending"),
        key("ctrl+l", "lock", "lock", "Lock the screen; everything typed stays", show=False),
        key("f10,ctrl+s", "send", "send", "Send without going through the remaining fields", priority=True),
    ]

    def __init__(self, desk: Desk, title: str, about: str = "", verb: str = "save") -> None:
        super().__init__(desk.keyboard, desk.stop_reading)
        self.desk = desk
        self._heading = title
        self._about = about
        self._verb = verb
        self._submission = uuid4()
        self.form = Form(*self.entries())

    def entries(self) -> tuple[Entry, ...]:
        """The fields, in the order they are typed in."""
        raise NotImplementedError

    def send(self) -> None:
        """Send what the form holds; it has been checked field by field."""
        raise NotImplementedError

    def prover(self) -> Callable[[str], object] | None:
        return self.desk.step_up

    def act_once(self, deed: Callable[[UUID], T], done: Callable[[T], None], *, doing: str = "Saving…") -> None:
        """Write under this form's submission id: a repeat after an open outcome writes nothing twice."""
        submission = self._submission
        self.act(lambda: deed(submission), done, doing=doing, failed=self._submission_answered)

    def _submission_answered(self, error: DebtFlowError) -> bool:
        """Only an answer ends a submission; without one the same id makes repeating safe."""
        if not isinstance(error, Busy | Unreachable):
            self._submission = uuid4()
        return False

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(f" {self._heading} ")
            if self._about:
                yield Static(plain(self._about, "$text-muted"), classes="about")
            yield self.form
            yield self._message
            yield KeyBar(
                Key("Enter", f"next, then {self._verb}"), Key("F10", self._verb), Key("Esc", "back"), always=()
            )

    def bad_input(self, error: BadInput) -> None:
        if not self.form.show_error(error.field, error.message):
            self.say(error.message, "error")

    @on(Form.Complete)
    def action_send(self) -> None:
        if not self.acting and self.form.check():
            self.send()

    def action_lock(self) -> None:
        self.post_message(Lock())

    def action_cancel(self) -> None:
        if self.acting:
            self.say("Wait for the outcome", "warn")
        elif not self.form.changed:
            self.dismiss(None)
        else:
            self.app.push_screen(Confirm("Close this?", "What you typed has not been sent.", "close"), self._close)

    def _close(self, sure: bool | None) -> None:
        if sure:
            self.dismiss(None)
