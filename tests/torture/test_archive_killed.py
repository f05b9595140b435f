"""Workers killed while months leave the database: each row is here, or in a file that was read back."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest

from tests.audit.mutants import mutate, spoil, unnamed
from tests.audit.old import archived, grow_old
from tests.audit.sealed import busy_day, trail, unguarded, verify
from tests.audit.test_mutants import seal_small
from tests.support.house import House
from tests.torture import archiver

pytestmark = pytest.mark.torture


@pytest.mark.parametrize("seed", range(8))
def test_killed_at_any_moment_no_row_is_lost(house: House, seed: int) -> None:
    random = Random(seed)
    old(house, random, 12)
    rows = len(trail(house))
    ended = 0
    for _ in range(60):
        ended += run(house, random.choice(["wally", "wim"]), random)
        assert verify(house).ok
        if house.one("select count(*) from debtflow.audit_archive_dropped") == 3:
            break
    archived(house)
    assert house.one("select count(*) from debtflow.audit_archive_dropped") == 3
    found = verify(house)
    assert (found.ok, found.chains[0].rows) == (True, rows)


def run(house: House, login: str, random: Random) -> bool:
    """Whether it came to its end before it was killed."""
    command = [sys.executable, str(Path(archiver.__file__)), house.url, login, str(random.choice([1, 2, 64]))]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        for _ in range(random.randint(1, 6)):
            process.stdout.readline()
        time.sleep(random.uniform(0, 0.05))
        process.kill()
        process.communicate()
        return process.returncode == 0


def old(house: House, random: Random, accounts: int) -> None:
    busy_day(house, accounts)
    grow_old(house)
    busy_day(house, 2)
    for installation in ("true", "false"):
        bea = house.psql("bea")
        while bea.execute(f"select from debtflow.audit_seal_next({installation}, 7)").fetchone() is not None:
            pass
    seal_small(house, random.choice([1, 5, 4096]))


@pytest.mark.parametrize("seed", range(12))
def test_every_mutant_here_and_in_the_archive_is_named(house: House, seed: int) -> None:
    random = Random(seed)
    old(house, random, 30)
    busy_day(house, 8)
    seal_small(house, random.choice([3, 16, 4096]))
    sealed = set(trail(house))
    archived(house, seals_a_part=random.choice([1, 2, 64]))
    expected, trouble = spoil(house, random)
    with unguarded(house):
        expected += mutate(house, random, sorted(sealed & set(trail(house))))
    found = verify(house).chains[0].findings
    assert unnamed(expected, found) == []
    assert len(found) == len(expected) + len(trouble)
