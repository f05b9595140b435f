"""What a command says: data to stdout, words to stderr, and what the exit code means.

0 done · 1 refused by a rule or left for review · 2 usage, configuration, no terminal · 3 not found · 4 busy or stale ·
5 database or provider unreachable · 6 not allowed · 70 a bug of ours · 130 interrupted
"""

from __future__ import annotations

import os
import sys
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, is_dataclass
from datetime import UTC, date, datetime
from typing import Final, TextIO
from uuid import UUID

import click

from services.domain.money import Money
from services.errors import DebtFlowError, Refused

DONE: Final = 0
REFUSED: Final = 1
USAGE: Final = 2
BUG: Final = 70
INTERRUPTED: Final = 130


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under headings; numbers and money stand to the right."""

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    empty: str = "(nothing)"

    def lines(self) -> Iterable[str]:
        if not self.rows:
            return [self.empty]
        cells = [[_cell(value) for value in row] for row in self.rows]
        widths = [max(_width(row[i]) for row in [list(self.headings), *cells]) for i in range(len(self.headings))]
        right = [any(isinstance(row[i], Money | int) for row in self.rows) for i in range(len(self.headings))]
        return [_aligned(row, widths, right) for row in [list(self.headings), *cells]]


def facts(values: Mapping[str, object]) -> Table:
    """Names and values, one a line, as a table without headings of its own."""
    return Table(("", ""), [(name, _cell(value)) for name, value in values.items() if value is not None])


@dataclass
class Report:
    """How this run of the program answers; one is passed to every command."""

    as_json: bool = False
    debug: bool = False
    asked_json: bool = field(default=False)

    def give(self, document: object, *parts: Table | str) -> None:
        """The answer: the document with ``--json``, else its parts for reading."""
        with writing():
            if self.as_json:
                click.echo(_json(document))
                return
            for part in parts:
                for line in [_plain(part)] if isinstance(part, str) else part.lines():
                    click.echo(line.rstrip())

    def line(self, value: object, words: str) -> None:
        """One line of an answer that goes on: a JSON document of its own with ``--json``. Written when this returns."""
        with writing():
            click.echo(_json_line(value) if self.as_json else _plain(words))
            sys.stdout.flush()

    def say(self, words: str) -> None:
        """A word to the person, never data."""
        _tell(_plain(words), err=True)

    def confirm(self, question: str, *, yes: bool) -> None:
        """Ask a person at a terminal; a script has said what it wants by running the command. Raises Refused on no."""
        if yes or self.as_json or not sys.stdin.isatty():
            return
        if not click.confirm(_plain(question), err=True):
            raise Refused("nothing was done", rule="confirmation")

    def fail(self, error: DebtFlowError) -> int:
        """Say what went wrong and give the exit code."""
        self._fail(error.code, error.message, error.rule, error.hint)
        return error.exit_code

    def fail_usage(self, message: str, hint: str | None = None) -> int:
        self._fail("usage", message, None, hint)
        return USAGE

    def fail_bug(self, where: str) -> int:
        hint = "it is written to the log" if where.endswith(")") else "repeat with --debug, and report what it shows"
        self._fail("bug", f"a bug in DebtFlow: {where}", None, hint)
        return BUG

    def fail_unwritten(self, error: Unwritten) -> int:
        hush(sys.stdout)
        self._fail("unwritten", f"the answer could not be written: {error}", None, "what was asked for is done")
        return BUG

    def _fail(self, code: str, message: str, rule: str | None, hint: str | None) -> None:
        said = {"code": code, "message": message, "rule": rule, "hint": hint or None}
        if self.as_json or self.asked_json:
            _tell(_json({"error": {key: value for key, value in said.items() if value is not None}}))
        self.say(f"debtflow: {message}" + (f" ({hint})" if hint else ""))


class Unwritten(Exception):
    """Stdout takes nothing, such as a file on a full disk: what was done is done, but who asked does not know it."""


@contextmanager
def writing() -> Iterator[None]:
    """Raises Unwritten where stdout fails; a reader who left (BrokenPipeError) had enough, and that is no failure."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise Unwritten(error.strerror) from error


def hush(stream: TextIO) -> None:
    """Let the stream end nowhere: Python would complain once more of what it still holds and could not write."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def _tell(words: str, *, err: bool = False) -> None:
    """Says it to whoever still listens; the exit code says it in any case."""
    try:
        click.echo(words, err=err)
    except OSError:
        hush(sys.stderr if err else sys.stdout)


# ---- values ----------------------------------------------------------------------------------------------------------


def document(value: object) -> object:
    """The value as JSON holds it: money in minor units, dates in ISO 8601, moments in UTC."""
    if isinstance(value, Money):
        return value.json()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, date | UUID):
        return str(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {entry.name: document(getattr(value, entry.name)) for entry in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): document(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [document(entry) for entry in value]
    return value


def _json(value: object) -> str:
    import json

    # ASCII, so that a terminal or locale without UTF-8 neither breaks the document nor is fooled by it.
    return json.dumps(document(value), indent=2 if sys.stdout.isatty() else None)


def _json_line(value: object) -> str:
    import json

    return json.dumps(document(value), separators=(",", ":"))


def _cell(value: object) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.astimezone().strftime("%Y-%m-%d %H:%M:%S")
        case tuple() | list():
            return ", ".join(_cell(entry) for entry in value)
        case Mapping():
            return ", ".join(f"{key}={_cell(entry)}" for key, entry in value.items())
        case int() if not isinstance(value, bool):
            return f"{value:,}" if abs(value) >= 10_000 else str(value)
        case _:
            return _plain(str(value))


def _plain(text: str) -> str:
    # What stands in the data must not steer the terminal.
    return "".join(char if char.isprintable() else " " for char in text)


def _width(text: str) -> int:
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _aligned(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    return "  ".join(
        " " * (width - _width(cell)) + cell if to_right else cell + " " * (width - _width(cell))
        for cell, width, to_right in zip(row, widths, right, strict=True)
    )
