"""The demo's stand-in: one for all who use the demo, and gone with its server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from uuid import uuid4

from debtflow_tui.config import Database, GatewaySettings, Settings
from debtflow_tui.provider import gateway_of
from debtflow_tui.standin import beside


def kill(home: Path) -> None:
    listed = subprocess.run(["/bin/ps", "-axww", "-o", "pid=,command="], capture_output=True, text=True, check=True)
    (line,) = [line for line in listed.stdout.splitlines() if f"--state {home}/" in line]
    os.kill(int(line.split()[0]), signal.SIGKILL)
    patience = monotonic() + 20
    while (address := beside._told(home)) and beside._answers(address):
        assert monotonic() < patience
        sleep(0.05)


def test_one_for_all_while_the_demo_runs(tmp_path: Path) -> None:
    data = tmp_path / "pg" / "data"
    data.mkdir(parents=True)
    server = subprocess.Popen([sys.executable, "-c", "input()", str(data)], cwd=data, stdin=subprocess.PIPE)
    (data / "postmaster.pid").write_text(f"{server.pid}\n")
    settings = Settings(tmp_path, gateway=GatewaySettings("stripe", api_base="http://127.0.0.1:1"))
    assert gateway_of(Settings(tmp_path)) is None
    (tmp_path / "demo.json").write_text("{}")
    gate = Barrier(4)

    def join(_: int) -> str:
        gate.wait()
        return beside.joined(tmp_path)

    with ThreadPoolExecutor(4) as pool:
        (address,) = set(pool.map(join, range(4)))
    gateway = gateway_of(settings)
    assert gateway is not None
    assert not gateway.live
    assert gateway.methods(customer := gateway.customer(key := uuid4(), "Ann Bo")) == ()
    assert gateway.customer(key, "Ann Bo") == customer
    # One that was killed comes back where it was, and remembers.
    kill(tmp_path)
    assert beside.joined(tmp_path) == address
    assert gateway.customer(key, "Ann Bo") == customer
    # A real database of somebody's never gets it, whatever lies in the home.
    assert gateway_of(Settings(tmp_path, database=Database("postgresql://db.example.org/debtflow"))) is None
    server.communicate(b"\n")
    patience = monotonic() + 20
    while beside._answers(address):
        assert monotonic() < patience
        sleep(0.05)
