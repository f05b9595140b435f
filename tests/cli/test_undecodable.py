"""Bytes that are no text reach a program as half characters: no encoding, no database and no JSON takes those."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cli.conftest import Call
from tests.imports.files import good
from tests.support.house import House

BYTES = "J\udcffrgen"


@pytest.mark.parametrize(
    "said",
    [
        ("account", "find", BYTES),
        ("account", "note", "10001-4", BYTES),
        ("payment", "post", "--account", "10001-4", "--amount", "5", "--method", "cash", "--reference", BYTES),
        ("payment", "post", "--account", "10001-4", "--amount", "5", "--method", "cash", f"--reference={BYTES}"),
        ("day-sheet", "--user", BYTES),
        ("audit", "list", "--who", BYTES),
        ("import", "fix", "1", "1", f"debtor_name={BYTES}"),
        ("import", "exclude", "1", "1", "--reason", BYTES),
        ("user", "disable", BYTES),
        (BYTES,),
    ],
)
def test_a_word_is_refused_before_anything_is_asked(words: Call, said: tuple[str, ...]) -> None:
    answer = words(*said, "--json")
    assert (answer.code, answer.error["code"]) == (2, "bad_input")
    assert "no text" in answer.error["message"]


@pytest.mark.parametrize("name", ["DEBTFLOW_USER", "DEBTFLOW_PASSWORD", "DEBTFLOW_HOME", "DEBTFLOW_DATABASE_URL"])
def test_so_is_the_environment_by_its_name(words: Call, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    monkeypatch.setenv(name, BYTES)
    answer = words("account", "find", "--json")
    assert (answer.code, answer.error["code"]) == (2, "misconfigured")
    assert name in answer.error["message"]
    assert BYTES not in answer.error["message"]


def test_a_home_too_long_for_any_file_is_named(words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("DEBTFLOW_HOME", str(tmp_path / ("x" * 300)))
    for said in (("account", "find"), ("db", "stop", "--yes"), ("demo", "--no-tui")):
        answer = words(*said, "--json")
        assert (answer.code, answer.error["code"]) == (2, "misconfigured"), said


def test_a_file_may_have_any_name(house: House, as_: Call, tmp_path: Path) -> None:
    file = tmp_path / f"{BYTES}.csv"
    file.write_bytes(good(1))
    assert as_("bea", "import", "stage", str(file), "--client", "HXL").code == 0
