"""Staging a file: which one, and whose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from screens.base import Desk, FormDialog, key
from screens.imports import folder
from screens.imports.ports import Intake
from screens.widgets import Entry, Form, plain

if TYPE_CHECKING:
    from services.imports.results import Batch, Progress
    from services.office.results import Client

SHOWN = 7


class StageForm(FormDialog["Batch"]):
    """Asks for a file and its client and stages it; gives the batch."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("tab", "complete", "complete", "Complete the file's name as far as it is certain", priority=True),
    ]

    class Moved(Message):
        """Some more rows have been read."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(self, desk: Desk, imports: Intake, clients: Sequence[Client]) -> None:
        self._imports = imports
        self._names = {client.code: client.name for client in clients}
        super().__init__(desk, "Stage a file", "It is read and checked row by row; Tab completes a name.", "stage")
        self._found = Static("", classes="found")

    def entries(self) -> tuple[Entry, ...]:
        path = Entry("path", "File", required=True, max_length=1000, placeholder="harbor_2026-11.csv")
        if isinstance(path.editor, Input):
            path.editor.suggester = folder.FileSuggester()
        client = Entry(
            "client", "Client", codes=tuple(self._names), check=lambda code: self._names.get(code, ""), width=16
        )
        return path, client

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._found, after=self.form)
        self._show_found()

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        if event.entry.field == "path":
            self._show_found()

    def _show_found(self) -> None:
        found = folder.candidates(self.form["path"].value)
        lines = [
            plain(f"{each.typed:<36} ") + plain("" if each.bytes is None else folder.size(each.bytes), "$text-muted")
            for each in found[:SHOWN]
        ]
        if len(found) > SHOWN:
            lines.append(plain(f"… {len(found) - SHOWN} more", "$text-muted"))
        self._found.update(Content("\n").join(lines) if lines else plain("no placement file fits", "$text-muted"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Tab completes while there is something to complete, else it goes on to the next field."""
        path = self.form["path"]
        return action != "complete" or (path.editor.has_focus and folder.common(path.value) != path.value)

    def action_complete(self) -> None:
        path = self.form["path"]
        path.value = folder.common(path.value)

    def send(self) -> None:
        values = self.form.values

        def tell(progress: Progress) -> None:
            self.post_message(self.Moved(progress))

        def stage() -> Batch:
            path = folder.file(values["path"])
            return self._imports.stage(path, path.name, values["client"], progress=tell)

        self.act(stage, self.accepted, doing="Reading the file…")

    def accepted(self, batch: Batch) -> None:
        """Close with the batch."""
        self.dismiss(batch)

    @on(Moved)
    def _moved(self, event: Moved) -> None:
        if self.acting:
            self.say(f"{event.progress.done:,} rows read and checked…", "busy")
