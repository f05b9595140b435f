"""Fields one under the other: Enter advances, the last Enter completes."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.message import Message

from screens.widgets.entry import Entry


class Form(Vertical):
    """A column of entries that knows what it holds and where to go next."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "move(1)", "next field", show=False),
        Binding("up", "move(-1)", "previous field", show=False),
    ]

    class Changed(Message):
        """What one of the fields holds has changed."""

        def __init__(self, entry: Entry) -> None:
            super().__init__()
            self.entry = entry

    class Complete(Message):
        """Enter was pressed in the last field and every field can stand."""

    def __init__(self, *entries: Entry) -> None:
        super().__init__()
        self.entries = entries

    def compose(self) -> ComposeResult:
        yield from self.entries

    def __getitem__(self, field: str) -> Entry:
        return next(entry for entry in self.entries if entry.field == field)

    @property
    def values(self) -> dict[str, str]:
        """What stands in the fields, by name."""
        return {entry.field: entry.value for entry in self.entries}

    @property
    def changed(self) -> bool:
        """Whether anything was typed since it was opened."""
        return any(entry.changed for entry in self.entries)

    def fill(self, values: dict[str, str]) -> None:
        """Put text into the fields that are named."""
        for entry in self.entries:
            if entry.field in values:
                entry.value = values[entry.field]

    def check(self) -> bool:
        """Check every field shown; the first bad one gets the focus."""
        bad = [entry for entry in self._shown if not entry.check()]
        if bad:
            bad[0].editor.focus()
        return not bad

    def show_error(self, field: str, message: str) -> bool:
        """Put an error under the field of that name and go there; False where there is none."""
        for entry in self._shown:
            if entry.field == field:
                entry.show_error(message)
                entry.editor.focus()
                return True
        return False

    def action_move(self, by: int) -> None:
        shown = self._shown
        at = next((place for place, entry in enumerate(shown) if entry.editor.has_focus), 0)
        shown[max(0, min(len(shown) - 1, at + by))].editor.focus()

    @property
    def _shown(self) -> list[Entry]:
        return [entry for entry in self.entries if entry.display]

    def on_entry_changed(self, event: Entry.Changed) -> None:
        event.stop()
        self.post_message(self.Changed(event.entry))

    def on_entry_entered(self, event: Entry.Entered) -> None:
        """Advance, but never past a field that cannot stand."""
        event.stop()
        if not event.entry.check():
            return
        shown = self._shown
        at = shown.index(event.entry) + 1
        if at < len(shown):
            shown[at].editor.focus()
        elif self.check():
            self.post_message(self.Complete())
