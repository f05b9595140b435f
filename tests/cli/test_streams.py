"""What becomes of an answer that nobody can read, and of questions that nobody can answer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import Call

ROOT = Path(__file__).parents[2]
USAGE, BUG = 2, 70


def shell(line: str, home: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    """``debtflow`` in a shell, whose redirections are the point of these tests."""
    debtflow = f"'{sys.executable}' -m debtflow_tui"
    return subprocess.run(
        ["bash", "-c", line.replace("debtflow", debtflow, 1)],
        env={**os.environ, "PYTHONPATH": str(ROOT), "DEBTFLOW_HOME": str(home), **variables},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("format", ["", "--json"])
@pytest.mark.parametrize(
    ("redirection", "words", "code"),
    [
        ("> /dev/full", "db stop --yes", BUG),  # stops nothing here, and says so
        ("> /dev/full", "account find --limit 0", USAGE),
        ("> /dev/full 2>&1", "account find --limit 0", USAGE),
        (">&-", "db stop --yes", 0),
        (">&- 2>&-", "account find --limit 0", USAGE),
        ("<&-", "db stop --yes", 0),
        ("<&-", "account show", USAGE),
    ],
)
def test_no_stream_makes_python_speak_for_us(
    tmp_path: Path, redirection: str, words: str, code: int, format: str
) -> None:
    """Python's own way to end is a traceback and the code 1, which to a script means that a rule said no."""
    if "/dev/full" in redirection and not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell(f"debtflow {words} {format} {redirection}", tmp_path / "home")
    assert (done.returncode, "Traceback" in done.stderr) == (code, False), done.stderr


def test_a_full_disk_is_no_bug_and_what_was_done_is_said(tmp_path: Path) -> None:
    if not Path("/dev/full").exists():
        pytest.skip("this system has no /dev/full")
    done = shell("debtflow db stop --yes --json > /dev/full", tmp_path / "home")
    assert done.returncode == BUG
    assert "could not be written" in done.stderr
    assert "is done" in done.stderr
    assert "a bug" not in done.stderr


def test_a_log_that_cannot_be_written_hides_no_bug(
    words: Call, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DEBTFLOW_LOG", str(tmp_path / "missing" / "log"))
    monkeypatch.setattr("debtflow_tui.config.load", lambda: 1 / 0)
    said = words("doctor", "--json")
    assert said.code == BUG
    assert "ZeroDivisionError" in said.error["message"]
    assert "cannot be written" in said.error["message"]
