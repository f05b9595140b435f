"""Staging a file: which one, and whose."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.binding import BindingType
from textual.content import Content
from textual.message import Message
from textual.widgets import Input, Static

from screens.base import Desk, FormDialog, key
from screens.imports import folder
from screens.imports.ports import Intake
from screens.imports.reading import ReadingForm, answer, guessed, looked
from screens.widgets import Entry, Form, plain
from services.domain.columns import LAYOUTS
from services.domain.files.reading import Reading
from services.domain.pace import Pace
from services.errors import BadInput

if TYPE_CHECKING:
    from services.errors import DebtFlowError
    from services.imports.look import Look
    from services.imports.results import Batch, Progress
    from services.office.results import Client

SHOWN = 5
ABOUT = "Tab completes a name, F4 changes how it is read."


class StageForm(FormDialog["Batch"]):
    """Asks for a file and its client and stages it; gives the batch."""

    BINDINGS: ClassVar[list[BindingType]] = [
        key("f4", "overrule", "how it is read", "See how the file is read, and say otherwise", priority=True),
        key("tab", "complete", "complete", "Complete the file's name as far as it is certain", priority=True),
    ]

    class Moved(Message):
        """Some more rows have been read."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(self, desk: Desk, imports: Intake, clients: Sequence[Client]) -> None:
        self._imports = imports
        self._reading = Reading()
        self._pace = Pace(lambda: desk.now().timestamp())
        self._names = {client.code: client.name for client in clients}
        super().__init__(desk, "Stage a file", ABOUT, "stage")
        self._found = Static("", classes="found")

    def entries(self) -> tuple[Entry, ...]:
        path = Entry("path", "File", required=True, max_length=1000, placeholder="harbor_2026-11.csv")
        if isinstance(path.editor, Input):
            path.editor.suggester = folder.FileSuggester()
        client = Entry(
            "client", "Client", codes=tuple(self._names), check=lambda code: self._names.get(code, ""), width=16
        )
        return path, client, Entry("kind", "Kind", codes=tuple(LAYOUTS), width=16)

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._found, after=self.form)
        self._show_found()

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        if event.entry.field == "path":
            self._reading = Reading()
            self._show_found()
            self._look()

    def _look(self) -> None:
        """Once a file is named, how it would be read stands in the place of the names."""
        path = Path(self.form["path"].value).expanduser()
        if path.is_file():
            question = partial(looked, path, self._reading)
            self.ask(question, partial(self._show_look, path), topic="look", quiet=True, failed=self._not_read)

    def _show_look(self, path: Path, found: Look) -> None:
        if path == Path(self.form["path"].value).expanduser():
            self._found.update(answer(found))

    def _not_read(self, error: DebtFlowError) -> bool:
        self._found.update(answer(error))
        return True

    def action_overrule(self) -> None:
        """The guess is needed for the next key, so keys wait for it."""
        if self.acting:
            return
        try:
            path = folder.file(self.form["path"].value)
        except BadInput as error:
            self.bad_input(error)
            return
        self.ask(partial(guessed, path), partial(self._ask_reading, path), topic="look", hold=True)

    def _ask_reading(self, path: Path, guess: Look | BadInput) -> None:
        self.app.push_screen(ReadingForm(self.desk, path, guess, self._reading), self._overruled)

    def _overruled(self, said: Reading | None) -> None:
        if said is not None:
            self._reading = said
            self._look()

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
            return self._imports.stage(
                path, path.name, values["client"], kind=values["kind"], reading=self._reading, progress=tell
            )

        self.act(stage, self.accepted, doing="Reading the file…")

    def accepted(self, batch: Batch) -> None:
        """Close with the batch."""
        self.dismiss(batch)

    @on(Moved)
    def _moved(self, event: Moved) -> None:
        if self.acting:
            fast = self._pace.words(event.progress.done, event.progress.total)
            self.say(f"{event.progress.done:,} rows read and checked{' · ' * bool(fast)}{fast}…", "busy")
