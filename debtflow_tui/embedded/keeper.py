"""Stops the server when its last user is gone.

Every user holds users.lock shared, so whoever waits for it exclusively wakes exactly when nobody is left, and costs
nothing until then. No list of users, no counter, no polling.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from debtflow_tui.embedded import process
from debtflow_tui.embedded.locks import exclusive, try_exclusive


def spawn(server: Path, log: Path) -> None:
    """Start a keeper for the server in this folder, unless there is one; it outlives us and is nobody's child."""
    # An installed package is found anyway; one that is run from a checkout only with this.
    here = str(Path(__file__).parents[2])
    with log.open("ab") as words:  # never our own output: a script that reads it would wait for the keeper's end
        subprocess.run(
            [sys.executable, "-P", "-m", "debtflow_tui.embedded", str(server)],
            cwd="/",
            env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, (here, os.environ.get("PYTHONPATH"))))},
            stdin=subprocess.DEVNULL,
            stdout=words,
            stderr=words,
            start_new_session=True,
            check=True,
        )


def run(server: Path) -> None:
    turn = try_exclusive(server / "keeper.lock")
    if turn is None:
        return
    # The first process ends at once, so that its maker has no child to wait for; the lock lives on in the second.
    if os.fork() == 0:
        _keep(server, turn)


def _keep(server: Path, turn: int) -> None:
    with exclusive(server / "users.lock"):
        if not (server / "keep").exists():
            process.stop(server / "data")
        # Let go before the next user can come in: that one must find no keeper and start its own.
        os.close(turn)
