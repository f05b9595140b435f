"""What asks for one part of a profile, and shows while one types what becomes of the first rows."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.widgets import Static

from screens.base import Desk, FormDialog
from screens.profile import spelling
from screens.widgets import Entry, Form, plain
from services.domain.profile.clean import PHONE, STEPS
from services.errors import BadInput

if TYPE_CHECKING:
    from services.domain.profile import Column, Profile
    from services.imports.trial import Trial

SHOWN = 4
Try = Callable[["Profile"], "Trial | None"]
"""What a profile makes of the first rows; None where no file is open. Raises BadInput where it does not fit."""


class PartForm(FormDialog["Profile"]):
    """Gives the whole profile with one part changed."""

    def __init__(self, desk: Desk, title: str, about: str, profile: Profile, tried: Try) -> None:
        self._profile = profile
        self._tried = tried
        self._preview = Static("", classes="preview")
        super().__init__(desk, title, about, "take it")

    @abstractmethod
    def changed(self) -> Profile:
        """The profile as the form says it; raises BadInput."""

    @abstractmethod
    def lines(self, trial: Trial) -> list[Content]:
        """What the first rows come to."""

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._preview, after=self.form)
        self._look()

    @on(Form.Changed)
    def _look(self) -> None:
        """Every key shows what it does."""
        wrong = False
        try:
            trial = self._tried(self.changed())
            lines = self.lines(trial) if trial else [plain("o opens a file of theirs: then its rows show here")]
        except BadInput as problem:
            lines, wrong = [plain(f"✗ {problem.message}", "$text-error")], True
        self._preview.display = True
        self._preview.set_class(wrong, "-wrong")
        self._preview.update(Content("\n").join(lines))

    def send(self) -> None:
        try:
            wanted = self.changed()
            self._tried(wanted)
        except BadInput as problem:
            if problem.field == "header":
                self.form.show_error(self.form.entries[0].field, problem.message)
                self._preview.display = False  # it says the same, and the dialog would not fit
            else:
                self.bad_input(problem)
            return
        self.dismiss(wanted)


class ColumnForm(PartForm):
    """One of our columns: where it comes from and what is done to it."""

    def __init__(self, desk: Desk, name: str, profile: Profile, header: tuple[str, ...], tried: Try) -> None:
        from services.domain.profile import Column

        self._column = name
        self._said: Column = profile.columns.get(name) or Column()
        theirs = f"Theirs: {', '.join(header)}" if header else "Their columns, by name or by place"
        super().__init__(desk, name, theirs, profile, tried)

    def entries(self) -> tuple[Entry, ...]:
        said = self._said
        return (
            Entry("from", "From", spelling.sources_text(said.sources), placeholder="Vorname + Nachname, or 3"),
            Entry("clean", "Clean", ", ".join(said.clean), placeholder="squeeze, title", check=_cleaning),
            Entry("values", "Values", spelling.values_text(said.values), placeholder="PL=payment plan; RT=rent",
                  max_length=4000),
            Entry("other", "Others", said.other, codes=("keep", "refuse", "empty"), check=OTHERS.__getitem__),
            Entry("default", "If empty", said.default, placeholder="what stands there instead"),
            Entry("required", "Required", "yes" if said.required else "no", codes=("no", "yes")),
        )  # fmt: skip

    def changed(self) -> Profile:
        column = spelling.column_of(self.form.values, self._said.join)
        return spelling.with_column(self._profile, self._column, column)

    def lines(self, trial: Trial) -> list[Content]:
        return [became(self._column, trial, at) for at in range(min(SHOWN, len(trial.first)))]


class FormatsForm(PartForm):
    """How days, amounts and telephone numbers are written."""

    def __init__(self, desk: Desk, profile: Profile, tried: Try) -> None:
        super().__init__(desk, "How they write", "Leave empty what this program may read by itself.", profile, tried)

    def entries(self) -> tuple[Entry, ...]:
        profile = self._profile
        marks = {mark: word for word, mark in spelling.MARKS.items()}
        groups = {mark: word for word, mark in spelling.GROUPS.items()}
        numbers = profile.numbers
        return (
            Entry("dates", "Days", ", ".join(profile.dates.formats), placeholder="DD.MM.YYYY, D-MON-YY"),
            Entry("decimal", "Decimal", marks[numbers.decimal], codes=tuple(spelling.MARKS), width=16),
            Entry("thousands", "Thousands", groups[numbers.thousands], codes=tuple(spelling.GROUPS), width=16),
            Entry("implied", "Implied", str(numbers.implied_decimals or ""), placeholder="2: 125000 is 1250.00"),
            Entry("region", "Phones", profile.phones.region, placeholder="US, DE, … whose dialling", max_length=2),
            Entry("about", "About", profile.about, placeholder="whose file it is, since when"),
        )

    def changed(self) -> Profile:
        return spelling.with_formats(self._profile, spelling.formats_of(self.form.values))

    def lines(self, trial: Trial) -> list[Content]:
        from services.domain.profile import fields_of

        what = {field.name: field.what for field in fields_of(self._profile.kind)}
        told = [name for name in trial.columns if what[name] in ("date", "amount", "phone")]
        return [became(name, trial, 0, name) for name in told[:SHOWN]] if trial.first else []


class FileForm(FormDialog["Path"]):
    """Asks for a file of the client's to look at."""

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("path", "File", required=True, max_length=1000, placeholder="harbor_2026-11.csv"),)

    def send(self) -> None:
        self.dismiss(Path(self.form["path"].value).expanduser())


class NoteForm(FormDialog[str]):
    """Asks why a version is added."""

    def entries(self) -> tuple[Entry, ...]:
        return (Entry("note", "Note", max_length=400, placeholder="their new system since November"),)

    def send(self) -> None:
        self.dismiss(self.form["note"].value)


OTHERS = {
    "keep": "stay as they are",
    "refuse": "are errors",
    "empty": "are left out",
}


def _cleaning(text: str) -> str:
    known = {name: words for name, (_, words) in STEPS.items()} | {PHONE: "writes telephone numbers in full"}
    names = [name.strip().lower() for name in text.split(",") if name.strip()]
    for name in names:
        if name not in known:
            raise BadInput("clean", f"there is no cleaning “{name}”: {', '.join(known)}")
    return known[names[-1]] if names else ""


def became(column: str, trial: Trial, at: int, label: str = "") -> Content:
    """One cell of the first rows: as it was sent, what became of it, what is wrong with it."""
    row = trial.first[at]
    wrong = next((each for each in row.findings if each.column == column), None)
    head = plain(f"{label or f'row {row.row}':<16} ", "$text-muted")
    told = head + plain(f"{sent(column, trial, at):<24.24} → ") + plain(row.cells.get(column, "") or "—", "bold")
    if wrong is None:
        return told
    return told + plain(f"  {'✗' if wrong.severity == 'error' else '⚠'} {wrong.message}", "$text-error")


def sent(column: str, trial: Trial, at: int) -> str:
    """The cells of the sender's that a column is made of."""
    row = trial.first[at]
    return " + ".join(row.sent[index] for index in trial.columns.get(column, ()) if index < len(row.sent)) or "—"
