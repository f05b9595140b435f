"""Whose profile to look at."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.widgets import Input

from screens.base import Desk, FormDialog
from screens.imports import folder
from screens.navigation import OpenProfile
from screens.widgets import Entry
from services.domain.profile.fields import KINDS

if TYPE_CHECKING:
    from services.office.results import Client


class WhoseForm(FormDialog[OpenProfile]):
    """Asks for a client, a kind of file and, to look at beside the profile, a file."""

    def __init__(self, desk: Desk, clients: Sequence[Client]) -> None:
        self._names = {client.code: client.name for client in clients}
        super().__init__(desk, "How a client writes", "A file of theirs shows what the profile does.", "look")

    def entries(self) -> tuple[Entry, ...]:
        path = Entry("path", "File", max_length=1000, placeholder="may be left empty")
        if isinstance(path.editor, Input):
            path.editor.suggester = folder.FileSuggester()
        codes = tuple(self._names)
        client = Entry("client", "Client", codes=codes, check=lambda code: self._names.get(code, ""), width=16)
        return client, Entry("kind", "Kind", codes=KINDS, width=16), path

    def send(self) -> None:
        values = self.form.values
        self.dismiss(OpenProfile(values["client"], values["kind"], values["path"]))
