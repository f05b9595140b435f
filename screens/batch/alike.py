"""The same correction in all rows of a finding: what is to be done, and what would come of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.message import Message
from textual.timer import Timer
from textual.widgets import Static

from screens.base import Desk, FormDialog
from screens.batch.ports import Review
from screens.widgets import Entry, Form, plain, words
from services.domain.alike import Alike, DayFirst, Set, mapping, replacing, shifting
from services.errors import BadInput, DebtFlowError

if TYPE_CHECKING:
    from services.imports.results import AlikePreview, Changed, Progress, Sample, ValueCount, Where

WAYS = ("replace", "whole_cell", "set_all", "shift_date", "day_first")
NEEDS = {
    "replace": ("old", "new"), "whole_cell": ("old", "new"), "set_all": ("new",), "shift_date": ("step",),
    "day_first": (),
}  # fmt: skip
SHOWN = 5
DWELL = 0.2


class AlikeForm(FormDialog["Changed"]):
    """Asks what to do to one column of many rows, and shows what would come of it while it is typed."""

    class Moved(Message):
        """Some more rows have been corrected."""

        def __init__(self, progress: Progress) -> None:
            super().__init__()
            self.progress = progress

    def __init__(
        self, desk: Desk, imports: Review, batch: int, where: Where, about: str, columns: Sequence[str], column: str,
        value: str,
    ) -> None:  # fmt: skip
        self._imports = imports
        self._number = batch
        self._where = where
        self._columns = columns
        self._column = column
        self._value = value
        self._dwelling: Timer | None = None
        super().__init__(desk, "Fix all alike", about, "correct")
        self._seen = Static("", classes="foreseen")

    def entries(self) -> tuple[Entry, ...]:
        step = Entry("step", "Step", placeholder="+1d  -2w  +1m  -100y", width=24, check=self._step)
        step.display = False
        return (
            Entry("way", "Do", codes=WAYS),
            Entry("column", "Column", self._column, codes=self._columns),
            Entry("old", "This", self._value, max_length=200),
            Entry("new", "Becomes", max_length=200),
            step,
        )

    def _step(self, text: str) -> str:
        shifting(self.form["column"].value, text)
        return ""

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._seen, after=self.form)
        self._ask_values()

    # ---- what would come of it -------------------------------------------------------------------------------------

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        if event.entry.field == "way":
            for entry in self.form.entries:
                entry.display = entry.field in ("way", "column", *NEEDS[self.form["way"].value])
        if self._dwelling is not None:
            self._dwelling.stop()
        self._dwelling = self.set_timer(DWELL, self._foresee)

    def _foresee(self) -> None:
        self._dwelling = None
        change = self._change()
        if change is None:
            self._ask_values()
            return
        question = lambda: self._imports.preview_alike(self._number, change, self._where)  # noqa: E731
        self.ask(question, self._show_preview, topic="preview", quiet=True, failed=self._not_foreseen)

    @property
    def waiting(self) -> bool:
        return self._dwelling is not None or super().waiting

    def _change(self) -> Alike | None:
        """The correction as far as it is typed; None where something is missing."""
        values = self.form.values
        make: dict[str, Callable[[], Alike]] = {
            "replace": lambda: replacing(values["column"], values["old"], values["new"]),
            "whole_cell": lambda: mapping(values["column"], {values["old"]: values["new"]}),
            "set_all": lambda: Set(values["column"], values["new"]),
            "shift_date": lambda: shifting(values["column"], values["step"]),
            "day_first": lambda: DayFirst(values["column"]),
        }
        try:
            return make[values["way"]]() if self.form.changed else None
        except BadInput:
            return None

    def _not_foreseen(self, error: DebtFlowError) -> bool:
        self._seen.update(plain(error.message, "$text-error"))
        return True

    def _show_preview(self, seen: AlikePreview) -> None:
        after = [
            f"{count:,} {name}"
            for count, name in (
                (seen.valid, "valid"), (seen.warnings, "with warnings"), (seen.errors, "still in error"),
                (seen.duplicates, "duplicate"),
            ) if count
        ]  # fmt: skip
        lines = [plain(f"{seen.changes:,} of {seen.matched:,} rows change", "bold")]
        lines += [plain(", ".join(after), "bold")] if after else []
        lines += [_sample(each) for each in seen.samples[:SHOWN]]
        if seen.changes > SHOWN:
            lines.append(plain(f"… and {seen.changes - SHOWN:,} more", "$text-muted"))
        self._seen.update(Content("\n").join(lines))

    def _ask_values(self) -> None:
        column = self.form["column"].value
        question = lambda: self._imports.values(self._number, column, self._where)  # noqa: E731
        self.ask(question, self._show_values, topic="preview", quiet=True, failed=self._not_foreseen)

    def _show_values(self, found: tuple[ValueCount, ...]) -> None:
        lines = [plain("these values are there", "$text-muted")]
        lines += [plain(f"{each.rows:>7,}  ", "$text-muted") + plain(each.value or "(empty)") for each in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(plain(f"… {len(found) - SHOWN:,} more values", "$text-muted"))
        self._seen.update(Content("\n").join(lines))

    # ---- doing it --------------------------------------------------------------------------------------------------

    def send(self) -> None:
        change = self._change() or self._as_it_stands()
        if change is None:
            return

        def tell(progress: Progress) -> None:
            self.post_message(self.Moved(progress))

        self.act(
            lambda: self._imports.fix_alike(self._number, change, self._where, progress=tell), self.accepted,
            doing="Correcting…",
        )  # fmt: skip

    def _as_it_stands(self) -> Alike | None:
        """Nothing was typed, or it is wrong: say what is missing."""
        way, column = self.form["way"].value, self.form["column"].value
        if way == "replace":
            self.form.show_error("old", "say what is to be replaced")
        elif way == "whole_cell":
            return mapping(column, {self.form["old"].value: self.form["new"].value})
        elif way == "shift_date":
            self.form.show_error("step", "say by how much: +1d, -2w, +1m or -100y")
        return None

    def accepted(self, done: Changed) -> None:
        """Close with what was done."""
        self.dismiss(done)

    @on(Moved)
    def _moved(self, event: Moved) -> None:
        if self.acting:
            self.say(f"{event.progress.done:,} rows looked at…", "busy")


def _sample(each: Sample) -> Content:
    better = each.state_after in ("valid", "warning")
    return Content.assemble(
        plain(f"{each.row:>7,}  ", "$text-muted"), plain(each.before or "(empty)"), plain(" → ", "$text-muted"),
        plain(each.after or "(empty)", "bold"),
        plain(f"  {words(each.state_after)}", "$text-accent" if better else "$text-error"),
    )  # fmt: skip
