"""A superuser at the trail, again and again: whatever they do to which rows, each is named, and nothing else is."""

from __future__ import annotations

from random import Random

import pytest

from tests.audit.mutants import mutate, unnamed
from tests.audit.sealed import busy_day, trail, unguarded, verify
from tests.audit.test_mutants import seal_small
from tests.support.house import House


@pytest.mark.torture
@pytest.mark.parametrize("seed", range(12))
def test_every_mutant_of_many_is_named(house: House, seed: int) -> None:
    random = Random(seed)
    for _ in range(3):
        busy_day(house, 12)
        seal_small(house, random.choice([1, 2, 7, 16, 17, 256, 4096]))
    sealed = trail(house)
    busy_day(house, 2)
    assert verify(house).ok
    with unguarded(house):
        expected = mutate(house, random, sealed)
    found = verify(house)
    assert unnamed(expected, found.chains[0].findings) == []
    assert len(found.chains[0].findings) == len(expected)
