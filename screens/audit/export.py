"""Taking out of the house what the line asks for: how, where, how much."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from textual import on

from screens.base import Desk, FormDialog
from screens.widgets import Entry, Form
from services.errors import BadInput

if TYPE_CHECKING:
    from screens.audit.ports import Trail
    from services.audit.results import Manifest
    from services.domain.trail import AuditQuery

FORMS = ("csv", "jsonl", "parquet")
MEANT_FOR = {"csv": "for a spreadsheet", "jsonl": "a line of JSON an event", "parquet": "for analysis"}


class ExportTrail(FormDialog["Manifest"]):
    """Gives what was written; it is recorded, with the name of who took it."""

    def __init__(self, desk: Desk, audit: Trail, query: AuditQuery, shown: str) -> None:
        self._audit = audit
        self._query = query
        self._suggested = ""
        asked = str(query) or "everything that you may see"
        super().__init__(desk, "Export", f"{asked} · {shown}. The export itself goes on record.", "export")

    def entries(self) -> tuple[Entry, ...]:
        self._suggested = self._suggest(FORMS[0])
        most = self.desk.session.limits.get("export")
        return (
            Entry("form", "As", codes=FORMS, check=lambda form: MEANT_FOR.get(form, "")),
            Entry("path", "To the file", self._suggested, check=self._where, required=True, max_length=400),
            Entry("limit", "At most", check=_many, placeholder=f"all, up to {most:,}" if most else "all", width=30),
        )

    def _suggest(self, form: str) -> str:
        return f"~/trail-{self.desk.today:%Y-%m-%d}.{form}"

    @on(Form.Changed)
    def _ending(self, event: Form.Changed) -> None:
        """The suggested name ends as its form does."""
        if event.entry.field == "form" and self.form["path"].value == self._suggested:
            self._suggested = self._suggest(event.entry.value)
            self.form["path"].value = self._suggested

    def _where(self, text: str) -> str:
        path = _path(text)
        if path.is_dir():
            raise BadInput("path", "this is a folder: name a file in it")
        if not path.parent.is_dir():
            raise BadInput("path", f"there is no folder {path.parent}")
        if path.exists():
            raise BadInput("path", "this file is there already: choose another name")
        return ""

    def send(self) -> None:
        values = self.form.values
        limit = int(values["limit"].replace(",", "")) if values["limit"] else None
        self.act(
            lambda: self._audit.export(self._query, path=_path(values["path"]), form=values["form"], limit=limit),
            self._written, doing="Exporting…",
        )  # fmt: skip

    def _written(self, made: Manifest) -> None:
        self.dismiss(made)


def _path(text: str) -> Path:
    try:
        return Path(text).expanduser().absolute()
    except (RuntimeError, ValueError):
        raise BadInput("path", "this is no path of a file") from None


def _many(text: str) -> str:
    plain = text.replace(",", "")
    if not (plain.isascii() and plain.isdigit()) or int(plain[:12]) == 0:
        raise BadInput("limit", "a number of events, or nothing for all of them")
    return "events, the newest first"
