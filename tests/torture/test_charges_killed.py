"""A charge and its refund whose people die by SIGKILL at every single step, whose calls and answers are lost, and whose
news come twice, late and out of order."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence

import pytest

from tests.support.house import House
from tests.torture.births import Job
from tests.torture.counter import Counter, a_charge, a_link, a_refund, an_ear, the_worker
from tests.torture.stories import Story

SIDE_BY_SIDE = 5


@pytest.fixture
def counter(house: House) -> Iterator[Counter]:
    made = Counter(house)
    yield made
    made.close()


def steps_of(counter: Counter, job: Job) -> int:
    """How many steps it takes when nobody dies."""
    [said] = counter.at_once(job)
    return int(said["steps"])


def die_at(counter: Counter, new: Callable[[], Job], steps: Sequence[int]) -> list[Job]:
    """A new job for each of these steps, at which its process dies, some of them side by side."""
    jobs = [new() | {"dies_at": step} for step in steps]
    for at in range(0, len(jobs), SIDE_BY_SIDE):
        assert counter.at_once(*jobs[at : at + SIDE_BY_SIDE]) == [], "who was to die has lived"
    return jobs


def again(counter: Counter, jobs: Sequence[Job]) -> None:
    """Every other one of them is sent again by somebody who lives; the rest is left to the worker."""
    for at in range(0, len(jobs), 2 * SIDE_BY_SIDE):
        alive = [job | {"dies_at": None} for job in jobs[at : at + 2 * SIDE_BY_SIDE : 2]]
        assert len(counter.at_once(*alive)) == len(alive)


def charges_die(counter: Counter, every: int) -> None:
    def charge() -> Job:
        return a_charge(*counter.debtor(), 40_00)

    steps = steps_of(counter, charge())
    assert steps >= 28
    again(counter, die_at(counter, charge, range(1, steps + 1, every)))
    counter.calm()
    counter.law()


def refunds_die(counter: Counter, every: int) -> None:
    def refund() -> Job:
        charge = a_charge(*counter.debtor(), 40_00)
        counter.at_once(charge)
        receipt = counter.receipt(charge["key"])
        assert receipt is not None
        return a_refund(receipt, 15_00)

    steps = steps_of(counter, refund())
    assert steps >= 28
    again(counter, die_at(counter, refund, range(2, steps + 1, every)))
    counter.calm()
    counter.law()


def test_who_charges_and_refunds_may_die_at_any_step(counter: Counter) -> None:
    charges_die(counter, 3)
    refunds_die(counter, 5)
    counter.proved()


def stories(counter: Counter, seeds: Iterable[int]) -> tuple[int, int]:
    """Play them; gives how many charges and refunds were posted in the end."""
    for seed in seeds:
        Story(counter, seed).play()
    counter.proved()
    posted = "select count(*) from debtflow.{} where state = 'posted'"
    return counter.house.one(posted.format("charge")), counter.house.one(posted.format("refund"))


def test_stories_end_well(counter: Counter) -> None:
    """A card, a link and a bank debit, all with refunds."""
    charged, refunded = stories(counter, (1, 2, 33))
    assert charged
    assert refunded


@pytest.mark.torture
def test_every_step_of_every_act(counter: Counter) -> None:
    charges_die(counter, 1)
    refunds_die(counter, 1)
    counter.proved()


@pytest.mark.torture
def test_every_step_of_a_link(counter: Counter) -> None:
    """One that is made, one that is given up, and one that was paid when it was given up."""

    def link() -> Job:
        return a_link(counter.debtor()[0], 40_00)

    def made(pay: bool) -> Job:
        job = link()
        counter.at_once(job)
        if pay:
            session = counter.house.one("select link_id from debtflow.charge where id = %s::uuid", job["key"])
            counter.provider.do("pay", session=session)
        return job | {"act": "cancel"}

    for new, least in ((link, 28), (lambda: made(False), 18), (lambda: made(True), 18)):
        steps = steps_of(counter, new())
        assert steps >= least
        again(counter, die_at(counter, new, range(1, steps + 1)))
        counter.calm()
        counter.law()
    counter.proved()


@pytest.mark.torture
@pytest.mark.parametrize("fault", ["drop_before", "drop_after"])
def test_every_step_of_the_worker(counter: Counter, fault: str) -> None:
    """Who asks about lost charges and hears of them dies, and another one goes on."""

    def lost() -> None:
        counter.provider.do("faults", kind=fault, path="/v1/payment_intents")
        counter.at_once(a_charge(*counter.debtor(), 40_00))
        counter.later(1)

    lost()
    steps = steps_of(counter, the_worker())
    assert steps >= 20
    for step in range(1, steps + 1):
        lost()
        counter.at_once(the_worker(dies_at=step), *[the_worker()] * (step % 2))
    counter.provider.news()
    for step in range(1, 31):
        counter.at_once(a_charge(*counter.debtor(), 30_00, dies_at=13 + step % 10))
        news = counter.deliver(counter.provider.news())
        counter.at_once(an_ear(news, dies_at=step), *[an_ear(news)] * (step % 2))
    counter.calm()
    counter.proved()


@pytest.mark.torture
@pytest.mark.parametrize("tale", range(30))
def test_many_stories_end_well(counter: Counter, tale: int) -> None:
    charged, refunded = stories(counter, range(tale * 20 + 100, tale * 20 + 120))
    assert charged >= 5, "the dice were to let some charges live"
    assert refunded >= 1
