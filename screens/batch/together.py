"""What is done to many rows at once, and with others: the same correction, undoing, approving, the report."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from screens.batch.alike import AlikeForm
from screens.batch.forms import ReportForm
from screens.batch.looking import LookingScreen
from screens.dialogs.confirm import Confirm
from services.imports.results import Where

if TYPE_CHECKING:
    from services.imports.report import ErrorReport
    from services.imports.results import Batch, Change, Changed

KINDS = {"fix": "A correction", "alike": "The same correction", "exclude": "Leaving rows out"}
UNDONE_BY_HAND = frozenset({"include", "undo"})


class TogetherScreen(LookingScreen):
    """The acts that reach further than the row under the cursor."""

    def _changed(self, said: str) -> None:
        self._lists.chosen.clear()
        self._detail.row = None
        self.look_again()
        self.say(said, "good")

    # ---- the same correction ---------------------------------------------------------------------------------------

    def action_alike(self) -> None:
        row, now = self._lists.rows.current, self._lists.filter
        if row is None:
            return
        chosen = tuple(sorted(self._lists.chosen))
        where = Where(rows=chosen) if chosen else now.where
        column = now.column_of(row) or self._detail.column
        count = "" if now.rows is None else f"{now.rows:,} "
        meant = f"{len(chosen):,} marked rows" if chosen else f"{count}rows: {now.label}"
        form = AlikeForm(
            self.desk, self._imports, self._number, where, f"{meant}. U takes it back.", tuple(row.values), column,
            row.values.get(column, ""),
        )  # fmt: skip
        self.app.push_screen(form, self._done_alike)

    def _done_alike(self, done: Changed | None) -> None:
        if done is None:
            return
        skipped = f"; {done.skipped:,} were changed by somebody else and stay so" if done.skipped else ""
        self._changed(
            f"{done.changed:,} row{'s' * (done.changed != 1)} corrected{skipped}: U takes it back"
            if done.changed
            else "No row changed"
        )

    # ---- taking back -----------------------------------------------------------------------------------------------

    def action_undo(self) -> None:
        self.ask(lambda: self._imports.changes(self._number), self._ask_undo, topic="changes", hold=True)

    def _ask_undo(self, changes: tuple[Change, ...]) -> None:
        last = next((each for each in changes if not each.undone_by and each.kind not in UNDONE_BY_HAND), None)
        if last is None:
            self.say("There is nothing to undo in this batch")
            return
        what = f": {last.what}" if last.what else ""
        rows = "1 row gets back what it" if last.rows == 1 else f"{last.rows:,} rows get back what they"
        effect = (
            f"{KINDS[last.kind]} by {last.by}, {self.desk.local(last.at):%H:%M}{what}. {rows} held; cells that were "
            "changed once more stay as they are."
        )

        def undo(sure: bool | None) -> None:
            if sure:
                self.act(
                    lambda: self._imports.undo_change(self._number, last.id),
                    lambda done: self._changed(f"Undone in {done.changed:,} row{'s' * (done.changed != 1)}"),
                    doing="Undoing…",
                )

        self.app.push_screen(Confirm(f"Undo change {last.id}?", effect, "undo"), undo)

    # ---- for others ------------------------------------------------------------------------------------------------

    def action_approve(self) -> None:
        seen = self._batch.version if self._batch else None
        self.act(lambda: self._imports.approve(self._number, version=seen), self._approved, doing="Approving…")

    def _approved(self, batch: Batch) -> None:
        self._changed(f"Approved as it stands at version {batch.version}: the next change takes it away")

    def action_report(self) -> None:
        batch = self._batch
        if batch is not None and batch.errors:
            name = f"{Path(batch.file).stem}.errors.csv"
            self.app.push_screen(ReportForm(self.desk, batch.errors, name), self._write_report)
        else:
            self.say("No row is in error: there is nothing to report to the client")

    def _write_report(self, path: str | None) -> None:
        if path:
            self.act(
                lambda: _written(self._imports.report(self._number), Path(path).expanduser()),
                lambda rows: self.say(f"{rows:,} rows written to {path}", "good"), doing="Writing…",
            )  # fmt: skip


def _written(report: ErrorReport, path: Path) -> int:
    with path.open("xb") as file:
        for piece in report.data:
            file.write(piece)
    return report.rows
