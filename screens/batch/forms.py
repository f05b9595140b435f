"""What asks before many rows move: why they are left out, whether they become accounts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from screens.base import Desk, FormDialog
from screens.batch.kinds import releases, takes_back
from screens.widgets import Entry
from services.errors import BadInput

if TYPE_CHECKING:
    from services.imports.results import Batch

FIX_FIRST, LEAVE = "fix_them_first", "leave_them_out"


class ReasonForm(FormDialog[str]):
    """Asks for a reason, and gives it."""

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("reason", "Reason", required=True, max_length=200),)

    def send(self) -> None:
        self.dismiss(self.form["reason"].value)


class ReportForm(FormDialog[str]):
    """Asks where the report for the client is to be written; gives the path."""

    def __init__(self, desk: Desk, rows: int, name: str) -> None:
        self._name_there = name
        about = f"{rows:,} rows in error, as the client sent them, with the reasons in added columns."
        super().__init__(desk, "Report for the client", about, "write")

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("path", "File", self._name_there, required=True, max_length=1000),)

    def send(self) -> None:
        path = Path(self.form["path"].value).expanduser()
        if path.exists() or not path.parent.is_dir():
            wrong = "there is a file of that name" if path.exists() else "there is no such folder"
            self.form.show_error("path", f"{wrong}: name another")
        else:
            self.dismiss(str(path))


class UndoForm(FormDialog[str]):
    """Asks why a release is taken back, and for the number of rows; gives the reason."""

    def __init__(self, desk: Desk, batch: Batch) -> None:
        self._batch = batch
        super().__init__(desk, f"Undo the release of batch {batch.id}", undoing(batch), "take back")

    def entries(self) -> tuple[Entry, ...]:
        rows = self._batch.released
        reason = Entry("reason", "Reason", self._batch.undo_reason or "", required=True, max_length=400)
        return reason, Entry("count", "Rows", required=True, placeholder=f"{rows:,}", width=12, check=self._counted)

    def _counted(self, text: str) -> str:
        return counted(text, self._batch.released, "the number of rows that are taken back")

    def send(self) -> None:
        self.dismiss(self.form["reason"].value)


class ReleaseForm(FormDialog[bool]):
    """Asks for the number of rows; gives whether rows in error may be left behind."""

    def __init__(self, desk: Desk, batch: Batch) -> None:
        self._batch = batch
        super().__init__(desk, f"Release batch {batch.id}", effect(batch), "release")

    def entries(self) -> tuple[Entry, ...]:
        count = Entry(
            "count", "Rows", required=True, placeholder=f"{self._batch.ready:,}", width=12, check=self._counted
        )
        said = f"{self._batch.errors:,} error{'s' * (self._batch.errors != 1)}"
        errors = Entry("errors", said, codes=(FIX_FIRST, LEAVE), width=22)
        return (errors, count) if self._batch.errors else (count,)

    def _counted(self, text: str) -> str:
        return counted(text, self._batch.ready, "the number of rows that are released")

    def send(self) -> None:
        if self._batch.errors and self.form["errors"].value != LEAVE:
            said = f"{self._batch.errors:,} rows are in error: leave them out, or Esc and fix them"
            self.form.show_error("errors", said)
        else:
            self.dismiss(bool(self._batch.errors))


def counted(text: str, rows: int, what: str) -> str:
    """Nothing to echo; raises BadInput for another number than that of the rows."""
    if text.replace(",", "").strip() != str(rows):
        raise BadInput("count", f"type {rows}, {what}")
    return ""


def undoing(batch: Batch) -> str:
    """What taking a release of this batch back does, in words."""
    return (
        f"What {batch.released:,} rows did is taken back: every transfer by a reversal that names it, all else to what "
        f"it was.{takes_back(batch)} Refused, and nothing done, where somebody has worked on one of the accounts "
        "since. Type the number of rows to confirm."
    )


def effect(batch: Batch) -> str:
    """What a release of this batch does, in words."""
    behind = [
        f"{count:,} {name}"
        for count, name in (
            (batch.errors, "in error"), (batch.duplicates, "duplicate"), (batch.excluded, "excluded"),
        )
        if count
    ]  # fmt: skip
    stays = f" {', '.join(behind)} stay behind." if behind else ""
    return f"{releases(batch)}{stays} Type the number of rows to confirm."
