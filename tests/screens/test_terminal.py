"""The app as a program: signals, a dropped line, no terminal, a crash, and silence while idle."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

pty = pytest.importorskip("pty", reason="needs pseudo-terminals")

ROOT = Path(__file__).parents[2]
PROGRAM = [sys.executable, "-m", "tests.screens.terminal"]
LEAVE_ALTERNATE_SCREEN = b"\x1b[?1049l"


class Terminal:
    """A pseudo-terminal with the app on it."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.master, slave = pty.openpty()
        env = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24", "PYTHONPATH": str(ROOT)}
        self.process = subprocess.Popen(
            [*PROGRAM, str(home)], stdin=slave, stdout=slave, stderr=slave, env=env, cwd=ROOT, start_new_session=True
        )
        os.close(slave)
        self.seen = b""

    def read(self, seconds: float) -> bytes:
        """What is written within some time, until the line is silent or closed."""
        got = b""
        end = time.monotonic() + seconds
        while (left := end - time.monotonic()) > 0 and select.select([self.master], [], [], left)[0]:
            try:
                part = os.read(self.master, 65536)
            except OSError:
                break
            if not part:
                break
            got += part
        self.seen += got
        return got

    def until(self, text: str) -> None:
        end = time.monotonic() + 20
        while text.encode() not in self.seen:
            assert time.monotonic() < end, self.seen[-2000:]
            self.read(0.05)

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def sign_in_and_type(self, text: str) -> None:
        self.until("Password")
        self.type("secret\r")
        self.until("Quillfeather")
        self.type(text)
        self.until(text)

    def drafts(self) -> list[dict[str, str]]:
        return [json.loads(path.read_text(encoding="utf-8")) for path in self.home.rglob("*.json")]


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    line = Terminal(tmp_path)
    yield line
    if line.process.poll() is None:
        line.process.kill()
        line.process.wait()
    with suppress(OSError):
        os.close(line.master)


def test_sigterm_keeps_the_draft_restores_the_terminal_and_exits_143(terminal: Terminal):
    terminal.sign_in_and_type("oyelaran")
    terminal.process.send_signal(signal.SIGTERM)
    terminal.read(3)
    assert terminal.process.wait(10) == 143
    assert LEAVE_ALTERNATE_SCREEN in terminal.seen
    assert terminal.drafts() == [{"box": "oyelaran"}]


def test_sighup_keeps_the_draft_and_exits_129(terminal: Terminal):
    terminal.sign_in_and_type("oyelaran")
    terminal.process.send_signal(signal.SIGHUP)
    terminal.read(3)
    assert terminal.process.wait(10) == 129
    assert terminal.drafts() == [{"box": "oyelaran"}]


def test_a_line_that_drops_keeps_the_draft(terminal: Terminal):
    terminal.sign_in_and_type("oyelaran")
    os.close(terminal.master)
    terminal.process.send_signal(signal.SIGHUP)
    assert terminal.process.wait(15) == 129
    assert terminal.drafts() == [{"box": "oyelaran"}]


def test_a_crash_is_70_and_never_mistaken_for_a_refusal(terminal: Terminal):
    terminal.until("Password")
    terminal.type("secret\r")
    terminal.until("Quillfeather")
    terminal.type(":a boom\r")
    terminal.read(5)
    assert terminal.process.wait(10) == 70
    assert LEAVE_ALTERNATE_SCREEN in terminal.seen


def test_quitting_is_0(terminal: Terminal):
    terminal.until("Password")
    terminal.type("\x11")
    terminal.read(3)
    assert terminal.process.wait(10) == 0


def test_an_idle_screen_writes_nothing(terminal: Terminal):
    terminal.sign_in_and_type("oye")
    terminal.until("3 in all")
    while terminal.read(0.5):
        pass
    assert terminal.read(2.5) == b""


def test_an_idle_account_asks_for_its_version_and_writes_nothing(terminal: Terminal):
    terminal.sign_in_and_type("10023-3")
    terminal.type("\r")
    terminal.until("OWING")
    while terminal.read(0.5):
        pass
    assert terminal.read(4.5) == b""


def test_without_a_terminal_it_refuses_and_names_the_command_to_use(tmp_path: Path):
    done = subprocess.run(
        [*PROGRAM, str(tmp_path)], stdin=subprocess.DEVNULL, capture_output=True, text=True, cwd=ROOT, timeout=30,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False,
    )  # fmt: skip
    assert done.returncode == 2
    assert "debtflow account find" in done.stderr
    assert done.stdout == ""
