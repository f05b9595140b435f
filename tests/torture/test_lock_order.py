"""Every act takes its locks in the order that ARCHITECTURE.md gives, so no two of them can ever wait for each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from graphlib import TopologicalSorter
from random import Random

import pytest

from services.errors import DebtFlowError
from tests.support.house import House
from tests.torture.crowd import Crowd, Person
from tests.torture.lock_order import PERIOD, Lock, Watch

FIRST, SECOND, BOOK = (5, "account 0"), (5, "account 1"), (7, "book_balance")
SEEN = {
    (PERIOD, FIRST), (FIRST, SECOND), (FIRST, BOOK), (SECOND, BOOK), ((3, "payment_batch"), FIRST),
    (FIRST, (6, "charge")), (FIRST, (6, "refund")), ((6, "charge"), (8, "breaker")), ((6, "refund"), (8, "breaker")),
}  # fmt: skip
"""Some of what must come to light; without it nothing was looked at."""


class Somebody:
    """Who always has something to reverse, refund, take back and ask about."""

    def __init__(self, house: House) -> None:
        self.crowd = Crowd(house, 2, stores=2, size=2, principal=100_000_00)
        self.person = Person(self.crowd, self.crowd.desks[1], Random(1))

    @property
    def acts(self) -> dict[str, Callable[[], None]]:
        return {act.__name__: act for act in self.person.acts}

    def ready(self) -> None:
        person, faults = self.person, self.crowd.office.provider.faults
        for enough, act in (
            (person.posted, person.pay),
            (person.adjusted, person.adjust),
            (person.keyed, person.key),
            (person.charged, person.charge),
        ):
            if not enough:
                act()
        for lost in (person.charge, person.refund):
            faults.append("after")
            self.tries(lost)
            self.tries(person.charge)  # answered, so the breaker stays closed
        self.crowd.office.later(1)

    def tries(self, act: Callable[[], None]) -> None:
        try:
            act()
        except DebtFlowError:
            return


@pytest.fixture
def somebody(house: House) -> Somebody:
    house.su.execute("update debtflow.contract set interest_bp = 2400, spread_rule = 'proportional'")
    return Somebody(house)


@pytest.fixture
def watch(house: House, somebody: Somebody) -> Iterator[Watch]:
    watch = Watch(house)
    yield watch
    watch.close()


def test_locks_are_taken_in_one_order(somebody: Somebody, watch: Watch) -> None:
    graph: dict[Lock, set[Lock]] = {}
    wrong, waited = [], set()
    for name, act in somebody.acts.items():
        for lock in (*watch.locks, FIRST, SECOND):  # twice: some acts take one of the accounts
            somebody.ready()
            had = watch.had(lock, lambda act=act: somebody.tries(act))  # type: ignore[misc]
            if had is not None:
                waited.add(name)
                graph.setdefault(lock, set()).update(had)
                wrong += [f"{name} has {has} and waits for {lock}" for has in had if has[0] > lock[0]]
    assert wrong == []
    TopologicalSorter(graph).prepare()
    assert waited == set(somebody.acts)
    assert SEEN - {(has, lock) for lock, hads in graph.items() for has in hads} == set()
