"""Whatever moment a worker is killed at, every file becomes one batch, lies in one place, and is released once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from services.ledger import Doctor
from tests.support.house import House
from tests.support.sshd import Daemon

ROOT = Path(__file__).parents[2]
NAMES_ONCE = """
  select name, count(*), count(batch_id), array_agg(state) from debtflow.pull_file
   group by name having count(*) <> 1 or max(state) not in ('taken', 'quarantined')"""

RELEASED = "select state, count(*), sum(released)::int from debtflow.import_batch group by state"


# Before and after each step is more than a minute; every third of them, from two beginnings, is the whole in a while.
@pytest.mark.parametrize(("first", "stride"), [(1, 4), pytest.param(1, 1, marks=pytest.mark.slow, id="each")], ids=str)
def test_killed_at_every_step(house: House, sshd: Daemon, tmp_path: Path, first: int, stride: int) -> None:
    told = {
        "url": house.url, "port": sshd.port, "user": sshd.user, "folder": sshd.folder, "drop": str(sshd.drop),
        "host_key": sshd.host_key("host"), "key": sshd.login.key, "spool": str(tmp_path / "spool"),
        "first": first, "stride": stride,
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "tests.pull.dying", json.dumps(told)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    last = int(done.stdout)
    assert last > 30
    names = [f"{at:03}" for at in range(first, last + 1, stride)]
    assert house.su.execute(NAMES_ONCE).fetchall() == []
    staged = [name for (name,) in house.su.execute("select file_name from debtflow.import_batch order by 1").fetchall()]
    assert staged == [f"good {name}.csv" for name in names]
    assert house.su.execute(RELEASED).fetchall() == [("released", len(names), 4 * len(names))]
    accounts = house.su.execute("select count(*), count(distinct external_ref) from debtflow.account").fetchone()
    assert accounts == (4 * len(names), 4 * len(names))
    assert house.one("select count(*) from debtflow.transfer") == 4 * len(names)
    assert [check.name for check in Doctor(house.store("bea")).examine().checks if not check.ok] == []
    assert sshd.files() == []
    assert sshd.files("processed") == staged
    quarantined = sshd.files("quarantine")
    assert [name for name in quarantined if not name.endswith(".errors.csv")] == [f"bad {name}.csv" for name in names]
    assert {name for name in quarantined if name.endswith(".errors.csv")} >= {f"bad {n}.csv.errors.csv" for n in names}
    assert house.one("select count(*) from debtflow.pull_file where finished_at is null") == 0
    assert list((tmp_path / "spool" / "HXL").iterdir()) == []
