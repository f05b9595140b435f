"""One field of a form: label, editor, what it was understood as, and its error underneath."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from screens.widgets.choice import Choice
from screens.widgets.text import plain
from services.domain.quoting import holds_card_number
from services.errors import BadInput

CARD_NUMBER = "looks like a card number: none may be typed here. Its last 4 digits are enough"

Check = Callable[[str], str]
"""Gives how the typed text was understood ("28 Nov 2026, Saturday"); raises BadInput."""


def _echo_nothing(_text: str) -> str:
    return ""


class Entry(Vertical):
    """A labelled editor; ``name`` is the field's name in the form and in a BadInput."""

    class Changed(Message):
        """What the field holds has changed."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Entered(Message):
        """Enter was pressed in the field."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    def __init__(
        self,
        name: str,
        label: str,
        value: str = "",
        *,
        codes: Sequence[str] | None = None,
        check: Check = _echo_nothing,
        required: bool = False,
        placeholder: str = "",
        max_length: int = 200,
        password: bool = False,
        width: int | None = None,
    ) -> None:
        super().__init__(name=name)
        self.field = name
        self.label = label
        self.initial = value
        self._check = check
        self._required = required
        self._echo = Static("", classes="echo")
        self._error = Static("", classes="field-error")
        self.editor: Input | Choice
        if codes is not None:
            self.editor = Choice(codes, value)
            self.initial = self.editor.value
        else:
            self.editor = Input(
                value, placeholder, max_length=max_length, password=password, compact=True, select_on_focus=False
            )
            self.editor.cursor_blink = False
        if width is not None:
            self.editor.styles.width = width

    def compose(self) -> ComposeResult:
        with Horizontal(classes="entry-line"):
            yield Static(plain(self.label), classes="label")
            yield self.editor
            yield self._echo

    def on_mount(self) -> None:
        self._show_echo()

    @property
    def value(self) -> str:
        return self.editor.value.strip() if isinstance(self.editor, Input) else self.editor.value

    @value.setter
    def value(self, text: str) -> None:
        self.editor.value = text
        if isinstance(self.editor, Input):
            self.editor.cursor_position = len(text)

    def offer(self, codes: Sequence[str]) -> None:
        """Replace what a choice chooses from."""
        if isinstance(self.editor, Choice):
            self.editor.offer(codes)

    @property
    def changed(self) -> bool:
        """Whether it no longer holds what it was opened with."""
        return self.value != self.initial

    def check(self) -> bool:
        """Check what was typed, show the error or take it away, and say whether it can stand."""
        try:
            if self._required and not self.value:
                raise BadInput(self.field, f"{self.label} is missing")
            self._refuse_card_number()
            self._echo.update(plain(self._check(self.value) if self.value else "", "$text-muted"))
        except BadInput as error:
            self.show_error(error.message if error.hint is None else f"{error.message}: {error.hint}")
            return False
        self.clear_error()
        return True

    def _refuse_card_number(self) -> None:
        """Wherever somebody can type, a card number is refused before it goes anywhere."""
        if isinstance(self.editor, Input) and not self.editor.password and holds_card_number(self.value):
            raise BadInput(self.field, CARD_NUMBER)

    def show_error(self, message: str) -> None:
        """Say under the field what is wrong with it."""
        self._error.update(plain(f"✗ {message}"))
        self._error.display = True
        if not self._error.is_attached:
            self.mount(self._error)
        self.add_class("-wrong")

    def clear_error(self) -> None:
        """Take the error away."""
        self._error.display = False
        self.remove_class("-wrong")

    def _show_echo(self) -> None:
        try:
            echo = self._check(self.value) if self.value else ""
        except BadInput:
            echo = ""
        self._echo.update(plain(echo, "$text-muted"))

    @on(Input.Changed)
    @on(Choice.Changed)
    def _editor_changed(self, event: Message) -> None:
        event.stop()
        self.clear_error()
        self._show_echo()
        self.post_message(self.Changed(self))

    @on(Input.Submitted)
    @on(Choice.Submitted)
    def _editor_submitted(self, event: Message) -> None:
        event.stop()
        self.post_message(self.Entered(self))

    def on_descendant_blur(self, _event: events.DescendantBlur) -> None:
        if self.value:
            self.check()
