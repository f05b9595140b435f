"""The running postmaster: which process it is, and how it is ended. Standard library only, for the keeper."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path


def running_pid(data: Path) -> int | None:
    """The postmaster of this data folder, if it lives: its pid file outlives ``kill -9``, and pids are used again."""
    try:
        pid = int((data / "postmaster.pid").read_text().split("\n", 1)[0])
    except (FileNotFoundError, ValueError):
        return None
    return pid if _is_postmaster_of(data, pid) else None


def _is_postmaster_of(data: Path, pid: int) -> bool:
    if Path("/proc/self/cwd").exists():  # not on macOS
        with suppress(OSError):
            return Path(f"/proc/{pid}/cwd").samefile(data)
        return False
    listed = subprocess.run(["/bin/ps", "-o", "command=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return str(data) in listed.stdout


def stop(data: Path, patience: float = 30.0) -> None:
    """Roll back, write everything down and end; after ``patience`` seconds end without writing down."""
    for request, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
        pid = running_pid(data)
        if pid is None:
            return
        with suppress(ProcessLookupError):
            os.kill(pid, request)
        if _gone(data, seconds):
            return


def _gone(data: Path, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while running_pid(data) is not None:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
