"""The worker's chore: whose time has come, and what it says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from debtflow_tui.worker.chores import CHORES
from services.gateways.drops import ServerAway
from services.pull import Pull
from services.pull.service import Stage
from tests.imports.files import good
from tests.pull.place import Pulling, pulling, releasing
from tests.support.house import House
from tests.support.sftpd import InProcess


def test_the_chore_looks_at_those_whose_time_has_come(house: House, sftpd: InProcess, tmp_path: Path) -> None:
    (chore,) = [each for each in CHORES if each.name == "fetch files"]
    mine = pulling(house, sftpd.place, sftpd.password_login, tmp_path / "spool")
    away = replace(mine.source, client="MED", place=replace(sftpd.place, port=1))
    strange = replace(mine.source, client="ZEN")

    class Services:
        pull = Pull(
            mine.store,
            {"HXL": mine.source, "MED": away, "ZEN": strange},
            tmp_path / "spool",
            _stage(mine),
            releasing(mine.store),
        )

    def run() -> int:
        return chore.run(Services())  # type: ignore[arg-type]

    sftpd.write("a.csv", good(2))
    with pytest.raises(ServerAway) as away_now:
        run()
    assert away_now.value.message.startswith("MED: ")
    assert states(house) == {"HXL": 0, "MED": 1}
    # HXL is looked at again at once, for something new lies there; MED after a quarter of an hour.
    assert run() == 1
    assert run() == 0
    sftpd.write("b.csv", good(2, "B"))
    assert run() == 0
    assert house.one("select count(*) from debtflow.pull_file") == 1
    house.su.execute("update debtflow.pull_client set next_at = now()")
    with pytest.raises(ServerAway):
        run()
    assert states(house) == {"HXL": 0, "MED": 2}
    assert house.one("select next_at - looked_at from debtflow.pull_client where failures = 2") == timedelta(minutes=15)


def states(house: House) -> dict[str, int]:
    query = "select code, failures from debtflow.pull_client p join debtflow.client c on c.id = p.client_id"
    return dict(house.su.execute(query).fetchall())


def _stage(mine: Pulling) -> Stage:
    return mine.service._stage
