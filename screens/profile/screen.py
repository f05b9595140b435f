"""A client's profile beside what it makes of the first rows of a file of theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Container, Vertical
from textual.content import Content
from textual.widgets import Static

from screens.base import BaseScreen, Desk, Draft, key
from screens.dialogs.confirm import Confirm
from screens.dialogs.reader import Reader
from screens.profile import spelling
from screens.profile.forms import ColumnForm, FileForm, FormatsForm, NoteForm, sent
from screens.profile.history import history
from screens.profile.ports import ProfileShelf
from screens.profile.text import TextForm
from screens.widgets import GONE, Column, Heading, PagedTable, cell, plain
from services.domain.profile import Profile, changes, fields_of, read_toml, to_toml
from services.errors import BadInput
from services.imports.trial import Sample, Trial, TriedRow, proposed, sample_of, try_sample

if TYPE_CHECKING:
    from services.imports.profiles import KeptProfile

COLUMNS = (Column("OURS", 17), Column("THEIRS", 12, flex=True), Column("BECOMES", 12, flex=True), Column("", 1))
ROWS = (Column("ROW", 4, right=True), Column("AS SENT", 20), Column("AS READ", 20),
        Column("WHAT IS WRONG", 14, flex=True))  # fmt: skip
OWN = "(our name)"


@dataclass(frozen=True, slots=True)
class Line:
    """One of our columns, what it is made of, and the first value that came of it."""

    name: str
    theirs: str
    becomes: str
    wrong: int


@dataclass(frozen=True, slots=True)
class Place:
    """One of the first rows, seen at one column."""

    row: TriedRow
    sent: str
    read: str
    wrong: str


class ProfileScreen(BaseScreen):
    """The editor of one profile: nothing is kept before it is saved as a version of its own."""

    CSS_PATH = "profile.tcss"
    AUTO_FOCUS = "#columns"
    HELP = """A profile says which of a client's columns is which of ours, and how its days, amounts and codes are
