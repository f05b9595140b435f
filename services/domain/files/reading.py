"""How a file is to be read: every part is guessed where nobody says otherwise, shown, and kept with the batch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Final

from services.domain.quoting import shown
from services.errors import BadInput

CONTAINERS: Final = ("none", "gzip", "zip")
KINDS: Final = ("csv", "fixed", "xlsx")
DELIMITERS: Final = (",", ";", "\t", "|")
QUOTES: Final = ('"', "'", "")
MOST_COLUMNS: Final = 1000

# The name that is shown and kept, and Python's codec for it. Apart from UTF-16 a line end is one byte in each.
ENCODINGS: Final[Mapping[str, str]] = {
    "utf-8": "utf-8",
    "utf-16": "utf-16",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "windows-1250": "cp1250",
    "windows-1251": "cp1251",
    "iso-8859-1": "iso8859-1",
    "iso-8859-2": "iso8859-2",
    "iso-8859-15": "iso8859-15",
    "ibm437": "cp437",
    "ibm850": "cp850",
    "macintosh": "mac-roman",
}

_WORDS: Final = {"tab": "\t", "comma": ",", "semicolon": ";", "bar": "|", "pipe": "|"}


@dataclass(frozen=True, slots=True)
class Reading:
    """How a file is read; None is a part that is still to be guessed.

    ``entry`` is the file inside a zip archive, ``sheet`` the one of a workbook. ``quote`` is empty where quotes are
    letters like any other. ``header_line`` counts lines (of a sheet: rows) from 1; 0 is a file without a header, whose
    columns are ``names``. ``widths`` are those of fixed columns, in characters.
    """

    container: str | None = None
    entry: str | None = None
    kind: str | None = None
    sheet: str | None = None
    encoding: str | None = None
    delimiter: str | None = None
    quote: str | None = None
    header_line: int | None = None
    widths: tuple[int, ...] | None = None
    names: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        _one_of("container", self.container, CONTAINERS)
        _one_of("kind", self.kind, KINDS)
        _one_of("encoding", self.encoding, tuple(ENCODINGS))
        _one_of("quote", self.quote, QUOTES)
        if self.delimiter is not None and (len(self.delimiter) != 1 or self.delimiter in "\r\n\"'\0"):
            raise BadInput("delimiter", f"{shown(self.delimiter)} divides no cells", hint="one character, or tab")
        if self.header_line is not None and not 0 <= self.header_line <= 10_000:
            raise BadInput("header_line", f"{self.header_line} is no line of a header", hint="0 where there is none")
        if self.widths is not None:
            _widths(self.widths)
        if self.names is not None and len(self.names) > MOST_COLUMNS:
            raise BadInput("names", f"a file has at most {MOST_COLUMNS:,} columns")

    def over(self, guessed: Reading) -> Reading:
        """This reading, with what it leaves open taken from another."""
        said = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return replace(guessed, **{name: value for name, value in said.items() if value is not None})

    def over_agreed(self, agreed: Reading) -> Reading:
        """This reading, with what was agreed with the sender where it leaves something open.

        Who names a part of another format has said which: what was agreed of the one before falls.
        """
        named = self.kind or self._implied()
        if named is not None and agreed.kind not in (None, named):
            agreed = replace(agreed, kind=named, delimiter=None, quote=None, widths=None, sheet=None)
        if self.header_line:
            agreed = replace(agreed, names=None)
        return self.over(agreed)

    def _implied(self) -> str | None:
        if self.widths is not None:
            return "fixed"
        if self.sheet is not None:
            return "xlsx"
        return "csv" if self.delimiter is not None or self.quote is not None else None

    def facts(self) -> dict[str, Any]:
        """What is settled, as JSON takes it."""
        told = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in told.items()
            if value is not None
        }

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> Reading:
        """The reading that gave these facts."""
        told: dict[str, Any] = {
            name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()
        }
        return cls(**told)


def delimiter_of(word: str) -> str:
    """A delimiter as people write it on a command line: ``;`` or ``tab``."""
    return _WORDS.get(word.lower(), "\t" if word == "\\t" else word)


def delimiter_name(delimiter: str) -> str:
    """A delimiter as it can be shown."""
    return "tab" if delimiter == "\t" else delimiter


def _one_of(field: str, value: str | None, known: tuple[str, ...]) -> None:
    if value is not None and value not in known:
        listed = ", ".join(name or "none" for name in known)
        raise BadInput(field, f"{shown(value) or 'nothing'} is no {field} that is read here", hint=f"one of {listed}")


def _widths(widths: tuple[int, ...]) -> None:
    if not widths or len(widths) > MOST_COLUMNS or not all(0 < width <= 10_000 for width in widths):
        raise BadInput("widths", "these are no widths of columns", hint="whole numbers such as 10,30,12")
