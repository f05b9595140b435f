"""A terminal that dies in the middle of its payments: SIGKILL, real processes, moments chosen by a seed."""

from __future__ import annotations

import pytest

from tests.support.house import House
from tests.torture.crash import kill_and_check


@pytest.mark.parametrize("seed", [1, 2])
def test_a_killed_desk_leaves_no_half_and_no_double_payment(house: House, seed: int) -> None:
    accounts = [house.place(principal=1_000_000_00, ref=f"CRASH-{n}") for n in range(3)]
    kept = sum(kill_and_check(house, seed * 100 + round_, accounts) for round_ in range(3))
    assert house.one("select count(*) from debtflow.payment") == kept