written. Open a file of theirs (o): everything you change shows at once in its first rows. Saving adds a version;
batches stay with the one they were read with. What has no form here (keys of several columns, control records) is in
the text (e).
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        key("enter", "column", "column", "Say where the column under the cursor comes from", show=False),
        key("f", "formats", "formats", "Say how days, amounts and telephone numbers are written"),
        key("s", "save", "save", "Save as another version"),
        key("e", "text", "text", "Edit the whole profile as text"),
        key("o", "open", "open a file", "Look at a file of theirs beside it"),
        key("g", "guess", "suggest", "Take what the file itself suggests"),
        key("x", "clear", "clear", "Forget what is said about this column"),
        key("h", "history", "history", "See every version, and what each changed"),
    ]

    def __init__(
        self, desk: Desk, profiles: ProfileShelf, client: str, kind: str = "placements", path: str = ""
    ) -> None:
        super().__init__(desk)
        self._profiles = profiles
        self._client = client
        self._kind = kind
        self._path = path
        self._kept: KeptProfile | None = None
        self._standing = self._profile = Profile.model_validate({"kind": kind})
        self._guessed: Profile | None = None
        self._terms: tuple[str, date] | None = None
        self._sample: Sample | None = None
        self._trial: Trial | None = None
        self._trouble = ""
        self._which = Static("", id="which")
        self._verdict = Static("", id="verdict")
        self._heading = Heading("", id="heading")
        self._columns: PagedTable[Line] = PagedTable(COLUMNS, self._column_cells, lambda line: line.name, id="columns")
        self._rows: PagedTable[Place] = PagedTable(ROWS, self._row_cells, lambda place: str(place.row.row), id="rows")

    @property
    def crumb(self) -> str:
        return f"Profile {self._client} {self._kind}"

    @property
    def enter_does(self) -> str:
        return "column" if self._mine else ""

    @property
    def _mine(self) -> bool:
        return self.desk.session.may("import.work")

    def body(self) -> ComposeResult:
        with Vertical(id="head"):
            yield self._which
            yield self._verdict
        with Container(id="work"):
            yield self._columns
            with Vertical(id="detail"):
                yield self._heading
                yield self._rows

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Those who may not change it look at it."""
        if action in ("column", "formats", "text", "clear"):
            return self._mine
        if action == "save":
            return self._mine and self._profile != self._standing
        return self._mine and self._sample is not None if action == "guess" else True

    def draft(self) -> Draft | None:
        if self._profile == self._standing:
            return None
        return {"toml": to_toml(self._profile), "after": str(self._kept.version if self._kept else 0)}

    # ---- reading ---------------------------------------------------------------------------------------------------

    def look_again(self) -> None:
        self.ask(self._look, self._show, hold=True)

    def _look(self) -> tuple[KeptProfile | None, Profile, tuple[str, date]]:
        kept = self._profiles.show(self._client, self._kind)
        return kept, kept.profile if kept else self._standing, self._profiles.terms(self._client)

    def _show(self, answer: tuple[KeptProfile | None, Profile, tuple[str, date]]) -> None:
        first = self._terms is None
        unchanged = self._profile == self._standing
        kept, standing, self._terms = answer
        if unchanged:
            self._kept = kept
            self._standing = self._profile = standing
        if first and unchanged:
            self._recall()
        if self._path and self._sample is None:
            self._read(Path(self._path).expanduser())
        else:
            self._refresh()

    def _recall(self) -> None:
        draft = self.desk.drafts.recall(self.draft_name())
        if not draft:
            return
        try:
            self._profile = read_toml(str(draft.get("toml", "")))
        except BadInput:
            return
        now = self._kept.version if self._kept else 0
        since = "" if str(now) == draft.get("after") else f"; version {now} was saved meanwhile: h says what it changed"
        self.say(f"This is what you had not saved yet{since}", "warn")

    def _read(self, path: Path) -> None:
        profile, self._path = self._profile, str(path)
        self.ask(lambda: sample_of(path, profile), self._opened, topic="file", hold=True)

    def _opened(self, sample: Sample) -> None:
        self._sample = sample
        if self._profile.is_plain and self._kept is None:
            self._guess()
        else:
            self._refresh()

    # ---- showing ---------------------------------------------------------------------------------------------------

    def _try(self, profile: Profile) -> Trial | None:
        return try_sample(self._sample, profile, self._terms) if self._sample and self._terms else None

    def _refresh(self) -> None:
        try:
            self._trial, self._trouble = self._try(self._profile), ""
        except BadInput as problem:
            self._trial, self._trouble = None, problem.message
        self._head()
        self._columns.fill([self._line(field.name) for field in fields_of(self._kind)])
        self._show_rows()
        self.refresh_bindings()

    def _head(self) -> None:
        said = f"version {self._kept.version} by {self._kept.made_by}" if self._kept else "no version yet"
        changed = " · changed, not saved" if self._profile != self._standing else ""
        about = f" · {self._profile.about}" if self._profile.about else ""
        self._which.update(plain(f" {self._client} {self._kind}", "bold") + plain(f" · {said}{about}{changed}"))
        self._verdict.update(self._told())

    def _told(self) -> Content:
        if self._trouble:
            return plain(f" ✗ {self._trouble}", "$text-error")
        if self._trial is None:
            return plain(" o opens a file of theirs: then its first rows show here", "$text-muted")
        states = self._trial.states
        counts = f" first {self._trial.rows} rows: {states.get('valid', 0)} good"
        warned, bad = states.get("warning", 0), states.get("error", 0)
        more = f", {warned} with a warning" if warned else ""
        return plain(counts + more) + (plain(f", {bad} in error", "$text-error") if bad else plain(""))

    def _line(self, name: str) -> Line:
        said = self._profile.columns.get(name)
        sources = said.sources if said else ()
        if name == "external_ref" and self._profile.key.columns:
            sources = tuple(self._profile.key.columns)
        theirs = spelling.sources_text(sources)
        if not theirs and self._trial and self._trial.columns.get(name):
            theirs = OWN
        if said and said.default:
            theirs = f"{theirs} or “{said.default}”".strip()
        first = self._trial.first if self._trial else ()
        becomes = next((row.cells[name] for row in first if row.cells.get(name)), "")
        return Line(name, theirs, becomes, sum(any(each.column == name for each in row.findings) for row in first))

    @on(PagedTable.Moved, "#columns")
    def _show_rows(self) -> None:
        line = self._columns.current
        if line is None:
            return
        self._heading.rename(f"{line.name}, row by row")
        first = enumerate(self._trial.first) if self._trial else ()
        self._rows.fill([self._place(line.name, at, row) for at, row in first])

    def _place(self, name: str, at: int, row: TriedRow) -> Place:
        assert self._trial is not None  # noqa: S101 - there are no rows without it
        wrong = "; ".join(each.message for each in row.findings if each.column in (name, ""))
        return Place(row, sent(name, self._trial, at), row.cells.get(name, ""), wrong)

    # ---- keys ------------------------------------------------------------------------------------------------------

    @on(PagedTable.Opened, "#columns")
    def action_column(self) -> None:
        line = self._columns.current
        if line is not None and self._mine:
            header = self._sample.header if self._sample else ()
            self.app.push_screen(ColumnForm(self.desk, line.name, self._profile, header, self._try), self._take)

    def action_formats(self) -> None:
        self.app.push_screen(FormatsForm(self.desk, self._profile, self._try), self._take)

    def action_text(self) -> None:
        self.app.push_screen(TextForm(self._profile, self._try), self._take)

    def action_open(self) -> None:
        form = FileForm(
            self.desk, "A file of theirs", "Its first rows show beside the profile; nothing is kept.", "open"
        )
        self.app.push_screen(form, self._chosen)

    def _chosen(self, path: Path | None) -> None:
        if path is not None:
            self._read(path)

    def action_guess(self) -> None:
        """What somebody changed by hand is not overwritten unasked."""
        if self._profile in (self._standing, self._guessed):
            self._guess()
            return
        effect = "What you changed and have not saved would be gone."
        self.app.push_screen(Confirm("Take what the file suggests?", effect, "take it"), self._guess_if)

    def _guess_if(self, sure: bool | None) -> None:
        if sure:
            self._guess()

    def _guess(self) -> None:
        if self._sample is None:
            return
        found = proposed(self._sample, self._kind, region=self._profile.phones.region)
        guessed = self._guessed = found.model_copy(update={"reading": self._profile.reading})
        self._take(guessed)
        if not guessed.is_plain:
            self.say(f"{len(guessed.columns)} columns suggested by the file: look at each before you save", "warn")

    def action_history(self) -> None:
        self.ask(
            lambda: self._profiles.history(self._client, self._kind), self._show_history, topic="history", hold=True
        )

    def _show_history(self, versions: tuple[KeptProfile, ...]) -> None:
        lines = list(history(versions, changes(self._standing, self._profile)))
        if lines:
            self.app.push_screen(Reader(f"{self._client} {self._kind}, newest first", "\n".join(lines), lines=True))
        else:
            self.say("There is no version yet, and nothing to save")

    def action_clear(self) -> None:
        line = self._columns.current
        if line is not None:
            self._take(spelling.with_column(self._profile, line.name, None))

    def _take(self, profile: Profile | None) -> None:
        if profile is None:
            return
        before, self._profile = self._profile, profile
        if self._path and profile.reading != before.reading:
            self._read(Path(self._path).expanduser())
        else:
            self._refresh()

    def action_save(self) -> None:
        bad = self._trial.states.get("error", 0) if self._trial else 0
        about = (
            f"{bad} of the first rows are in error with it." if bad else "Files staged from now on are read with it."
        )
        self.app.push_screen(NoteForm(self.desk, "Save as another version", about, "save"), self._save)

    def _save(self, note: str | None) -> None:
        if note is None:
            return
        profile, after = self._profile, self._kept.version if self._kept else 0
        self.act(
            lambda: self._profiles.keep(self._client, profile, after=after, note=note), self._saved, doing="Saving…"
        )

    def _saved(self, kept: KeptProfile) -> None:
        self._kept = kept
        self._standing = self._profile = kept.profile
        self.desk.drafts.drop(self.draft_name())
        self._refresh()
        self.say(f"Version {kept.version} is saved: debtflow import profile show {kept.client}", "good")

    # ---- lines -----------------------------------------------------------------------------------------------------

    def _column_cells(self, line: Line) -> tuple[Text, ...]:
        muted, alarm = self.app.theme_variables["text-muted"], self.app.theme_variables["text-error"]
        required = any(field.required for field in fields_of(self._kind) if field.name == line.name)
        return (
            cell(line.name, "bold" if required else ""),
            cell(line.theirs or GONE, muted if line.theirs in ("", OWN) else ""),
            cell(line.becomes or GONE, "" if line.becomes else muted),
            cell("✗" if line.wrong else "", alarm),
        )

    def _row_cells(self, place: Place) -> tuple[Text, ...]:
        alarm = self.app.theme_variables["text-error"]
        return (
            cell(place.row.row, right=True),
            cell(place.sent),
            cell(place.read or GONE),
            cell(place.wrong, alarm),
        )
