"""The demo's stand-in: one for all who use the demo, and gone with its server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier
from time import monotonic, sleep
from uuid import uuid4

from debtflow_tui.config import Database, Settings
from debtflow_tui.standin import beside
from debtflow_tui.wiring import gateway_of


def test_one_for_all_while_the_demo_runs(tmp_path: Path) -> None:
    alive = tmp_path / "pg" / "data" / "postmaster.pid"
    alive.parent.mkdir(parents=True)
    alive.touch()
    settings = Settings(tmp_path)
    assert gateway_of(settings) is None
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
    # A real database of somebody's never gets it, whatever lies in the home.
    assert gateway_of(Settings(tmp_path, database=Database("postgresql://db.example.org/debtflow"))) is None
    alive.unlink()
    patience = monotonic() + 20
    while beside._answers(address):
        assert monotonic() < patience
        sleep(0.05)
