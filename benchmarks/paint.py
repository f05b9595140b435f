"""From the start of the process to the first screen, beside a bare form of the same toolkit; and how scripts start."""

from __future__ import annotations

import os
import pty
import select
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks.report import Row

BARE: Final = """
from textual.app import App
from textual.widgets import Input, Label
class Form(App):
    def compose(self):
        yield Label("User"); yield Input(); yield Label("Password"); yield Input(password=True)
Form().run()
"""
ROUNDS: Final = 9


def measure() -> list[Row]:
    """First paint of the sign-in screen / of a bare form; start of ``--version`` / of an empty Python."""
    with tempfile.TemporaryDirectory() as folder:
        bare = Path(folder) / "bare.py"
        bare.write_text(BARE)
        home = Path(folder) / "home"
        ours = [sys.executable, "-m", "debtflow_tui"]
        environment = {
            **os.environ,
            "DEBTFLOW_HOME": str(home),
            "DEBTFLOW_DATABASE_URL": "postgresql:///x?host=/nowhere",
        }
        paints, bares = [], []
        for _ in range(ROUNDS):
            bares.append(_first_paint([sys.executable, str(bare)], environment))
            paints.append(_first_paint(ours, environment))
        paint, form = statistics.median(paints), statistics.median(bares)
        version, python = _started([*ours, "--version"]), _started([sys.executable, "-c", "pass"])
    return [
        Row("screen", "first paint / bare form (ms)", 1, paint / form, paint * 1e3, form * 1e3, "<= 1.3"),
        Row("script", "debtflow --version / empty Python (ms)", 1, version / python, version * 1e3, python * 1e3),
    ]


def _first_paint(command: Sequence[str], environment: dict[str, str]) -> float:
    """Seconds until the words of the form stand on the terminal."""
    leader, follower = pty.openpty()
    began = time.perf_counter()
    process = subprocess.Popen(
        command, stdin=follower, stdout=follower, stderr=follower, start_new_session=True,
        env={**environment, "TERM": "xterm-256color", "COLUMNS": "80", "LINES": "24"},
    )  # fmt: skip
    os.close(follower)
    seen = b""
    try:
        while b"Password" not in seen and time.perf_counter() - began < 20:
            if select.select([leader], [], [], 0.5)[0]:
                seen += os.read(leader, 65536)
        return time.perf_counter() - began
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        os.close(leader)


def _started(command: Sequence[str]) -> float:
    took = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        took.append(time.perf_counter() - began)
    return statistics.median(took)
