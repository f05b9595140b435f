"""Many at few accounts with everything there is: locks are taken in one order, so nobody ever hears of a deadlock."""

from __future__ import annotations

from collections import Counter

import pytest

from services.errors import Busy, DebtFlowError, Refused, Stale
from tests.kernel.test_races import deadlocks, together
from tests.support.house import House
from tests.torture.crowd import Crowd

EXPECTED = (Refused, Stale, Busy)
"""A rule that says no, a version that moved, somebody who keeps an account for three seconds."""


def storm(house: House, *, seed: int, people: int, accounts: int, acts: int) -> Counter[str]:
    """Everybody at once; gives how often each rule said no."""
    house.su.execute("update debtflow.contract set interest_bp = 2400, spread_rule = 'proportional'")
    crowd = Crowd(house, accounts, stores=8, size=max(people // 8, 1))
    answers = together([crowd.stream(seed * 1000 + one, acts) for one in range(people)])
    refusals: list[DebtFlowError] = []
    for answer in answers:
        assert isinstance(answer, list), answer
        refusals += answer
    unexpected = [error for error in refusals if not isinstance(error, EXPECTED)]
    assert unexpected == [], unexpected[:3]
    assert not [error for error in refusals if "deadlock" in str(error).lower()]
    crowd.office.later(11)
    crowd.office.desk("wally").resolve_due()
    assert deadlocks(house) == 0
    assert crowd.office.sound()
    assert {crowd.office.held(number) for number in crowd.numbers} == {0}
    taken = sorted((str(each.key), each.amount.minor) for each in crowd.office.provider.charges.values())
    posted = "select submission_id::text, amount from debtflow.payment where reverses is null and method = 'card'"
    assert sorted(house.su.execute(posted).fetchall()) == taken
    assert house.one("select count(*) from debtflow.payment") > people
    return Counter(str(error.rule) for error in refusals)


def test_a_small_storm(house: House) -> None:
    storm(house, seed=1, people=16, accounts=4, acts=4)


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(10))
def test_sixty_four_people_storm_ten_accounts(house: House, seed: int) -> None:
    print(storm(house, seed=seed, people=64, accounts=10, acts=12))
