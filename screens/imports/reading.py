"""How a file is read: what was guessed, and what somebody knows better."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from textual import on
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Static

from screens.base import Desk, FormDialog
from screens.widgets import Entry, Form, plain
from services.domain.files.reading import ENCODINGS, KINDS, Reading, delimiter_name, delimiter_of
from services.errors import BadInput, DebtFlowError

if TYPE_CHECKING:
    from services.imports.look import Look

ABOUT = "All of it was guessed: change what is wrong."
ROWS = 3
DWELL = 0.2
FORMATS = {"csv": "CSV", "fixed": "fixed width", "xlsx": "workbook"}
QUOTES = {"double": '"', "single": "'", "none": ""}
TAKES = {
    "csv": ("encoding", "delimiter", "quote", "header_line"),
    "fixed": ("encoding", "widths", "header_line"),
    "xlsx": ("sheet", "header_line"),
}


def looked(path: Path, reading: Reading) -> Look:
    """A look into the file; the readers are loaded by the first."""
    from services.imports.look import look

    return look(path, reading, rows=ROWS)


def guessed(path: Path) -> Look | BadInput:
    """The same with nothing said; what cannot be guessed is an answer too, for it can still be said."""
    try:
        return looked(path, Reading())
    except BadInput as problem:
        return problem


def answer(found: Look | DebtFlowError) -> Content:
    """What a look into a file has shown, for the lines under the form."""
    if isinstance(found, DebtFlowError):
        return plain(f"✗ {found.message}", "$text-error")
    return Content("\n").join(_told(found))


def _told(found: Look) -> Iterator[Content]:
    """How the file is read, its columns, and its first rows."""
    yield plain(" · ".join(_in_words(found.reading)), "bold")
    columns = len(found.header.cells)
    yield plain(f"{columns} column{'s' * (columns != 1)}: {', '.join(found.header.cells)}")
    for row in found.rows:
        yield plain(" │ ".join(row.cells), "$text-muted")


def _in_words(reading: Reading) -> Iterator[str]:
    if reading.container not in (None, "none"):
        yield f"{reading.container}: {reading.entry}" if reading.entry else f"{reading.container}"
    yield FORMATS.get(reading.kind or "", "")
    if reading.kind == "xlsx":
        yield f"sheet {reading.sheet}"
    else:
        yield reading.encoding or ""
    if reading.kind == "csv":
        yield f"divided by {delimiter_name(reading.delimiter or '')}"
        if reading.quote != '"':
            yield "single quotes" if reading.quote else "no quotes"
    yield f"header line {reading.header_line}" if reading.header_line else "no header"


def texts(reading: Reading, kind: str) -> dict[str, str]:
    """What is settled, as it would be typed."""
    quote = {sign: name for name, sign in QUOTES.items()}
    every = {
        "entry": reading.entry or "",
        "sheet": reading.sheet or "",
        "encoding": reading.encoding or "",
        "delimiter": delimiter_name(reading.delimiter or ""),
        "quote": quote.get(reading.quote or "", "none") if reading.quote is not None else "",
        "widths": ",".join(map(str, reading.widths or ())),
        "header_line": "" if reading.header_line is None else str(reading.header_line),
    }
    return {name: text for name, text in every.items() if name in (*TAKES[kind], "entry")}


def _fields(reading: Reading, said: Reading) -> dict[str, str]:
    """Every field of the form, whatever the format; of a choice where nothing is known, what it begins with."""
    fields = {"kind": reading.kind or "csv", "names": ",".join(said.names or ())}
    for kind in KINDS:
        fields |= texts(reading, kind)
    firsts = {"encoding": next(iter(ENCODINGS)), "quote": next(iter(QUOTES))}
    return fields | {name: fields[name] or first for name, first in firsts.items()}


def reading_of(said: dict[str, str]) -> Reading:
    """The reading that these texts say; raises BadInput for one that cannot be."""
    facts: dict[str, object] = dict(said)
    if "delimiter" in said:
        facts["delimiter"] = delimiter_of(said["delimiter"])
    if "quote" in said:
        facts["quote"] = QUOTES[said["quote"]]
    if "header_line" in said:
        facts["header_line"] = _whole(said["header_line"], "header_line")
    if "widths" in said:
        facts["widths"] = tuple(_whole(word, "widths") for word in said["widths"].split(","))
    if "names" in said:
        facts["names"] = tuple(name.strip() for name in said["names"].split(","))
    return Reading.of(facts)


def _whole(text: str, field: str) -> int:
    if not (text.strip().isascii() and text.strip().isdigit() and len(text) < 7):
        raise BadInput(field, "type whole numbers" if field == "widths" else "type a whole number, 0 for none")
    return int(text)


class ReadingForm(FormDialog[Reading]):
    """Shows what is guessed of a file and gives what somebody says instead; the rest stays guessed."""

    def __init__(self, desk: Desk, path: Path, guess: Look | BadInput, said: Reading) -> None:
        self._path = path
        guessed = Reading() if isinstance(guess, BadInput) else guess.reading
        self._guess = _fields(guessed, Reading())
        self._now = _fields(said.over(guessed), said)
        self._packed = guessed.container == "zip" or (isinstance(guess, BadInput) and guess.field == "entry")
        self._dwelling: Timer | None = None
        super().__init__(desk, "How it is read", ABOUT, "read it so")
        self._seen = Static(answer(guess), classes="found")

    def entries(self) -> tuple[Entry, ...]:
        now = self._now
        made = (
            Entry("kind", "Format", now["kind"], codes=KINDS, width=16),
            Entry("entry", "In archive", now["entry"], max_length=1000),
            Entry("sheet", "Sheet", now["sheet"]),
            Entry("encoding", "Encoding", now["encoding"], codes=tuple(ENCODINGS), width=16),
            Entry("delimiter", "Divided by", now["delimiter"], placeholder=", ; | or tab", width=16),
            Entry("quote", "Quotes", now["quote"], codes=tuple(QUOTES), width=16),
            Entry("widths", "Widths", now["widths"], placeholder="10,30,12", max_length=4000),
            Entry("header_line", "Header line", now["header_line"], placeholder="0 for none", width=16),
            Entry("names", "Columns", now["names"], placeholder="external_ref,debtor_name,…", max_length=20000),
        )
        # Before anything is focused, and the first is always shown: the cursor starts in a field that can be seen.
        for entry in made:
            entry.display = self._takes(entry.field, now["kind"], now["header_line"])
        return made

    def on_mount(self) -> None:
        self.query_one(".dialog").mount(self._seen, after=self.form)
        if self._now != self._guess:
            self._foresee()

    @property
    def waiting(self) -> bool:
        return self._dwelling is not None or super().waiting

    def _arrange(self) -> None:
        """Only what there is to say of this format."""
        kind, header_line = self.form["kind"].value, self.form["header_line"].value
        for entry in self.form.entries:
            entry.display = self._takes(entry.field, kind, header_line)

    def _takes(self, field: str, kind: str, header_line: str) -> bool:
        if field == "names":
            return header_line == "0"
        return field in (*TAKES[kind], "kind") or (field == "entry" and self._packed)

    @on(Form.Changed)
    def _changed(self, event: Form.Changed) -> None:
        if event.entry.field in ("kind", "header_line"):
            self._arrange()
        if self._dwelling is not None:
            self._dwelling.stop()
        self._dwelling = self.set_timer(DWELL, self._foresee)

    def _said(self) -> Reading:
        """What differs from the guess."""
        shown = {entry.field: entry.value for entry in self.form.entries if entry.display}
        return reading_of({name: text for name, text in shown.items() if text and text != self._guess.get(name)})

    def _foresee(self) -> None:
        self._dwelling = None
        try:
            said = self._said()
        except BadInput as error:
            self._not_read(error)
        else:
            self.ask(partial(looked, self._path, said), self._show, topic="look", quiet=True, failed=self._not_read)

    def _show(self, found: Look) -> None:
        self._seen.update(answer(found))

    def _not_read(self, error: DebtFlowError) -> bool:
        self._seen.update(answer(error))
        return True

    def send(self) -> None:
        try:
            said = self._said()
        except BadInput as error:
            self.bad_input(error)
            return

        def read(_found: Look) -> None:
            self.dismiss(said)

        self.ask(partial(looked, self._path, said), read, topic="look", hold=True)
