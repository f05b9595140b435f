"""The whole profile as text, for what has no form of its own: keys, ignored columns, control records."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Vertical
from textual.screen import ModalScreen
from textual.widgets import Static, TextArea

from screens.base import key
from screens.dialogs.confirm import Confirm
from screens.profile.forms import Try
from screens.widgets import Key, KeyBar, plain
from services.domain.profile import read_toml, to_toml
from services.errors import BadInput

if TYPE_CHECKING:
    from services.domain.profile import Profile

FITS = "✓ fits the file's first rows"
READS = "✓ can be read"


class TextForm(ModalScreen["Profile"]):
    """Gives the profile that was written; says at every key whether it can be read."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("escape,f3,f12", "cancel", "back", "Close and keep the profile as it was", priority=True),
        key("f10,ctrl+s", "take", "take it", "Take what is written", priority=True),
    ]

    def __init__(self, profile: Profile, tried: Try) -> None:
        super().__init__()
        self._profile = profile
        self._tried = tried
        self._text = to_toml(profile)
        self._area = TextArea(self._text, id="toml", tab_behavior="indent")
        self._area.cursor_blink = False
        self._verdict = Static("", id="verdict")

    def compose(self) -> ComposeResult:
        with Vertical(classes="dialog") as box:
            box.border_title = plain(" The profile as text ")
            yield self._area
            yield self._verdict
            yield KeyBar(Key("F10", "take it"), Key("Esc", "back"), always=())

    def on_mount(self) -> None:
        self._area.focus()
        self._look()

    @on(TextArea.Changed)
    def _look(self) -> None:
        try:
            trial = self._tried(self._wanted())
        except BadInput as problem:
            self._verdict.update(plain(f"✗ {problem.message}", "$text-error"))
        else:
            self._verdict.update(plain(FITS if trial else READS, "$text-muted"))

    def _wanted(self) -> Profile:
        wanted = read_toml(self._area.text)
        if wanted.kind != self._profile.kind:
            raise BadInput("profile", f"kind: this is the profile for {self._profile.kind}, and stays so")
        return wanted

    def action_take(self) -> None:
        try:
            self.dismiss(self._wanted())
        except BadInput:
            self._look()

    def action_cancel(self) -> None:
        if self._area.text == self._text:
            self.dismiss(None)
        else:
            self.app.push_screen(Confirm("Close this?", "What you wrote here would be gone.", "close"), self._close)

    def _close(self, sure: bool | None) -> None:
        if sure:
            self.dismiss(None)
