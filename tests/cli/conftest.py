"""The command line, called in this process with an environment of its own."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from debtflow_tui.cli.run import run
from tests.support.house import House
from tests.support.office import password_of


@dataclass(frozen=True)
class Said:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)

    @property
    def error(self) -> Any:
        return self.json["error"]


class Typed(io.TextIOWrapper):
    """What stands on stdin, and whether a person typed it."""

    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(io.BytesIO(text.encode()))
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


Call = Callable[..., Said]


@pytest.fixture
def words(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """Runs a command with nobody signed in and no database configured."""
    monkeypatch.setenv("DEBTFLOW_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("DEBTFLOW_LOG", raising=False)

    def call(*said: str, stdin: str = "", terminal: bool = False) -> Said:
        monkeypatch.setattr("sys.stdin", Typed(stdin, terminal=terminal))
        capsys.readouterr()
        code = run(said)
        out, err = capsys.readouterr()
        return Said(code, out, err)

    return call


@pytest.fixture
def as_(house: House, words: Call, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs a command with ``--json`` as one of the house's logins."""
    monkeypatch.setenv("DEBTFLOW_DATABASE_URL", house.url)

    def call(login: str, *said: str, stdin: str = "", plain: bool = False, terminal: bool = False) -> Said:
        monkeypatch.setenv("DEBTFLOW_USER", login)
        monkeypatch.setenv("DEBTFLOW_PASSWORD", password_of(login))
        return words(*said, *(() if plain else ("--json",)), stdin=stdin, terminal=terminal)

    return call
